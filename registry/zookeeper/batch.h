/* Nodes that are created and deleted together, in one ZooKeeper transaction (multi).
 *
 * A server has a node for each service and scheme. Were they created and removed one after the
 * other, the first notification that a consumer gets would show a part of them, and a consumer of
 * Dubbo 3, which acts on changes at most once in five seconds, would go on calling by a list that
 * is half out of date.
 *
 * Each node still goes through its own phases (node.h) and makes its directory, or looks at what
 * stands there, by itself. Only its create or delete waits for the other nodes of the batch, until
 * each has come as far; then one multi is sent for all of them. ZooKeeper carries out all of a
 * multi or nothing. When it fails, it names the first operation that was wrong: that node goes its
 * way by that answer, those behind it make sure of what the answer may mean for them too, and the
 * rest waits for the next multi. A node that ZooKeeper refuses leaves the others (is_apart) until
 * it stands, so that one directory without permission does not keep a server unregistered.
 *
 * A batch knows its nodes as members only; what it wants of them it asks by their ops. */
#ifndef REGISTRY_ZOOKEEPER_BATCH_H
#define REGISTRY_ZOOKEEPER_BATCH_H

#include "registry/zookeeper/requests.h"

typedef struct zk_batch zk_batch;
typedef struct zk_member zk_member;

/* The ceilings keep a multi well below what a server accepts as one request (jute.maxbuffer, 1 MiB
 * unless set otherwise). */
#define ZK_BATCH_NODES_MAX 128
#define ZK_BATCH_BYTES_MAX (256u * 1024) /* of all paths; a longer path is alone */

/* What a member needs of its batch. */
typedef enum zk_need {
    ZK_NEEDS_NOTHING,
    ZK_NEEDS_TIME, /* it has something to do by itself first */
    ZK_NEEDS_CREATE,
    ZK_NEEDS_DELETE
} zk_need;

typedef struct zk_member_ops {
    zk_need (*need)(const zk_member *member);
    /* What became of the member's create or delete, as if it had been a request of its own. The
     * member may leave its batch during the call. */
    void (*answered)(zk_member *member, zk_event *event);
    /* The multi failed because of another member. other: what the answer was about a member before
     * this one; ZK_OK: nothing was wrong up to this one. The member may leave during the call. */
    void (*not_done)(zk_member *member, zk_answer other);
} zk_member_ops;

/* What a batch knows of a node; a part of it. */
struct zk_member {
    const zk_member_ops *ops; /* set before the batch is adopted */
    const char *path;         /* the node's */
    zk_batch *batch;          /* NULL: the node is created and deleted alone */
    bool is_apart;            /* so is this one, until it stands: ZooKeeper refused it */
    bool is_in_multi;         /* the batch's request under way is for this one, too */
};

/* An empty one, the caller's until it is adopted. NULL: no memory. */
zk_batch *zk_batch_new(void);
void zk_batch_free(zk_batch *self); /* one that is not adopted; NULL is accepted */
/* Whether so many nodes with paths of so many bytes in all fit in, too. */
bool zk_batch_has_room(const zk_batch *self, size_t count, size_t bytes);
/* It must have room. path is borrowed until the member leaves. */
void zk_batch_add(zk_batch *self, zk_member *member, const char *path);

/* From now on the batch sends requests, and is freed when its last member leaves. Again: no-op. */
void zk_batch_adopt(zk_batch *self, zk_requests *requests);

/* A member may be ready. */
void zk_batch_wake(zk_batch *self);

/* The session has ended: no answer will come. */
void zk_batch_forget(zk_batch *self);

/* The member's node is given back. The last one frees the batch. */
void zk_batch_leave(zk_member *member);

#endif
