/* A waiter compares the number of failures with the number when its wait began, so it only sees
 * failures that happened since then. */
#include "selector/readiness.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

void readiness_init(readiness *self)
{
    *self = (readiness){.failures = 0};
    mutex_init(&self->lock, MUTEX_RANK_READINESS);
}

void readiness_fini(readiness *self)
{
    mutex_fini(&self->lock);
    free(self->failure_text);
}

void readiness_set_ready(readiness *self)
{
    if (readiness_is_ready(self))
        return;
    mutex_lock(&self->lock);
    atomic_store(&self->is_ready, true);
    waiter_queue_wake_all(&self->waiters);
    mutex_unlock(&self->lock);
}

void readiness_set_failed(readiness *self, const dubboc_error *why)
{
    char *text = mem_dup(why->text);
    mutex_lock(&self->lock);
    char *former = self->failure_text;
    self->failure_text = text;
    self->failure_status = why->status;
    self->failures++;
    self->may_try_again = true;
    waiter_queue_wake_all(&self->waiters);
    mutex_unlock(&self->lock);
    free(former);
}

bool readiness_wait_begin(readiness *self, readiness_wait *wait, waiter *of)
{
    mutex_lock(&self->lock);
    waiter_queue_join(&self->waiters, &wait->entry, of);
    wait->failures = self->failures;
    bool is_to_try_again = self->may_try_again;
    self->may_try_again = false;
    mutex_unlock(&self->lock);
    return is_to_try_again;
}

readiness_state readiness_wait_look(readiness *self, const readiness_wait *wait, dubboc_error *err)
{
    readiness_state state = READINESS_PENDING;
    if (readiness_is_ready(self))
        return READINESS_READY;
    mutex_lock(&self->lock);
    if (readiness_is_ready(self)) {
        state = READINESS_READY;
    } else if (self->failures != wait->failures) {
        state = READINESS_FAILED;
        error_set(err, self->failure_status, "%s",
            self->failure_text != NULL ? self->failure_text
                                       : "the registry does not accept subscriptions");
    }
    mutex_unlock(&self->lock);
    return state;
}

void readiness_wait_end(readiness *self, readiness_wait *wait)
{
    mutex_lock(&self->lock);
    waiter_queue_leave(&self->waiters, &wait->entry);
    mutex_unlock(&self->lock);
}
