/* The session with ZooKeeper and everything that is wanted of it: nodes that stand, directories
 * that are watched, lookups. After every loss it is brought about again.
 *
 * It is one object for one thread, without locks, I/O or clock: events and the time come in by
 * zk_session_handle() and zk_session_tick(), requests go out through a port, results through
 * zk_session_out. So the same logic runs on the real client and under a simulation. */
#ifndef REGISTRY_ZOOKEEPER_SESSION_H
#define REGISTRY_ZOOKEEPER_SESSION_H

#include "registry/zookeeper/lookup.h"
#include "registry/zookeeper/node.h"
#include "registry/zookeeper/port.h"
#include "registry/zookeeper/watch.h"

typedef struct zk_session zk_session;

/* What the session tells. Called by the thread that calls zk_session_...(), during that call; the
 * session may not be called back. Readings are borrowed. */
typedef struct zk_session_out {
    /* Whether requests can be answered. May be told again without a change. */
    void (*connected)(void *arg, bool is_connected);
    /* The node, lent by ZK_EVENT_REGISTER, is its owner's again. It is told after
     * ZK_EVENT_UNREGISTER, or by zk_session_free(). */
    void (*node_gone)(void *arg, zk_node *node);
    /* The list or data that subscriber watches: the first reading, and each that differs. */
    void (*read)(void *arg, zk_subscriber *subscriber, zk_reading *reading);
    /* The subscriber, lent by ZK_EVENT_SUBSCRIBE, is its owner's again. It is told by
     * ZK_EVENT_UNSUBSCRIBE at once, or by zk_session_free(). */
    void (*subscriber_gone)(void *arg, zk_subscriber *subscriber);
    /* The lookup, lent by ZK_EVENT_LOOKUP, is its owner's again. reading NULL: it failed for that
     * reason. */
    void (*looked_up)(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason);
} zk_session_out;

typedef struct zk_session_settings {
    int64_t timeout_ms;    /* of the session, as it is asked for */
    int64_t self_check_ms; /* how often standing nodes are looked at; <= 0: never */
    uint64_t seed;         /* of the jitter */
} zk_session_settings;

/* In BACKOFF, to open its handle at the first tick. port is borrowed. NULL: no memory. */
zk_session *zk_session_new(
    const zk_session_settings *settings, zk_port *port, const zk_session_out *out, void *out_arg);

/* Gives everything that is lent back, closes the handle. NULL is accepted. */
void zk_session_free(zk_session *self);

/* One event at that time; the event stays the caller's. */
void zk_session_handle(zk_session *self, zk_event *event, int64_t now_ns);

/* That time has come: everything that is due is done. */
void zk_session_tick(zk_session *self, int64_t now_ns);

/* News may be missing (zk_mailbox_take()). */
void zk_session_missed(zk_session *self, int64_t now_ns);

/* When zk_session_tick() has something to do, if no event comes before. */
int64_t zk_session_next_ns(const zk_session *self);

/* Why it is not connected ("connection refused by 127.0.0.1:2181"); "" when it is, or when that is
 * not known. Borrowed until the session is called again. */
const char *zk_session_trouble(const zk_session *self);

/* After ZK_EVENT_STOP: nothing is left to wait for. */
bool zk_session_is_finished(const zk_session *self);

/* For logs and tests: "CONNECTED". */
const char *zk_session_state_name(const zk_session *self);

#endif
