/* A snapshot: the providers of a directory at one moment. It never changes after it was published,
 * except that a policy may add its table (selector/policy.h). Readers look at it without a lock
 * (selector/readers.h). */
#ifndef SELECTOR_SNAPSHOT_H
#define SELECTOR_SNAPSHOT_H

#include "selector/cache_line.h"
#include "selector/policy.h"
#include "selector/node_settings.h"
#include "selector/provider.h"

typedef struct snapshot_entry {
    provider
        *provider; /* referenced by the directory's node at least until the snapshot is reclaimed */
    const node_settings *settings; /* of the same node; NULL: it has none */
    uint32_t weight;               /* at least 1 */
    uint8_t peer;                  /* selector_settings.peer_of */
} snapshot_entry;

typedef struct snapshot {
    size_t count;
    bool is_equal;                     /* all weights are the same */
    policy_table tables[POLICY_COUNT]; /* of each policy */
    snapshot_entry entries[]; /* in the order of their identities, so that every process and every
                                 version of a list agree */
} snapshot;

/* count entries, to be filled in by the caller before snapshot_prepare(). NULL: no memory. */
snapshot *snapshot_new(size_t count);

/* Lets every policy prepare its table. Weights of 0: an entry of weight 0 beside others must have
 * been left out by the caller; when all are 0 all become 1 (dubbo-go 3 registers weight=0 and means
 * nothing by it). false: no memory. */
bool snapshot_prepare(snapshot *self);

/* At once; for one that was published, only after readers_wait(). NULL is accepted. */
void snapshot_free(snapshot *self);

#endif
