/* The requests that wait for a worker, and which of them is started next.
 *
 * In normal operation the queue is short and first in, first out. When it has not been empty for a
 * while, more comes in than the workers can do, and serving the oldest first would be the worst
 * choice: by the time a request is reached its caller has little time left, so workers run handlers
 * whose answers nobody waits for. Then the newest goes first, and a request is started only if the
 * time that its caller has left is longer than its method takes on average. What cannot make it is
 * refused at once, certainly not executed, so that its caller can go to another provider.
 *
 * No thread, lock or clock in here: the caller has the lock and says what time it is. */
#ifndef SERVER_WORK_QUEUE_H
#define SERVER_WORK_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A queue that has not been empty for this long is a standing one. */
#define WORK_STANDING_NS (INT64_C(50) * 1000 * 1000)

/* How long the handler of one method runs on average. Written by the workers without a lock: a lost
 * update does not matter to an average. */
typedef struct work_cost {
    _Atomic int64_t average_ns; /* 0: not known yet */
} work_cost;

void work_cost_note(work_cost *self, int64_t took_ns);

/* Lowers the average a little. */
void work_cost_doubt(work_cost *self);

typedef enum work_refusal {
    WORK_QUEUE_FULL,
    WORK_TOO_LATE,        /* its caller has given up, or will before the handler can be done */
    WORK_QUEUED_TOO_LONG, /* its caller has not said when it gives up, and has waited long enough */
    WORK_POOL_STOPPED
} work_refusal;

/* One request, a part of its owner's structure. */
typedef struct work {
    struct work *older, *newer;
    int64_t deadline_ns;  /* when its caller gives up; DEADLINE_NEVER: it did not say */
    int64_t start_by_ns;  /* it is not started later than this */
    work_cost *cost;      /* of its method; NULL: not known */
    int64_t arrived_ns;   /* set by work_queue_add() */
    int64_t started_ns;   /* set by work_queue_take() */
    work_refusal refusal; /* set when it is refused */
} work;

typedef struct work_queue {
    work *oldest, *newest;
    size_t count;
    size_t max;                 /* at most this many wait; 0 is not allowed */
    int64_t not_empty_since_ns; /* meaningless while it is empty */
} work_queue;

/* Adds work at the newest end. Returns those that have to be refused now, linked by `older`: work
 * that can no longer be done in time, and, if the queue is full, the one that would be started last
 * (which may be the one that was to be added). */
work *work_queue_add(work_queue *self, work *added, int64_t now_ns);

/* Takes out what is to be started next; NULL: nothing is left. *refused: as above. */
work *work_queue_take(work_queue *self, int64_t now_ns, work **refused);

/* Takes out all that is too late to be started, of the oldest few thousand. To be called now and
 * then while work waits, because every worker may be busy for longer than the callers wait. */
work *work_queue_expire(work_queue *self, int64_t now_ns);

/* Takes everything out, to be refused for that reason. */
work *work_queue_take_all(work_queue *self, work_refusal refusal);

#endif
