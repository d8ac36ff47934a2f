/* What calls count while they run: begun, failed, how long they took. A call touches only the slot
 * of its thread, one that is answered later also that of the thread that answers. Sums are made by
 * whoever asks. */
#ifndef SERVER_CALL_COUNTS_H
#define SERVER_CALL_COUNTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/latency.h"
#include "base/slot.h"

typedef struct call_counts_slot {
    _Alignas(CACHE_LINE) _Atomic uint64_t begun;
    _Atomic uint64_t errors;
    _Atomic uint64_t sum_ns; /* not 0 when any call has ended in this slot */
    _Atomic uint64_t ended[DUBBOC_LATENCY_BUCKETS];
} call_counts_slot;

/* The calls of one method. 60 KiB, of which only the pages of slots in use take memory. */
typedef struct call_counts {
    call_counts_slot slots[THREAD_SLOTS];
} call_counts;

/* What was answered without a handler. */
typedef enum turned_away {
    TURNED_AWAY_REFUSED, /* not executed, because the server is busy or stops */
    TURNED_AWAY_UNKNOWN, /* no such path or method */
    TURNED_AWAY_INVALID, /* no JSON-RPC */
    TURNED_AWAY_KINDS
} turned_away;

typedef struct turned_away_slot {
    _Alignas(CACHE_LINE) _Atomic uint64_t counts[TURNED_AWAY_KINDS];
} turned_away_slot;

typedef struct turned_away_counts {
    turned_away_slot slots[THREAD_SLOTS];
} turned_away_counts;

/* Sums of all slots. */
typedef struct call_sums {
    uint64_t begun;
    uint64_t errors;
    dubboc_latency ended;
} call_sums;

/* All 0. NULL: no memory. */
call_counts *call_counts_new(void);
void call_counts_free(call_counts *self);
turned_away_counts *turned_away_new(void);
void turned_away_free(turned_away_counts *self);

/* A call begins. Any thread, and so for what follows. */
static inline void call_counts_begin(call_counts *self)
{
    atomic_fetch_add_explicit(&self->slots[thread_slot()].begun, 1, memory_order_relaxed);
}

/* It ends, on any thread, received_ns after its request came. */
void call_counts_end(call_counts *self, int64_t received_ns, bool is_error);

static inline void turned_away_add(turned_away_counts *self, turned_away kind)
{
    atomic_fetch_add_explicit(&self->slots[thread_slot()].counts[kind], 1, memory_order_relaxed);
}

/* Adds to *sums. */
void call_counts_sum(const call_counts *self, call_sums *sums);
uint64_t turned_away_sum(const turned_away_counts *self, turned_away kind);

#endif
