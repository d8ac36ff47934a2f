/* What reaches the ZooKeeper registry's one thread: news of the session, answers to requests, watch
 * events and what the program asks for. Each is a message; nothing else touches the state
 * (session.h). */
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
    ZK_NO_NODE,   /* the node, or for a create its parent, does not exist */
    ZK_EXISTS,    /* create: it is there already */
    ZK_LOST,      /* the connection or session went: it may have been done or not */
    ZK_TOO_BIG,   /* the answer cannot be read: a list over the server's or client's limit
                     (libraries.md Z11) */
    ZK_REFUSED,   /* no permission, or the request itself is wrong: trying again soon is no use */
    ZK_NO_MEMORY, /* here */
    ZK_FAILED,    /* anything else */
    ZK_ANSWERS
} zk_answer;

/* The names of a node's children, or a node's data. Immutable once it is handed on, shared by
 * counting. */
typedef struct zk_reading {
    atomic_uint refs;
    registry_list list; /* children: sorted once it is decoded */
    char *data;         /* data: len bytes and a zero byte; NULL: the node does not exist */
    size_t len;
} zk_reading;

/* An empty reading with one reference. NULL: no memory. */
zk_reading *zk_reading_new(void);
zk_reading *zk_reading_ref(zk_reading *reading);
void zk_reading_unref(zk_reading *reading); /* NULL is accepted */

/* Decodes each item once (wire.md 5.2), leaves as it is what cannot be decoded, and sorts, each
 * text once. false: no memory; some items may be decoded. */
bool zk_reading_decode(zk_reading *reading);

/* Whether both hold the same; NULL equals nothing. */
bool zk_reading_equal(const zk_reading *a, const zk_reading *b);

typedef enum zk_event_kind {
    ZK_EVENT_SESSION, /* session, session_id, timeout_ms */
    ZK_EVENT_ANSWER,  /* cookie, answer, owner or reading */
    ZK_EVENT_CHANGE,  /* path, of_children, of_data */
    ZK_EVENT_CLOSED,  /* a handle that was given up is closed for good */
    ZK_EVENT_PROBED,  /* path: what was found out, is_reachable */
    ZK_EVENT_AWAITED, /* deadline_ns: somebody waits so long for the session */
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
    ZK_SESSION_OPEN_FAILED, /* no handle could be had */
    ZK_SESSION_UP,
    ZK_SESSION_READ_ONLY,
    ZK_SESSION_DOWN,
    ZK_SESSION_EXPIRED,
    ZK_SESSION_AUTH_FAILED,
    /* memory ran out where news should have been made: what is known may be wrong */
    ZK_SESSION_MISSED
} zk_session_news;

#define ZK_NO_OP SIZE_MAX

typedef struct zk_event zk_event;
struct zk_event {
    zk_event *next; /* in the mailbox */
    zk_event_kind kind;
    /* Frees the event. NULL: it is a part of something that lives longer. */
    void (*release)(zk_event *event);
    /* Of the handle that the event comes from. News of a former handle is dropped (libraries.md
     * Z8). */
    uint64_t generation;

    /* ZK_EVENT_SESSION: */
    zk_session_news session;
    int64_t session_id;
    int64_t timeout_ms; /* as negotiated */

    /* ZK_EVENT_ANSWER: */
    uint64_t cookie;
    zk_answer answer;
    int code; /* the client library's, for the log */
    /* Of a multi that failed: the first operation that was wrong; ZK_NO_OP: none of them. */
    size_t failed_at;
    int64_t owner;       /* of exists: the session that owns the node, 0: it is persistent */
    zk_reading *reading; /* of children and data; whoever handles the event may take it out */

    /* ZK_EVENT_CHANGE: what changed at path. ZK_EVENT_PROBED: path is what was found out. */
    char *path;
    bool of_children;
    bool of_data;
    bool is_reachable; /* some server accepts connections */

    int64_t deadline_ns; /* ZK_EVENT_AWAITED */

    void *object; /* of commands: the node, subscriber or lookup */
};

/* Releases the event and what it holds. */
void zk_event_free(zk_event *event);

#endif
