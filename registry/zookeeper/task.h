/* Tasks: what the ZooKeeper registry has to bring about, each with one request under way at most
 * and a time at which it is due. They wait in a pairing heap that is part of them, so that queueing
 * needs no memory and cannot fail. */
#ifndef REGISTRY_ZOOKEEPER_TASK_H
#define REGISTRY_ZOOKEEPER_TASK_H

#include "base/clock.h"
#include "registry/zookeeper/event.h"

typedef struct zk_core zk_core;
typedef struct zk_task zk_task;

typedef struct zk_task_ops {
    /* It is due and may send one request: returns what zk_core_send_...() returned. */
    bool (*start)(zk_core *core, zk_task *task);
    /* Its request was answered. The event stays the caller's; a reading may be taken out of it. May
     * free the task. */
    void (*answered)(zk_core *core, zk_task *task, zk_event *event);
} zk_task_ops;

struct zk_task {
    const zk_task_ops *ops;
    int64_t due_ns;    /* DEADLINE_NEVER: not in the heap */
    size_t slot;       /* of its request under way, ZK_NO_SLOT: none */
    unsigned failures; /* in a row */
    zk_task *child;    /* the heap's */
    zk_task *sibling;
    zk_task *before; /* the sibling before, or the parent of the first */
};

#define ZK_NO_SLOT SIZE_MAX

typedef struct zk_heap {
    zk_task *root;
} zk_heap;

void zk_task_init(zk_task *task, const zk_task_ops *ops);

/* Puts the task in, or moves it; DEADLINE_NEVER takes it out. */
void zk_heap_set(zk_heap *self, zk_task *task, int64_t due_ns);

/* The time of the first, DEADLINE_NEVER when there is none. */
int64_t zk_heap_next_ns(const zk_heap *self);

/* Takes the first one out. There must be one. */
zk_task *zk_heap_pop(zk_heap *self);

#endif
