/* Requests to ZooKeeper: which tasks are due, which requests are under way, and what the time is.
 *
 * Everything that wants something of ZooKeeper (nodes, batches, sweeps, watches, lookups) does it
 * through a task and the functions here. Whether there is a session is not looked at here: the
 * session (session.h) starts tasks only while there is one. */
#ifndef REGISTRY_ZOOKEEPER_REQUESTS_H
#define REGISTRY_ZOOKEEPER_REQUESTS_H

#include "registry/zookeeper/port.h"
#include "registry/zookeeper/task.h"

#define ZK_SLOTS 256        /* requests under way; more wait in the heap */
#define ZK_RETRY_MIN_MS 250 /* the pause after a failure, doubling */
#define ZK_RETRY_MAX_MS 10000
/* A list that was lost so often in a row is taken for too long to be read, because a list over the
 * server's limit may also show as a connection that ends (libraries.md Z11). */
#define ZK_LOST_READINGS_MAX 3

/* A request under way. Its cookie consists of the number of the slot and of how often that slot was
 * used, so that an answer that comes too late finds another serial. */
typedef struct zk_slot {
    zk_task *task; /* NULL: free, or its task is no more */
    uint32_t serial;
    bool is_busy;
} zk_slot;

struct zk_requests {
    zk_port *port;      /* borrowed */
    int64_t now_ns;     /* when the event that is being handled came */
    int64_t session_id; /* 0: none */
    uint64_t random;    /* the state of the jitter's numbers */
    zk_heap heap;       /* the tasks that are due some time */
    size_t busy_count;
    size_t slot_hint; /* where to look for a free slot first */
    zk_slot slots[ZK_SLOTS];
};

void zk_requests_init(zk_requests *self, zk_port *port, uint64_t seed);

/* Starts tasks that are due, while there is room. */
void zk_requests_start_due(zk_requests *self);

/* When zk_requests_start_due() has something to do, unless an answer comes before. */
int64_t zk_requests_next_ns(const zk_requests *self);

/* Hands an answer to its task; one that nobody waits for any more is dropped. */
void zk_requests_answered(zk_requests *self, zk_event *event);

/* No answer will come any more. */
void zk_requests_forget_all(zk_requests *self);

/* min, 2 min, 4 min ... max, less a random part of up to a half, so that clients that lost the same
 * server spread. */
int64_t zk_requests_pause_ns(zk_requests *self, unsigned failures, int64_t min_ms, int64_t max_ms);

/* When the task is due: now, at that time (DEADLINE_NEVER: not), or after a pause that grows with
 * each failure. retry_slowly is for a list that is too big. */
void zk_task_due_now(zk_task *task);
void zk_task_due_at(zk_task *task, int64_t due_ns);
void zk_task_retry(zk_task *task);
void zk_task_retry_slowly(zk_task *task);

/* The task is not due, and no answer reaches it any more. */
void zk_task_forget(zk_task *task);

/* Sends one request for the task, which has none under way. false: it was not sent. */
bool zk_task_send_create(zk_task *task, const char *path, bool ephemeral);
bool zk_task_send_remove(zk_task *task, const char *path);
bool zk_task_send_multi(zk_task *task, const zk_op *ops, size_t count);
bool zk_task_send_exists(zk_task *task, const char *path, bool watch);
bool zk_task_send_children(zk_task *task, const char *path, bool watch);
bool zk_task_send_data(zk_task *task, const char *path, bool watch);

/* For the log: why a request failed. */
const char *zk_event_reason(const zk_event *event);

#endif
