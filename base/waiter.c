/* Queues of waiters, and the waiter that is a blocked thread. */
#include "base/waiter.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"

/* --- queues --- */

/* Inserts the entry behind previous; previous NULL: at the beginning. */
static void waiter_queue_insert(waiter_queue *queue, waiter_entry *entry, waiter_entry *previous)
{
    entry->previous = previous;
    entry->next = previous != NULL ? previous->next : queue->first;
    *(previous != NULL ? &previous->next : &queue->first) = entry;
    *(entry->next != NULL ? &entry->next->previous : &queue->last) = entry;
}

void waiter_queue_join(waiter_queue *queue, waiter_entry *entry, waiter *of)
{
    if (entry->is_queued)
        return;
    *entry = (waiter_entry){.of = of, .is_queued = true};
    waiter_queue_insert(queue, entry, queue->last);
}

uint64_t waiter_take_ticket(void)
{
    static _Atomic uint64_t last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

/* Searches from the end, because most waiters that join have the highest ticket. */
void waiter_queue_join_in_order(
    waiter_queue *queue, waiter_entry *entry, waiter *of, uint64_t ticket)
{
    waiter_entry *previous = queue->last;
    if (entry->is_queued)
        return;
    while (previous != NULL && previous->ticket > ticket)
        previous = previous->previous;
    *entry = (waiter_entry){.of = of, .ticket = ticket, .is_queued = true};
    waiter_queue_insert(queue, entry, previous);
}

void waiter_queue_leave(waiter_queue *queue, waiter_entry *entry)
{
    if (!entry->is_queued)
        return;
    *(entry->previous != NULL ? &entry->previous->next : &queue->first) = entry->next;
    *(entry->next != NULL ? &entry->next->previous : &queue->last) = entry->previous;
    *entry = (waiter_entry){.is_queued = false};
}

void waiter_queue_wake_all(const waiter_queue *queue)
{
    for (const waiter_entry *entry = queue->first; entry != NULL; entry = entry->next)
        entry->of->wake(entry->of);
}

/* --- threads --- */

static void thread_waiter_wake(waiter *of)
{
    thread_waiter *self = (thread_waiter *)of;
    if (!atomic_exchange(&self->is_woken, true))
        sem_post(&self->woken);
}

void thread_waiter_init(thread_waiter *self)
{
    static_assert(offsetof(thread_waiter, waiter) == 0, "the waiter is the beginning of it");
    self->waiter.wake = thread_waiter_wake;
    atomic_init(&self->is_woken, false);
    sem_init(&self->woken, 0, 0);
}

/* Waits once for the semaphore. Returns false if left_ns has passed. May also return true early,
 * because of a signal. */
static bool thread_waiter_block(thread_waiter *self, int64_t left_ns)
{
    if (left_ns == DEADLINE_NEVER) {
        sem_wait(&self->woken);
        return true;
    }
    struct timespec end = clock_system_end(left_ns);
    return sem_clockwait(&self->woken, CLOCK_MONOTONIC, &end) == 0 || errno != ETIMEDOUT;
}

bool thread_waiter_wait(thread_waiter *self, int64_t deadline_ns)
{
    /* If is_woken is cleared here without waiting, the semaphore stays posted. The next wait then
     * returns from the semaphore at once, and goes round this loop once more. */
    while (!atomic_exchange(&self->is_woken, false)) {
        int64_t left_ns =
            deadline_ns == DEADLINE_NEVER ? DEADLINE_NEVER : deadline_ns - clock_now_ns();
        if (left_ns <= 0)
            return false;
        if (!thread_waiter_block(self, left_ns))
            return atomic_exchange(&self->is_woken, false);
    }
    return true;
}
