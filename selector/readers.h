/* The readers' side and the writers' side of reclaiming a snapshot: a pick reads the current one
 * without a lock, and a writer learns when nobody can look at a former one any more. The top of
 * readers.c explains how. */
#ifndef SELECTOR_READERS_H
#define SELECTOR_READERS_H

#include <stdatomic.h>

#include "base/slot.h"

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
