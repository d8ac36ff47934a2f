/* The logic of the ZooKeeper registry: what is wanted (nodes that stand, directories that are
 * watched, lookups) and how it is brought about again after every loss.
 *
 * It is one object for one thread, without locks, I/O or clock: events and the time come in by
 * zk_core_handle() and zk_core_tick(), requests go out through a port, results through zk_core_out.
 * So the same logic runs on the real client and under a simulation. */
#ifndef REGISTRY_ZOOKEEPER_CORE_H
#define REGISTRY_ZOOKEEPER_CORE_H

#include "registry/zookeeper/port.h"
#include "registry/zookeeper/task.h"

/* The removal of what an earlier process left (leftovers.c). */
typedef struct zk_sweep {
    zk_task task;
    unsigned phase;
    zk_reading *names; /* the directory's; NULL: not listed yet, or done */
    size_t at;         /* which of them is looked at */
    unsigned lost;     /* listings during which the connection was lost */
    bool is_done;
} zk_sweep;

/* Nodes that are created and deleted in one transaction (batch.c). The ceilings keep it
 * well below what a server accepts as one request (jute.maxbuffer, 1 MiB unless set otherwise). */
typedef struct zk_batch zk_batch;
#define ZK_BATCH_NODES_MAX 128
#define ZK_BATCH_BYTES_MAX (256u * 1024) /* of all paths; a longer path is alone */

struct zk_node;

/* An empty one, the core's as soon as nodes in it have been registered. NULL: no memory. */
zk_batch *zk_batch_new(void);
void zk_batch_free(zk_batch *batch); /* before that; NULL is accepted */
/* Whether so many nodes with paths of so many bytes in all fit in, too. */
bool zk_batch_has_room(const zk_batch *batch, size_t count, size_t bytes);
void zk_batch_add(zk_batch *batch, struct zk_node *node); /* it must have room */

/* One ephemeral node that should stand. Of whoever registers, lent to the core from
 * ZK_EVENT_REGISTER until node_gone. */
typedef struct zk_node {
    zk_task task;
    struct zk_node *next;
    struct zk_node *prev;
    struct zk_node *next_begin; /* registered by the same event; NULL: the last */
    struct zk_node *next_end;   /* taken back by the same event; NULL: the last */
    zk_batch *batch;            /* NULL: it is created and deleted alone */
    bool is_apart;              /* so is this one, until it stands: ZooKeeper refused it */
    bool is_in_multi;           /* its batch's request under way is for this node, too */
    char *path;                 /* whole and encoded */
    char *identity; /* nodes of this one that other sessions own are removed once it stands; NULL:
                       none are */
    /* It is created only below a directory of its interface that somebody else made, and waits for
     * that: a consumer's, since its name may be a mistyped one. */
    bool needs_interface;
    unsigned phase;
    size_t made_len; /* of its directory, how much has been created */
    zk_sweep sweep;
    bool is_wanted;
    bool inherits;   /* a twin's node may stand, which is this one's now; not looked at yet */
    bool is_waiting; /* for the directory of its interface */
    /* These may be read from any thread. */
    atomic_bool stands;
    atomic_bool has_stood; /* since it was registered */
} zk_node;

/* Somebody who wants a directory's list, or a node's data. Lent to the core from ZK_EVENT_SUBSCRIBE
 * until subscriber_gone. */
typedef struct zk_subscriber {
    struct zk_subscriber *next;
    struct zk_watch *watch; /* what it looks at; comes with it and is the core's from then on */
    bool is_owed;           /* it gets the next reading even if nothing changed */
} zk_subscriber;

/* One reading of a list. Lent to the core from ZK_EVENT_LOOKUP until looked_up. */
typedef struct zk_lookup {
    zk_task task;
    struct zk_lookup *next;
    char *path;
    int64_t deadline_ns;
} zk_lookup;

/* A watch on path (taken over by success), to be put into a subscriber. NULL: no memory. */
struct zk_watch *zk_watch_new(char *path_take, bool is_data);
void zk_watch_free(struct zk_watch *watch); /* NULL is accepted */

/* What the core tells; called from zk_core_handle() and zk_core_tick(). Readings are borrowed. */
typedef struct zk_core_out {
    void (*connected)(void *arg, bool is_connected);
    void (*node_gone)(void *arg, zk_node *node);
    void (*read)(void *arg, zk_subscriber *subscriber, zk_reading *reading);
    void (*subscriber_gone)(void *arg, zk_subscriber *subscriber);
    void (*looked_up)(
        /* reading NULL: it failed for that reason */
        void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason);
} zk_core_out;

typedef struct zk_core_settings {
    int64_t timeout_ms;    /* of the session, as it is asked for */
    int64_t self_check_ms; /* how often standing nodes are looked at; <= 0: never */
    uint64_t seed;         /* of the jitter */
} zk_core_settings;

/* In BACKOFF, to open its handle at the first tick. port is borrowed. NULL: no memory. */
zk_core *zk_core_new(
    const zk_core_settings *settings, zk_port *port, const zk_core_out *out, void *out_arg);

/* Gives everything that is lent back, closes the handle. NULL is accepted. */
void zk_core_free(zk_core *core);

/* One event at that time; the event stays the caller's. */
void zk_core_handle(zk_core *core, zk_event *event, int64_t now_ns);

/* That time has come: everything that is due is done. */
void zk_core_tick(zk_core *core, int64_t now_ns);

/* News may be missing (zk_mailbox_take()). */
void zk_core_missed(zk_core *core, int64_t now_ns);

/* When zk_core_tick() has something to do, if no event comes before. */
int64_t zk_core_next_ns(const zk_core *core);

/* Why it is not connected ("connection refused by 127.0.0.1:2181"); "" when it is, or when that is
 * not known. Borrowed until the core is called again. */
const char *zk_core_trouble(const zk_core *core);

/* After ZK_EVENT_STOP: nothing is left to wait for. */
bool zk_core_is_finished(const zk_core *core);

/* For logs and tests: "CONNECTED". */
const char *zk_core_state_name(const zk_core *core);

#endif
