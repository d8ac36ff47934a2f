/* All nodes of a directory, and how a reading of the registry becomes the next list: texts seen
 * before keep their node, only new ones are parsed, the order is merged rather than sorted anew; so
 * one change among 10,000 nodes costs little more than comparing their texts. */
#ifndef SELECTOR_NODE_LIST_H
#define SELECTOR_NODE_LIST_H

#include "selector/node.h"
#include "selector/snapshot.h"

typedef struct node_list {
    node **nodes; /* as the registry told them, each text once */
    size_t count;
    node **usable; /* those with a provider, by node_compare() */
    size_t usable_count;
    node **index;     /* by hash of the text, open addressing */
    size_t slots;     /* a power of two, or 0 */
    uint64_t reading; /* number of the last one */
} node_list;

/* A next list, not yet in force. */
typedef struct node_change {
    node **nodes;
    size_t count;
    node **usable;
    size_t usable_count;
    node **added; /* those of nodes that are new */
    size_t added_count;
    size_t added_capacity;
    snapshot *next; /* what to publish */
    node *gone;     /* after the commit: no longer listed; free them when the readers of the former
                       snapshot have left */
    size_t gone_count;
    bool is_same; /* as the present list: nothing to do, all the rest is empty */
} node_change;

void node_list_fini(node_list *self, provider_set *providers);

/* Prepares the change to these texts. false: no memory; everything is as before. After true either
 * node_list_commit() or, when is_same, nothing. */
bool node_list_prepare(node_list *self, const node_reader *reader, const char *const *texts,
    size_t count, node_change *change);

/* Prepares the change to this node alone (taken over, also on failure). */
bool node_list_prepare_fixed(
    node_list *self, provider_set *providers, node *only_take, node_change *change);

/* Empties the list: its nodes, chained as those that are gone. */
node *node_list_take_all(node_list *self);

/* Puts it in force; cannot fail. change->next and change->gone are the caller's now. */
void node_list_commit(node_list *self, node_change *change);

#endif
