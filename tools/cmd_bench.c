/* dubboc bench: calls a method many times and tells how fast, how slow, at what cost, and what came
 * of the calls. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"
#include "base/mask.h"
#include "codec/json.h"
#include "tools/load.h"
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

static void interrupt(int number)
{
    (void)number;
    atomic_store(&is_interrupted, true);
}

/* The second signal ends the program, whatever hangs. */
static void heed_interrupts(void)
{
    const struct sigaction once = {
        .sa_handler = interrupt, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    sigaction(SIGINT, &once, NULL);
    sigaction(SIGTERM, &once, NULL);
}

static int64_t positive(
    const struct argp_state *state, const char *option, const char *value, uint64_t max)
{
    uint64_t number = 0;
    if (!slice_u64(slice_of(value), max, &number) || number == 0)
        argp_error(state, "%s takes a whole number from 1 to %llu, not \"%s\"", option,
            (unsigned long long)max, MASKED(slice_of(value)));
    return (int64_t)number;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    bench_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->target;
        return 0;
    case 'c':
        options->connections = positive(state, "-c", arg, LOAD_THREADS_MAX);
        return 0;
    case 'n':
        options->calls = positive(state, "-n", arg, INT64_MAX);
        return 0;
    case 'd':
        if (!config_parse_duration_ms(slice_of(arg), &options->duration_ms) ||
            options->duration_ms == 0)
            argp_error(state, "-d takes a duration such as 10s, not \"%s\"", MASKED(slice_of(arg)));
        return 0;
    case OPTION_RATE:
        options->rate = positive(state, "--rate", arg, RATE_MAX);
        return 0;
    case OPTION_JSON:
        options->is_json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option argp_options[] = {
    {"connections", 'c', "N", 0, "callers at the same time, each with a connection (default 8)", 0},
    {"calls", 'n', "N", 0, "end after so many calls", 0},
    {"duration", 'd', "DURATION", 0, "end after so long (default 10s, without -n)", 0},
    {"rate", OPTION_RATE, "N", 0,
        "calls a second, at fixed times; latencies count from when a call was due (default: as "
        "fast as it goes)",
        0},
    {"json", OPTION_JSON, NULL, 0, "the outcome as one JSON object", 0},
    {0},
};
static const struct argp_child argp_children[] = {{&target_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = argp_options,
    .parser = parse,
    .args_doc = TARGET_ARGS_DOC,
    .doc = "Calls a method many times: calls per second, latencies, CPU time, outcomes. PARAMS as "
           "for dubboc call.",
    .children = argp_children,
};

static void show_progress(uint64_t calls, double seconds)
{
    fprintf(stderr, "\r%.0f s, %llu calls ", seconds, (unsigned long long)calls);
}

static double percentile_us(const load_outcome *outcome, double share)
{
    return (double)histogram_percentile(&outcome->latency_ns, share) / 1000.0;
}

static double per_call(const load_outcome *outcome, double figure)
{
    return outcome->calls > 0 ? figure / (double)outcome->calls : 0;
}

static void print_provider_json(void *arg, const char *label, void *count)
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

static void print_json(const load_outcome *outcome)
{
    bool is_first = true;
    unsigned long long not_executed = outcome->not_executed;
    printf("{\"calls\":%llu,\"ok\":%llu,\"remote_error\":%llu,\"not_executed\":%llu,",
        (unsigned long long)outcome->calls, (unsigned long long)outcome->ok,
        (unsigned long long)outcome->remote_error, not_executed);
    /* not_sent is the former name of not_executed; it goes with the next release. */
    printf("\"not_sent\":%llu,\"maybe_executed\":%llu,\"interrupted\":%llu,", not_executed,
        (unsigned long long)outcome->maybe_executed, (unsigned long long)outcome->interrupted);
    printf("\"seconds\":%.3f,\"calls_per_s\":%.1f,\"cpu_us_per_call\":%.2f,", outcome->seconds,
        outcome->seconds > 0 ? (double)outcome->calls / outcome->seconds : 0,
        per_call(outcome, outcome->cpu_us));
    printf("\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f},"
           "\"providers\":{",
        percentile_us(outcome, 0.5), percentile_us(outcome, 0.9), percentile_us(outcome, 0.99),
        percentile_us(outcome, 0.999), (double)outcome->latency_ns.max / 1000.0);
    map_each(outcome->providers, print_provider_json, &is_first);
    printf("}}\n");
}

static void print_provider(void *arg, const char *label, void *count)
{
    (void)arg;
    printf("  %8llu  %s\n", (unsigned long long)*(uint64_t *)count, label);
}

static void print_text(const load_outcome *outcome)
{
    printf("%llu calls in %.2f s: %.0f a second, %.1f us CPU each\n",
        (unsigned long long)outcome->calls, outcome->seconds,
        outcome->seconds > 0 ? (double)outcome->calls / outcome->seconds : 0,
        per_call(outcome, outcome->cpu_us));
    printf("latency us: p50 %.0f, p90 %.0f, p99 %.0f, p99.9 %.0f, max %.0f\n",
        percentile_us(outcome, 0.5), percentile_us(outcome, 0.9), percentile_us(outcome, 0.99),
        percentile_us(outcome, 0.999), (double)outcome->latency_ns.max / 1000.0);
    printf(
        "outcomes: %llu ok, %llu answered with an error, %llu not executed, %llu maybe executed\n",
        (unsigned long long)outcome->ok, (unsigned long long)outcome->remote_error,
        (unsigned long long)outcome->not_executed, (unsigned long long)outcome->maybe_executed);
    if (outcome->interrupted > 0)
        printf("of the latter two, %llu were under way when the load was interrupted\n",
            (unsigned long long)outcome->interrupted);
    printf("answered by:\n");
    map_each(outcome->providers, print_provider, NULL);
}

/* What the whole run is worth: an answer with errors is still an answer. */
static int show(const load_outcome *outcome, bool is_json)
{
    if (is_json)
        print_json(outcome);
    else
        print_text(outcome);
    if (outcome->first_error.status != DUBBOC_OK)
        tool_say("the first failure: %s", outcome->first_error.text);
    if (outcome->not_executed + outcome->maybe_executed > 0)
        return TOOL_NO_ANSWER;
    return outcome->remote_error > 0 ? TOOL_REMOTE_ERROR : TOOL_DONE;
}

static int run(const bench_options *options, dubboc_client *client, const dubboc_text *params)
{
    dubboc_call_options call_options = target_call_options(&options->target);
    load_settings settings = {
        .client = client,
        .interface = options->target.interface,
        .method = options->target.method,
        .params = {params->data, params->len},
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
    heed_interrupts();
    dubboc_status status =
        load_run(&settings, outcome, &is_interrupted, is_terminal ? show_progress : NULL, &err);
    if (is_terminal)
        fprintf(stderr, "\r\033[K");
    int exit_status = status == DUBBOC_OK ? show(outcome, options->is_json) : tool_fail(&err);
    target_suggest(&options->target, client, outcome->first_error.status);
    load_outcome_free(outcome);
    free(outcome);
    return exit_status;
}

int cmd_bench(int argc, char **argv)
{
    bench_options options = {.connections = DEFAULT_CONNECTIONS};
    dubboc_config *config = NULL;
    dubboc_client *client = NULL;
    dubboc_text params = {0};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    int status = target_read_params(&options.target, &params);
    if (status == TOOL_DONE)
        status = target_open(&options.target, &config, &client);
    if (status == TOOL_DONE)
        status = run(&options, client, &params);
    dubboc_client_free(client);
    dubboc_config_free(config);
    dubboc_text_free(&params);
    return status;
}
