/* Reclaims snapshots: a pick reads the current snapshot without a lock, and a writer learns when no
 * reader can see a former one any more. The top of readers.c explains how. */
#ifndef SELECTOR_READERS_H
#define SELECTOR_READERS_H

#include <stdatomic.h>

#include "base/slot.h"

typedef struct reader_slot {
    /* Readers inside a section, counted by the epoch in which they entered. */
    _Alignas(CACHE_LINE) atomic_uint active[2];
} reader_slot;

typedef struct readers {
    reader_slot slots[THREAD_SLOTS];
    _Alignas(CACHE_LINE) atomic_uint epoch; /* 0 or 1; written only when a list changes */
} readers;

/* Begins a readers' section. Returns the counter to pass to readers_leave(). In between nothing may
 * block. */
atomic_uint *readers_enter(readers *self);
void readers_leave(atomic_uint *entered);

/* Waits until every reader that may have seen the former snapshot has left. To be called after the
 * pointer was replaced, with no lock held. It needs no deadline, because a readers' section never
 * blocks: it ends as soon as its thread is scheduled. */
void readers_wait(readers *self);

#endif
