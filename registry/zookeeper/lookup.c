/* A lookup is a task with one phase: list the children. */
#include "registry/zookeeper/lookup.h"

static void lookup_end(zk_lookup *lookup, zk_reading *reading, const char *reason)
{
    zk_lookups *self = lookup->lookups;
    zk_lookup **at = &self->first;
    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    zk_task_forget(&lookup->task);
    self->looked_up(self->arg, lookup, reading, reason);
}

static void lookup_end_with_list(zk_lookup *lookup, zk_reading *reading)
{
    if (reading != NULL && zk_reading_decode(reading))
        lookup_end(lookup, reading, NULL);
    else
        lookup_end(lookup, NULL, "out of memory");
}

/* --- answers */

static void lookup_done(zk_task *task, zk_event *event)
{
    lookup_end_with_list((zk_lookup *)task, event->reading);
}

/* A directory that does not exist is an empty list. */
static void lookup_absent(zk_task *task, zk_event *event)
{
    (void)event;
    zk_reading *nothing = zk_reading_new();
    lookup_end_with_list((zk_lookup *)task, nothing);
    zk_reading_unref(nothing);
}

static void lookup_lost(zk_task *task, zk_event *event)
{
    (void)event;
    zk_task_retry(task);
}

static void lookup_too_big(zk_task *task, zk_event *event)
{
    (void)event;
    lookup_end((zk_lookup *)task, NULL,
        "the list is too big to read from zookeeper (raise jute.maxbuffer)");
}

static void lookup_failed(zk_task *task, zk_event *event)
{
    lookup_end((zk_lookup *)task, NULL, zk_event_reason(event));
}

static const zk_step lookup_steps[][ZK_ANSWERS] = {{[ZK_OK] = lookup_done,
    [ZK_NO_NODE] = lookup_absent,
    [ZK_LOST] = lookup_lost,
    [ZK_TOO_BIG] = lookup_too_big}};

static bool lookup_start(zk_task *task)
{
    return zk_task_send_children(task, ((zk_lookup *)task)->path, false);
}

static const zk_task_ops lookup_ops = {lookup_start, lookup_steps, lookup_failed};

/* --- calls from the session */

void zk_lookups_add(zk_lookups *self, zk_lookup *lookup)
{
    zk_task_init(&lookup->task, &lookup_ops, self->requests);
    lookup->lookups = self;
    lookup->next = self->first;
    self->first = lookup;
    zk_task_due_now(&lookup->task);
}

void zk_lookups_expire(zk_lookups *self, const char *reason)
{
    for (zk_lookup *lookup = self->first, *next; lookup != NULL; lookup = next) {
        next = lookup->next;
        if (lookup->deadline_ns <= self->requests->now_ns)
            lookup_end(lookup, NULL, reason);
    }
}

int64_t zk_lookups_next_ns(const zk_lookups *self)
{
    int64_t next = DEADLINE_NEVER;
    for (const zk_lookup *lookup = self->first; lookup != NULL; lookup = lookup->next)
        next = deadline_min(next, lookup->deadline_ns);
    return next;
}

void zk_lookups_resend(zk_lookups *self)
{
    for (zk_lookup *lookup = self->first; lookup != NULL; lookup = lookup->next)
        if (!zk_task_is_busy(&lookup->task))
            zk_task_due_now(&lookup->task);
}

void zk_lookups_fail(zk_lookups *self, const char *reason)
{
    while (self->first != NULL)
        lookup_end(self->first, NULL, reason);
}
