/* Whether a directory has been read, and the waiters of the calls that cannot begin before it has.
 *
 * It becomes ready once and stays so. Before that, subscribing to the registry may fail any number
 * of times. A failure ends the waits that had begun before it; it does not end those that begin
 * later, because a wait that begins after a failure has the subscription tried again. */
#ifndef SELECTOR_READINESS_H
#define SELECTOR_READINESS_H

#include <dubboc/error.h>

#include "base/mutex.h"
#include "base/waiter.h"

typedef enum readiness_state {
    READINESS_READY,
    READINESS_PENDING, /* nothing has been read yet, and nothing has failed since the wait began */
    READINESS_FAILED,  /* subscribing has failed since the wait began */
} readiness_state;

/* One waiter's wait. Zeroed: it waits for nothing. */
typedef struct readiness_wait {
    waiter_entry entry;
    uint64_t failures; /* how many there had been when the wait began */
} readiness_wait;

typedef struct readiness {
    atomic_bool is_ready; /* written under lock */

    mutex lock; /* guards what follows; no other lock is taken under it, except by waking */
    waiter_queue waiters;
    uint64_t failures;
    bool may_try_again; /* the last attempt has failed, and nobody has asked for another */
    dubboc_status failure_status; /* of the last failure */
    char *failure_text;           /* NULL: there was no memory for it, or no failure */
} readiness;

void readiness_init(readiness *self);

/* Nobody may wait any more. */
void readiness_fini(readiness *self);

static inline bool readiness_is_ready(const readiness *self)
{
    return atomic_load_explicit(&self->is_ready, memory_order_acquire);
}

/* Wakes all waiters; again is harmless. */
void readiness_set_ready(readiness *self);

/* Wakes all waiters. Copies status and text. */
void readiness_set_failed(readiness *self, const dubboc_error *why);

/* Joins: from now on the waiter is woken when the state changes. true: the last attempt to
 * subscribe has failed, and the caller is to have it tried again (only one waiter is told). */
bool readiness_wait_begin(readiness *self, readiness_wait *wait, waiter *of);

/* READINESS_FAILED writes the failure to err. */
readiness_state readiness_wait_look(readiness *self, const readiness_wait *wait, dubboc_error *err);

/* Leaves. Harmless for a wait that has not begun. */
void readiness_wait_end(readiness *self, readiness_wait *wait);

#endif
