/* The calls of a directory that wait because all providers that they may use are full.
 *
 * Such a call is in the queue of each of these providers' endpoints. An endpoint grants a
 * connection that becomes free, or the right to open one, to the first call in its queue
 * (transport/http_client_pool.h). The set of endpoints may change during the wait. So the directory
 * keeps a list of its waiting calls, in the order in which they began to wait, and updates the
 * queues of all of them, in this order, whenever a provider may have become usable:
 *
 * - the list has changed: a provider has joined, or a rule enables one or gives it a weight;
 * - an answer to a call has ended an ejection or a silence;
 * - an answer to a probe has done so (selector/probes.h);
 * - a provider was ejected, or does not answer probes: the calls leave its queue;
 * - an ejection has expired. This causes no event; it is only seen when the time is compared. So
 *   while a call waits, the upkeep thread also wakes up at the end of the first ejection that keeps
 *   a provider from that call. A timer for each ejection would seldom be of use, because calls
 *   seldom wait.
 *
 * The thread that causes such a change updates the waiting calls itself: it adds them to the queues
 * of the new providers, whose room is then granted to the calls that have waited longest. So a call
 * is woken only when something was granted to it, or when all its providers have gone, and the
 * order does not depend on which thread wakes up first. A call that begins at the same moment may
 * take the room of the new provider first, because calls that need not wait look at no queue.
 *
 * An answer to a call only updates the directory of that call. If another directory has the same
 * provider, its calls notice the end of an ejection when the ejection would have expired, and the
 * end of a silence at the next update. An answer to a probe updates all directories. */
#ifndef SELECTOR_ROOM_H
#define SELECTOR_ROOM_H

#include "base/mutex.h"
#include "selector/pick_request.h"
#include "selector/readers.h"
#include "selector/snapshot.h"
#include "selector/upkeep.h"

/* The wait of one call. It must not be moved in memory while it is in a room_waits. */
typedef struct room_wait {
    waiter_entry entry;   /* first member; in room_waits.queue, guarded by its lock */
    pick_request request; /* the request of the call's pick */
    /* The queues that the call is in. Until room_waits_remove(), it joins and leaves queues only
     * under the lock of room_waits; after that, the call leaves all of them without the lock. */
    http_client_queuer queuer;
} room_wait;

/* The waits of one directory. */
typedef struct room_waits {
    /* Constant; borrowed from the directory: */
    readers *readers;
    _Atomic(snapshot *) *current;
    upkeep *upkeep;

    /* Guards the fields below. While it is held, endpoints are locked and waiters are woken. */
    mutex lock;
    waiter_queue queue;
    /* When the first ejection ends that keeps a provider from a waiting call. */
    int64_t look_at_ns;
} room_waits;

/* The arguments are borrowed. */
void room_waits_init(
    room_waits *self, readers *inside, _Atomic(snapshot *) *current, upkeep *kicked);

/* No call may be waiting. */
void room_waits_fini(room_waits *self);

/* Begins a wait: joins the queues of all providers that a pick with needs_room would accept. What
 * request points to must not change until room_waits_remove(). ticket: from waiter_take_ticket(),
 * when the call first began to wait. The waiter is woken when http_client_queuer_is_served()
 * becomes true; that may be the case on return already. Returns the number of endpoints that the
 * call waits for. Any thread. */
size_t room_waits_add(
    room_waits *self, room_wait *wait, const pick_request *request, waiter *of, uint64_t ticket);

/* Ends a wait: the queues do not change any more; the call then leaves them with
 * http_client_queuer_leave(). No-op if the wait was removed already. */
void room_waits_remove(room_waits *self, room_wait *wait);

/* Updates the queues of all waiting calls, because a provider may have become usable. Takes locks
 * that rank after MUTEX_RANK_DIRECTORY, and wakes calls. Any thread. */
void room_waits_look_again(room_waits *self);

/* Updates the queues like room_waits_look_again(), but only if an ejection that keeps a provider
 * from a waiting call has ended by now_ns. Returns the time at which it must be called again. Only
 * called by the upkeep thread. */
int64_t room_waits_tick(room_waits *self, int64_t now_ns);

/* The number of waiting calls, for tests. */
size_t room_waits_count(room_waits *self);

#endif
