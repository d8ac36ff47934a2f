/* One way to wait.
 *
 * A waiter is somebody who cannot go on: a thread that blocks, or a call of an event loop. It joins
 * the queues of what it waits for, and whoever brings that about wakes it. What a wake-up means is
 * the waiter's business: it looks again, and joins again if it was woken for nothing.
 *
 * A queue has no lock of its own: it is guarded by a lock of its owner, which decides with the same
 * lock whether there is something to wait for. So no wake-up is lost, and once an entry has left
 * its queue nobody wakes its waiter through it any more. */
#ifndef BASE_WAITER_H
#define BASE_WAITER_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct waiter waiter;
struct waiter {
    /* Called from any thread with the lock of a queue held, any number of times: it must not block
     * and must not call into the owner of that queue. */
    void (*wake)(waiter *self);
};

/* The place of a waiter in one queue. Zeroed: in none. */
typedef struct waiter_entry {
    waiter *of;
    uint64_t ticket; /* waiter_queue_join_in_order(): the lower one stands before the higher one */
    struct waiter_entry *previous, *next;
    bool is_queued;
} waiter_entry;

/* First come, first served. Zeroed: empty. */
typedef struct waiter_queue {
    waiter_entry *first, *last;
} waiter_queue;

/* --- all with the lock that guards the queue --- */

/* Joins at the end; an entry that has joined already keeps its place. */
void waiter_queue_join(waiter_queue *queue, waiter_entry *entry, waiter *of);

/* A number above all that were given before. A waiter that has to leave a queue and join again, or
 * that joins several queues one after the other, keeps its turn by the ticket that it took when it
 * began to wait. Any thread, no lock. */
uint64_t waiter_take_ticket(void);

/* Joins behind those with a lower ticket. All entries of such a queue join in this way. An entry
 * that has joined already keeps its place. */
void waiter_queue_join_in_order(
    waiter_queue *queue, waiter_entry *entry, waiter *of, uint64_t ticket);

/* Harmless for an entry that is in no queue. */
void waiter_queue_leave(waiter_queue *queue, waiter_entry *entry);

/* Wakes every waiter. They stay in the queue until they leave it. */
void waiter_queue_wake_all(const waiter_queue *queue);

/* --- a thread that blocks --- */

/* Zeroing it is not enough: thread_waiter_init() costs next to nothing, and nothing has to be
 * undone. */
typedef struct thread_waiter {
    waiter waiter; /* what joins the queues */
    atomic_bool is_woken;
    sem_t woken;
} thread_waiter;

void thread_waiter_init(thread_waiter *self);

/* Blocks the calling thread until it is woken, also when it has been woken since the last wait. The
 * deadline is one of our clock, as in condition_wait(). false: the deadline has passed. */
bool thread_waiter_wait(thread_waiter *self, int64_t deadline_ns);

#endif
