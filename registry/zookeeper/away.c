/* The log lines of an outage. The first is delayed by AWAY_PATIENCE_MS, because the connection may
 * soon be back, and then until a probe has found the reason or AWAY_PROBE_MS have passed. */
#include "registry/zookeeper/away.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

#define AWAY_PATIENCE_MS 1000
/* longer than a probe takes; after this time the outage is logged without its result */
#define AWAY_PROBE_MS 5000
#define AWAY_REMINDER_MS 60000

static const char away_prefix[] = "not connected: ";

void zk_away_init(zk_away *self)
{
    *self = (zk_away){.trouble = "not connected yet", .next_ns = DEADLINE_NEVER};
}

void zk_away_note(zk_away *self, const char *text, zk_clarity clarity)
{
    bool is_probe_better =
        clarity == ZK_TROUBLE_VAGUE && self->since_ns != 0 && self->trouble == self->found;
    if (is_probe_better)
        return;
    self->trouble = text;
    self->clarity = clarity;
}

void zk_away_begin(zk_away *self, int64_t now_ns)
{
    if (self->since_ns != 0)
        return;
    self->since_ns = now_ns;
    self->next_ns = now_ns + AWAY_PATIENCE_MS * NS_PER_MS;
    self->is_told = self->is_probing = false;
}

static long long away_ms(const zk_away *self, int64_t now_ns)
{
    return (long long)((now_ns - self->since_ns) / NS_PER_MS);
}

void zk_away_end(zk_away *self, bool is_back, int64_t now_ns)
{
    if (self->is_told && is_back)
        LOG(DUBBOC_LOG_WARN, "registry", "zookeeper is reachable again", "away_ms=%lld",
            away_ms(self, now_ns));
    self->since_ns = 0;
    self->next_ns = DEADLINE_NEVER;
    self->is_told = false;
}

void zk_away_hasten(zk_away *self, int64_t deadline_ns, int64_t now_ns)
{
    if (self->since_ns != 0 && !self->is_told && !self->is_probing)
        self->next_ns = deadline_min(self->next_ns, now_ns + (deadline_ns - now_ns) / 2);
}

const char *zk_away_reason(const zk_away *self)
{
    size_t len = sizeof away_prefix - 1;
    return strncmp(self->trouble, away_prefix, len) == 0 ? self->trouble + len : "";
}

static void away_tell(zk_away *self, int64_t now_ns)
{
    const char *reason = zk_away_reason(self);
    if (reason[0] == '\0')
        reason = self->trouble;
    LOG(DUBBOC_LOG_WARN, "registry",
        self->is_told ? "zookeeper is still unreachable" : "zookeeper is unreachable",
        "reason=\"%s\" away_ms=%lld", reason, away_ms(self, now_ns));
    self->is_told = true;
    self->next_ns = now_ns + AWAY_REMINDER_MS * NS_PER_MS;
}

void zk_away_tick(zk_away *self, zk_port *port, int64_t now_ns)
{
    if (now_ns < self->next_ns)
        return;
    if (self->clarity == ZK_TROUBLE_CLEAR || self->is_probing || !port->ops->probe(port)) {
        self->is_probing = false;
        away_tell(self, now_ns);
        return;
    }
    self->is_probing = true;
    self->next_ns = now_ns + AWAY_PROBE_MS * NS_PER_MS;
}

/* The result of the probe is also the error text of lookups that fail during the outage. */
void zk_away_probed(zk_away *self, const zk_event *event, int64_t patience_ms, int64_t now_ns)
{
    if (self->since_ns == 0 || !self->is_probing)
        return;
    self->is_probing = false;
    if (self->clarity != ZK_TROUBLE_CLEAR) {
        snprintf(self->found, sizeof self->found, "%s%s", away_prefix, event->path);
        self->trouble = self->found;
    }
    bool is_patient =
        event->is_reachable && !self->is_told && now_ns < self->since_ns + patience_ms * NS_PER_MS;
    if (is_patient)
        self->next_ns = now_ns + AWAY_PATIENCE_MS * NS_PER_MS;
    else
        away_tell(self, now_ns);
}
