/* dubboc bench: calls a method many times and prints the rate, the latencies, the processor time,
 * and how the calls ended. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"
#include "base/config_value.h"
#include "base/mask.h"
#include "codec/json_write.h"
#include "tools/commands.h"
#include "tools/load.h"
#include "tools/suggest.h"
#include "tools/target.h"

#define DEFAULT_CONNECTIONS 8
#define DEFAULT_DURATION_MS 10000
#define RATE_MAX 10000000

typedef struct bench_options {
    tool_target target;
    int64_t connections;
    int64_t calls;
    int64_t duration_ms;
    int64_t rate;
    bool is_json;
} bench_options;

enum { OPTION_RATE = 256, OPTION_JSON };

static atomic_bool is_interrupted;

static void bench_interrupt(int number)
{
    (void)number;
    atomic_store(&is_interrupted, true);
}

/* A second signal ends the program, even if something hangs. */
static void bench_handle_interrupts(void)
{
    const struct sigaction once = {
        .sa_handler = bench_interrupt, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigaction(SIGINT, &once, NULL);
    sigaction(SIGTERM, &once, NULL);
}

static void bench_take_duration(
    bench_options *options, const struct argp_state *state, const char *arg)
{
    if (!config_parse_duration_ms(slice_of(arg), &options->duration_ms) ||
        options->duration_ms == 0)
        argp_error(state, "-d takes a duration such as 10s, not \"%s\"", MASKED(slice_of(arg)));
}

static error_t bench_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {
        {.key = ARGP_KEY_INIT, .kind = OPTION_CHILD, .offset = offsetof(bench_options, target)},
        {'c', OPTION_COUNT, offsetof(bench_options, connections), "-c", LOAD_THREADS_MAX, NULL,
            NULL},
        {'n', OPTION_COUNT, offsetof(bench_options, calls), "-n", INT64_MAX, NULL, NULL},
        {OPTION_RATE, OPTION_COUNT, offsetof(bench_options, rate), "--rate", RATE_MAX, NULL, NULL},
        {.key = OPTION_JSON, .kind = OPTION_FLAG, .offset = offsetof(bench_options, is_json)},
    };
    if (key != 'd')
        return options_take(OPTION_ROWS(rows), key, arg, state);
    bench_take_duration(state->input, state, arg);
    return 0;
}

static const struct argp_option bench_argp_options[] = {
    {"connections", 'c', "N", 0, "make calls from N threads, each with a connection (default 8)",
        0},
    {"calls", 'n', "N", 0, "stop after N calls", 0},
    {"duration", 'd', "DURATION", 0, "stop after this time (default 10s, unless -n is given)", 0},
    {"rate", OPTION_RATE, "N", 0,
        "make N calls a second, at fixed times; a latency is counted from the time at which the "
        "call "
        "was due (default: as many calls as possible)",
        0},
    {"json", OPTION_JSON, NULL, 0, "print the outcome as one JSON object", 0},
    {0},
};
static const struct argp_child bench_argp_children[] = {{&target_argp, 0, NULL, 0}, {0}};
static const struct argp bench_argp = {
    .options = bench_argp_options,
    .parser = bench_parse,
    .args_doc = TARGET_ARGS_DOC,
    .doc =
        "Calls a method many times, and prints calls per second, latencies, CPU time and how the "
        "calls ended. PARAMS is given as for dubboc call.",
    .children = bench_argp_children,
};

static void bench_show_progress(uint64_t calls, double seconds)
{
    fprintf(stderr, "\r%.0f s, %llu calls ", seconds, (unsigned long long)calls);
}

static double bench_percentile_us(const load_outcome *outcome, double share)
{
    return (double)histogram_percentile(&outcome->latency_ns, share) / 1000.0;
}

static double bench_per_call(const load_outcome *outcome, double figure)
{
    return outcome->calls > 0 ? figure / (double)outcome->calls : 0;
}

static void bench_print_provider_json(void *arg, const char *label, void *count)
{
    bool *is_first = arg;
    buffer name;
    buffer_init(&name, 4096);
    json_write_string_lossy(&name, slice_of(label));
    printf("%s%s:%llu", *is_first ? "" : ",", buffer_text(&name) != NULL ? name.data : "\"\"",
        (unsigned long long)*(uint64_t *)count);
    buffer_fini(&name);
    *is_first = false;
}

static void bench_print_json(const load_outcome *outcome)
{
    bool is_first = true;
    unsigned long long not_executed = outcome->not_executed;
    printf("{\"calls\":%llu,\"ok\":%llu,\"remote_error\":%llu,\"not_executed\":%llu,",
        (unsigned long long)outcome->calls, (unsigned long long)outcome->ok,
        (unsigned long long)outcome->remote_error, not_executed);
    /* not_sent is the former name of not_executed; the next release removes it. */
    printf("\"not_sent\":%llu,\"maybe_executed\":%llu,\"interrupted\":%llu,", not_executed,
        (unsigned long long)outcome->maybe_executed, (unsigned long long)outcome->interrupted);
    printf("\"seconds\":%.3f,\"calls_per_s\":%.1f,\"cpu_us_per_call\":%.2f,", outcome->seconds,
        outcome->seconds > 0 ? (double)outcome->calls / outcome->seconds : 0,
        bench_per_call(outcome, outcome->cpu_us));
    printf("\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f},"
           "\"providers\":{",
        bench_percentile_us(outcome, 0.5), bench_percentile_us(outcome, 0.9),
        bench_percentile_us(outcome, 0.99), bench_percentile_us(outcome, 0.999),
        (double)outcome->latency_ns.max / 1000.0);
    map_each(outcome->providers, bench_print_provider_json, &is_first);
    printf("}}\n");
}

static void bench_print_provider(void *arg, const char *label, void *count)
{
    (void)arg;
    printf("  %8llu  %s\n", (unsigned long long)*(uint64_t *)count, label);
}

static void bench_print_text(const load_outcome *outcome)
{
    printf("%llu calls in %.2f s: %.0f a second, %.1f us CPU each\n",
        (unsigned long long)outcome->calls, outcome->seconds,
        outcome->seconds > 0 ? (double)outcome->calls / outcome->seconds : 0,
        bench_per_call(outcome, outcome->cpu_us));
    printf("latency us: p50 %.0f, p90 %.0f, p99 %.0f, p99.9 %.0f, max %.0f\n",
        bench_percentile_us(outcome, 0.5), bench_percentile_us(outcome, 0.9),
        bench_percentile_us(outcome, 0.99), bench_percentile_us(outcome, 0.999),
        (double)outcome->latency_ns.max / 1000.0);
    printf(
        "outcomes: %llu ok, %llu answered with an error, %llu not executed, %llu maybe executed\n",
        (unsigned long long)outcome->ok, (unsigned long long)outcome->remote_error,
        (unsigned long long)outcome->not_executed, (unsigned long long)outcome->maybe_executed);
    if (outcome->interrupted > 0)
        printf("of the latter two, %llu were under way when the load was interrupted\n",
            (unsigned long long)outcome->interrupted);
    printf("answered by:\n");
    map_each(outcome->providers, bench_print_provider, NULL);
}

/* Prints the outcome and returns the exit status of the whole run. A call without any reply counts
 * as worse than a reply with an error. */
static int bench_show(const load_outcome *outcome, bool is_json)
{
    if (is_json)
        bench_print_json(outcome);
    else
        bench_print_text(outcome);
    if (outcome->first_error.status != DUBBOC_OK)
        tool_say("the first failure: %s", outcome->first_error.text);
    if (outcome->not_executed + outcome->maybe_executed > 0)
        return TOOL_NO_ANSWER;
    return outcome->remote_error > 0 ? TOOL_REMOTE_ERROR : TOOL_DONE;
}

static int bench(const void *given, dubboc_client *client, dubboc_slice params)
{
    const bench_options *options = given;
    dubboc_call_options call_options = target_call_options(&options->target);
    load_settings settings = {
        .client = client,
        .interface = options->target.interface,
        .method = options->target.method,
        .params = params,
        .options = &call_options,
        .threads = (int)options->connections,
        .calls = options->calls,
        .duration_ms = options->duration_ms > 0 || options->calls > 0 ? options->duration_ms
                                                                      : DEFAULT_DURATION_MS,
        .per_second = options->rate,
    };
    dubboc_error err;
    load_outcome *outcome = calloc(1, sizeof *outcome);
    if (outcome == NULL) {
        tool_say("out of memory");
        return TOOL_NO_ANSWER;
    }
    bool is_terminal = isatty(STDERR_FILENO) == 1;
    bench_handle_interrupts();
    dubboc_status status = load_run(
        &settings, outcome, &is_interrupted, is_terminal ? bench_show_progress : NULL, &err);
    if (is_terminal)
        fprintf(stderr, "\r\033[K");
    int exit_status = status == DUBBOC_OK ? bench_show(outcome, options->is_json) : tool_fail(&err);
    suggest_after_call(&options->target, client, &outcome->first_error);
    load_outcome_free(outcome);
    free(outcome);
    return exit_status;
}

int cmd_bench(int argc, char **argv)
{
    bench_options options = {.connections = DEFAULT_CONNECTIONS};
    if (argp_parse(&bench_argp, argc, argv, 0, NULL, &options) != 0)
        return TOOL_USAGE;
    return target_use(&options.target, bench, &options);
}
