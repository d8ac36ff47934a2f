#include "base/condition.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

void condition_init(condition *self)
{
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0 ||
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&self->cond, &monotonic) != 0)
        /* Cannot fail on Linux: the clock exists, and no memory is allocated. */
        abort();
    pthread_condattr_destroy(&monotonic);
}

void condition_fini(condition *self)
{
    pthread_cond_destroy(&self->cond);
}

bool condition_wait(condition *self, mutex *held, int64_t deadline_ns)
{
    assert(mutex_is_only_one_held(held));
    if (deadline_ns == DEADLINE_NEVER) {
        pthread_cond_wait(&self->cond, &held->mutex);
        return true;
    }
    int64_t left_ns = deadline_ns - clock_now_ns();
    if (left_ns <= 0)
        return false;
    struct timespec end = clock_system_end(left_ns);
    return pthread_cond_timedwait(&self->cond, &held->mutex, &end) != ETIMEDOUT;
}

void condition_wake_one(condition *self)
{
    pthread_cond_signal(&self->cond);
}

void condition_wake_all(condition *self)
{
    pthread_cond_broadcast(&self->cond);
}
