/* Tasks: things that the ZooKeeper registry must get done. A task has at most one request under
 * way, and a time at which it is due. Tasks wait in a pairing heap that is built of the tasks
 * themselves, so that queueing needs no memory and cannot fail. */
#ifndef REGISTRY_ZOOKEEPER_TASK_H
#define REGISTRY_ZOOKEEPER_TASK_H

#include "base/clock.h"
#include "registry/zookeeper/event.h"

typedef struct zk_requests zk_requests; /* requests.h */
typedef struct zk_task zk_task;

/* Handles an answer to a task. The caller still owns the event, but the step may take the reading
 * out of it. The step may free the task. */
typedef void (*zk_step)(zk_task *task, zk_event *event);

/* A kind of task. The task is the first member of a larger struct (a node, a watch), to which the
 * functions cast it. */
typedef struct zk_task_ops {
    /* The task is due: sends at most one request with zk_task_send_...() and returns the result of
     * that. true without a request: nothing had to be done. false: the task is tried again
     * later. */
    bool (*start)(zk_task *task);
    /* The step for each phase and answer. NULL: otherwise is used for all. */
    const zk_step (*steps)[ZK_ANSWERS];
    zk_step otherwise; /* used where steps has no entry */
} zk_task_ops;

struct zk_task {
    const zk_task_ops *ops;
    zk_requests *requests;
    unsigned phase;    /* defined by the kind: which request is next or under way */
    int64_t due_ns;    /* DEADLINE_NEVER: not in the heap */
    size_t slot;       /* slot of its request under way; ZK_NO_SLOT: none */
    unsigned failures; /* failures in a row */
    /* Links in the heap: */
    zk_task *child;
    zk_task *sibling;
    zk_task *before; /* the previous sibling, or the parent of the first child */
};

#define ZK_NO_SLOT SIZE_MAX

/* Initialises a task: phase 0, not due. */
void zk_task_init(zk_task *task, const zk_task_ops *ops, zk_requests *requests);

/* Runs the step for the answer. */
void zk_task_answered(zk_task *task, zk_event *event);

static inline bool zk_task_is_busy(const zk_task *task)
{
    return task->slot != ZK_NO_SLOT;
}

typedef struct zk_heap {
    zk_task *root;
} zk_heap;

/* Puts the task into the heap, or moves it; DEADLINE_NEVER removes it. */
void zk_heap_set(zk_heap *self, zk_task *task, int64_t due_ns);

/* The time of the first task; DEADLINE_NEVER: the heap is empty. */
int64_t zk_heap_next_ns(const zk_heap *self);

/* Removes and returns the first task. The heap must not be empty. */
zk_task *zk_heap_pop(zk_heap *self);

#endif
