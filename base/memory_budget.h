/* A ceiling for memory that several threads take and give back: first come, first served.
 *
 * Memory is requested before it is allocated. A request that does not fit waits in one queue, and
 * no later request overtakes it, however small it is; so a large request is not starved by small
 * ones. The budget has no clock: each waiter has its own deadline, and withdraws at that time. So
 * two requests that hold memory and wait for the memory of each other do not wait for ever.
 *
 * The budget only counts; it does not allocate. No lock is held while a callback is called. */
#ifndef BASE_MEMORY_BUDGET_H
#define BASE_MEMORY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/condition.h"
#include "base/mutex.h"

typedef struct memory_waiter memory_waiter;

/* A request that waits for memory; a member of its owner's structure. */
struct memory_waiter {
    /* Called when the bytes were granted, without locks, by the thread that gave memory back. It
     * may free the waiter. Not called after memory_budget_withdraw() has returned true. */
    void (*granted)(memory_waiter *waiter);
    size_t bytes;
    bool is_queued; /* used by the budget, like the links */
    memory_waiter *next, *previous;
};

typedef struct memory_budget {
    size_t max_bytes; /* constant */
    mutex lock;
    /* Guarded by lock: */
    size_t used_bytes;
    size_t waiting; /* waiters in the queue */
    memory_waiter *first, *last;
    /* Signalled when a thread in memory_budget_wait() was granted its bytes. */
    condition granted;
} memory_budget;

void memory_budget_init(memory_budget *self, size_t max_bytes);

/* Nothing may be taken, and no request may wait. */
void memory_budget_fini(memory_budget *self);

/* Takes bytes and returns true if they fit and no request waits. Otherwise queues the waiter, whose
 * granted must be set, and returns false. bytes: at most max_bytes. */
bool memory_budget_take_or_queue(memory_budget *self, size_t bytes, memory_waiter *waiter);

/* Removes the waiter from the queue. false: its bytes were granted already and belong to the
 * waiter; its callback was called or is about to be. */
bool memory_budget_withdraw(memory_budget *self, memory_waiter *waiter);

/* Takes bytes, and waits for them on this thread until the deadline if necessary. Does not wait if
 * waiters_max requests wait already. false: the bytes were not taken. */
bool memory_budget_wait(memory_budget *self, size_t bytes, size_t waiters_max, int64_t deadline_ns);

/* Gives bytes back, and grants requests that fit now. */
void memory_budget_give_back(memory_budget *self, size_t bytes);

/* How many requests wait. */
size_t memory_budget_waiting(memory_budget *self);

/* How many bytes are taken. */
size_t memory_budget_used(memory_budget *self);

#endif
