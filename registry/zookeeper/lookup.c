/* Lookups: one reading each, without a watch, for as long as its caller waits. */
#include "registry/zookeeper/core_impl.h"

#include "base/mem.h"

static void end(zk_core *core, zk_lookup *lookup, zk_reading *reading, const char *reason)
{
    zk_lookup **at = &core->lookups;
    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    zk_core_forget(core, &lookup->task);
    core->out->looked_up(core->out_arg, lookup, reading, reason);
}

static void end_with_list(zk_core *core, zk_lookup *lookup, zk_reading *reading)
{
    if (reading != NULL && zk_reading_decode(reading))
        end(core, lookup, reading, NULL);
    else
        end(core, lookup, NULL, "no memory");
}

static void lookup_answered(zk_core *core, zk_task *task, zk_event *event)
{
    zk_lookup *lookup = (zk_lookup *)task;
    zk_reading *nothing = NULL;
    switch (event->answer) {
    case ZK_OK:
        end_with_list(core, lookup, event->reading);
        break;
    case ZK_NO_NODE: /* what is not there is an empty list */
        nothing = zk_reading_new();
        end_with_list(core, lookup, nothing);
        zk_reading_unref(nothing);
        break;
    case ZK_LOST:
        zk_core_retry(core, task, RETRY_MIN_MS, RETRY_MAX_MS);
        break;
    case ZK_TOO_BIG:
        end(core, lookup, NULL, "the list is too big for zookeeper (jute.maxbuffer)");
        break;
    default:
        end(core, lookup, NULL, zk_event_reason(event));
        break;
    }
}

static bool lookup_start(zk_core *core, zk_task *task)
{
    return zk_core_send_children(core, task, ((zk_lookup *)task)->path, false);
}

static const zk_task_ops lookup_ops = {lookup_start, lookup_answered};

void zk_lookups_add(zk_core *core, zk_lookup *lookup)
{
    zk_task_init(&lookup->task, &lookup_ops);
    lookup->next = core->lookups;
    core->lookups = lookup;
    if (core->state == CLOSING || core->state == CLOSED) {
        end(core, lookup, NULL, "the registry is being closed");
        return;
    }
    if (core->state != CONNECTED)
        zk_away_hasten(core, lookup->deadline_ns);
    zk_core_now(core, &lookup->task);
}

void zk_lookups_expire(zk_core *core)
{
    for (zk_lookup *lookup = core->lookups, *next; lookup != NULL; lookup = next) {
        next = lookup->next;
        if (lookup->deadline_ns <= core->now_ns)
            end(core, lookup, NULL, core->state == CONNECTED ? "no answer in time" : core->trouble);
    }
}

int64_t zk_lookups_next_ns(const zk_core *core)
{
    int64_t next = DEADLINE_NEVER;
    for (const zk_lookup *lookup = core->lookups; lookup != NULL; lookup = lookup->next)
        next = deadline_min(next, lookup->deadline_ns);
    return next;
}

void zk_lookups_resend(zk_core *core)
{
    for (zk_lookup *lookup = core->lookups; lookup != NULL; lookup = lookup->next)
        if (!task_is_busy(&lookup->task))
            zk_core_now(core, &lookup->task);
}

void zk_lookups_fail(zk_core *core, const char *reason)
{
    while (core->lookups != NULL)
        end(core, core->lookups, NULL, reason);
}
