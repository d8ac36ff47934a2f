/* The keeper: one thread of a selector that does what is due, so that neither callers nor the
 * registry's threads wait for a disk or a second reading. It sleeps until the earliest time that a
 * directory has noted, or until it is kicked; and it looks now and then for connections that nobody
 * has used for too long. */
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"
#include "selector/parts.h"

/* Does all that is due. When to come again. */
static int64_t do_round(selector *self)
{
    int64_t now_ns = clock_now_ns();
    /* first, because calls wait for it */
    for (directory *each = atomic_load(&self->directories); each != NULL; each = each->next)
        directory_subscribe_if_due(each, now_ns);
    int64_t due_ns = deadline_min(http_client_close_stale(self->providers.http),
        provider_set_sweep(&self->providers, now_ns));
    for (directory *each = atomic_load(&self->directories); each != NULL; each = each->next)
        if (!each->is_fixed)
            due_ns = deadline_min(due_ns, directory_tick(each, now_ns, false));
    return due_ns;
}

static void *keep(void *arg)
{
    selector *self = arg;
    mutex_lock(&self->lock);
    while (!self->is_ending) {
        uint64_t asked = self->rounds_asked;
        self->keeper_due_ns = DEADLINE_NEVER;
        mutex_unlock(&self->lock);
        int64_t due_ns = do_round(self);
        mutex_lock(&self->lock);
        self->rounds_done = asked;
        condition_wake_all(&self->changed);
        self->keeper_due_ns = deadline_min(self->keeper_due_ns, due_ns);
        while (!self->is_ending && self->rounds_asked == self->rounds_done &&
               !deadline_is_over(self->keeper_due_ns))
            condition_wait(&self->wanted, &self->lock, self->keeper_due_ns);
    }
    mutex_unlock(&self->lock);
    return NULL;
}

dubboc_status keeper_start(selector *self, dubboc_error *err)
{
    dubboc_status status = thread_start(&self->keeper, keep, self, "dubboc-keeper", err);
    self->has_keeper = status == DUBBOC_OK;
    return status;
}

void keeper_end(selector *self)
{
    if (!self->has_keeper)
        return;
    mutex_lock(&self->lock);
    self->is_ending = true;
    condition_wake_one(&self->wanted);
    mutex_unlock(&self->lock);
    pthread_join(self->keeper, NULL);
    self->has_keeper = false;
}

void keeper_kick(selector *self, int64_t due_ns)
{
    mutex_lock(&self->lock);
    if (due_ns < self->keeper_due_ns) {
        self->keeper_due_ns = due_ns;
        condition_wake_one(&self->wanted);
    }
    mutex_unlock(&self->lock);
}

void keeper_round(selector *self)
{
    mutex_lock(&self->lock);
    uint64_t mine = ++self->rounds_asked;
    condition_wake_one(&self->wanted);
    while (self->has_keeper && self->rounds_done < mine)
        condition_wait(&self->changed, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
}
