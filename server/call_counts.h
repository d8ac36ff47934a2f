/* Counters of calls: how many began, how many failed, and how long they took.
 *
 * A call writes only to the slot of its thread, so that threads do not share cache lines. A
 * deferred call ends in the slot of the thread that answers it. To read a figure, all slots are
 * added up. */
#ifndef SERVER_CALL_COUNTS_H
#define SERVER_CALL_COUNTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/latency.h"
#include "base/slot.h"

typedef struct call_counts_slot {
    /* Calls whose handler was called. */
    _Alignas(CACHE_LINE) _Atomic uint64_t begun;
    _Atomic uint64_t errors; /* calls that ended with an error */
    _Atomic uint64_t sum_ns; /* time of the calls that ended in this slot; 0: none has ended */
    _Atomic uint64_t ended[DUBBOC_LATENCY_BUCKETS]; /* ended calls by latency bucket */
} call_counts_slot;

/* The calls of one method. 60 KiB, but only the pages of slots in use take memory. */
typedef struct call_counts {
    call_counts_slot slots[THREAD_SLOTS];
} call_counts;

/* Why a request was answered without calling a handler. */
typedef enum turned_away {
    TURNED_AWAY_REFUSED, /* not executed: the server is busy or stopping */
    TURNED_AWAY_UNKNOWN, /* no such path or method */
    TURNED_AWAY_INVALID, /* not a valid JSON-RPC request */
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

/* All counters are 0. NULL: no memory. */
call_counts *call_counts_new(void);
void call_counts_free(call_counts *self);
turned_away_counts *turned_away_new(void);
void turned_away_free(turned_away_counts *self);

/* Counts a call whose handler is about to be called. Any thread, like the functions below. */
static inline void call_counts_begin(call_counts *self)
{
    atomic_fetch_add_explicit(&self->slots[thread_slot()].begun, 1, memory_order_relaxed);
}

/* Counts the end of a call. received_ns: when its request arrived, by clock_now_ns(). */
void call_counts_end(call_counts *self, int64_t received_ns, bool is_error);

static inline void turned_away_add(turned_away_counts *self, turned_away kind)
{
    atomic_fetch_add_explicit(&self->slots[thread_slot()].counts[kind], 1, memory_order_relaxed);
}

/* Adds the counters of all slots to *sums. */
void call_counts_sum(const call_counts *self, call_sums *sums);
uint64_t turned_away_sum(const turned_away_counts *self, turned_away kind);

#endif
