/* What an earlier process at the same address left: nodes of the same identity under another name
 * (another pid or timestamp), whose session has not ended yet. Consumers of other makes would see
 * one provider twice and send it calls twice as often, so a node that stands for the first time has
 * them removed: the directory is listed, each node of its identity is looked at, and one that
 * another session owns is deleted.
 *
 * It is done once a node and not after every loss, so that two machines that wrongly register one
 * address do not delete each other's nodes for ever. What has no owner (persistent nodes), what
 * this session owns (the same service under another scheme) and what cannot be read is left
 * alone. */
#include "registry/zookeeper/core_impl.h"

#include "base/mem.h"
#include "registry/node_label.h"
#include "registry/provider_url.h"
#include "registry/url_match.h"

typedef enum sweep_phase {
    SWEEP_LIST,
    SWEEP_LOOK, /* whose it is */
    SWEEP_DELETE,
    SWEEP_PHASES
} sweep_phase;

typedef void (*sweep_step)(zk_core *core, zk_node *node, zk_event *event);

static void listed(zk_core *core, zk_node *node, zk_event *event);
static void listing_lost(zk_core *core, zk_node *node, zk_event *event);
static void looked(zk_core *core, zk_node *node, zk_event *event);
static void deleted(zk_core *core, zk_node *node, zk_event *event);
static void go_on(zk_core *core, zk_node *node, zk_event *event);
static void begin_again(zk_core *core, zk_node *node, zk_event *event);
static void give_up(zk_core *core, zk_node *node, zk_event *event);

static const sweep_step table[SWEEP_PHASES][ZK_ANSWERS] = {
    [SWEEP_LIST] = {[ZK_OK] = listed,
        [ZK_LOST] = listing_lost,
        [ZK_TOO_BIG] = give_up,
        [ZK_REFUSED] = give_up},
    [SWEEP_LOOK] = {[ZK_OK] = looked, [ZK_NO_NODE] = go_on, [ZK_REFUSED] = go_on},
    [SWEEP_DELETE] = {[ZK_OK] = deleted, [ZK_NO_NODE] = go_on, [ZK_REFUSED] = give_up},
}; /* all others: begin_again */

static zk_node *node_of(zk_task *task)
{
    return (zk_node *)(void *)((char *)task - offsetof(zk_node, sweep.task));
}

static dubboc_slice directory_of(const zk_node *node)
{
    return slice_make(node->path, (size_t)(strrchr(node->path, '/') - node->path));
}

static void let_go(zk_sweep *sweep)
{
    zk_reading_unref(sweep->names);
    sweep->names = NULL;
}

/* --- which they are */

/* One that cannot be read, for want of memory too, is none: it goes with its session. */
static bool has_identity(const char *name, const char *identity)
{
    provider_url *url;
    if (provider_url_from_node(slice_of(name), &url, NULL) != DUBBOC_OK)
        return false;
    buffer own;
    buffer_init(&own, URL_BYTES_MAX);
    provider_url_identity(url, &own);
    const char *text = buffer_text(&own);
    bool is_same = text != NULL && strcmp(text, identity) == 0 &&
                   !slice_is(provider_url_find(url, "side"), "consumer");
    buffer_fini(&own);
    provider_url_free(url);
    return is_same;
}

/* Looks at the next of the list that may be one, or ends. */
static void look_at_next(zk_core *core, zk_node *node)
{
    zk_sweep *sweep = &node->sweep;
    const char *own_name = node->path + directory_of(node).len + 1;
    while (sweep->at < sweep->names->count) {
        const char *name = sweep->names->items[sweep->at];
        if (strcmp(name, own_name) != 0 && has_identity(name, node->identity)) {
            sweep->phase = SWEEP_LOOK;
            zk_core_now(core, &sweep->task);
            return;
        }
        sweep->at++;
    }
    sweep->is_done = true;
    let_go(sweep);
}

/* --- answers */

static void listed(zk_core *core, zk_node *node, zk_event *event)
{
    node->sweep.names = event->reading;
    event->reading = NULL;
    node->sweep.at = 0;
    look_at_next(core, node);
}

static void go_on(zk_core *core, zk_node *node, zk_event *event)
{
    (void)event;
    node->sweep.at++;
    look_at_next(core, node);
}

static void looked(zk_core *core, zk_node *node, zk_event *event)
{
    bool is_persistent = event->owner == 0;
    if (is_persistent || event->owner == core->session_id) {
        go_on(core, node, event);
        return;
    }
    node->sweep.phase = SWEEP_DELETE;
    zk_core_now(core, &node->sweep.task);
}

static void deleted(zk_core *core, zk_node *node, zk_event *event)
{
    char label[NODE_LABEL_SIZE];
    node_label_of_name(node->sweep.names->items[node->sweep.at], label);
    LOG(DUBBOC_LOG_WARN, "registry", "node of an earlier process at this address removed", "%s",
        label);
    go_on(core, node, event);
}

static void begin_again(zk_core *core, zk_node *node, zk_event *event)
{
    (void)event;
    let_go(&node->sweep);
    node->sweep.phase = SWEEP_LIST;
    zk_core_retry(core, &node->sweep.task, RETRY_MIN_MS, RETRY_MAX_MS);
}

/* They are a nuisance that goes with their sessions. */
static void give_up(zk_core *core, zk_node *node, zk_event *event)
{
    (void)core;
    char label[NODE_LABEL_SIZE];
    node_label_of_name(strrchr(node->path, '/') + 1, label);
    LOG(DUBBOC_LOG_WARN, "registry",
        "nodes of an earlier process at this address, if any, go with their sessions",
        "%s reason=\"%s\"", label, zk_event_reason(event));
    node->sweep.is_done = true;
    let_go(&node->sweep);
}

/* A list over the limit may also show as a connection that ends each time it is asked for (traps.md
 * Z11). */
static void listing_lost(zk_core *core, zk_node *node, zk_event *event)
{
    if (++node->sweep.lost < LOST_READINGS_MAX)
        begin_again(core, node, event);
    else
        give_up(core, node, event);
}

static void sweep_answered(zk_core *core, zk_task *task, zk_event *event)
{
    zk_node *node = node_of(task);
    sweep_step step = table[node->sweep.phase][event->answer];
    (step != NULL ? step : begin_again)(core, node, event);
}

static bool sweep_start(zk_core *core, zk_task *task)
{
    zk_node *node = node_of(task);
    zk_sweep *sweep = &node->sweep;
    dubboc_slice directory = directory_of(node);
    char *path = sweep->phase == SWEEP_LIST
                     ? mem_dup_slice(directory)
                     : mem_printf("%.*s/%s", SLICE_ARGS(directory), sweep->names->items[sweep->at]);
    if (path == NULL)
        return false;
    bool is_sent = sweep->phase == SWEEP_LIST   ? zk_core_send_children(core, task, path, false)
                   : sweep->phase == SWEEP_LOOK ? zk_core_send_exists(core, task, path, false)
                                                : zk_core_send_remove(core, task, path);
    free(path);
    return is_sent;
}

static const zk_task_ops sweep_ops = {sweep_start, sweep_answered};

/* --- what the nodes ask for */

void zk_leftovers_init(zk_node *node)
{
    zk_task_init(&node->sweep.task, &sweep_ops);
    node->sweep.is_done = node->identity == NULL;
}

void zk_leftovers_remove(zk_core *core, zk_node *node)
{
    zk_sweep *sweep = &node->sweep;
    bool is_under_way = task_is_busy(&sweep->task) || sweep->task.due_ns != DEADLINE_NEVER;
    if (sweep->is_done || is_under_way)
        return;
    sweep->phase = SWEEP_LIST;
    zk_core_now(core, &sweep->task);
}

void zk_leftovers_forget(zk_core *core, zk_node *node)
{
    zk_core_forget(core, &node->sweep.task);
    node->sweep.task.failures = 0;
    let_go(&node->sweep);
}
