/* Requests to ZooKeeper: which tasks are due, which requests are under way, and the current time.
 *
 * All parts that need something from ZooKeeper (nodes, batches, sweeps, watches, lookups) use a
 * task and the functions here. This file does not check whether there is a session: the session
 * (session.h) only starts tasks while there is one. */
#ifndef REGISTRY_ZOOKEEPER_REQUESTS_H
#define REGISTRY_ZOOKEEPER_REQUESTS_H

#include "registry/zookeeper/port.h"
#include "registry/zookeeper/task.h"

#define ZK_SLOTS 256        /* maximum of requests under way; further tasks wait in the heap */
#define ZK_RETRY_MIN_MS 250 /* the pause after a failure, doubled after each further one */
#define ZK_RETRY_MAX_MS 10000
/* If the connection is lost this many times in a row while a list is read, the list is assumed to
 * be too long, because a list over the server's limit may also show as a lost connection
 * (docs/libraries.md Z11). */
#define ZK_LOST_READINGS_MAX 3

/* A request under way. Its cookie consists of the index of the slot and its serial, so that an
 * answer that comes too late does not match. */
typedef struct zk_slot {
    zk_task *task;   /* NULL: the slot is free, or the task has been freed */
    uint32_t serial; /* how often the slot has been used */
    bool is_busy;
} zk_slot;

struct zk_requests {
    zk_port *port;      /* borrowed */
    int64_t now_ns;     /* the time of the event that is being handled */
    int64_t session_id; /* 0: no session */
    uint64_t random;    /* state of the random generator for pauses */
    zk_heap heap;       /* the tasks that are due now or later */
    size_t busy_count;
    size_t slot_hint; /* where to begin the search for a free slot */
    zk_slot slots[ZK_SLOTS];
};

void zk_requests_init(zk_requests *self, zk_port *port, uint64_t seed);

/* Starts the tasks that are due, while there are free slots. */
void zk_requests_start_due(zk_requests *self);

/* When to call zk_requests_start_due(), unless an answer comes before. */
int64_t zk_requests_next_ns(const zk_requests *self);

/* Passes an answer to its task; an answer without a task is ignored. */
void zk_requests_answered(zk_requests *self, zk_event *event);

/* Forgets all requests under way, because no answer will come any more. */
void zk_requests_forget_all(zk_requests *self);

/* Returns the pause after that number of failures: min, 2 min, 4 min ... max, minus a random part
 * of up to one half, so that clients that lost the same server do not all return at once. */
int64_t zk_requests_pause_ns(zk_requests *self, unsigned failures, int64_t min_ms, int64_t max_ms);

/* Set when the task is due: now; at a time (DEADLINE_NEVER: not at all); after a pause that grows
 * with each failure. zk_task_retry_slowly() is for a list that is too big. */
void zk_task_due_now(zk_task *task);
void zk_task_due_at(zk_task *task, int64_t due_ns);
void zk_task_retry(zk_task *task);
void zk_task_retry_slowly(zk_task *task);

/* Takes the task out of the heap; an answer to its request will be ignored. */
void zk_task_forget(zk_task *task);

/* Sends one request for the task, which must have none under way. false: the request was not
 * sent. */
bool zk_task_send_create(zk_task *task, const char *path, bool ephemeral);
bool zk_task_send_remove(zk_task *task, const char *path);
bool zk_task_send_multi(zk_task *task, const zk_op *ops, size_t count);
bool zk_task_send_exists(zk_task *task, const char *path, bool watch);
bool zk_task_send_children(zk_task *task, const char *path, bool watch);
bool zk_task_send_data(zk_task *task, const char *path, bool watch);

/* Why a request failed, for the log. */
const char *zk_event_reason(const zk_event *event);

#endif
