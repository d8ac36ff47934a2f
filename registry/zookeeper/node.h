/* The nodes that this registry has registered and keeps in existence.
 *
 * A node's phase is the request that it needs next; one table says what each answer means in each
 * phase.
 *
 * A node is ours if this session owns it. A node of another session (an earlier session of this
 * process, or one that a restored server remembers, docs/libraries.md Z10) is deleted and created
 * again, because it would disappear when that session ends. Nodes that an earlier process left
 * under other names are removed only after the new node exists, so that consumers never see an
 * empty list (sweep.h).
 *
 * Nodes that were registered together are created and deleted together (batch.h): such a node sends
 * no create or delete itself; its batch sends one multi for all of its nodes. */
#ifndef REGISTRY_ZOOKEEPER_NODE_H
#define REGISTRY_ZOOKEEPER_NODE_H

#include "registry/zookeeper/batch.h"
#include "registry/zookeeper/sweep.h"

/* One registered ephemeral node. Borrowed by the session from zk_nodes_add() until gone is
 * called. */
typedef struct zk_node {
    zk_task task;
    zk_member member; /* used if the node is in a batch */
    struct zk_nodes *nodes;
    struct zk_node *next;
    struct zk_node *prev;
    struct zk_node *next_begin; /* next node registered by the same event; NULL: last */
    struct zk_node *next_end;   /* next node unregistered by the same event; NULL: last */
    char *path;                 /* complete and encoded */
    /* Nodes with this identity that belong to other sessions are removed once the node exists.
     * NULL: no node is removed. */
    char *identity;
    /* The node is only created in an existing directory of its interface, and waits for that
     * directory. Set for consumers, because the interface's name may be mistyped. */
    bool needs_interface;
    size_t made_len; /* length of the part of its directory's path that has been created */
    zk_sweep sweep;  /* removes what an earlier process left */
    bool is_wanted;  /* false: the node was unregistered and is being deleted */
    /* The node may exist already, because it was also registered by a second registration that has
     * ended; not checked yet. */
    bool inherits;
    bool is_waiting; /* waits for the directory of its interface */
    /* Written by the actor, read by any thread: */
    atomic_bool stands;    /* the node exists */
    atomic_bool has_stood; /* the node has existed since it was registered */
} zk_node;

typedef struct zk_nodes {
    zk_requests *requests;
    void (*gone)(void *arg, zk_node *node); /* returns the node to its owner */
    void *arg;
    zk_node *first;
    size_t waiting; /* number of nodes that wait for the directory of their interface */
} zk_nodes;

/* Adds or removes the nodes that are linked from first, by next_begin or next_end. */
void zk_nodes_add(zk_nodes *self, zk_node *first);
void zk_nodes_remove(zk_nodes *self, zk_node *first);

/* Checks every node, because the session is connected again or a self check is due. */
void zk_nodes_look(zk_nodes *self);

/* The node at path was created or deleted. */
void zk_nodes_changed(zk_nodes *self, const char *path);

/* The session has ended and all nodes with it: creates them again. */
void zk_nodes_lose_session(zk_nodes *self);

/* Unregisters all nodes. */
void zk_nodes_unwant(zk_nodes *self);

/* Returns all nodes to their owners at once, whether they exist or not. */
void zk_nodes_give_back(zk_nodes *self);

#endif
