/* A snapshot: the providers of a directory at one moment, never changed after it was published; and
 * the readers' side of its reclamation, which lets a pick read it without a lock (the idea is told
 * at the top of snapshot.c). */
#ifndef SELECTOR_SNAPSHOT_H
#define SELECTOR_SNAPSHOT_H

#include "selector/line.h"
#include "selector/policy.h"
#include "selector/selector.h"

/* What a node says about its calls, for all methods and for some; most nodes say nothing and have
 * none of this (selector/node.c). */
typedef struct node_own node_own;

typedef struct snapshot_entry {
    provider
        *provider; /* referenced by the directory's node at least until the snapshot is reclaimed */
    const node_own *own; /* NULL: nothing; belongs to the same node */
    uint32_t weight;     /* at least 1 */
    uint8_t peer;        /* selector_settings.peer_of */
} snapshot_entry;

typedef struct snapshot {
    size_t count;
    bool is_equal;              /* all weights are the same */
    void *tables[POLICY_COUNT]; /* what each policy prepared; NULL: it needs nothing */
    snapshot_entry entries[];   /* in the order of their identities, so that every process and every
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

/* --- readers --- */

typedef struct reader_slot {
    /* readers inside, by the epoch in which they came */
    _Alignas(CACHE_LINE) atomic_uint active[2];
} reader_slot;

typedef struct readers {
    reader_slot slots[THREAD_SLOTS];
    _Alignas(CACHE_LINE) atomic_uint epoch; /* 0 or 1; written only when a list changes */
} readers;

/* Its counter, to be handed to readers_leave(). Between the two nothing may block. */
atomic_uint *readers_enter(readers *self);
void readers_leave(atomic_uint *entered);

/* Waits until every reader that may have seen what was current before this call has left. Call it
 * after the pointer was swapped, with no lock held. It has no deadline because a reader's section
 * never blocks: it ends as soon as its thread is scheduled. */
void readers_wait(readers *self);

#endif
