/* The calls of a directory that wait because every provider that they may use is full.
 *
 * Such a call stands in the queues of all these providers' endpoints, and what comes free is
 * granted to the first in a queue (transport/http_client_pool.h). Which endpoints these are may
 * change while it waits. So a directory knows the calls that wait, in the order in which they began
 * to wait, and looks again for all of them, in this order, when there may be a provider that was
 * not there before:
 *
 *   - the list has changed: a provider has joined it, a rule enables one or gives it a weight;
 *   - an answer has ended an ejection;
 *   - an ejection is over. That is no event: time passes, and picks compare. So while a call waits,
 *     the end of the first ejection that keeps a provider from it is one of the times for which the
 *     upkeep thread wakes up. A timer for every ejection would mostly run for nothing, because
 *     calls seldom wait.
 *
 * Whoever brings such a change about looks for the waiting calls in its own thread: it puts them
 * into the queues of the new providers, and grants the room of these to the calls that wait
 * longest. So a call is woken only when something was granted, or when its providers have all gone,
 * and the order does not depend on which thread wakes up first. A call that begins at this very
 * moment may find the new provider's room first, since calls that need not wait look at no queue.
 *
 * An answer that ends an ejection is told to the directory of its call only. Where another
 * directory has the same provider, calls look again when the ejection would have been over. */
#ifndef SELECTOR_ROOM_H
#define SELECTOR_ROOM_H

#include "base/mutex.h"
#include "selector/pick_request.h"
#include "selector/readers.h"
#include "selector/snapshot.h"
#include "selector/upkeep.h"

/* One call's wait. Not moved while it is one of room_waits. */
typedef struct room_wait {
    waiter_entry entry;   /* first; in room_waits, under its lock */
    pick_request request; /* what the call picks by */
    /* Its queues; changed under the lock of room_waits until room_waits_remove(). */
    http_client_queuer queuer;
} room_wait;

/* Those of one directory. */
typedef struct room_waits {
    /* Constant; of the directory: */
    readers *readers;
    _Atomic(snapshot *) *current;
    upkeep *upkeep;

    mutex lock; /* guards what follows; endpoints are locked under it, and waiters woken */
    waiter_queue queue;
    int64_t look_at_ns; /* an ejection ends that keeps a provider from one of them */
} room_waits;

/* All are borrowed. */
void room_waits_init(
    room_waits *self, readers *inside, _Atomic(snapshot *) *current, upkeep *kicked);

/* Nobody may wait any more. */
void room_waits_fini(room_waits *self);

/* Joins the queues of all providers that a pick with needs_room would take. What request points to
 * stays as it is until room_waits_remove(). ticket: waiter_take_ticket(), of when the call first
 * began to wait. The waiter is woken when http_client_queuer_is_served(), which may be so already.
 * Returns for how many endpoints it waits. Any thread. */
size_t room_waits_add(
    room_waits *self, room_wait *wait, const pick_request *request, waiter *of, uint64_t ticket);

/* From now on the wait's queues do not change; it leaves them by http_client_queuer_leave(). Again
 * is harmless. */
void room_waits_remove(room_waits *self, room_wait *wait);

/* There may be a provider that was not there before. Takes locks that come behind
 * MUTEX_RANK_DIRECTORY, and wakes calls. Any thread. */
void room_waits_look_again(room_waits *self);

/* Looks again if an ejection is over. Returns when to come again. Only the upkeep thread calls it.
 */
int64_t room_waits_tick(room_waits *self, int64_t now_ns);

/* How many wait. Tests look at it. */
size_t room_waits_count(room_waits *self);

#endif
