/* A condition variable whose waits have a deadline by clock_now_ns() (base/clock.h). */
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

/* No thread may be waiting. */
void condition_fini(condition *self);

/* Unlocks the mutex `held`, waits for a wake-up or the deadline, and locks `held` again. Returns
 * false if the deadline has passed. May return true without a wake-up (spurious wake-up). `held`
 * must be the only mutex that the thread holds. DEADLINE_NEVER: no deadline.
 *
 * The remaining time is computed by clock_now_ns() and waited for with the kernel's clock, so that
 * a test whose clock stands still does not wait longer than the program would. */
bool condition_wait(condition *self, mutex *held, int64_t deadline_ns);

void condition_wake_one(condition *self);
void condition_wake_all(condition *self);

#endif
