/* One task sends the multi. It is started whenever a member reports that it may be ready, and sends
 * only when no member still needs time. */
#include "registry/zookeeper/batch.h"

#include "base/log.h"
#include "base/mem.h"

/* after this many lost multis in a row, the multi itself is assumed to be the cause */
#define LOST_MULTIS_MAX 3

struct zk_batch {
    zk_task task;                           /* its ops are NULL until the batch is adopted */
    zk_member *members[ZK_BATCH_NODES_MAX]; /* in the order of registration */
    size_t count;
    size_t bytes; /* total length of all paths */
    /* members of the current multi, in the order of its operations */
    zk_member *sent[ZK_BATCH_NODES_MAX];
    size_t sent_count;
    unsigned lost; /* multis in a row during which the connection was lost */
};

zk_batch *zk_batch_new(void)
{
    return MEM_NEW(zk_batch);
}

void zk_batch_free(zk_batch *self)
{
    free(self);
}

bool zk_batch_has_room(const zk_batch *self, size_t count, size_t bytes)
{
    return self->count + count <= ZK_BATCH_NODES_MAX &&
           (self->count == 0 || self->bytes + bytes <= ZK_BATCH_BYTES_MAX);
}

void zk_batch_add(zk_batch *self, zk_member *member, const char *path)
{
    self->members[self->count++] = member;
    self->bytes += strlen(path);
    member->path = path;
    member->batch = self;
}

/* --- one request */

static zk_need batch_need(const zk_member *member)
{
    return member->ops->need(member);
}

static bool batch_is_preparing(const zk_batch *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (batch_need(self->members[i]) == ZK_NEEDS_TIME)
            return true;
    return false;
}

/* The same URL may be registered twice; the second node is created by the next multi. */
static bool batch_has_sent_path(const zk_batch *self, const char *path)
{
    for (size_t i = 0; i < self->sent_count; i++)
        if (strcmp(self->sent[i]->path, path) == 0)
            return true;
    return false;
}

static void batch_collect(zk_batch *self, zk_need need)
{
    for (size_t i = 0; i < self->count; i++) {
        zk_member *member = self->members[i];
        if (batch_need(member) == need && !batch_has_sent_path(self, member->path))
            self->sent[self->sent_count++] = member;
    }
}

static void batch_forget_sent(zk_batch *self)
{
    for (size_t i = 0; i < self->sent_count; i++)
        self->sent[i]->is_in_multi = false;
    self->sent_count = 0;
}

static bool batch_send(zk_batch *self, bool is_create)
{
    zk_op ops[ZK_BATCH_NODES_MAX];
    for (size_t i = 0; i < self->sent_count; i++) {
        self->sent[i]->is_in_multi = true;
        ops[i] = (zk_op){.is_create = is_create, .path = self->sent[i]->path};
    }
    if (self->sent_count > 1)
        return zk_task_send_multi(&self->task, ops, self->sent_count);
    return is_create ? zk_task_send_create(&self->task, ops[0].path, true)
                     : zk_task_send_remove(&self->task, ops[0].path);
}

/* Sends nothing if a member is not ready, which is no failure: that member wakes the batch
 * later. */
static bool batch_start(zk_task *task)
{
    zk_batch *self = (zk_batch *)task;
    bool is_create = false;
    if (batch_is_preparing(self))
        return true;
    batch_collect(self, ZK_NEEDS_DELETE);
    if (self->sent_count == 0) {
        is_create = true;
        batch_collect(self, ZK_NEEDS_CREATE);
    }
    if (self->sent_count == 0 || batch_send(self, is_create))
        return true;
    batch_forget_sent(self);
    return false;
}

/* Counts lost multis, because a multi over the server's limit (jute.maxbuffer) only shows as a lost
 * connection. */
static void batch_count_lost(zk_batch *self, bool is_lost)
{
    self->lost = is_lost ? self->lost + 1 : 0;
    if (self->lost < LOST_MULTIS_MAX)
        return;
    LOG(DUBBOC_LOG_WARN, "registry",
        "connection lost while registering nodes together; now registering one at a time",
        "nodes=%zu bytes=%zu", self->count, self->bytes);
    self->lost = 0;
    for (size_t i = 0; i < self->count; i++)
        self->members[i]->is_apart = true;
}

/* Distributes the answer. Members may leave the batch during the calls, and the last one to leave
 * frees it. */
static void batch_answered(zk_task *task, zk_event *event)
{
    zk_batch *self = (zk_batch *)task;
    zk_member *sent[ZK_BATCH_NODES_MAX];
    size_t count = self->sent_count;
    bool is_of_one = event->answer != ZK_OK && event->failed_at < count;
    memcpy(sent, self->sent, count * sizeof sent[0]);
    batch_forget_sent(self);
    batch_count_lost(self, event->answer == ZK_LOST && count > 1);
    for (size_t i = 0; i < count; i++)
        if (!is_of_one || i == event->failed_at)
            sent[i]->ops->answered(sent[i], event);
        else
            sent[i]->ops->not_done(sent[i], i < event->failed_at ? ZK_OK : event->answer);
}

static const zk_task_ops batch_ops = {.start = batch_start, .otherwise = batch_answered};

/* --- calls from the nodes */

void zk_batch_adopt(zk_batch *self, zk_requests *requests)
{
    if (self->task.ops == NULL)
        zk_task_init(&self->task, &batch_ops, requests);
}

void zk_batch_wake(zk_batch *self)
{
    if (!zk_task_is_busy(&self->task))
        zk_task_due_now(&self->task);
}

void zk_batch_forget(zk_batch *self)
{
    zk_task_forget(&self->task);
    self->task.failures = 0;
    batch_forget_sent(self);
}

void zk_batch_leave(zk_member *member)
{
    zk_batch *self = member->batch;
    size_t at = 0;
    while (self->members[at] != member)
        at++;
    self->count--;
    self->bytes -= strlen(member->path);
    memmove(
        self->members + at, self->members + at + 1, (self->count - at) * sizeof self->members[0]);
    member->batch = NULL;
    if (self->count > 0) {
        zk_batch_wake(self);
        return;
    }
    zk_task_forget(&self->task);
    zk_batch_free(self);
}
