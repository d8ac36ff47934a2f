#include "tools/counts.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "tools/offers.h"
#include "tools/place.h"
#include "tools/rules.h"

#define COUNT_THREADS 16 /* requests at the same time; each holds one list in memory */

typedef struct counts_reading {
    registry *reg;
    const registry_list *names;
    int64_t deadline_ns;
    interface_count *counts;
    atomic_size_t next;
    mutex lock;
    /* Guarded by lock, which also guards *err: */
    dubboc_status status;
    dubboc_error *err;
} counts_reading;

/* Reads overrides only if they can change the count. */
static dubboc_status counts_of_nodes(const counts_reading *self, const char *name,
    const registry_list *nodes, offers *found, dubboc_error *err)
{
    const url_wanted wanted = place_wants_any(name);
    configurators *rules = NULL;
    dubboc_status status = DUBBOC_OK;
    if (nodes->count > 0)
        status = rules_read(self->reg, name, self->deadline_ns, &rules, err);
    if (status == DUBBOC_OK && !offers_read(nodes, &wanted, rules, found))
        status = error_no_memory(err);
    configurators_free(rules);
    return status;
}

static dubboc_status counts_read_interface(
    const counts_reading *self, const char *name, interface_count *count, dubboc_error *err)
{
    registry_list nodes = {0};
    offers found = {0};
    dubboc_status status =
        registry_lookup(self->reg, name, REGISTRY_PROVIDERS, self->deadline_ns, &nodes, err);
    if (status == DUBBOC_OK)
        status = counts_of_nodes(self, name, &nodes, &found, err);
    if (status == DUBBOC_OK)
        *count = (interface_count){true, found.callable, found.count - found.callable};
    offers_free(&found);
    registry_list_free(&nodes);
    return status;
}

static void counts_note_failure(counts_reading *self, const dubboc_error *why)
{
    mutex_lock(&self->lock);
    if (self->status == DUBBOC_OK) {
        error_copy(self->err, why);
        self->status = why->status;
    }
    mutex_unlock(&self->lock);
}

static void *counts_read_some(void *arg)
{
    counts_reading *self = arg;
    size_t at;
    while ((at = atomic_fetch_add(&self->next, 1)) < self->names->count) {
        dubboc_error why;
        if (counts_read_interface(self, self->names->items[at], &self->counts[at], &why) ==
            DUBBOC_OK)
            continue;
        counts_note_failure(self, &why);
        if (deadline_is_over(self->deadline_ns))
            break;
    }
    return NULL;
}

dubboc_status counts_read(registry *reg, const registry_list *names, int64_t deadline_ns,
    interface_count *counts, dubboc_error *err)
{
    pthread_t threads[COUNT_THREADS];
    size_t started = 0;
    counts_reading self = {.reg = reg,
        .names = names,
        .deadline_ns = deadline_ns,
        .counts = counts,
        .lock = MUTEX_INITIALIZER(MUTEX_RANK_TOOL),
        .err = err};
    while (
        started < COUNT_THREADS && started + 1 < names->count &&
        thread_start(&threads[started], counts_read_some, &self, "dubboc-count", NULL) == DUBBOC_OK)
        started++;
    counts_read_some(&self);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    mutex_fini(&self.lock);
    return self.status;
}
