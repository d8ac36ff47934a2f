/* Why ZooKeeper is away, and what is said about it: one line when it goes, one a minute while it is
 * away, one when it is back.
 *
 * The C client tells that there is no connection, not why, and its own log repeats itself for each
 * attempt. So the port makes one connection of our own to each server (probe), whose errno says it.
 * A connection that comes back within a second is not worth a line, and a server that accepts
 * connections is given until the session's time-out to take up a session. */
#ifndef REGISTRY_ZOOKEEPER_AWAY_H
#define REGISTRY_ZOOKEEPER_AWAY_H

#include "registry/registry_types.h"
#include "registry/zookeeper/port.h"

/* How much a reason says. */
typedef enum zk_clarity {
    ZK_TROUBLE_VAGUE, /* that there is no connection: what a probe has found in this outage is
                         better */
    ZK_TROUBLE_KNOWN,
    ZK_TROUBLE_CLEAR /* no probe would say more */
} zk_clarity;

typedef struct zk_away {
    /* Why it is not connected, as a whole sentence for whoever waited; "not connected: " before the
     * reason when that is known. */
    const char *trouble;
    zk_clarity clarity;
    int64_t since_ns; /* 0: it is not away */
    int64_t next_ns;  /* when zk_away_tick() has something to do */
    bool is_told;     /* the log has said that it is away */
    bool is_probing;
    char found[REGISTRY_TROUBLE_SIZE]; /* by the last probe; trouble may be this */
} zk_away;

void zk_away_init(zk_away *self);

/* Remembers why it is not connected. text is static. */
void zk_away_note(zk_away *self, const char *text, zk_clarity clarity);

/* It is not connected. Again: no-op. */
void zk_away_begin(zk_away *self, int64_t now_ns);

/* It is connected, or nobody asks any more (is_back false). */
void zk_away_end(zk_away *self, bool is_back, int64_t now_ns);

/* Somebody waits for the registry until deadline_ns: the reason is found out before that. */
void zk_away_hasten(zk_away *self, int64_t deadline_ns, int64_t now_ns);

/* Has the port probe, or says what is to be said. */
void zk_away_tick(zk_away *self, zk_port *port, int64_t now_ns);

/* A probe has ended. patience_ms: how long a server that accepts connections may take. */
void zk_away_probed(zk_away *self, const zk_event *event, int64_t patience_ms, int64_t now_ns);

/* The reason alone ("connection refused by 127.0.0.1:2181"), "" if it is not known. */
const char *zk_away_reason(const zk_away *self);

#endif
