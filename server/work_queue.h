/* The queue of requests that wait for a worker, and the choice of the one to start next.
 *
 * Normally the queue is short, and the oldest request is started first. If the queue has not been
 * empty for a while, more requests arrive than the workers can handle. Serving the oldest first
 * would then be the worst choice: its caller has little time left, so workers would run handlers
 * whose answers come too late. So the newest request is started first, and only if its caller's
 * remaining time is longer than its method takes on average. A request that is too late is refused
 * at once as not executed, so that its caller can try another provider.
 *
 * This module has no thread, lock or clock: its caller holds a lock and passes the time. */
#ifndef SERVER_WORK_QUEUE_H
#define SERVER_WORK_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* If the queue has not been empty for this long, it is a standing queue: the workers are
 * overloaded. */
#define WORK_STANDING_NS (INT64_C(50) * 1000 * 1000)

/* The average running time of a method's handler. Workers update it without a lock, because a lost
 * update does not matter to an average. */
typedef struct work_cost {
    _Atomic int64_t average_ns; /* 0: no measurement yet */
} work_cost;

/* Adds a measurement. Any thread. */
void work_cost_note(work_cost *self, int64_t took_ns);

/* Lowers the average a little, after a request was refused because of it. A refused request is not
 * measured, so an average that is too high would otherwise never be corrected. Any thread. */
void work_cost_doubt(work_cost *self);

typedef enum work_refusal {
    WORK_QUEUE_FULL, /* the queue is at its ceiling, [server] queue */
    /* The caller's deadline has passed, or will pass before the handler can return. */
    WORK_TOO_LATE,
    /* The caller has sent no Timeout header, and the request has waited for [server] queue_time. */
    WORK_QUEUED_TOO_LONG,
    WORK_POOL_STOPPED /* the server is stopping */
} work_refusal;

/* A waiting request. It is a member of its owner's structure. */
typedef struct work {
    struct work *older, *newer;
    int64_t deadline_ns;  /* when the caller gives up; DEADLINE_NEVER: the caller did not say */
    int64_t start_by_ns;  /* when it is too late to start the request */
    work_cost *cost;      /* the running time of its method; NULL: unknown */
    int64_t arrived_ns;   /* set by work_queue_add() */
    int64_t started_ns;   /* set by work_queue_take() */
    work_refusal refusal; /* why it was refused; set when it is refused */
} work;

typedef struct work_queue {
    work *oldest, *newest;
    size_t count;
    size_t max;                 /* the ceiling of count, at least 1 */
    int64_t not_empty_since_ns; /* since when count has not been 0; undefined while it is 0 */
} work_queue;

/* Adds a request as the newest. Returns the requests that must be refused, linked by `older`: the
 * requests that are too late and, if the queue is full, the request that would be started last,
 * which may be `added` itself. */
work *work_queue_add(work_queue *self, work *added, int64_t now_ns);

/* Removes and returns the request to start next; NULL: the queue is empty now. *refused: requests
 * that must be refused, linked by `older`. */
work *work_queue_take(work_queue *self, int64_t now_ns, work **refused);

/* Removes the requests that are too late, among the oldest few thousand, and returns them linked by
 * `older`. To be called regularly while requests wait, because all workers may be busy for longer
 * than the callers wait. */
work *work_queue_expire(work_queue *self, int64_t now_ns);

/* Removes all requests, marks them with that refusal, and returns them linked by `older`. */
work *work_queue_take_all(work_queue *self, work_refusal refusal);

#endif
