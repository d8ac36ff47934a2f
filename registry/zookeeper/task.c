/* A pairing heap: a tree in which no child is due before its parent. When the root is removed, its
 * children are joined in pairs, then into one tree. */
#include "registry/zookeeper/task.h"

void zk_task_init(zk_task *task, const zk_task_ops *ops, zk_requests *requests)
{
    *task =
        (zk_task){.ops = ops, .requests = requests, .due_ns = DEADLINE_NEVER, .slot = ZK_NO_SLOT};
}

void zk_task_answered(zk_task *task, zk_event *event)
{
    const zk_task_ops *ops = task->ops;
    zk_step step = ops->steps != NULL ? ops->steps[task->phase][event->answer] : NULL;
    (step != NULL ? step : ops->otherwise)(task, event);
}

/* Joins two trees. */
static zk_task *heap_join(zk_task *a, zk_task *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (b->due_ns < a->due_ns) {
        zk_task *swap = a;
        a = b;
        b = swap;
    }
    b->before = a;
    b->sibling = a->child;
    if (a->child != NULL)
        a->child->before = b;
    a->child = b;
    return a;
}

static zk_task *heap_next_root(zk_task **first)
{
    zk_task *root = *first;
    if (root == NULL)
        return NULL;
    *first = root->sibling;
    root->sibling = NULL;
    root->before = NULL;
    return root;
}

static zk_task *heap_join_all(zk_task *first)
{
    zk_task *pairs = NULL;
    while (first != NULL) {
        zk_task *a = heap_next_root(&first);
        zk_task *pair = heap_join(a, heap_next_root(&first));
        pair->sibling = pairs;
        pairs = pair;
    }
    zk_task *root = NULL;
    while (pairs != NULL)
        root = heap_join(root, heap_next_root(&pairs));
    return root;
}

static void heap_take_out(zk_heap *self, zk_task *task)
{
    zk_task *rest = heap_join_all(task->child);
    if (task == self->root) {
        self->root = rest;
    } else {
        if (task->before->child == task)
            task->before->child = task->sibling;
        else
            task->before->sibling = task->sibling;
        if (task->sibling != NULL)
            task->sibling->before = task->before;
        self->root = heap_join(self->root, rest);
    }
    task->child = task->sibling = task->before = NULL;
    task->due_ns = DEADLINE_NEVER;
}

void zk_heap_set(zk_heap *self, zk_task *task, int64_t due_ns)
{
    if (task->due_ns != DEADLINE_NEVER)
        heap_take_out(self, task);
    task->due_ns = due_ns;
    if (due_ns != DEADLINE_NEVER)
        self->root = heap_join(self->root, task);
}

int64_t zk_heap_next_ns(const zk_heap *self)
{
    return self->root != NULL ? self->root->due_ns : DEADLINE_NEVER;
}

zk_task *zk_heap_pop(zk_heap *self)
{
    zk_task *first = self->root;
    heap_take_out(self, first);
    return first;
}
