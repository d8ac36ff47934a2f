/* The directories and nodes that are watched. Subscribers of one path share one watch and one
 * reading.
 *
 * A watch fires once, so reading again and arming again are one request (traps.md Z1). Whatever
 * happens in between costs one more reading, and a directory is not read more often than every
 * READ_EVERY_MS.
 *
 * Nothing is created for a subscriber: whoever only looks would leave directories behind for every
 * mistyped name. What does not exist is waited for with a watch on its creation, which ZooKeeper
 * keeps even while the parents are missing; until then the list is empty. */
#include "registry/zookeeper/core_impl.h"

#include "base/hash.h"
#include "base/mem.h"

typedef enum watch_phase {
    WATCH_READ,
    WATCH_WAIT, /* it does not exist: its creation is watched */
    WATCH_PHASES
} watch_phase;

typedef void (*watch_step)(zk_core *core, zk_watch *watch, zk_event *event);

static void was_read(zk_core *core, zk_watch *watch, zk_event *event);
static void no_such(zk_core *core, zk_watch *watch, zk_event *event);
static void is_there(zk_core *core, zk_watch *watch, zk_event *event);
static void is_absent(zk_core *core, zk_watch *watch, zk_event *event);
static void lost(zk_core *core, zk_watch *watch, zk_event *event);
static void too_big(zk_core *core, zk_watch *watch, zk_event *event);
static void failed(zk_core *core, zk_watch *watch, zk_event *event);

static const watch_step table[WATCH_PHASES][ZK_ANSWERS] = {
    [WATCH_READ] =
        {[ZK_OK] = was_read, [ZK_NO_NODE] = no_such, [ZK_LOST] = lost, [ZK_TOO_BIG] = too_big},
    [WATCH_WAIT] = {[ZK_OK] = is_there, [ZK_NO_NODE] = is_absent},
}; /* all others: failed */

/* --- readings */

static void tell(zk_core *core, zk_watch *watch, bool is_new)
{
    for (zk_subscriber *each = watch->subscribers; each != NULL; each = each->next) {
        if (!is_new && !each->is_owed)
            continue;
        each->is_owed = false;
        core->out->read(core->out_arg, each, watch->reading);
    }
}

static void take_reading(zk_core *core, zk_watch *watch, zk_reading *reading_take)
{
    bool is_new = !zk_reading_equal(watch->reading, reading_take);
    zk_reading_unref(watch->reading);
    watch->reading = reading_take;
    watch->task.failures = 0;
    watch->lost = 0;
    tell(core, watch, is_new);
}

static void read_soon(zk_core *core, zk_watch *watch)
{
    watch->phase = WATCH_READ;
    watch->is_changed = false;
    zk_heap_set(&core->heap, &watch->task,
        watch->read_after_ns > core->now_ns ? watch->read_after_ns : core->now_ns);
}

/* Nothing there: an empty list, or no data. false: no memory. */
static bool take_nothing(zk_core *core, zk_watch *watch)
{
    zk_reading *nothing = zk_reading_new();
    if (nothing == NULL)
        return false;
    take_reading(core, watch, nothing);
    return true;
}

/* --- answers */

static void retry(zk_core *core, zk_watch *watch)
{
    zk_core_retry(core, &watch->task, RETRY_MIN_MS, RETRY_MAX_MS);
}

static void was_read(zk_core *core, zk_watch *watch, zk_event *event)
{
    if (!watch->is_data && !zk_reading_decode(event->reading)) {
        retry(core, watch);
        return;
    }
    zk_reading *reading = event->reading;
    event->reading = NULL;
    take_reading(core, watch, reading);
    if (watch->is_changed)
        read_soon(core, watch);
}

static void no_such(zk_core *core, zk_watch *watch, zk_event *event)
{
    (void)event;
    watch->phase = WATCH_WAIT;
    zk_core_now(core, &watch->task);
}

static void is_there(zk_core *core, zk_watch *watch, zk_event *event)
{
    (void)event;
    read_soon(core, watch);
}

static void is_absent(zk_core *core, zk_watch *watch, zk_event *event)
{
    (void)event;
    if (!take_nothing(core, watch))
        retry(core, watch);
    else if (watch->is_changed)
        read_soon(core, watch);
}

static void too_big(zk_core *core, zk_watch *watch, zk_event *event)
{
    (void)event;
    LOG_THROTTLED(DUBBOC_LOG_ERROR, "registry",
        "list is too big for zookeeper (raise jute.maxbuffer, or use fewer nodes)", "path=\"%s\"",
        watch->path);
    zk_core_retry(core, &watch->task, TOO_BIG_MIN_MS, TOO_BIG_MAX_MS);
}

/* A list over the limit may also show as a connection that ends each time it is asked for. */
static void lost(zk_core *core, zk_watch *watch, zk_event *event)
{
    watch->lost++;
    if (watch->lost >= LOST_READINGS_MAX)
        too_big(core, watch, event);
    else
        retry(core, watch);
}

static void failed(zk_core *core, zk_watch *watch, zk_event *event)
{
    if (event->answer != ZK_LOST)
        LOG_THROTTLED(DUBBOC_LOG_ERROR, "registry", "zookeeper refused to be read",
            "path=\"%s\" reason=\"%s\"", watch->path, zk_event_reason(event));
    retry(core, watch);
}

static void watch_answered(zk_core *core, zk_task *task, zk_event *event)
{
    zk_watch *watch = (zk_watch *)task;
    watch_step step = table[watch->phase][event->answer];
    (step != NULL ? step : failed)(core, watch, event);
}

static bool watch_start(zk_core *core, zk_task *task)
{
    zk_watch *watch = (zk_watch *)task;
    watch->is_changed = false;
    if (watch->phase == WATCH_WAIT)
        return zk_core_send_exists(core, task, watch->path, true);
    watch->read_after_ns = core->now_ns + READ_EVERY_MS * NS_PER_MS;
    return watch->is_data ? zk_core_send_data(core, task, watch->path, true)
                          : zk_core_send_children(core, task, watch->path, true);
}

static const zk_task_ops watch_ops = {watch_start, watch_answered};

/* --- the watches by path */

zk_watch *zk_watch_new(char *path_take, bool is_data)
{
    zk_watch *watch = MEM_NEW(zk_watch);
    if (watch == NULL)
        return NULL;
    zk_task_init(&watch->task, &watch_ops);
    watch->path = path_take;
    watch->is_data = is_data;
    return watch;
}

void zk_watch_free(zk_watch *watch)
{
    if (watch == NULL)
        return;
    zk_reading_unref(watch->reading);
    free(watch->path);
    free(watch);
}

static zk_watch **bucket_of(zk_core *core, const char *path)
{
    return &core->watches[hash_add(HASH_START, slice_of(path)) % WATCH_BUCKETS];
}

static zk_watch *find_watch(zk_core *core, const char *path, bool is_data)
{
    for (zk_watch *watch = *bucket_of(core, path); watch != NULL; watch = watch->next_in_bucket)
        if (watch->is_data == is_data && strcmp(watch->path, path) == 0)
            return watch;
    return NULL;
}

static void add_watch(zk_core *core, zk_watch *watch)
{
    zk_watch **bucket = bucket_of(core, watch->path);
    watch->next_in_bucket = *bucket;
    *bucket = watch;
}

static void remove_watch(zk_core *core, zk_watch *watch)
{
    zk_watch **at = bucket_of(core, watch->path);
    while (*at != watch)
        at = &(*at)->next_in_bucket;
    *at = watch->next_in_bucket;
    zk_core_forget(core, &watch->task);
    zk_watch_free(watch);
}

static void read_again(zk_core *core, zk_watch *watch)
{
    if (task_is_busy(&watch->task))
        watch->is_changed = true;
    else
        read_soon(core, watch);
}

void zk_watches_subscribe(zk_core *core, zk_subscriber *subscriber)
{
    zk_watch *shared = find_watch(core, subscriber->watch->path, subscriber->watch->is_data);
    if (shared != NULL) {
        zk_watch_free(subscriber->watch);
        subscriber->watch = shared;
    } else {
        add_watch(core, subscriber->watch);
    }
    subscriber->is_owed = true;
    subscriber->next = subscriber->watch->subscribers;
    subscriber->watch->subscribers = subscriber;
    read_again(core, subscriber->watch);
}

void zk_watches_unsubscribe(zk_core *core, zk_subscriber *subscriber)
{
    zk_subscriber **at = &subscriber->watch->subscribers;
    while (*at != subscriber)
        at = &(*at)->next;
    *at = subscriber->next;
    if (subscriber->watch->subscribers == NULL)
        remove_watch(core, subscriber->watch);
    core->out->subscriber_gone(core->out_arg, subscriber);
}

void zk_watches_refresh(zk_core *core, zk_subscriber *subscriber)
{
    subscriber->is_owed = true;
    read_again(core, subscriber->watch);
}

void zk_watches_changed(zk_core *core, const char *path, bool of_children, bool of_data)
{
    zk_watch *directory = of_children ? find_watch(core, path, false) : NULL;
    zk_watch *node = of_data ? find_watch(core, path, true) : NULL;
    if (directory != NULL)
        read_again(core, directory);
    if (node != NULL)
        read_again(core, node);
}

void zk_watches_read_all(zk_core *core)
{
    for (size_t i = 0; i < WATCH_BUCKETS; i++)
        for (zk_watch *watch = core->watches[i]; watch != NULL; watch = watch->next_in_bucket) {
            if (watch->lost >= LOST_READINGS_MAX && watch->task.due_ns != DEADLINE_NEVER)
                continue; /* it waits for its time */
            watch->task.failures = 0;
            read_again(core, watch);
        }
}

/* The last subscriber of a watch takes the watch along. */
void zk_watches_give_back(zk_core *core)
{
    for (size_t i = 0; i < WATCH_BUCKETS; i++)
        while (core->watches[i] != NULL)
            zk_watches_unsubscribe(core, core->watches[i]->subscribers);
}
