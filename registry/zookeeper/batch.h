/* Nodes that are created and deleted together, in one ZooKeeper transaction (multi).
 *
 * A server has a node for each service and scheme. If they were created and removed one after the
 * other, the first notification to a consumer would show only some of them. A consumer of Dubbo 3,
 * which acts on changes at most once in five seconds, would then use a list that is half out of
 * date.
 *
 * Each node still goes through its own phases (node.h): it creates its directory, or looks at the
 * existing node, by itself. Only its create or delete waits until all nodes of the batch are ready;
 * then one multi is sent for all. ZooKeeper executes a multi completely or not at all. If it fails,
 * ZooKeeper names the first operation that failed. The node of that operation handles the error as
 * if its request had been sent alone; the nodes after it check whether the error concerns them too;
 * all others wait for the next multi. A node that ZooKeeper rejects is created alone (is_apart)
 * until it exists, so that one directory without permission does not keep a whole server
 * unregistered.
 *
 * A batch knows its nodes only as members and uses them through their ops. */
#ifndef REGISTRY_ZOOKEEPER_BATCH_H
#define REGISTRY_ZOOKEEPER_BATCH_H

#include "registry/zookeeper/requests.h"

typedef struct zk_batch zk_batch;
typedef struct zk_member zk_member;

/* These limits keep a multi well below the largest request that a server accepts (jute.maxbuffer, 1
 * MiB by default). */
#define ZK_BATCH_NODES_MAX 128
/* of all paths together; a node with a longer path is alone in its batch */
#define ZK_BATCH_BYTES_MAX (256u * 1024)

/* What a member needs from its batch. */
typedef enum zk_need {
    ZK_NEEDS_NOTHING,
    ZK_NEEDS_TIME, /* not ready: it must send another request first */
    ZK_NEEDS_CREATE,
    ZK_NEEDS_DELETE
} zk_need;

typedef struct zk_member_ops {
    zk_need (*need)(const zk_member *member);
    /* The result of the member's create or delete, as if it had been a separate request. The
     * member may leave the batch during the call. */
    void (*answered)(zk_member *member, zk_event *event);
    /* The multi failed because of another member. other: the answer for that member if it comes
     * before this member in the multi, or ZK_OK if it comes after. The member may leave the batch
     * during the call. */
    void (*not_done)(zk_member *member, zk_answer other);
} zk_member_ops;

/* What a batch knows about a node; a part of the node. */
struct zk_member {
    const zk_member_ops *ops; /* set before the batch is adopted */
    const char *path;         /* of the node; borrowed */
    zk_batch *batch;          /* NULL: the node is created and deleted alone */
    bool is_apart;            /* created alone, until it exists, because ZooKeeper rejected it */
    bool is_in_multi;         /* the current multi contains this node */
};

/* Creates an empty batch, which the caller owns until it is adopted. NULL: no memory. */
zk_batch *zk_batch_new(void);
void zk_batch_free(zk_batch *self); /* only before it is adopted; NULL is accepted */
/* Whether count more nodes, with paths of bytes in total, fit into the batch. */
bool zk_batch_has_room(const zk_batch *self, size_t count, size_t bytes);
/* Adds a member; the batch must have room. path is borrowed until the member leaves. */
void zk_batch_add(zk_batch *self, zk_member *member, const char *path);

/* From now on the batch sends requests, and frees itself when its last member leaves. No-op if it
 * was adopted already. */
void zk_batch_adopt(zk_batch *self, zk_requests *requests);

/* Tells the batch that a member may be ready. */
void zk_batch_wake(zk_batch *self);

/* Tells the batch that the session has ended, so no answer will come. */
void zk_batch_forget(zk_batch *self);

/* Removes a member, because its node is returned to its owner. The batch is freed with its last
 * member. */
void zk_batch_leave(zk_member *member);

#endif
