/* The events of the ZooKeeper registry's actor: news of the session, answers to requests, watch
 * notifications, and commands of the program. Only these events change the state (session.h). */
#ifndef REGISTRY_ZOOKEEPER_EVENT_H
#define REGISTRY_ZOOKEEPER_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/registry_list.h"

/* How a request ended. */
typedef enum zk_answer {
    ZK_OK,
    ZK_NO_NODE, /* the node, or for a create its parent, does not exist */
    ZK_EXISTS,  /* create: the node exists already */
    /* the connection or session was lost: the request may have been executed or not */
    ZK_LOST,
    /* The answer cannot be read: a list over the server's or the client's limit (docs/libraries.md
     * Z11). */
    ZK_TOO_BIG,
    ZK_REFUSED,   /* no permission, or an invalid request: trying again soon is useless */
    ZK_NO_MEMORY, /* in this process */
    ZK_FAILED,    /* anything else */
    ZK_ANSWERS
} zk_answer;

/* The names of a node's children, or a node's data. Reference counted; immutable once it is
 * shared. */
typedef struct zk_reading {
    atomic_uint refs;
    registry_list list; /* children: sorted after zk_reading_decode() */
    char *data;         /* data: len bytes and a zero byte; NULL: the node does not exist */
    size_t len;
} zk_reading;

/* An empty reading with one reference. NULL: no memory. */
zk_reading *zk_reading_new(void);
zk_reading *zk_reading_ref(zk_reading *reading);
void zk_reading_unref(zk_reading *reading); /* NULL is accepted */

/* Decodes each name once (docs/wire.md 5.2); a name that cannot be decoded is kept unchanged. Sorts
 * the names and removes duplicates. false: no memory; some names may be decoded. */
bool zk_reading_decode(zk_reading *reading);

/* Whether both are equal; NULL equals nothing. */
bool zk_reading_equal(const zk_reading *a, const zk_reading *b);

typedef enum zk_event_kind {
    ZK_EVENT_SESSION, /* uses session, session_id, timeout_ms */
    ZK_EVENT_ANSWER,  /* uses cookie, answer, owner or reading */
    ZK_EVENT_CHANGE,  /* uses path, of_children, of_data */
    ZK_EVENT_CLOSED,  /* a handle that was given up has been closed */
    ZK_EVENT_PROBED,  /* uses path (the result of the probe) and is_reachable */
    ZK_EVENT_AWAITED, /* a caller waits for the session until deadline_ns */
    /* Commands: */
    ZK_EVENT_REGISTER,
    ZK_EVENT_UNREGISTER,
    ZK_EVENT_SUBSCRIBE,
    ZK_EVENT_UNSUBSCRIBE,
    ZK_EVENT_REFRESH,
    ZK_EVENT_LOOKUP,
    ZK_EVENT_STOP
} zk_event_kind;

typedef enum zk_session_news {
    ZK_SESSION_OPEN_FAILED, /* no handle could be created */
    ZK_SESSION_UP,
    ZK_SESSION_READ_ONLY,
    ZK_SESSION_DOWN,
    ZK_SESSION_EXPIRED,
    ZK_SESSION_AUTH_FAILED,
    /* No memory to report a change, so the known state may be wrong. */
    ZK_SESSION_MISSED
} zk_session_news;

#define ZK_NO_OP SIZE_MAX

typedef struct zk_event zk_event;
struct zk_event {
    zk_event *next; /* in the mailbox */
    zk_event_kind kind;
    /* Frees the event. NULL: the event is a part of an object that lives longer. */
    void (*release)(zk_event *event);
    /* Generation of the handle that the event comes from. Events of a former handle are ignored
     * (docs/libraries.md Z8). */
    uint64_t generation;

    /* ZK_EVENT_SESSION: */
    zk_session_news session;
    int64_t session_id;
    int64_t timeout_ms; /* as negotiated with the server */

    /* ZK_EVENT_ANSWER: */
    uint64_t cookie; /* identifies the request */
    zk_answer answer;
    int code; /* the library's code, for the log */
    /* Of a failed multi: the index of the first operation that failed; ZK_NO_OP: unknown or
     * none. */
    size_t failed_at;
    int64_t owner; /* answer to exists: the session that owns the node; 0: persistent */
    /* Answer to children or data; the function that handles the event may take the reading. */
    zk_reading *reading;

    /* ZK_EVENT_CHANGE: what changed at path. ZK_EVENT_PROBED: path is the result of the probe. */
    char *path;
    bool of_children;
    bool of_data;
    bool is_reachable; /* ZK_EVENT_PROBED: at least one server accepts connections */

    int64_t deadline_ns; /* ZK_EVENT_AWAITED */

    void *object; /* commands: the node, subscriber or lookup */
};

/* Frees the event and what it contains. */
void zk_event_free(zk_event *event);

#endif
