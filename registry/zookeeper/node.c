/* The nodes that should stand. A node's phase is the request that it needs next; what its answer
 * means stands in one table.
 *
 * A node counts as ours when this session owns it. One of another session (an earlier life of this
 * process, or a restored server's memory of it: traps.md Z10) is deleted and created again, for it
 * would vanish with that session. What an earlier process left under other names is removed when
 * the node stands, not before: consumers never see an empty list (leftovers.c).
 *
 * Nodes that were registered together are created and deleted together: in NODE_CREATE and
 * NODE_DELETE such a node has no request of its own, its batch sends one for all of them
 * (batch.c). */
#include "registry/zookeeper/core_impl.h"

#include "base/mem.h"
#include "registry/node_label.h"

typedef enum node_phase {
    NODE_CREATE, /* it is not there */
    NODE_AWAIT, /* the directory of its interface is not there, and not made for it: its creation is
                   watched */
    NODE_PARENTS, /* its directory is made, level by level */
    NODE_LOOK,    /* whether it is there, and whose it is, has to be seen */
    NODE_DELETE,
    NODE_STANDS, /* nothing to do */
    NODE_PHASES
} node_phase;

typedef void (*node_step)(zk_core *core, zk_node *node, const zk_event *event);

static void created(zk_core *core, zk_node *node, const zk_event *event);
static void is_there(zk_core *core, zk_node *node, const zk_event *event);
static void no_parent(zk_core *core, zk_node *node, const zk_event *event);
static void level_made(zk_core *core, zk_node *node, const zk_event *event);
static void parent_vanished(zk_core *core, zk_node *node, const zk_event *event);
static void interface_is_there(zk_core *core, zk_node *node, const zk_event *event);
static void interface_is_absent(zk_core *core, zk_node *node, const zk_event *event);
static void found(zk_core *core, zk_node *node, const zk_event *event);
static void absent(zk_core *core, zk_node *node, const zk_event *event);
static void unsure(zk_core *core, zk_node *node, const zk_event *event);
static void failed(zk_core *core, zk_node *node, const zk_event *event);

static const node_step table[NODE_PHASES][ZK_ANSWERS] = {
    [NODE_CREATE] =
        {[ZK_OK] = created, [ZK_EXISTS] = is_there, [ZK_NO_NODE] = no_parent, [ZK_LOST] = unsure},
    [NODE_AWAIT] = {[ZK_OK] = interface_is_there, [ZK_NO_NODE] = interface_is_absent},
    [NODE_PARENTS] =
        {[ZK_OK] = level_made, [ZK_EXISTS] = level_made, [ZK_NO_NODE] = parent_vanished},
    [NODE_LOOK] = {[ZK_OK] = found, [ZK_NO_NODE] = absent, [ZK_LOST] = unsure},
    [NODE_DELETE] = {[ZK_OK] = absent, [ZK_NO_NODE] = absent, [ZK_LOST] = unsure},
}; /* all others: failed */

static bool node_is_busy(const zk_node *node)
{
    return task_is_busy(&node->task) || node->is_in_multi;
}

static bool node_waits_for_batch(const zk_node *node)
{
    return node->batch != NULL && !node->is_apart &&
           (node->phase == NODE_CREATE || node->phase == NODE_DELETE);
}

static void node_wake_batch(zk_core *core, const zk_node *node)
{
    if (node->batch != NULL)
        zk_batch_wake(core, node->batch);
}

static void set_phase(zk_core *core, zk_node *node, node_phase phase)
{
    if (phase == NODE_CREATE && !node->is_wanted)
        phase = NODE_LOOK; /* taken back during a request: nothing is made any more */
    node->phase = phase;
    zk_heap_set(
        &core->heap, &node->task, node_waits_for_batch(node) ? DEADLINE_NEVER : core->now_ns);
    node_wake_batch(core, node);
}

static void give_back(zk_core *core, zk_node *node)
{
    zk_core_forget(core, &node->task);
    zk_leftovers_forget(core, node);
    core->nodes_waiting -= node->is_waiting;
    node->is_waiting = false;
    if (node->batch != NULL)
        zk_batch_leave(core, node);
    if (node->prev != NULL)
        node->prev->next = node->next;
    else
        core->nodes = node->next;
    if (node->next != NULL)
        node->next->prev = node->prev;
    atomic_store(&node->stands, false);
    core->out->node_gone(core->out_arg, node);
}

/* The same URL may be registered twice through one registry: it goes with the last. NULL: this is
 * the last. */
static zk_node *find_twin(const zk_core *core, const zk_node *node)
{
    for (zk_node *other = core->nodes; other != NULL; other = other->next)
        if (other != node && other->is_wanted && strcmp(other->path, node->path) == 0)
            return other;
    return NULL;
}

/* What stands is the twin's from now on, who may not have got as far as to know that it does. */
static void hand_over(zk_core *core, zk_node *node, zk_node *twin)
{
    twin->inherits = true;
    if (!node_is_busy(twin) && twin->phase != NODE_STANDS)
        set_phase(core, twin, NODE_LOOK);
    give_back(core, node);
}

/* For the log. */
static const char *node_label(const zk_node *node, char out[NODE_LABEL_SIZE])
{
    node_label_of_name(strrchr(node->path, '/') + 1, out);
    return out;
}

/* --- answers */

static void stands(zk_core *core, zk_node *node)
{
    char label[NODE_LABEL_SIZE];
    node->task.failures = 0;
    node->phase = NODE_STANDS;
    node->is_apart = false;
    node->inherits = false;
    node_wake_batch(core, node);
    atomic_store(&node->has_stood, true);
    if (!atomic_exchange(&node->stands, true))
        LOG(DUBBOC_LOG_INFO, "registry", "registered", "%s", node_label(node, label));
    zk_leftovers_remove(core, node);
}

static void created(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    if (node->is_wanted)
        stands(core, node);
    else
        set_phase(core, node, NODE_DELETE);
}

static void is_there(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    set_phase(core, node, NODE_LOOK);
}

static size_t directory_len(const zk_node *node)
{
    return (size_t)(strrchr(node->path, '/') - node->path);
}

/* Of "/dubbo/S/consumers/url": how long "/dubbo/S" is. */
static size_t node_interface_len(const zk_node *node)
{
    const char *at = node->path + directory_len(node);
    while (at > node->path && at[-1] != '/')
        at--;
    return at > node->path ? (size_t)(at - 1 - node->path) : 0;
}

static void node_set_waiting(zk_core *core, zk_node *node, bool is_waiting)
{
    core->nodes_waiting += is_waiting;
    core->nodes_waiting -= node->is_waiting;
    node->is_waiting = is_waiting;
}

static void no_parent(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    node->made_len = 0;
    set_phase(core, node, node->needs_interface ? NODE_AWAIT : NODE_PARENTS);
}

static void interface_is_there(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    node->made_len = node_interface_len(node);
    set_phase(core, node, NODE_PARENTS);
}

/* Its creation will be told (zk_nodes_changed()). */
static void interface_is_absent(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    if (!node->is_wanted) {
        give_back(core, node);
        return;
    }
    node->task.failures = 0;
    node_set_waiting(core, node, true);
}

static void level_made(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    size_t len = directory_len(node);
    node->made_len = zk_path_next_level(node->path, len, node->made_len);
    set_phase(core, node, node->made_len < len ? NODE_PARENTS : NODE_CREATE);
}

/* It is tried again later, and the others of its batch do not wait for it. */
static void node_retry_apart(zk_core *core, zk_node *node)
{
    node->is_apart = true;
    node_wake_batch(core, node);
    zk_core_retry(core, &node->task, RETRY_MIN_MS, RETRY_MAX_MS);
}

/* Somebody deletes directories while we make them: from the start again, but not at once. */
static void parent_vanished(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    node->made_len = 0;
    if (node->needs_interface)
        node->phase = NODE_AWAIT;
    node_retry_apart(core, node);
}

static void found(zk_core *core, zk_node *node, const zk_event *event)
{
    char label[NODE_LABEL_SIZE];
    bool is_own = event->owner == core->session_id;
    if (node->is_wanted && is_own) {
        stands(core, node);
        return;
    }
    zk_node *twin = !node->is_wanted ? find_twin(core, node) : NULL;
    if (twin != NULL) {
        hand_over(core, node, twin);
        return;
    }
    if (!node->is_wanted && !is_own) {
        give_back(core, node);
        return;
    }
    if (!is_own)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "registry", "node of another session replaced",
            "%s owner=0x%llx", node_label(node, label), (unsigned long long)event->owner);
    set_phase(core, node, NODE_DELETE);
}

static void absent(zk_core *core, zk_node *node, const zk_event *event)
{
    char label[NODE_LABEL_SIZE];
    (void)event;
    if (!node->is_wanted) {
        give_back(core, node);
        return;
    }
    if (atomic_exchange(&node->stands, false))
        LOG(DUBBOC_LOG_WARN, "registry", "node had been deleted, registering again", "%s",
            node_label(node, label));
    set_phase(core, node, NODE_CREATE);
}

/* Done or not: to be seen once the connection is back. */
static void unsure(zk_core *core, zk_node *node, const zk_event *event)
{
    (void)event;
    node->phase = NODE_LOOK;
    zk_core_retry(core, &node->task, RETRY_MIN_MS, RETRY_MAX_MS);
}

/* Only a node that ZooKeeper refuses leaves its batch. A lost connection says nothing about the
 * node. */
static void failed(zk_core *core, zk_node *node, const zk_event *event)
{
    char label[NODE_LABEL_SIZE];
    if (event->answer == ZK_LOST) {
        zk_core_retry(core, &node->task, RETRY_MIN_MS, RETRY_MAX_MS);
        return;
    }
    LOG_THROTTLED(DUBBOC_LOG_ERROR, "registry", "zookeeper refused to register", "%s reason=\"%s\"",
        node_label(node, label), zk_event_reason(event));
    node_retry_apart(core, node);
}

void zk_node_answered(zk_core *core, zk_node *node, const zk_event *event)
{
    node_step step = table[node->phase][event->answer];
    (step != NULL ? step : failed)(core, node, event);
}

static void node_answered(zk_core *core, zk_task *task, zk_event *event)
{
    zk_node_answered(core, (zk_node *)task, event);
}

/* --- in a batch */

zk_need zk_node_need(const zk_node *node)
{
    if (node->is_apart || node->phase == NODE_STANDS || node->phase == NODE_AWAIT)
        return ZK_NEEDS_NOTHING;
    if (node->phase == NODE_CREATE)
        return ZK_NEEDS_CREATE;
    return node->phase == NODE_DELETE ? ZK_NEEDS_DELETE : ZK_NEEDS_TIME;
}

/* What was wrong with the node before is likely to be wrong with this one, too: each is asked for
 * now, so that a multi fails once or twice and not once for each node. */
void zk_node_not_done(zk_core *core, zk_node *node, zk_answer other)
{
    if (node->phase == NODE_CREATE && other == ZK_NO_NODE)
        no_parent(core, node, NULL);
    else if (other == ZK_EXISTS || other == ZK_NO_NODE)
        set_phase(core, node, NODE_LOOK);
    else
        set_phase(core, node, (node_phase)node->phase);
}

static bool node_send_await(zk_core *core, zk_node *node)
{
    char *interface = mem_dup_slice(slice_make(node->path, node_interface_len(node)));
    bool is_sent = interface != NULL && zk_core_send_exists(core, &node->task, interface, true);
    free(interface);
    return is_sent;
}

static bool node_start(zk_core *core, zk_task *task)
{
    zk_node *node = (zk_node *)task;
    bool is_missing =
        node->phase == NODE_CREATE || node->phase == NODE_AWAIT || node->phase == NODE_PARENTS;
    if (!node->is_wanted && is_missing)
        node->phase = NODE_LOOK; /* taken back during a request: nothing is made any more */
    node_set_waiting(core, node, false);
    switch ((node_phase)node->phase) {
    case NODE_CREATE:
        return zk_core_send_create(core, task, node->path, true);
    case NODE_AWAIT:
        return node_send_await(core, node);
    case NODE_PARENTS:
        return zk_core_send_level(core, task, node->path,
            zk_path_next_level(node->path, directory_len(node), node->made_len));
    case NODE_DELETE:
        return zk_core_send_remove(core, task, node->path);
    default:
        return zk_core_send_exists(core, task, node->path, false);
    }
}

static const zk_task_ops node_ops = {node_start, node_answered};

/* --- what is asked for */

static void node_add(zk_core *core, zk_node *node)
{
    zk_task_init(&node->task, &node_ops);
    zk_leftovers_init(node);
    node->is_wanted = true;
    node->prev = NULL;
    node->next = core->nodes;
    if (node->next != NULL)
        node->next->prev = node;
    core->nodes = node;
    set_phase(core, node, NODE_CREATE);
}

void zk_nodes_add(zk_core *core, zk_node *first)
{
    for (zk_node *node = first; node != NULL; node = node->next_begin)
        node_add(core, node);
}

/* A request under way is waited for: its answer says what is to be deleted. */
static void node_take_back(zk_core *core, zk_node *node)
{
    node->is_wanted = false;
    zk_leftovers_forget(core, node);
    if (node_is_busy(node))
        return;
    zk_node *twin = find_twin(core, node);
    bool may_stand = node->inherits || node->phase == NODE_STANDS || node->phase == NODE_LOOK ||
                     node->phase == NODE_DELETE;
    if (!zk_core_has_session(core) || !may_stand)
        give_back(core, node);
    else if (twin != NULL)
        hand_over(core, node, twin);
    else
        set_phase(core, node, NODE_LOOK);
}

void zk_nodes_remove(zk_core *core, zk_node *first)
{
    for (zk_node *node = first; node != NULL; node = node->next_end)
        node->is_wanted = false;
    for (zk_node *node = first, *next; node != NULL; node = next) {
        next = node->next_end;
        node_take_back(core, node);
    }
}

/* --- what happens to all */

void zk_nodes_look(zk_core *core)
{
    for (zk_node *node = core->nodes; node != NULL; node = node->next)
        if (!node_is_busy(node))
            set_phase(core, node, node->phase == NODE_STANDS ? NODE_LOOK : (node_phase)node->phase);
}

void zk_nodes_changed(zk_core *core, const char *path)
{
    size_t len = strlen(path), left = core->nodes_waiting;
    for (zk_node *node = core->nodes; node != NULL && left > 0; node = node->next) {
        if (!node->is_waiting)
            continue;
        left--;
        if (node_interface_len(node) == len && memcmp(node->path, path, len) == 0)
            set_phase(core, node, NODE_AWAIT);
    }
}

void zk_nodes_lose_session(zk_core *core)
{
    for (zk_node *node = core->nodes, *next; node != NULL; node = next) {
        next = node->next;
        atomic_store(&node->stands, false);
        zk_core_forget(core, &node->task);
        zk_leftovers_forget(core, node);
        if (node->batch != NULL)
            zk_batch_forget(core, node->batch);
        node->task.failures = 0;
        node->is_apart = false;
        node->inherits = false;
        if (node->is_wanted)
            set_phase(core, node, NODE_CREATE);
        else
            give_back(core, node);
    }
}

void zk_nodes_unwant(zk_core *core)
{
    for (zk_node *node = core->nodes; node != NULL; node = node->next)
        node->is_wanted = false;
    for (zk_node *node = core->nodes, *next; node != NULL; node = next) {
        next = node->next;
        node_take_back(core, node);
    }
}

void zk_nodes_give_back(zk_core *core)
{
    while (core->nodes != NULL)
        give_back(core, core->nodes);
}
