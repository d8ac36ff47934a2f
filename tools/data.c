#include "tools/data.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/mutex.h"

typedef struct data_reading {
    mutex lock;
    condition changed; /* signalled when is_read is set; uses the monotonic clock */
    bool is_read;
    bool is_there;
    char *text; /* NULL although is_there is set: no memory */
} data_reading;

static void data_take(void *arg, const char *path, const char *data, size_t len)
{
    data_reading *self = arg;
    (void)path;
    mutex_lock(&self->lock);
    if (!self->is_read) {
        self->is_there = data != NULL;
        self->text = data != NULL ? mem_dup_slice(slice_make(data, len)) : NULL;
        self->is_read = true;
        condition_wake_one(&self->changed);
    }
    mutex_unlock(&self->lock);
}

static void data_init(data_reading *self)
{
    *self = (data_reading){0};
    mutex_init(&self->lock, MUTEX_RANK_TOOL);
    condition_init(&self->changed);
}

static void data_fini(data_reading *self)
{
    free(self->text);
    condition_fini(&self->changed);
    mutex_fini(&self->lock);
}

static void data_wait(data_reading *self, int64_t deadline_ns)
{
    mutex_lock(&self->lock);
    while (!self->is_read && condition_wait(&self->changed, &self->lock, deadline_ns))
        continue;
    mutex_unlock(&self->lock);
}

/* Called after the subscription has ended, when no other thread uses it. */
static dubboc_status data_result(data_reading *self, registry *reg, char **text, dubboc_error *err)
{
    if (!self->is_read)
        return error_set(err, DUBBOC_E_REGISTRY, "%s: no answer in time", registry_address(reg));
    if (self->is_there && self->text == NULL)
        return error_no_memory(err);
    *text = self->text;
    self->text = NULL;
    return DUBBOC_OK;
}

dubboc_status data_read(
    registry *reg, const char *path, int64_t deadline_ns, char **text, dubboc_error *err)
{
    data_reading reading;
    registry_subscription *watched = NULL;
    data_init(&reading);
    dubboc_status status = registry_watch_data(reg, path, data_take, &reading, &watched, err);
    if (status == DUBBOC_OK) {
        data_wait(&reading, deadline_ns);
        registry_unsubscribe(reg, watched);
        status = data_result(&reading, reg, text, err);
    }
    data_fini(&reading);
    return status;
}
