/* The phase of a watch is the request that it needs next; the table watch_steps says what each
 * answer means. */
#include "registry/zookeeper/watch.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#define READ_EVERY_MS 50 /* changes of a directory within this time are read together */

typedef enum watch_phase {
    WATCH_READ, /* read the list or data, and set a watch */
    WATCH_WAIT, /* the path does not exist: watch for its creation */
    WATCH_PHASES
} watch_phase;

struct zk_watch {
    zk_task task;
    zk_watches *watches; /* NULL: the watch has no subscriber yet */
    zk_watch *next_in_bucket;
    char *path;
    bool is_data;          /* watches a node's data, not a list */
    unsigned lost;         /* readings in a row during which the connection was lost */
    bool is_changed;       /* changed after the request under way was sent */
    int64_t read_after_ns; /* do not read before this time */
    zk_reading *reading;   /* the last reading; NULL: none yet */
    zk_subscriber *subscribers;
};

static zk_watch *watch_of(zk_task *task)
{
    return (zk_watch *)task;
}

/* --- readings */

static void watch_tell(const zk_watch *watch, bool is_new)
{
    const zk_watches *watches = watch->watches;
    for (zk_subscriber *each = watch->subscribers; each != NULL; each = each->next) {
        if (!is_new && !each->is_owed)
            continue;
        each->is_owed = false;
        watches->read(watches->arg, each, watch->reading);
    }
}

static void watch_take_reading(zk_watch *watch, zk_reading *reading_take)
{
    bool is_new = !zk_reading_equal(watch->reading, reading_take);
    zk_reading_unref(watch->reading);
    watch->reading = reading_take;
    watch->task.failures = 0;
    watch->lost = 0;
    watch_tell(watch, is_new);
}

static void watch_read_soon(zk_watch *watch)
{
    int64_t now_ns = watch->watches->requests->now_ns;
    watch->task.phase = WATCH_READ;
    watch->is_changed = false;
    zk_task_due_at(&watch->task, watch->read_after_ns > now_ns ? watch->read_after_ns : now_ns);
}

static void watch_read_again(zk_watch *watch)
{
    if (zk_task_is_busy(&watch->task))
        watch->is_changed = true;
    else
        watch_read_soon(watch);
}

/* The path does not exist: an empty list, or no data. false: no memory. */
static bool watch_take_nothing(zk_watch *watch)
{
    zk_reading *nothing = zk_reading_new();
    if (nothing == NULL)
        return false;
    watch_take_reading(watch, nothing);
    return true;
}

/* --- answers */

static void watch_was_read(zk_task *task, zk_event *event)
{
    zk_watch *watch = watch_of(task);
    if (!watch->is_data && !zk_reading_decode(event->reading)) {
        zk_task_retry(task);
        return;
    }
    zk_reading *reading = event->reading;
    event->reading = NULL;
    watch_take_reading(watch, reading);
    if (watch->is_changed)
        watch_read_soon(watch);
}

static void watch_found_nothing(zk_task *task, zk_event *event)
{
    (void)event;
    task->phase = WATCH_WAIT;
    zk_task_due_now(task);
}

static void watch_came_to_be(zk_task *task, zk_event *event)
{
    (void)event;
    watch_read_soon(watch_of(task));
}

static void watch_is_absent(zk_task *task, zk_event *event)
{
    (void)event;
    if (!watch_take_nothing(watch_of(task)))
        zk_task_retry(task);
    else if (watch_of(task)->is_changed)
        watch_read_soon(watch_of(task));
}

static void watch_too_big(zk_task *task, zk_event *event)
{
    (void)event;
    LOG_THROTTLED(DUBBOC_LOG_ERROR, "registry",
        "list is too big to read from zookeeper (raise jute.maxbuffer, or use fewer nodes)",
        "path=\"%s\"", watch_of(task)->path);
    zk_task_retry_slowly(task);
}

static void watch_lost(zk_task *task, zk_event *event)
{
    if (++watch_of(task)->lost >= ZK_LOST_READINGS_MAX)
        watch_too_big(task, event);
    else
        zk_task_retry(task);
}

static void watch_failed(zk_task *task, zk_event *event)
{
    if (event->answer != ZK_LOST)
        LOG_THROTTLED(DUBBOC_LOG_ERROR, "registry", "cannot read a zookeeper node",
            "path=\"%s\" reason=\"%s\"", watch_of(task)->path, zk_event_reason(event));
    zk_task_retry(task);
}

static const zk_step watch_steps[WATCH_PHASES][ZK_ANSWERS] = {
    [WATCH_READ] = {[ZK_OK] = watch_was_read,
        [ZK_NO_NODE] = watch_found_nothing,
        [ZK_LOST] = watch_lost,
        [ZK_TOO_BIG] = watch_too_big},
    [WATCH_WAIT] = {[ZK_OK] = watch_came_to_be, [ZK_NO_NODE] = watch_is_absent},
};

static bool watch_start(zk_task *task)
{
    zk_watch *watch = watch_of(task);
    watch->is_changed = false;
    if (task->phase == WATCH_WAIT)
        return zk_task_send_exists(task, watch->path, true);
    watch->read_after_ns = task->requests->now_ns + READ_EVERY_MS * NS_PER_MS;
    return watch->is_data ? zk_task_send_data(task, watch->path, true)
                          : zk_task_send_children(task, watch->path, true);
}

static const zk_task_ops watch_ops = {watch_start, watch_steps, watch_failed};

/* --- the watches by path */

zk_watch *zk_watch_new(char *path_take, bool is_data)
{
    zk_watch *watch = MEM_NEW(zk_watch);
    if (watch == NULL)
        return NULL;
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

static zk_watch **watches_bucket(zk_watches *self, const char *path)
{
    return &self->buckets[hash_add(HASH_START, slice_of(path)) % ZK_WATCH_BUCKETS];
}

static zk_watch *watches_find(zk_watches *self, const char *path, bool is_data)
{
    zk_watch *watch = *watches_bucket(self, path);
    for (; watch != NULL; watch = watch->next_in_bucket)
        if (watch->is_data == is_data && strcmp(watch->path, path) == 0)
            return watch;
    return NULL;
}

static void watches_add(zk_watches *self, zk_watch *watch)
{
    zk_watch **bucket = watches_bucket(self, watch->path);
    zk_task_init(&watch->task, &watch_ops, self->requests);
    watch->watches = self;
    watch->next_in_bucket = *bucket;
    *bucket = watch;
}

static void watches_remove(zk_watches *self, zk_watch *watch)
{
    zk_watch **at = watches_bucket(self, watch->path);
    while (*at != watch)
        at = &(*at)->next_in_bucket;
    *at = watch->next_in_bucket;
    zk_task_forget(&watch->task);
    zk_watch_free(watch);
}

void zk_watches_subscribe(zk_watches *self, zk_subscriber *subscriber)
{
    zk_watch *shared = watches_find(self, subscriber->watch->path, subscriber->watch->is_data);
    if (shared != NULL) {
        zk_watch_free(subscriber->watch);
        subscriber->watch = shared;
    } else {
        watches_add(self, subscriber->watch);
    }
    subscriber->is_owed = true;
    subscriber->next = subscriber->watch->subscribers;
    subscriber->watch->subscribers = subscriber;
    watch_read_again(subscriber->watch);
}

void zk_watches_unsubscribe(zk_watches *self, zk_subscriber *subscriber)
{
    zk_subscriber **at = &subscriber->watch->subscribers;
    while (*at != subscriber)
        at = &(*at)->next;
    *at = subscriber->next;
    if (subscriber->watch->subscribers == NULL)
        watches_remove(self, subscriber->watch);
    self->gone(self->arg, subscriber);
}

void zk_watches_refresh(zk_watches *self, zk_subscriber *subscriber)
{
    (void)self;
    atomic_store(&subscriber->is_refresh_asked, false);
    subscriber->is_owed = true;
    watch_read_again(subscriber->watch);
}

void zk_watches_changed(zk_watches *self, const char *path, bool of_children, bool of_data)
{
    zk_watch *directory = of_children ? watches_find(self, path, false) : NULL;
    zk_watch *node = of_data ? watches_find(self, path, true) : NULL;
    if (directory != NULL)
        watch_read_again(directory);
    if (node != NULL)
        watch_read_again(node);
}

void zk_watches_read_all(zk_watches *self)
{
    for (size_t i = 0; i < ZK_WATCH_BUCKETS; i++)
        for (zk_watch *watch = self->buckets[i]; watch != NULL; watch = watch->next_in_bucket) {
            if (watch->lost >= ZK_LOST_READINGS_MAX && watch->task.due_ns != DEADLINE_NEVER)
                continue; /* a reading is scheduled already */
            watch->task.failures = 0;
            watch_read_again(watch);
        }
}

/* Returns all subscribers to their owners. The last subscriber of a watch frees the watch. */
void zk_watches_give_back(zk_watches *self)
{
    for (size_t i = 0; i < ZK_WATCH_BUCKETS; i++)
        while (self->buckets[i] != NULL)
            zk_watches_unsubscribe(self, self->buckets[i]->subscribers);
}
