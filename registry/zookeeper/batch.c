/* Nodes that are created and deleted together, in one ZooKeeper transaction (multi).
 *
 * A server has a node for each service and scheme. Were they created and removed one after the
 * other, the first notification that a consumer gets would show a part of them, and a consumer of
 * Dubbo 3, which acts on changes at most once in five seconds, would go on calling by a list that
 * is half out of date.
 *
 * Each node still goes through its own phases (node.c) and makes its directory, or looks
 * at what stands there, by itself. Only its create or delete waits for the other nodes of the
 * batch, until each has come as far; then one multi is sent for all of them. ZooKeeper carries out
 * all of a multi or nothing. When it fails, it names the first operation that was wrong: that node
 * goes its way by that answer, those behind it make sure of what the answer may mean for them too,
 * and the rest waits for the next multi. A node that ZooKeeper refuses leaves the others (is_apart)
 * until it stands, so that one directory without permission does not keep a server unregistered. */
#include "registry/zookeeper/core_impl.h"

#include "base/mem.h"

struct zk_batch {
    zk_task task;
    zk_node *nodes[ZK_BATCH_NODES_MAX]; /* in the order of registration */
    size_t count;
    size_t bytes;                      /* of all paths */
    zk_node *sent[ZK_BATCH_NODES_MAX]; /* whose operations are in the request under way */
    size_t sent_count;
    unsigned lost; /* requests in a row during which the connection was lost */
};

static bool batch_start(zk_core *core, zk_task *task);
static void batch_answered(zk_core *core, zk_task *task, zk_event *event);
static const zk_task_ops batch_ops = {batch_start, batch_answered};

zk_batch *zk_batch_new(void)
{
    zk_batch *batch = MEM_NEW(zk_batch);
    if (batch != NULL)
        zk_task_init(&batch->task, &batch_ops);
    return batch;
}

void zk_batch_free(zk_batch *batch)
{
    free(batch);
}

bool zk_batch_has_room(const zk_batch *batch, size_t count, size_t bytes)
{
    return batch->count + count <= ZK_BATCH_NODES_MAX &&
           (batch->count == 0 || batch->bytes + bytes <= ZK_BATCH_BYTES_MAX);
}

void zk_batch_add(zk_batch *batch, zk_node *node)
{
    batch->nodes[batch->count++] = node;
    batch->bytes += strlen(node->path);
    node->batch = batch;
}

/* --- one request */

static bool batch_is_preparing(const zk_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (zk_node_need(batch->nodes[i]) == ZK_NEEDS_TIME)
            return true;
    return false;
}

/* One URL may be registered twice; the second one has its turn afterwards. */
static bool batch_has_sent_path(const zk_batch *batch, const char *path)
{
    for (size_t i = 0; i < batch->sent_count; i++)
        if (strcmp(batch->sent[i]->path, path) == 0)
            return true;
    return false;
}

static void batch_collect(zk_batch *batch, zk_need need)
{
    for (size_t i = 0; i < batch->count; i++) {
        zk_node *node = batch->nodes[i];
        if (zk_node_need(node) == need && !batch_has_sent_path(batch, node->path))
            batch->sent[batch->sent_count++] = node;
    }
}

static void batch_forget_sent(zk_batch *batch)
{
    for (size_t i = 0; i < batch->sent_count; i++)
        batch->sent[i]->is_in_multi = false;
    batch->sent_count = 0;
}

static bool batch_send(zk_core *core, zk_batch *batch, bool is_create)
{
    zk_op ops[ZK_BATCH_NODES_MAX];
    for (size_t i = 0; i < batch->sent_count; i++) {
        batch->sent[i]->is_in_multi = true;
        ops[i] = (zk_op){.is_create = is_create, .path = batch->sent[i]->path};
    }
    if (batch->sent_count > 1)
        return zk_core_send_multi(core, &batch->task, ops, batch->sent_count);
    return is_create ? zk_core_send_create(core, &batch->task, ops[0].path, true)
                     : zk_core_send_remove(core, &batch->task, ops[0].path);
}

/* Whoever is not ready yet wakes the batch later, so that sending nothing is no failure. */
static bool batch_start(zk_core *core, zk_task *task)
{
    zk_batch *batch = (zk_batch *)task;
    bool is_create = false;
    if (batch_is_preparing(batch))
        return true;
    batch_collect(batch, ZK_NEEDS_DELETE);
    if (batch->sent_count == 0) {
        is_create = true;
        batch_collect(batch, ZK_NEEDS_CREATE);
    }
    if (batch->sent_count == 0 || batch_send(core, batch, is_create))
        return true;
    batch_forget_sent(batch);
    return false;
}

/* A multi that is over the server's limit (jute.maxbuffer) shows as a connection that ends. */
static void batch_count_lost(zk_batch *batch, bool is_lost)
{
    batch->lost = is_lost ? batch->lost + 1 : 0;
    if (batch->lost < LOST_MULTIS_MAX)
        return;
    LOG(DUBBOC_LOG_WARN, "registry",
        "the connection is lost whenever nodes are registered together, now each is alone",
        "nodes=%zu bytes=%zu", batch->count, batch->bytes);
    batch->lost = 0;
    for (size_t i = 0; i < batch->count; i++)
        batch->nodes[i]->is_apart = true;
}

/* The steps of the nodes may give back nodes, and the batch with the last of them. */
static void batch_answered(zk_core *core, zk_task *task, zk_event *event)
{
    zk_batch *batch = (zk_batch *)task;
    zk_node *sent[ZK_BATCH_NODES_MAX];
    size_t count = batch->sent_count;
    bool is_of_one = event->answer != ZK_OK && event->failed_at < count;
    memcpy(sent, batch->sent, count * sizeof sent[0]);
    batch_forget_sent(batch);
    batch_count_lost(batch, event->answer == ZK_LOST && count > 1);
    for (size_t i = 0; i < count; i++)
        if (!is_of_one || i == event->failed_at)
            zk_node_answered(core, sent[i], event);
        else
            zk_node_not_done(core, sent[i], i < event->failed_at ? ZK_OK : event->answer);
}

/* --- what the nodes say */

void zk_batch_wake(zk_core *core, zk_batch *batch)
{
    if (!task_is_busy(&batch->task))
        zk_core_now(core, &batch->task);
}

void zk_batch_forget(zk_core *core, zk_batch *batch)
{
    zk_core_forget(core, &batch->task);
    batch->task.failures = 0;
    batch_forget_sent(batch);
}

void zk_batch_leave(zk_core *core, zk_node *node)
{
    zk_batch *batch = node->batch;
    size_t at = 0;
    while (batch->nodes[at] != node)
        at++;
    batch->count--;
    batch->bytes -= strlen(node->path);
    memmove(batch->nodes + at, batch->nodes + at + 1, (batch->count - at) * sizeof batch->nodes[0]);
    node->batch = NULL;
    if (batch->count > 0) {
        zk_batch_wake(core, batch);
        return;
    }
    zk_core_forget(core, &batch->task);
    zk_batch_free(batch);
}
