/* What is said about a ZooKeeper that is away: one line when it goes, one a minute while it is
 * away, one when it is back.
 *
 * The C client tells that there is no connection, not why, and its own log repeats itself for each
 * attempt. So the port makes one connection of our own to each server (probe), whose errno says it.
 * A connection that comes back within a second is not worth a line, and a server that accepts
 * connections is given until the session's time-out to take up a session. */
#include "registry/zookeeper/core_impl.h"

#include <stdio.h>

#define AWAY_PATIENCE_MS 1000
#define AWAY_PROBE_MS 5000 /* longer than a probe takes; then it is told without */
#define AWAY_REMINDER_MS 60000

void zk_away_begin(zk_core *core)
{
    zk_away *away = &core->away;
    if (away->since_ns != 0)
        return;
    away->since_ns = core->now_ns;
    away->next_ns = core->now_ns + AWAY_PATIENCE_MS * NS_PER_MS;
    away->is_told = away->is_probing = false;
}

void zk_away_end(zk_core *core)
{
    zk_away *away = &core->away;
    if (away->is_told)
        LOG(DUBBOC_LOG_WARN, "registry", "zookeeper is back", "away_ms=%lld",
            (long long)((core->now_ns - away->since_ns) / NS_PER_MS));
    away->since_ns = 0;
    away->next_ns = DEADLINE_NEVER;
    away->is_told = false;
}

/* Somebody waits for the registry until deadline_ns: the reason is found out before that. */
void zk_away_hasten(zk_core *core, int64_t deadline_ns)
{
    zk_away *away = &core->away;
    if (away->since_ns != 0 && !away->is_told && !away->is_probing)
        away->next_ns =
            deadline_min(away->next_ns, core->now_ns + (deadline_ns - core->now_ns) / 2);
}

const char *zk_core_trouble(const zk_core *core)
{
    static const char prefix[] = "not connected: ";
    bool has_reason = strncmp(core->trouble, prefix, sizeof prefix - 1) == 0;
    return core->state != CONNECTED && has_reason ? core->trouble + sizeof prefix - 1 : "";
}

static void away_tell(zk_core *core)
{
    zk_away *away = &core->away;
    const char *reason = zk_core_trouble(core);
    if (reason[0] == '\0')
        reason = core->trouble;
    LOG(DUBBOC_LOG_WARN, "registry",
        away->is_told ? "zookeeper is still away" : "zookeeper is away",
        "reason=\"%s\" away_ms=%lld", reason,
        (long long)((core->now_ns - away->since_ns) / NS_PER_MS));
    away->is_told = true;
    away->next_ns = core->now_ns + AWAY_REMINDER_MS * NS_PER_MS;
}

void zk_away_tick(zk_core *core)
{
    zk_away *away = &core->away;
    if (core->now_ns < away->next_ns)
        return;
    if (core->is_trouble_clear || away->is_probing || !core->port->ops->probe(core->port)) {
        away->is_probing = false;
        away_tell(core);
        return;
    }
    away->is_probing = true;
    away->next_ns = core->now_ns + AWAY_PROBE_MS * NS_PER_MS;
}

/* What the probe found is also what lookups that fail in the meantime say. */
void zk_away_probed(zk_core *core, const zk_event *event)
{
    zk_away *away = &core->away;
    if (away->since_ns == 0 || !away->is_probing)
        return;
    away->is_probing = false;
    if (!core->is_trouble_clear) {
        snprintf(away->reason, sizeof away->reason, "not connected: %s", event->path);
        core->trouble = away->reason;
    }
    bool is_patient = event->is_reachable && !away->is_told &&
                      core->now_ns < away->since_ns + core->session_timeout_ms * NS_PER_MS;
    if (is_patient)
        away->next_ns = core->now_ns + AWAY_PATIENCE_MS * NS_PER_MS;
    else
        away_tell(core);
}
