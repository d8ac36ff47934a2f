/* An outage of ZooKeeper: why there is no connection, and what is logged about it: one line when
 * the connection is lost, one per minute during the outage, one when it is back.
 *
 * The C client says that there is no connection, but not why, and its own log repeats itself for
 * each attempt. So the port also opens a separate connection to each server (probe), whose errno
 * is the reason. A connection that is back within a second is not logged, and a server that
 * accepts connections is given the session's time-out to establish a session. */
#ifndef REGISTRY_ZOOKEEPER_AWAY_H
#define REGISTRY_ZOOKEEPER_AWAY_H

#include "registry/registry_types.h"
#include "registry/zookeeper/port.h"

/* How precise a reason is. */
typedef enum zk_clarity {
    /* The reason says only that there is no connection; a probe in this outage says more. */
    ZK_TROUBLE_VAGUE,
    ZK_TROUBLE_KNOWN, /* the reason is known; a probe may add detail */
    ZK_TROUBLE_CLEAR  /* a probe would not say more */
} zk_clarity;

typedef struct zk_away {
    /* Why the registry is not connected, as a sentence for error texts, such as "not connected:
     * connection refused by ...". Begins with "not connected: " only if the reason is known. */
    const char *trouble;
    zk_clarity clarity;
    int64_t since_ns;                  /* when the outage began; 0: there is none */
    int64_t next_ns;                   /* when to call zk_away_tick() */
    bool is_told;                      /* the outage has been logged */
    bool is_probing;                   /* a probe is running */
    char found[REGISTRY_TROUBLE_SIZE]; /* result of the last probe; trouble may point to it */
} zk_away;

void zk_away_init(zk_away *self);

/* Notes why the registry is not connected. text must be static. */
void zk_away_note(zk_away *self, const char *text, zk_clarity clarity);

/* An outage begins. No-op during an outage. */
void zk_away_begin(zk_away *self, int64_t now_ns);

/* The outage ends. is_back: the registry is connected again; otherwise the registry is being
 * closed. */
void zk_away_end(zk_away *self, bool is_back, int64_t now_ns);

/* Tells that a caller waits for the registry until deadline_ns: the reason is found out before that
 * time, if it is not known. */
void zk_away_hasten(zk_away *self, int64_t deadline_ns, int64_t now_ns);

/* Starts a probe or logs, whatever is due. */
void zk_away_tick(zk_away *self, zk_port *port, int64_t now_ns);

/* A probe has ended. patience_ms: how long a server that accepts connections may take to establish
 * a session. */
void zk_away_probed(zk_away *self, const zk_event *event, int64_t patience_ms, int64_t now_ns);

/* The reason without the prefix ("connection refused by 127.0.0.1:2181"); "" if it is not known. */
const char *zk_away_reason(const zk_away *self);

#endif
