/* All nodes of a directory, and how a reading of the registry becomes the next list. URLs that were
 * seen before keep their node, only new ones are parsed, and the order is merged instead of sorted
 * again. So one change among 10,000 nodes costs little more than comparing their texts. */
#ifndef SELECTOR_NODE_LIST_H
#define SELECTOR_NODE_LIST_H

#include "selector/node.h"
#include "selector/snapshot.h"

typedef struct node_list {
    node **nodes; /* in the order of the registry, without duplicates */
    size_t count;
    node **usable; /* nodes with a provider, sorted by node_compare() */
    size_t usable_count;
    node **index;     /* hash table by text, open addressing */
    size_t slots;     /* size of index: a power of two, or 0 */
    uint64_t reading; /* number of the last reading */
} node_list;

/* A prepared list, which is not the current one yet. */
typedef struct node_change {
    node **nodes;
    size_t count;
    node **usable;
    size_t usable_count;
    node **added; /* the nodes that are new */
    size_t added_count;
    size_t added_capacity;
    snapshot *next; /* the snapshot to publish */
    /* After the commit: nodes that are no longer listed. Free them when the readers of the former
     * snapshot have left. */
    node *gone;
    size_t gone_count;
    /* The texts are those of the current list: there is nothing to do, and the other fields are
     * empty. */
    bool is_same;
} node_change;

void node_list_fini(node_list *self, provider_set *providers);

/* Prepares the list of these texts. false: no memory; nothing has changed. After true call
 * node_list_commit(), unless change->is_same. */
bool node_list_prepare(node_list *self, const node_reader *reader, const char *const *texts,
    size_t count, node_change *change);

/* Prepares the list of this single node, which is taken over, also on failure. */
bool node_list_prepare_fixed(
    node_list *self, provider_set *providers, node *only_take, node_change *change);

/* Empties the list and returns its nodes, linked by next. */
node *node_list_take_all(node_list *self);

/* Makes the prepared list the current one; cannot fail. The caller then owns change->next and
 * change->gone. */
void node_list_commit(node_list *self, node_change *change);

#endif
