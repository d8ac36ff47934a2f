/* The session with ZooKeeper and everything that depends on it: registered nodes, watched
 * directories, lookups. After a loss all of it is restored.
 *
 * The session is one object for one thread, without locks, I/O or clock. Events and the time come
 * in through zk_session_handle() and zk_session_tick(), requests go out through a port, results
 * through zk_session_out. So the same logic runs with the real client library and in a
 * simulation. */
#ifndef REGISTRY_ZOOKEEPER_SESSION_H
#define REGISTRY_ZOOKEEPER_SESSION_H

#include "registry/zookeeper/lookup.h"
#include "registry/zookeeper/node.h"
#include "registry/zookeeper/port.h"
#include "registry/zookeeper/watch.h"

typedef struct zk_session zk_session;

/* The functions by which the session reports. They are called by the thread that calls
 * zk_session_...(), during that call, and must not call the session. Readings are borrowed. */
typedef struct zk_session_out {
    /* Whether the session is connected. May be called again without a change. */
    void (*connected)(void *arg, bool is_connected);
    /* Returns a node, borrowed by ZK_EVENT_REGISTER, to its owner: after ZK_EVENT_UNREGISTER, or by
     * zk_session_free(). */
    void (*node_gone)(void *arg, zk_node *node);
    /* The list or data that subscriber watches: the first reading, and each that differs from the
     * last. */
    void (*read)(void *arg, zk_subscriber *subscriber, zk_reading *reading);
    /* Returns a subscriber, borrowed by ZK_EVENT_SUBSCRIBE, to its owner: during
     * ZK_EVENT_UNSUBSCRIBE, or by zk_session_free(). */
    void (*subscriber_gone)(void *arg, zk_subscriber *subscriber);
    /* Returns a lookup, borrowed by ZK_EVENT_LOOKUP, to its owner. reading NULL: the lookup failed;
     * reason says why. */
    void (*looked_up)(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason);
} zk_session_out;

typedef struct zk_session_settings {
    int64_t timeout_ms;    /* time-out of the session to request from the server */
    int64_t self_check_ms; /* how often existing nodes are checked; <= 0: never */
    uint64_t seed;         /* for the random part of pauses */
} zk_session_settings;

/* Creates a session in the state BACKOFF; it opens its handle at the first tick. port is borrowed.
 * NULL: no memory. */
zk_session *zk_session_new(
    const zk_session_settings *settings, zk_port *port, const zk_session_out *out, void *out_arg);

/* Returns everything that was borrowed, closes the handle and frees the session. NULL is
 * accepted. */
void zk_session_free(zk_session *self);

/* Handles one event at that time; the caller still owns the event. */
void zk_session_handle(zk_session *self, zk_event *event, int64_t now_ns);

/* Does everything that is due at that time. */
void zk_session_tick(zk_session *self, int64_t now_ns);

/* An event was lost for lack of memory (zk_mailbox_take()). */
void zk_session_missed(zk_session *self, int64_t now_ns);

/* When to call zk_session_tick(), if no event comes before. */
int64_t zk_session_next_ns(const zk_session *self);

/* Why the session is not connected ("connection refused by 127.0.0.1:2181"); "" if it is connected
 * or the reason is not known. Valid until the next call of the session. */
const char *zk_session_trouble(const zk_session *self);

/* After ZK_EVENT_STOP: whether everything has been removed and closed. */
bool zk_session_is_finished(const zk_session *self);

/* The name of the state for logs and tests, such as "CONNECTED". */
const char *zk_session_state_name(const zk_session *self);

#endif
