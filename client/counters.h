/* The counters of a client: how calls ended, how many are running, the next JSON-RPC id, and the
 * retry budget, which is computed from them. The counters are striped by thread, so that a call
 * writes only to the slot of its thread; reading a total adds up all slots. */
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
#define BUDGET_SECONDS 16 /* seconds of history kept; at least BUDGET_WINDOW_S */

/* How many events happened in one second of the clock. An array of these counts is a ring, indexed
 * by second. */
typedef struct second_count {
    _Atomic int64_t second;
    atomic_uint count;
} second_count;

typedef struct counter_slot {
    /* Calls that have begun and not ended. */
    _Alignas(CACHE_LINE) atomic_uint active;
    _Atomic uint32_t next_id;
    /* Totals since the client was created. */
    _Atomic uint64_t ended[CALL_ENDS];
    _Atomic uint64_t attempts;
    /* Calls begun in the last seconds, for the retry budget. */
    second_count calls[BUDGET_SECONDS];
} counter_slot;

typedef struct counters {
    counter_slot slots[THREAD_SLOTS];
    /* Makes checking the budget and counting the retry one step. */
    mutex budget_lock;
    second_count retries[BUDGET_SECONDS]; /* under budget_lock */
} counters;

void counters_init(counters *self);
void counters_fini(counters *self);

/* Counts a call that begins on this thread. The returned slot is passed to the other functions. */
counter_slot *counters_begin(counters *self, int64_t now_ns);

/* Counts the end of the call. Any thread. */
void counters_end(counter_slot *slot, call_end how);

/* Calls that have begun and not ended, of all threads together. */
unsigned counters_active(const counters *self);

/* The next JSON-RPC id, 1 to 2147483647 (docs/wire.md, P1). Calls that run at the same time have
 * different ids. */
uint32_t counters_next_id(counter_slot *slot, unsigned slot_index);

/* Whether one more attempt is within the retry budget: 20 % of the calls of the last 10 s, but at
 * least 3. true: the attempt has been counted. */
bool counters_take_retry(counters *self, int64_t now_ns);

#endif
