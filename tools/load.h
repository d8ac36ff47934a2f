/* Load on a service: so many threads that call it, as fast as they can or at a given rate, and what
 * came of it.
 *
 * With a rate, calls are due at fixed times, and a latency counts from the time that its call was
 * due, not from when a thread was free for it: a provider that stalls shows its stall in the
 * percentiles (no coordinated omission). */
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
    int64_t calls;       /* 0: until duration */
    int64_t duration_ms; /* 0: until calls */
    int64_t per_second;  /* 0: as fast as it goes */
} load_settings;

typedef struct load_outcome {
    uint64_t calls;
    uint64_t ok;
    uint64_t remote_error;
    uint64_t not_executed; /* certainly not executed */
    uint64_t maybe_executed;
    uint64_t interrupted; /* those of both that only the interrupt ended */
    double seconds;
    double cpu_us; /* of this process, user and system */
    histogram latency_ns;
    map *providers;           /* label -> uint64_t *: calls that it answered */
    dubboc_error first_error; /* but for interrupted calls; status DUBBOC_OK: there was none */
} load_outcome;

/* Blocks until it is done, or until *is_interrupted: then calls under way have LOAD_GRACE_MS to
 * end, after which the client ends them and can be used for no more (they count as what is known of
 * them). DUBBOC_E_NO_MEMORY, DUBBOC_E_SYSTEM (no threads). DUBBOC_E_ARGUMENT, DUBBOC_E_CONFIG,
 * DUBBOC_E_UNSUPPORTED: the first call was refused before anything was sent, as all would be, which
 * ends the load. The outcome is freed by load_outcome_free() in every case. progress (may be NULL)
 * is called about once a second with the calls made so far. */
dubboc_status load_run(const load_settings *settings, load_outcome *outcome,
    const atomic_bool *is_interrupted, void (*progress)(uint64_t calls, double seconds),
    dubboc_error *err);
void load_outcome_free(load_outcome *outcome);

#endif
