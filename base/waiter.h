/* The one interface for waiting.
 *
 * A waiter is a thread that blocks, or a call of an event loop, that cannot go on. It joins the
 * queue of each object for which it waits, and is woken when such an object has changed. A wake-up
 * does not say what has happened: the waiter checks its condition again, and joins again if
 * necessary.
 *
 * A queue does not have its own lock. It is guarded by the lock under which its owner decides
 * whether a waiter has to wait, so no wake-up is lost. Once an entry has left its queue, its waiter
 * is not woken through that entry any more. */
#ifndef BASE_WAITER_H
#define BASE_WAITER_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct waiter waiter;
struct waiter {
    /* Called on any thread, any number of times, while the lock of a queue is held. So it must not
     * block, and must not call the owner of that queue. */
    void (*wake)(waiter *self);
};

/* The entry of a waiter in one queue. All 0: in no queue. */
typedef struct waiter_entry {
    waiter *of;
    /* For waiter_queue_join_in_order(): entries are in ascending order of their tickets. */
    uint64_t ticket;
    struct waiter_entry *previous, *next;
    bool is_queued;
} waiter_entry;

/* First come, first served. All 0: empty. */
typedef struct waiter_queue {
    waiter_entry *first, *last;
} waiter_queue;

/* --- the caller holds the lock that guards the queue --- */

/* Adds the entry at the end. An entry that is in the queue already keeps its place. */
void waiter_queue_join(waiter_queue *queue, waiter_entry *entry, waiter *of);

/* A number higher than all that were returned before. A waiter that leaves a queue and joins again,
 * or that joins several queues one after the other, keeps its turn with the ticket that it took
 * when it began to wait. Any thread; takes no lock. */
uint64_t waiter_take_ticket(void);

/* Adds the entry behind all entries with a lower ticket. All entries of a queue must be added
 * either with tickets or without. An entry that is in the queue already keeps its place. */
void waiter_queue_join_in_order(
    waiter_queue *queue, waiter_entry *entry, waiter *of, uint64_t ticket);

/* Removes the entry. An entry that is in no queue is ignored. */
void waiter_queue_leave(waiter_queue *queue, waiter_entry *entry);

/* Wakes every waiter in the queue. They stay in it until they leave. */
void waiter_queue_wake_all(const waiter_queue *queue);

/* --- a thread that blocks --- */

/* A waiter that blocks its thread. Must be initialised by thread_waiter_init(), which is cheap;
 * nothing must be freed. */
typedef struct thread_waiter {
    waiter waiter; /* must be the first member; joins the queues */
    atomic_bool is_woken;
    sem_t woken; /* posted once for each change of is_woken to true */
} thread_waiter;

void thread_waiter_init(thread_waiter *self);

/* Blocks the calling thread until it is woken. Returns at once if it was woken since the last wait.
 * The deadline is a time of clock_now_ns(), like that of condition_wait(). false: the deadline has
 * passed. */
bool thread_waiter_wait(thread_waiter *self, int64_t deadline_ns);

#endif
