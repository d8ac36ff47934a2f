/* Tasks: what the ZooKeeper registry has to bring about. Each has at most one request under way and
 * a time at which it is due. Tasks wait in a pairing heap that is made of the tasks themselves, so
 * that queueing needs no memory and cannot fail. */
#ifndef REGISTRY_ZOOKEEPER_TASK_H
#define REGISTRY_ZOOKEEPER_TASK_H

#include "base/clock.h"
#include "registry/zookeeper/event.h"

typedef struct zk_requests zk_requests; /* requests.h */
typedef struct zk_task zk_task;

/* What an answer means to a task. The event stays the caller's; a reading may be taken out of it.
 * The step may free the task. */
typedef void (*zk_step)(zk_task *task, zk_event *event);

/* A kind of task. It is the first member of what it brings about (a node, a watch), which the
 * functions cast it to. */
typedef struct zk_task_ops {
    /* The task is due and may send one request, as zk_task_send_...() do, whose result it returns.
     * true without a request: there was nothing to do. false: it is tried again later. */
    bool (*start)(zk_task *task);
    /* By the task's phase and the answer. NULL: there is only otherwise. */
    const zk_step (*steps)[ZK_ANSWERS];
    zk_step otherwise; /* where steps has none */
} zk_task_ops;

struct zk_task {
    const zk_task_ops *ops;
    zk_requests *requests;
    unsigned phase;    /* of the kind: which request is next or under way */
    int64_t due_ns;    /* DEADLINE_NEVER: not in the heap */
    size_t slot;       /* of its request under way, ZK_NO_SLOT: none */
    unsigned failures; /* in a row */
    /* The heap's: */
    zk_task *child;
    zk_task *sibling;
    zk_task *before; /* the sibling before, or the parent of the first */
};

#define ZK_NO_SLOT SIZE_MAX

/* In phase 0, not due. */
void zk_task_init(zk_task *task, const zk_task_ops *ops, zk_requests *requests);

/* Runs the step of that answer. */
void zk_task_answered(zk_task *task, zk_event *event);

static inline bool zk_task_is_busy(const zk_task *task)
{
    return task->slot != ZK_NO_SLOT;
}

typedef struct zk_heap {
    zk_task *root;
} zk_heap;

/* Puts the task in, or moves it; DEADLINE_NEVER takes it out. */
void zk_heap_set(zk_heap *self, zk_task *task, int64_t due_ns);

/* The time of the first, DEADLINE_NEVER when there is none. */
int64_t zk_heap_next_ns(const zk_heap *self);

/* Takes the first one out. There must be one. */
zk_task *zk_heap_pop(zk_heap *self);

#endif
