/* A condition variable whose waits end at a deadline of our clock (base/clock.h). */
#ifndef BASE_CONDITION_H
#define BASE_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/mutex.h"

typedef struct condition {
    pthread_cond_t cond;
} condition;

void condition_init(condition *self);

/* Nobody may wait for it. */
void condition_fini(condition *self);

/* Unlocks held, waits until it is woken or the deadline has passed, and locks held again. It may
 * return without a reason. The time that is left is measured by our clock and waited for by the
 * kernel's, so that a test whose clock stands still waits no longer than it would otherwise.
 * DEADLINE_NEVER: waits without an end. held must be the only mutex that the thread holds.
 * false: the deadline has passed. */
bool condition_wait(condition *self, mutex *held, int64_t deadline_ns);

void condition_wake_one(condition *self);
void condition_wake_all(condition *self);

#endif
