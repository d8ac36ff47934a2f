/* A ceiling for memory that several threads take and give back: first come, first served.
 *
 * The idea: memory is asked for before it is allocated. Who does not fit waits in one queue, and
 * nobody overtakes, however little he asks for; so a large request is not starved by small ones.
 * The budget has no clock: whoever waits keeps his own deadline and withdraws when it has passed.
 * So two that hold something and wait for each other's memory end at their deadlines.
 *
 * Only numbers are kept here, no memory. The lock is never held while a waiter is told. */
#ifndef BASE_MEMORY_BUDGET_H
#define BASE_MEMORY_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/condition.h"
#include "base/mutex.h"

typedef struct memory_waiter memory_waiter;

struct memory_waiter {
    /* Called when the bytes were granted, by the thread that gave memory back, without locks. It
     * may free the waiter. Not called after memory_budget_withdraw() has returned true. */
    void (*granted)(memory_waiter *waiter);
    size_t bytes;
    bool is_queued; /* the budget's, as the links */
    memory_waiter *next, *previous;
};

typedef struct memory_budget {
    size_t max_bytes; /* does not change */
    mutex lock;
    /* Guarded by lock: */
    size_t used_bytes;
    size_t waiting;
    memory_waiter *first, *last;
    /* For memory_budget_wait(). */
    condition granted;
} memory_budget;

void memory_budget_init(memory_budget *self, size_t max_bytes);

/* Nothing is taken and nobody waits any more. */
void memory_budget_fini(memory_budget *self);

/* Takes bytes now if they fit and nobody waits: true. Else queues the waiter, whose granted is
 * set. At most max_bytes may be asked for. */
bool memory_budget_take_or_queue(memory_budget *self, size_t bytes, memory_waiter *waiter);

/* Takes the waiter out of the queue. false: its bytes were granted already, and its callback has
 * come or is about to. Then the bytes are the waiter's. */
bool memory_budget_withdraw(memory_budget *self, memory_waiter *waiter);

/* Takes bytes, waiting on this thread until the deadline unless waiters_max others wait already.
 * false: not taken. */
bool memory_budget_wait(memory_budget *self, size_t bytes, size_t waiters_max, int64_t deadline_ns);

/* Gives bytes back and grants what fits now. */
void memory_budget_give_back(memory_budget *self, size_t bytes);

/* How many wait, and what is taken. */
size_t memory_budget_waiting(memory_budget *self);
size_t memory_budget_used(memory_budget *self);

#endif
