/* The nodes that should stand.
 *
 * A node's phase is the request that it needs next; what the answer means stands in one table.
 *
 * A node counts as ours when this session owns it. One of another session (an earlier life of this
 * process, or a restored server's memory of it: libraries.md Z10) is deleted and created again, for
 * it would vanish with that session. What an earlier process left under other names is removed when
 * the node stands, not before, so that consumers never see an empty list (sweep.h).
 *
 * Nodes that were registered together are created and deleted together (batch.h): such a node has
 * no create or delete of its own, its batch sends one for all of them. */
#ifndef REGISTRY_ZOOKEEPER_NODE_H
#define REGISTRY_ZOOKEEPER_NODE_H

#include "registry/zookeeper/batch.h"
#include "registry/zookeeper/sweep.h"

/* One ephemeral node that should stand. Lent from zk_nodes_add() until gone. */
typedef struct zk_node {
    zk_task task;
    zk_member member; /* of its batch, if it is in one */
    struct zk_nodes *nodes;
    struct zk_node *next;
    struct zk_node *prev;
    struct zk_node *next_begin; /* registered by the same event; NULL: the last */
    struct zk_node *next_end;   /* taken back by the same event; NULL: the last */
    char *path;                 /* whole and encoded */
    char *identity; /* nodes of this one that other sessions own are removed once it stands; NULL:
                       none are */
    /* It is created only below a directory of its interface that somebody else made, and waits for
     * that: a consumer's, since its name may be a mistyped one. */
    bool needs_interface;
    size_t made_len; /* of its directory, how much has been created */
    zk_sweep sweep;
    bool is_wanted;
    bool inherits;   /* a twin's node may stand, which is this one's now; not looked at yet */
    bool is_waiting; /* for the directory of its interface */
    /* These may be read from any thread. */
    atomic_bool stands;
    atomic_bool has_stood; /* since it was registered */
} zk_node;

typedef struct zk_nodes {
    zk_requests *requests;
    void (*gone)(void *arg, zk_node *node); /* the node is its owner's again */
    void *arg;
    zk_node *first;
    size_t waiting; /* for the directories of their interfaces */
} zk_nodes;

/* first: of those that are added (next_begin) or taken back (next_end) together. */
void zk_nodes_add(zk_nodes *self, zk_node *first);
void zk_nodes_remove(zk_nodes *self, zk_node *first);

/* The same session is back, or it is time for a self check: looks at each. */
void zk_nodes_look(zk_nodes *self);

/* What stands at path came or went. */
void zk_nodes_changed(zk_nodes *self, const char *path);

/* The session has ended, and all nodes with it: they are created again. */
void zk_nodes_lose_session(zk_nodes *self);

/* Takes back all. */
void zk_nodes_unwant(zk_nodes *self);

/* Gives back all at once, whatever stands. */
void zk_nodes_give_back(zk_nodes *self);

#endif
