/* Whether a directory has its first list, and the calls that wait for it.
 *
 * A directory becomes ready once and stays so. Before that, subscribing to the registry may fail
 * any number of times. A failure ends the waits that began before it. It does not end later waits,
 * because a wait that begins after a failure makes the directory subscribe again. */
#ifndef SELECTOR_READINESS_H
#define SELECTOR_READINESS_H

#include <dubboc/error.h>

#include "base/mutex.h"
#include "base/waiter.h"

typedef enum readiness_state {
    READINESS_READY,
    READINESS_PENDING, /* no list yet, and no failure since the wait began */
    READINESS_FAILED,  /* subscribing has failed since the wait began */
} readiness_state;

/* The wait of one waiter. Zeroed: it does not wait. */
typedef struct readiness_wait {
    waiter_entry entry;
    uint64_t failures; /* readiness.failures when the wait began */
} readiness_wait;

typedef struct readiness {
    atomic_bool is_ready; /* written under lock */

    mutex lock; /* guards the fields below; while held, only waking waiters takes other locks */
    /* The calls that wait; failures counts the failed attempts to subscribe. */
    waiter_queue waiters;
    uint64_t failures;
    /* The last attempt has failed, and no call of readiness_wait_begin() has returned true since.
     */
    bool may_try_again;
    dubboc_status failure_status; /* of the last failure */
    char *failure_text;           /* NULL: no failure, or no memory for its text */
} readiness;

void readiness_init(readiness *self);

/* No waiter may be left. */
void readiness_fini(readiness *self);

static inline bool readiness_is_ready(const readiness *self)
{
    return atomic_load_explicit(&self->is_ready, memory_order_acquire);
}

/* Makes the directory ready and wakes all waiters; no-op if the directory is ready already. */
void readiness_set_ready(readiness *self);

/* Notes a failure, of which status and text are copied, and wakes all waiters. */
void readiness_set_failed(readiness *self, const dubboc_error *why);

/* Adds the waiter, which is woken whenever the state changes. true: the last attempt to subscribe
 * has failed, and the caller must start another one; only one caller gets true for each failure. */
bool readiness_wait_begin(readiness *self, readiness_wait *wait, waiter *of);

/* Returns the state; with READINESS_FAILED the failure is copied to err. */
readiness_state readiness_wait_look(readiness *self, const readiness_wait *wait, dubboc_error *err);

/* Removes the waiter. No-op for a wait that has not begun. */
void readiness_wait_end(readiness *self, readiness_wait *wait);

#endif
