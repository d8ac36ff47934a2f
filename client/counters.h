/* What every call counts, striped by thread: how calls ended, how many run, which id comes next;
 * and the retry budget that is computed from them. A call touches only its thread's slot; sums are
 * made by whoever asks. */
#ifndef CLIENT_COUNTERS_H
#define CLIENT_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mutex.h"
#include "base/slot.h"

typedef enum call_end {
    CALL_END_OK,
    CALL_END_REMOTE_ERROR,
    CALL_END_NOT_EXECUTED,
    CALL_END_MAYBE_EXECUTED,
    CALL_ENDS
} call_end;

#define BUDGET_WINDOW_S 10
#define BUDGET_SECONDS 16 /* of history kept, at least the window */

typedef struct second_count {
    _Atomic int64_t second;
    atomic_uint count;
} second_count;

typedef struct counter_slot {
    _Alignas(CACHE_LINE) atomic_uint active;
    _Atomic uint32_t next_id;
    _Atomic uint64_t ended[CALL_ENDS];
    _Atomic uint64_t attempts;
    second_count calls[BUDGET_SECONDS];
} counter_slot;

typedef struct counters {
    counter_slot slots[THREAD_SLOTS];
    mutex budget_lock;
    second_count retries[BUDGET_SECONDS]; /* under budget_lock */
} counters;

void counters_init(counters *self);
void counters_fini(counters *self);

/* A call begins on this thread; its slot is handed to everything else. */
counter_slot *counters_begin(counters *self, int64_t now_ns);

/* It ends, on the same thread. */
void counters_end(counter_slot *slot, call_end how);

/* Calls that have begun and not ended, in all threads. */
unsigned counters_active(const counters *self);

/* 1 to 2147483647 (wire.md P1), different for calls that run at the same time. */
uint32_t counters_next_id(counter_slot *slot, unsigned slot_index);

/* May one more attempt be sent again? Such attempts are at most 20 % of the calls of the last 10 s,
 * but always 3. true: it is counted. */
bool counters_take_retry(counters *self, int64_t now_ns);

#endif
