/* Puts load on a service: a number of threads call it, as fast as they can or at a given rate, and
 * the outcome is counted.
 *
 * With a rate, calls are due at fixed times, and the latency of a call counts from the time when it
 * was due, not from the time when a thread was free to make it. So a provider that stalls shows its
 * stall in the percentiles (no coordinated omission). */
#ifndef TOOLS_LOAD_H
#define TOOLS_LOAD_H

#include <dubboc/dubboc.h>
#include <stdatomic.h>

#include "base/map.h"
#include "tools/histogram.h"

#define LOAD_THREADS_MAX 1024
#define LOAD_GRACE_MS 100

typedef struct load_settings {
    dubboc_client *client;
    const char *interface;
    const char *method;
    dubboc_slice params; /* JSON text */
    const dubboc_call_options *options;
    int threads;
    int64_t calls;       /* 0: no limit, see duration_ms */
    int64_t duration_ms; /* 0: no limit, see calls */
    int64_t per_second;  /* 0: as fast as possible */
} load_settings;

typedef struct load_outcome {
    uint64_t calls;
    uint64_t ok;
    uint64_t remote_error;
    uint64_t not_executed; /* certainly not executed */
    uint64_t maybe_executed;
    /* Calls that ended because of the interruption. They are also counted in not_executed or
     * maybe_executed. */
    uint64_t interrupted;
    double seconds;
    double cpu_us; /* of this process, user and system */
    histogram latency_ns;
    map *providers; /* label -> uint64_t *: number of calls that this provider has answered */
    /* The first error of a call that was not interrupted; status DUBBOC_OK: there was none. */
    dubboc_error first_error;
} load_outcome;

/* Makes the calls; blocks until all are made or *is_interrupted is set. After an interruption the
 * calls under way get LOAD_GRACE_MS to end. Then the client is stopped, which ends the remaining
 * calls; the client cannot be used any more. Each call that was ended in this way is counted as
 * not_executed or maybe_executed. progress (may be NULL) is called about once a second with the
 * number of calls made so far.
 *
 * DUBBOC_E_NO_MEMORY: an allocation failed. DUBBOC_E_SYSTEM: no thread could be started.
 * DUBBOC_E_ARGUMENT, DUBBOC_E_CONFIG, DUBBOC_E_UNSUPPORTED: a call was refused before anything was
 * sent. This ends the load, because every call would be refused. Free the outcome with
 * load_outcome_free() in every case. */
dubboc_status load_run(const load_settings *settings, load_outcome *outcome,
    const atomic_bool *is_interrupted, void (*progress)(uint64_t calls, double seconds),
    dubboc_error *err);
void load_outcome_free(load_outcome *outcome);

#endif
