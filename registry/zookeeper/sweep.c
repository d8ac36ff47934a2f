/* A sweep is a task: it lists the directory, then looks at one name after the other. */
#include "registry/zookeeper/sweep.h"

#include "base/buffer.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/node_label.h"
#include "registry/url_match.h"
#include "registry/zookeeper/path.h"

typedef enum sweep_phase {
    SWEEP_LIST,
    SWEEP_LOOK,   /* look which session owns the node */
    SWEEP_DELETE, /* delete the node */
    SWEEP_PHASES
} sweep_phase;

static zk_sweep *sweep_of(zk_task *task)
{
    return (zk_sweep *)task;
}

static void sweep_drop_names(zk_sweep *self)
{
    zk_reading_unref(self->names);
    self->names = NULL;
}

/* --- which nodes to remove */

/* A name that cannot be parsed, also for lack of memory, does not match; that node disappears with
 * its session. */
static bool sweep_has_identity(const char *name, const char *identity)
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

/* Looks at the next name that matches, or ends the sweep. */
static void sweep_look_at_next(zk_sweep *self)
{
    const char *own_name = zk_path_name(self->path);
    while (self->at < self->names->list.count) {
        const char *name = self->names->list.items[self->at];
        if (strcmp(name, own_name) != 0 && sweep_has_identity(name, self->identity)) {
            self->task.phase = SWEEP_LOOK;
            zk_task_due_now(&self->task);
            return;
        }
        self->at++;
    }
    self->is_done = true;
    sweep_drop_names(self);
}

/* --- answers */

static void sweep_listed(zk_task *task, zk_event *event)
{
    zk_sweep *self = sweep_of(task);
    self->names = event->reading;
    event->reading = NULL;
    self->at = 0;
    sweep_look_at_next(self);
}

static void sweep_go_on(zk_task *task, zk_event *event)
{
    (void)event;
    sweep_of(task)->at++;
    sweep_look_at_next(sweep_of(task));
}

static void sweep_looked(zk_task *task, zk_event *event)
{
    bool is_persistent = event->owner == 0;
    if (is_persistent || event->owner == task->requests->session_id) {
        sweep_go_on(task, event);
        return;
    }
    task->phase = SWEEP_DELETE;
    zk_task_due_now(task);
}

static void sweep_deleted(zk_task *task, zk_event *event)
{
    const zk_sweep *self = sweep_of(task);
    char label[NODE_LABEL_SIZE];
    node_label_of_name(self->names->list.items[self->at], label);
    LOG(DUBBOC_LOG_WARN, "registry", "node of an earlier process at this address removed", "%s",
        label);
    sweep_go_on(task, event);
}

static void sweep_begin_again(zk_task *task, zk_event *event)
{
    (void)event;
    sweep_drop_names(sweep_of(task));
    task->phase = SWEEP_LIST;
    zk_task_retry(task);
}

/* Gives up. Remaining nodes do little harm and disappear with their sessions. */
static void sweep_give_up(zk_task *task, zk_event *event)
{
    zk_sweep *self = sweep_of(task);
    char label[NODE_LABEL_SIZE];
    node_label_of_name(zk_path_name(self->path), label);
    LOG(DUBBOC_LOG_WARN, "registry",
        "cannot remove nodes of an earlier process at this address until their sessions end",
        "%s reason=\"%s\"", label, zk_event_reason(event));
    self->is_done = true;
    sweep_drop_names(self);
}

static void sweep_listing_lost(zk_task *task, zk_event *event)
{
    if (++sweep_of(task)->lost < ZK_LOST_READINGS_MAX)
        sweep_begin_again(task, event);
    else
        sweep_give_up(task, event);
}

static const zk_step sweep_steps[SWEEP_PHASES][ZK_ANSWERS] = {
    [SWEEP_LIST] = {[ZK_OK] = sweep_listed,
        [ZK_LOST] = sweep_listing_lost,
        [ZK_TOO_BIG] = sweep_give_up,
        [ZK_REFUSED] = sweep_give_up},
    [SWEEP_LOOK] = {[ZK_OK] = sweep_looked, [ZK_NO_NODE] = sweep_go_on, [ZK_REFUSED] = sweep_go_on},
    [SWEEP_DELETE] =
        {[ZK_OK] = sweep_deleted, [ZK_NO_NODE] = sweep_go_on, [ZK_REFUSED] = sweep_give_up},
};

static bool sweep_start(zk_task *task)
{
    zk_sweep *self = sweep_of(task);
    dubboc_slice directory = zk_path_directory(self->path);
    bool is_listing = task->phase == SWEEP_LIST;
    char *path = is_listing ? mem_dup_slice(directory)
                            : mem_printf("%.*s/%s", SLICE_ARGS(directory),
                                  self->names->list.items[self->at]);
    if (path == NULL)
        return false;
    bool is_sent = is_listing                  ? zk_task_send_children(task, path, false)
                   : task->phase == SWEEP_LOOK ? zk_task_send_exists(task, path, false)
                                               : zk_task_send_remove(task, path);
    free(path);
    return is_sent;
}

static const zk_task_ops sweep_ops = {sweep_start, sweep_steps, sweep_begin_again};

/* --- calls from the nodes */

void zk_sweep_init(zk_sweep *self, zk_requests *requests, const char *path, const char *identity)
{
    zk_task_init(&self->task, &sweep_ops, requests);
    self->path = path;
    self->identity = identity;
    self->is_done = identity == NULL;
}

void zk_sweep_begin(zk_sweep *self)
{
    bool is_under_way = zk_task_is_busy(&self->task) || self->task.due_ns != DEADLINE_NEVER;
    if (self->is_done || is_under_way)
        return;
    self->task.phase = SWEEP_LIST;
    zk_task_due_now(&self->task);
}

void zk_sweep_forget(zk_sweep *self)
{
    zk_task_forget(&self->task);
    self->task.failures = 0;
    sweep_drop_names(self);
}
