#include "tools/load.h"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "client/client.h"

#define PIECE_NS (20 * NS_PER_MS) /* the longest sleep without a look at is_interrupted */

/* The state that all threads share. */
typedef struct load {
    const load_settings *settings;
    const atomic_bool *is_interrupted;
    int64_t begun_ns;
    int64_t end_ns;
    _Atomic int64_t taken; /* the number of calls that threads have taken */
    _Atomic uint64_t made;
    atomic_int running;
    atomic_bool is_refused;
    dubboc_error refusal; /* the error of the first refused call, written by its thread */
} load;

/* The part of the outcome that one thread counts; the parts are merged at the end. */
typedef struct load_worker {
    load *load;
    pthread_t thread;
    load_outcome seen;
    bool is_out_of_memory;
} load_worker;

static void load_sleep_until(int64_t until_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(until_ns / NS_PER_S), .tv_nsec = (long)(until_ns % NS_PER_S)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Sleeps in pieces. false: interrupted before until_ns. */
static bool load_sleep_unless(const atomic_bool *is_interrupted, int64_t until_ns)
{
    while (!atomic_load(is_interrupted) && !deadline_is_over(until_ns))
        load_sleep_until(deadline_min(until_ns, clock_now_ns() + PIECE_NS));
    return !atomic_load(is_interrupted);
}

static bool load_count_provider(map *providers, const char *label, uint64_t more)
{
    uint64_t *count = map_find(providers, slice_of(label));
    if (count == NULL) {
        count = MEM_NEW(uint64_t);
        if (count == NULL || !map_put(providers, slice_of(label), count, NULL)) {
            free(count);
            return false;
        }
    }
    *count += more;
    return true;
}

static void load_note(
    load_worker *self, dubboc_status status, const dubboc_error *err, int64_t due_ns)
{
    load_outcome *seen = &self->seen;
    seen->calls++;
    histogram_add(&seen->latency_ns, (uint64_t)(clock_now_ns() - due_ns));
    if (status == DUBBOC_OK)
        seen->ok++;
    else if (status == DUBBOC_E_REMOTE)
        seen->remote_error++;
    else if (err->execution == DUBBOC_NOT_EXECUTED)
        seen->not_executed++;
    else
        seen->maybe_executed++;
    if (status == DUBBOC_E_CLOSED)
        seen->interrupted++;
    else if (status != DUBBOC_OK && seen->first_error.status == DUBBOC_OK)
        seen->first_error = *err;
    if ((status == DUBBOC_OK || status == DUBBOC_E_REMOTE) &&
        !load_count_provider(seen->providers, err->provider, 1))
        self->is_out_of_memory = true;
}

/* When the next call is due; false: there is none. */
static bool load_take_call(load *self, int64_t *due_ns)
{
    const load_settings *settings = self->settings;
    int64_t number = atomic_fetch_add(&self->taken, 1);
    if (settings->calls > 0 && number >= settings->calls)
        return false;
    *due_ns = clock_now_ns();
    if (settings->per_second > 0) {
        *due_ns = self->begun_ns +
                  (int64_t)((double)number * (double)NS_PER_S / (double)settings->per_second);
        if (*due_ns < self->end_ns && !load_sleep_unless(self->is_interrupted, *due_ns))
            return false;
    }
    return *due_ns < self->end_ns && !atomic_load(self->is_interrupted);
}

/* Whether the call itself is wrong, so that repeating it would fail again. */
static bool load_is_refusal(dubboc_status status)
{
    return status == DUBBOC_E_ARGUMENT || status == DUBBOC_E_CONFIG ||
           status == DUBBOC_E_UNSUPPORTED;
}

static void *load_work(void *arg)
{
    load_worker *self = arg;
    const load_settings *settings = self->load->settings;
    dubboc_text result = {0};
    dubboc_error err;
    int64_t due_ns;
    while (!self->is_out_of_memory && !atomic_load(&self->load->is_refused) &&
           load_take_call(self->load, &due_ns)) {
        dubboc_status status = dubboc_call_raw(settings->client, settings->interface,
            settings->method, settings->params, settings->options, &result, &err);
        load_note(self, status, &err, due_ns);
        if (load_is_refusal(status) && !atomic_exchange(&self->load->is_refused, true))
            self->load->refusal = err;
        atomic_fetch_add_explicit(&self->load->made, 1, memory_order_relaxed);
    }
    dubboc_text_free(&result);
    atomic_fetch_sub(&self->load->running, 1);
    return NULL;
}

static double load_cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* Waits for the threads, reports their progress, and after an interruption ends the calls under
 * way. */
static void load_watch(load *self, void (*progress)(uint64_t calls, double seconds))
{
    int64_t next_ns = self->begun_ns + NS_PER_S, cut_ns = DEADLINE_NEVER;
    while (atomic_load(&self->running) > 0) {
        load_sleep_until(clock_now_ns() + 10 * NS_PER_MS);
        if (atomic_load(self->is_interrupted) && cut_ns == DEADLINE_NEVER)
            cut_ns = deadline_in_ms(LOAD_GRACE_MS);
        if (deadline_is_over(cut_ns))
            dubboc_client_stop(self->settings->client);
        if (progress != NULL && clock_now_ns() >= next_ns) {
            progress(atomic_load(&self->made),
                (double)(clock_now_ns() - self->begun_ns) / (double)NS_PER_S);
            next_ns += NS_PER_S;
        }
    }
}

typedef struct load_merging {
    map *into;
    bool failed;
} load_merging;

static void load_merge_provider(void *arg, const char *label, void *count)
{
    load_merging *to = arg;
    if (!load_count_provider(to->into, label, *(uint64_t *)count))
        to->failed = true;
}

static bool load_merge(load_outcome *outcome, load_worker *part)
{
    const load_outcome *seen = &part->seen;
    load_merging to = {outcome->providers, part->is_out_of_memory};
    outcome->calls += seen->calls;
    outcome->ok += seen->ok;
    outcome->remote_error += seen->remote_error;
    outcome->not_executed += seen->not_executed;
    outcome->maybe_executed += seen->maybe_executed;
    outcome->interrupted += seen->interrupted;
    histogram_merge(&outcome->latency_ns, &seen->latency_ns);
    if (outcome->first_error.status == DUBBOC_OK)
        outcome->first_error = seen->first_error;
    map_each(part->seen.providers, load_merge_provider, &to);
    return !to.failed;
}

/* Starts as many threads as possible and returns their number. */
static int load_start_workers(load_worker *workers, load *shared)
{
    int started = 0;
    while (started < shared->settings->threads) {
        load_worker *one = &workers[started];
        one->load = shared;
        one->seen.providers = map_new();
        atomic_fetch_add(&shared->running, 1);
        if (one->seen.providers == NULL ||
            thread_start(&one->thread, load_work, one, "dubboc-load", NULL) != DUBBOC_OK) {
            atomic_fetch_sub(&shared->running, 1);
            map_free(one->seen.providers, free);
            break;
        }
        started++;
    }
    return started;
}

dubboc_status load_run(const load_settings *settings, load_outcome *outcome,
    const atomic_bool *is_interrupted, void (*progress)(uint64_t calls, double seconds),
    dubboc_error *err)
{
    load shared = {
        .settings = settings, .is_interrupted = is_interrupted, .begun_ns = clock_now_ns()};
    shared.end_ns = settings->duration_ms > 0 ? shared.begun_ns + settings->duration_ms * NS_PER_MS
                                              : DEADLINE_NEVER;
    *outcome = (load_outcome){.providers = map_new()};
    load_worker *workers = MEM_NEW_ARRAY((size_t)settings->threads, load_worker);
    if (workers == NULL || outcome->providers == NULL) {
        free(workers);
        return error_no_memory(err);
    }
    double cpu_before = load_cpu_us();
    int started = load_start_workers(workers, &shared);
    load_watch(&shared, progress);
    bool is_complete = true;
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        is_complete = load_merge(outcome, &workers[i]) && is_complete;
        map_free(workers[i].seen.providers, free);
    }
    outcome->seconds = (double)(clock_now_ns() - shared.begun_ns) / (double)NS_PER_S;
    outcome->cpu_us = load_cpu_us() - cpu_before;
    free(workers);
    if (started < settings->threads)
        return error_set(err, DUBBOC_E_SYSTEM, "only %d of %d threads could be started", started,
            settings->threads);
    if (atomic_load(&shared.is_refused)) {
        error_copy(err, &shared.refusal);
        return shared.refusal.status;
    }
    return is_complete ? DUBBOC_OK : error_no_memory(err);
}

void load_outcome_free(load_outcome *outcome)
{
    map_free(outcome->providers, free);
    outcome->providers = NULL;
}
