/* Slots for requests under way, a heap of tasks by due time, and one function for each kind of
 * request. */
#include "registry/zookeeper/requests.h"

#include "base/random.h"

/* pause after a list that is too big, doubled each time (docs/libraries.md Z11) */
#define TOO_BIG_MIN_MS 5000
#define TOO_BIG_MAX_MS 60000

void zk_requests_init(zk_requests *self, zk_port *port, uint64_t seed)
{
    self->port = port;
    self->random = seed | 1;
}

/* --- slots */

static uint64_t requests_take_slot(zk_requests *self, zk_task *task)
{
    while (self->slots[self->slot_hint].is_busy)
        self->slot_hint = (self->slot_hint + 1) % ZK_SLOTS;
    zk_slot *taken = &self->slots[self->slot_hint];
    taken->is_busy = true;
    taken->task = task;
    taken->serial++;
    task->slot = self->slot_hint;
    self->busy_count++;
    return (uint64_t)taken->serial * ZK_SLOTS + self->slot_hint;
}

/* Frees a slot and returns its task. NULL: the task has been freed. */
static zk_task *requests_free_slot(zk_requests *self, zk_slot *busy)
{
    zk_task *task = busy->task;
    busy->task = NULL;
    busy->is_busy = false;
    self->busy_count--;
    if (task != NULL)
        task->slot = ZK_NO_SLOT;
    return task;
}

void zk_requests_answered(zk_requests *self, zk_event *event)
{
    zk_slot *busy = &self->slots[event->cookie % ZK_SLOTS];
    if (!busy->is_busy || busy->serial != event->cookie / ZK_SLOTS)
        return;
    zk_task *task = requests_free_slot(self, busy);
    if (task != NULL)
        zk_task_answered(task, event);
}

void zk_requests_forget_all(zk_requests *self)
{
    for (size_t i = 0; i < ZK_SLOTS; i++)
        if (self->slots[i].is_busy)
            requests_free_slot(self, &self->slots[i]);
}

/* --- time */

static bool requests_have_room(const zk_requests *self)
{
    return self->busy_count < ZK_SLOTS;
}

void zk_requests_start_due(zk_requests *self)
{
    while (requests_have_room(self) && zk_heap_next_ns(&self->heap) <= self->now_ns) {
        zk_task *task = zk_heap_pop(&self->heap);
        if (!task->ops->start(task))
            zk_task_retry(task);
    }
}

int64_t zk_requests_next_ns(const zk_requests *self)
{
    return requests_have_room(self) ? zk_heap_next_ns(&self->heap) : DEADLINE_NEVER;
}

int64_t zk_requests_pause_ns(zk_requests *self, unsigned failures, int64_t min_ms, int64_t max_ms)
{
    int64_t pause_ms = failures < 16 ? min_ms << failures : max_ms;
    if (pause_ms > max_ms)
        pause_ms = max_ms;
    uint64_t jitter_ms = random_step(&self->random) % ((uint64_t)pause_ms / 2 + 1);
    return (pause_ms - (int64_t)jitter_ms) * NS_PER_MS;
}

void zk_task_due_at(zk_task *task, int64_t due_ns)
{
    zk_heap_set(&task->requests->heap, task, due_ns);
}

void zk_task_due_now(zk_task *task)
{
    zk_task_due_at(task, task->requests->now_ns);
}

static void task_retry_within(zk_task *task, int64_t min_ms, int64_t max_ms)
{
    zk_requests *requests = task->requests;
    zk_task_due_at(
        task, requests->now_ns + zk_requests_pause_ns(requests, task->failures, min_ms, max_ms));
    task->failures++;
}

void zk_task_retry(zk_task *task)
{
    task_retry_within(task, ZK_RETRY_MIN_MS, ZK_RETRY_MAX_MS);
}

void zk_task_retry_slowly(zk_task *task)
{
    task_retry_within(task, TOO_BIG_MIN_MS, TOO_BIG_MAX_MS);
}

void zk_task_forget(zk_task *task)
{
    zk_task_due_at(task, DEADLINE_NEVER);
    if (zk_task_is_busy(task))
        task->requests->slots[task->slot].task = NULL;
    task->slot = ZK_NO_SLOT;
}

/* --- sending */

static bool task_keep_slot_if_sent(zk_task *task, bool sent)
{
    if (!sent)
        requests_free_slot(task->requests, &task->requests->slots[task->slot]);
    return sent;
}

bool zk_task_send_create(zk_task *task, const char *path, bool ephemeral)
{
    zk_port *port = task->requests->port;
    uint64_t cookie = requests_take_slot(task->requests, task);
    return task_keep_slot_if_sent(task, port->ops->create(port, cookie, path, ephemeral));
}

bool zk_task_send_remove(zk_task *task, const char *path)
{
    zk_port *port = task->requests->port;
    uint64_t cookie = requests_take_slot(task->requests, task);
    return task_keep_slot_if_sent(task, port->ops->remove(port, cookie, path));
}

bool zk_task_send_multi(zk_task *task, const zk_op *ops, size_t count)
{
    zk_port *port = task->requests->port;
    uint64_t cookie = requests_take_slot(task->requests, task);
    return task_keep_slot_if_sent(task, port->ops->multi(port, cookie, ops, count));
}

/* The three reads (exists, children and data) are sent alike; they differ only in this function. */
typedef bool (*read_operation)(zk_port *port, uint64_t cookie, const char *path, bool watch);

static bool task_send_read(zk_task *task, read_operation operation, const char *path, bool watch)
{
    uint64_t cookie = requests_take_slot(task->requests, task);
    return task_keep_slot_if_sent(task, operation(task->requests->port, cookie, path, watch));
}

bool zk_task_send_exists(zk_task *task, const char *path, bool watch)
{
    return task_send_read(task, task->requests->port->ops->exists, path, watch);
}

bool zk_task_send_children(zk_task *task, const char *path, bool watch)
{
    return task_send_read(task, task->requests->port->ops->children, path, watch);
}

bool zk_task_send_data(zk_task *task, const char *path, bool watch)
{
    return task_send_read(task, task->requests->port->ops->data, path, watch);
}

const char *zk_event_reason(const zk_event *event)
{
    return event->answer == ZK_NO_MEMORY ? "out of memory" : zk_code_text(event->code);
}
