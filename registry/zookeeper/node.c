/* The table node_steps says what each answer means in each phase. All functions run on the
 * actor. */
#include "registry/zookeeper/node.h"

#include "base/log.h"
#include "base/mem.h"
#include "registry/node_label.h"
#include "registry/zookeeper/path.h"

typedef enum node_phase {
    NODE_CREATE, /* the node does not exist: create it */
    /* The directory of its interface does not exist and is not created for this node: watch for its
     * creation. */
    NODE_AWAIT,
    NODE_PARENTS, /* create its directory, level by level */
    NODE_LOOK,    /* look whether the node exists, and which session owns it */
    NODE_DELETE,  /* delete the node */
    NODE_STANDS,  /* the node exists: nothing to do */
    NODE_PHASES
} node_phase;

static zk_node *node_of(zk_task *task)
{
    return (zk_node *)task;
}

static bool node_is_busy(const zk_node *node)
{
    return zk_task_is_busy(&node->task) || node->member.is_in_multi;
}

static bool node_waits_for_batch(const zk_node *node)
{
    return node->member.batch != NULL && !node->member.is_apart &&
           (node->task.phase == NODE_CREATE || node->task.phase == NODE_DELETE);
}

static void node_wake_batch(const zk_node *node)
{
    if (node->member.batch != NULL)
        zk_batch_wake(node->member.batch);
}

static void node_set_phase(zk_node *node, node_phase phase)
{
    if (phase == NODE_CREATE && !node->is_wanted)
        phase = NODE_LOOK; /* unregistered during a request: create nothing */
    node->task.phase = phase;
    if (node_waits_for_batch(node))
        zk_task_due_at(&node->task, DEADLINE_NEVER);
    else
        zk_task_due_now(&node->task);
    node_wake_batch(node);
}

static void node_set_waiting(zk_node *node, bool is_waiting)
{
    node->nodes->waiting += is_waiting;
    node->nodes->waiting -= node->is_waiting;
    node->is_waiting = is_waiting;
}

static void node_give_back(zk_node *node)
{
    zk_nodes *self = node->nodes;
    zk_task_forget(&node->task);
    zk_sweep_forget(&node->sweep);
    node_set_waiting(node, false);
    if (node->member.batch != NULL)
        zk_batch_leave(&node->member);
    if (node->prev != NULL)
        node->prev->next = node->next;
    else
        self->first = node->next;
    if (node->next != NULL)
        node->next->prev = node->prev;
    atomic_store(&node->stands, false);
    self->gone(self->arg, node);
}

/* Finds another registration of the same URL in this registry; the node is deleted when the last
 * one ends. NULL: this is the last one. */
static zk_node *node_find_twin(const zk_node *node)
{
    for (zk_node *other = node->nodes->first; other != NULL; other = other->next)
        if (other != node && other->is_wanted && strcmp(other->path, node->path) == 0)
            return other;
    return NULL;
}

/* Hands the existing node over to the other registration, which may not know yet that the node
 * exists. */
static void node_hand_over(zk_node *node, zk_node *twin)
{
    twin->inherits = true;
    if (!node_is_busy(twin) && twin->task.phase != NODE_STANDS)
        node_set_phase(twin, NODE_LOOK);
    node_give_back(node);
}

/* The node's name for the log. */
static const char *node_label(const zk_node *node, char out[NODE_LABEL_SIZE])
{
    node_label_of_name(zk_path_name(node->path), out);
    return out;
}

/* --- answers */

static void node_stands(zk_node *node)
{
    char label[NODE_LABEL_SIZE];
    node->task.failures = 0;
    node->task.phase = NODE_STANDS;
    node->member.is_apart = false;
    node->inherits = false;
    node_wake_batch(node);
    atomic_store(&node->has_stood, true);
    if (!atomic_exchange(&node->stands, true))
        LOG(DUBBOC_LOG_INFO, "registry", "registered", "%s", node_label(node, label));
    zk_sweep_begin(&node->sweep);
}

static void node_created(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    (void)event;
    if (node->is_wanted)
        node_stands(node);
    else
        node_set_phase(node, NODE_DELETE);
}

static void node_is_there(zk_task *task, zk_event *event)
{
    (void)event;
    node_set_phase(node_of(task), NODE_LOOK);
}

static void node_no_parent(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    (void)event;
    node->made_len = 0;
    node_set_phase(node, node->needs_interface ? NODE_AWAIT : NODE_PARENTS);
}

static void node_interface_is_there(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    (void)event;
    node->made_len = zk_path_interface(node->path).len;
    node_set_phase(node, NODE_PARENTS);
}

/* zk_nodes_changed() will report the creation of the directory. */
static void node_interface_is_absent(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    (void)event;
    if (!node->is_wanted) {
        node_give_back(node);
        return;
    }
    node->task.failures = 0;
    node_set_waiting(node, true);
}

static void node_level_made(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    (void)event;
    dubboc_slice directory = zk_path_directory(node->path);
    node->made_len = zk_path_next_level(directory, node->made_len).len;
    node_set_phase(node, node->made_len < directory.len ? NODE_PARENTS : NODE_CREATE);
}

/* Tries the node again later, without making the other nodes of its batch wait. */
static void node_retry_apart(zk_node *node)
{
    node->member.is_apart = true;
    node_wake_batch(node);
    zk_task_retry(&node->task);
}

/* Another process deletes directories while they are being created: starts again after a pause. */
static void node_parent_vanished(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    (void)event;
    node->made_len = 0;
    if (node->needs_interface)
        node->task.phase = NODE_AWAIT;
    node_retry_apart(node);
}

static void node_found(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    char label[NODE_LABEL_SIZE];
    bool is_own = event->owner == task->requests->session_id;
    if (node->is_wanted && is_own) {
        node_stands(node);
        return;
    }
    zk_node *twin = !node->is_wanted ? node_find_twin(node) : NULL;
    if (twin != NULL) {
        node_hand_over(node, twin);
        return;
    }
    if (!node->is_wanted && !is_own) {
        node_give_back(node);
        return;
    }
    if (!is_own)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "registry", "node of another session replaced",
            "%s owner=0x%llx", node_label(node, label), (unsigned long long)event->owner);
    node_set_phase(node, NODE_DELETE);
}

static void node_absent(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    char label[NODE_LABEL_SIZE];
    (void)event;
    if (!node->is_wanted) {
        node_give_back(node);
        return;
    }
    if (atomic_exchange(&node->stands, false))
        LOG(DUBBOC_LOG_WARN, "registry", "own node was deleted, registering it again", "%s",
            node_label(node, label));
    node_set_phase(node, NODE_CREATE);
}

/* The request may have been executed or not. Looks which is true as soon as the connection is
 * back. */
static void node_unsure(zk_task *task, zk_event *event)
{
    (void)event;
    task->phase = NODE_LOOK;
    zk_task_retry(task);
}

/* Only a node that ZooKeeper rejects leaves its batch, because a lost connection says nothing about
 * the node. */
static void node_failed(zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    char label[NODE_LABEL_SIZE];
    if (event->answer == ZK_LOST) {
        zk_task_retry(task);
        return;
    }
    LOG_THROTTLED(DUBBOC_LOG_ERROR, "registry", "zookeeper refused to register a node",
        "%s reason=\"%s\"", node_label(node, label), zk_event_reason(event));
    node_retry_apart(node);
}

static const zk_step node_steps[NODE_PHASES][ZK_ANSWERS] = {
    [NODE_CREATE] = {[ZK_OK] = node_created,
        [ZK_EXISTS] = node_is_there,
        [ZK_NO_NODE] = node_no_parent,
        [ZK_LOST] = node_unsure},
    [NODE_AWAIT] = {[ZK_OK] = node_interface_is_there, [ZK_NO_NODE] = node_interface_is_absent},
    [NODE_PARENTS] = {[ZK_OK] = node_level_made,
        [ZK_EXISTS] = node_level_made,
        [ZK_NO_NODE] = node_parent_vanished},
    [NODE_LOOK] = {[ZK_OK] = node_found, [ZK_NO_NODE] = node_absent, [ZK_LOST] = node_unsure},
    [NODE_DELETE] = {[ZK_OK] = node_absent, [ZK_NO_NODE] = node_absent, [ZK_LOST] = node_unsure},
};

/* --- in a batch */

static zk_node *node_of_member(const zk_member *member)
{
    return (zk_node *)((uintptr_t)member - offsetof(zk_node, member));
}

static zk_need node_need(const zk_member *member)
{
    unsigned phase = node_of_member(member)->task.phase;
    if (member->is_apart || phase == NODE_STANDS || phase == NODE_AWAIT)
        return ZK_NEEDS_NOTHING;
    if (phase == NODE_CREATE)
        return ZK_NEEDS_CREATE;
    return phase == NODE_DELETE ? ZK_NEEDS_DELETE : ZK_NEEDS_TIME;
}

static void node_answered_in_batch(zk_member *member, zk_event *event)
{
    zk_task_answered(&node_of_member(member)->task, event);
}

/* The multi failed because of another node. If that node comes before this one in the multi, its
 * problem (a missing directory, a node that exists already or is absent) probably concerns this
 * node too, so this node deals with it now. Otherwise the multi would fail once for each node. */
static void node_not_done(zk_member *member, zk_answer other)
{
    zk_node *node = node_of_member(member);
    if (node->task.phase == NODE_CREATE && other == ZK_NO_NODE)
        node_no_parent(&node->task, NULL);
    else if (other == ZK_EXISTS || other == ZK_NO_NODE)
        node_set_phase(node, NODE_LOOK);
    else
        node_set_phase(node, (node_phase)node->task.phase);
}

static const zk_member_ops node_member_ops = {node_need, node_answered_in_batch, node_not_done};

/* --- requests */

/* Creates one level of the node's directory, or watches for its creation. */
static bool node_send_level(zk_node *node, dubboc_slice level)
{
    char *path = mem_dup_slice(level);
    bool is_sent = path != NULL &&
                   (node->task.phase == NODE_AWAIT ? zk_task_send_exists(&node->task, path, true)
                                                   : zk_task_send_create(&node->task, path, false));
    free(path);
    return is_sent;
}

static bool node_start(zk_task *task)
{
    zk_node *node = node_of(task);
    bool is_missing =
        task->phase == NODE_CREATE || task->phase == NODE_AWAIT || task->phase == NODE_PARENTS;
    if (!node->is_wanted && is_missing)
        task->phase = NODE_LOOK; /* unregistered during a request: create nothing */
    node_set_waiting(node, false);
    switch ((node_phase)task->phase) {
    case NODE_CREATE:
        return zk_task_send_create(task, node->path, true);
    case NODE_AWAIT:
        return node_send_level(node, zk_path_interface(node->path));
    case NODE_PARENTS:
        return node_send_level(
            node, zk_path_next_level(zk_path_directory(node->path), node->made_len));
    case NODE_DELETE:
        return zk_task_send_remove(task, node->path);
    default:
        return zk_task_send_exists(task, node->path, false);
    }
}

static const zk_task_ops node_ops = {node_start, node_steps, node_failed};

/* --- calls from the session */

static void nodes_add(zk_nodes *self, zk_node *node)
{
    zk_task_init(&node->task, &node_ops, self->requests);
    zk_sweep_init(&node->sweep, self->requests, node->path, node->identity);
    node->member.ops = &node_member_ops;
    if (node->member.batch != NULL)
        zk_batch_adopt(node->member.batch, self->requests);
    node->nodes = self;
    node->is_wanted = true;
    node->prev = NULL;
    node->next = self->first;
    if (node->next != NULL)
        node->next->prev = node;
    self->first = node;
    node_set_phase(node, NODE_CREATE);
}

void zk_nodes_add(zk_nodes *self, zk_node *first)
{
    for (zk_node *node = first; node != NULL; node = node->next_begin)
        nodes_add(self, node);
}

/* Unregisters a node. A request under way is not cancelled: its answer says what must be
 * deleted. */
static void node_take_back(zk_node *node)
{
    node->is_wanted = false;
    zk_sweep_forget(&node->sweep);
    if (node_is_busy(node))
        return;
    zk_node *twin = node_find_twin(node);
    bool may_stand = node->inherits || node->task.phase == NODE_STANDS ||
                     node->task.phase == NODE_LOOK || node->task.phase == NODE_DELETE;
    if (node->task.requests->session_id == 0 || !may_stand)
        node_give_back(node);
    else if (twin != NULL)
        node_hand_over(node, twin);
    else
        node_set_phase(node, NODE_LOOK);
}

void zk_nodes_remove(zk_nodes *self, zk_node *first)
{
    (void)self;
    for (zk_node *node = first; node != NULL; node = node->next_end)
        node->is_wanted = false;
    for (zk_node *node = first, *next; node != NULL; node = next) {
        next = node->next_end;
        node_take_back(node);
    }
}

/* --- events that concern all nodes */

void zk_nodes_look(zk_nodes *self)
{
    for (zk_node *node = self->first; node != NULL; node = node->next)
        if (!node_is_busy(node))
            node_set_phase(
                node, node->task.phase == NODE_STANDS ? NODE_LOOK : (node_phase)node->task.phase);
}

void zk_nodes_changed(zk_nodes *self, const char *path)
{
    size_t left = self->waiting;
    for (zk_node *node = self->first; node != NULL && left > 0; node = node->next) {
        if (!node->is_waiting)
            continue;
        left--;
        if (slice_is(zk_path_interface(node->path), path))
            node_set_phase(node, NODE_AWAIT);
    }
}

void zk_nodes_lose_session(zk_nodes *self)
{
    for (zk_node *node = self->first, *next; node != NULL; node = next) {
        next = node->next;
        atomic_store(&node->stands, false);
        zk_task_forget(&node->task);
        zk_sweep_forget(&node->sweep);
        if (node->member.batch != NULL)
            zk_batch_forget(node->member.batch);
        node->task.failures = 0;
        node->member.is_apart = false;
        node->inherits = false;
        if (node->is_wanted)
            node_set_phase(node, NODE_CREATE);
        else
            node_give_back(node);
    }
}

void zk_nodes_unwant(zk_nodes *self)
{
    for (zk_node *node = self->first; node != NULL; node = node->next)
        node->is_wanted = false;
    for (zk_node *node = self->first, *next; node != NULL; node = next) {
        next = node->next;
        node_take_back(node);
    }
}

void zk_nodes_give_back(zk_nodes *self)
{
    while (self->first != NULL)
        node_give_back(self->first);
}
