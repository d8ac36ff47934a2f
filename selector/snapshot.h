/* A snapshot: the providers of a directory at one moment. It never changes after it is published,
 * except that a policy may add its table (selector/policy.h). Readers use it without a lock
 * (selector/readers.h). */
#ifndef SELECTOR_SNAPSHOT_H
#define SELECTOR_SNAPSHOT_H

#include "selector/cache_line.h"
#include "selector/policy.h"
#include "selector/node_settings.h"
#include "selector/provider.h"

typedef struct snapshot_entry {
    /* Referenced by a node of the directory at least until the snapshot is freed. */
    provider *provider;
    const node_settings *settings; /* settings of that node; NULL: it has none */
    uint32_t weight;               /* at least 1 */
    uint8_t peer;                  /* from selector_settings.peer_of */
} snapshot_entry;

typedef struct snapshot {
    size_t count;
    bool is_equal;                     /* all weights are the same */
    policy_table tables[POLICY_COUNT]; /* one for each policy */
    /* Sorted by identity, so that the order is the same in every process and every version of a
     * list. */
    snapshot_entry entries[];
} snapshot;

/* Creates a snapshot of count entries, which the caller fills in before snapshot_prepare(). NULL:
 * no memory. */
snapshot *snapshot_new(size_t count);

/* Lets every policy prepare its table. Weights: the caller must have left out entries of weight 0
 * unless all are 0; if all are 0, all become 1, because dubbo-go 3 registers weight=0 without
 * meaning it. false: no memory. */
bool snapshot_prepare(snapshot *self);

/* Frees the snapshot at once, so a published snapshot may be passed only after readers_wait(). NULL
 * is accepted. */
void snapshot_free(snapshot *self);

#endif
