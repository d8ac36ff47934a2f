/* Calls that a handler makes while its own caller waits: dubboc_request_call_options(). */
#include "tests/server/caller.h"

#include <stdatomic.h>

#include "base/clock.h"

#define LIMIT_MS 5000

/* --- one handler --- */

/* What a handler found; each test sets the options that the handler begins with. */
static struct {
    dubboc_call_options options;
    dubboc_status status;
} asked;

static dubboc_status ask(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params, (void)result, (void)arg;
    asked.status = dubboc_request_call_options(request, &asked.options);
    return DUBBOC_OK;
}

static dubboc_server *start_asking(void)
{
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Echo", "ask", ask, NULL, &err), &err);
    test_start(server);
    return server;
}

static void ask_with(const dubboc_server *server, const char *headers, int64_t timeout_ms)
{
    reply answer;
    asked.options =
        (dubboc_call_options){.size = sizeof asked.options, .timeout_ms = timeout_ms, .retries = 7};
    asked.status = DUBBOC_E_PARSE;
    caller_post(test_port(server), "/test.Echo", headers,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ask\"}", &answer);
    assert_int_equal(200, answer.status);
    assert_int_equal(7, asked.options.retries);
    reply_fini(&answer);
}

#define JSON "Content-Type: application/json\r\n"

static void a_call_gets_the_time_that_the_caller_has_left(void **state)
{
    (void)state;
    dubboc_server *server = start_asking();
    ask_with(server, JSON "Timeout: 60s\r\n", 0);
    assert_int_equal(DUBBOC_OK, asked.status);
    assert_in_range(asked.options.timeout_ms, 1, 60000);
    ask_with(server, JSON "Timeout: 60s\r\n", DUBBOC_NONE);
    assert_in_range(asked.options.timeout_ms, 1, 60000);
    ask_with(server, JSON "Timeout: 60s\r\n", 90000);
    assert_in_range(asked.options.timeout_ms, 1, 60000);
    dubboc_server_free(server);
}

static void a_shorter_time_out_of_the_program_is_kept(void **state)
{
    (void)state;
    dubboc_server *server = start_asking();
    ask_with(server, JSON "Timeout: 60s\r\n", 3);
    assert_int_equal(DUBBOC_OK, asked.status);
    assert_int_equal(3, asked.options.timeout_ms);
    dubboc_server_free(server);
}

static void a_caller_without_a_time_out_leaves_the_time_out_of_the_program(void **state)
{
    (void)state;
    dubboc_server *server = start_asking();
    const int64_t times_ms[] = {0, DUBBOC_NONE, 800};
    for (size_t i = 0; i < sizeof times_ms / sizeof times_ms[0]; i++) {
        ask_with(server, NULL, times_ms[i]);
        assert_int_equal(DUBBOC_OK, asked.status);
        assert_int_equal(times_ms[i], asked.options.timeout_ms);
    }
    dubboc_server_free(server);
}

/* --- no time left --- */

static atomic_int_fast64_t added_ns;

static int64_t test_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec + atomic_load(&added_ns);
}

static dubboc_status ask_late(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    atomic_fetch_add(&added_ns, 61 * NS_PER_S);
    return ask(request, params, result, arg);
}

static void call_options_are_refused_when_the_caller_has_no_time_left(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    clock_set_source(test_clock);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Echo", "ask", ask_late, NULL, &err), &err);
    test_start(server);
    reply answer;
    asked.options = (dubboc_call_options){.size = sizeof asked.options, .timeout_ms = 5};
    caller_post(test_port(server), "/test.Echo", JSON "Timeout: 60s\r\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ask\"}", &answer);
    assert_int_equal(DUBBOC_E_TIMEOUT, asked.status);
    assert_int_equal(5, asked.options.timeout_ms);
    reply_fini(&answer);
    dubboc_server_free(server);
    clock_set_source(NULL);
}

/* --- a chain --- */

/* A handler that calls the next server, and what became of that call. */
typedef struct hop {
    dubboc_client *client;
    char next[64];
    dubboc_status status;
    int64_t ended_ns;
    atomic_bool has_ended;
} hop;

static dubboc_status call_next(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    hop *self = arg;
    (void)params;
    dubboc_call_options options = {.size = sizeof options, .url = self->next};
    self->status = dubboc_request_call_options(request, &options);
    if (self->status == DUBBOC_OK)
        self->status =
            dubboc_call_with(self->client, "test.Echo", "gate", NULL, &options, result, NULL);
    self->ended_ns = clock_now_ns();
    atomic_store(&self->has_ended, true);
    return self->status;
}

static bool hop_has_ended(void *arg)
{
    const hop *self = arg;
    return atomic_load(&self->has_ended);
}

static void aim(hop *self, dubboc_client *client, const dubboc_server *next)
{
    self->client = client;
    snprintf(self->next, sizeof self->next, "http://127.0.0.1:%d/test.Echo", test_port(next));
}

static dubboc_server *start_hop(hop *self)
{
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Echo", "gate", call_next, self, &err), &err);
    test_start(server);
    return server;
}

/* All hops have the same deadline, so a caller may see that its provider was late before it is late
 * itself. */
static bool is_late(dubboc_status status)
{
    return status == DUBBOC_E_TIMEOUT || status == DUBBOC_E_REMOTE;
}

/* program -> first -> second -> last, whose handler waits. Only the program says how long it has.
 */
static void a_chain_of_three_hops_ends_with_its_first_callers_deadline(void **state)
{
    (void)state;
    dubboc_error err = {0};
    dubboc_client *client;
    hop program = {.status = DUBBOC_E_PARSE}, first = program, second = program;
    const dubboc_client_options patient = {.size = sizeof patient, .timeout_ms = 60000};
    assert_status(DUBBOC_OK, dubboc_client_new(&patient, &client, &err), &err);
    dubboc_server *servers[3] = {NULL, NULL, test_server(NULL, 1)};
    test_gate_close();
    test_add_echo(servers[2], NULL);
    test_start(servers[2]);
    aim(&second, client, servers[2]);
    servers[1] = start_hop(&second);
    aim(&first, client, servers[1]);
    servers[0] = start_hop(&first);
    aim(&program, client, servers[0]);
    const dubboc_call_options options = {
        .size = sizeof options, .url = program.next, .timeout_ms = 1000};
    assert_true(is_late(dubboc_call_with(client, "test.Echo", "gate", NULL, &options, NULL, &err)));
    int64_t ended_ns = clock_now_ns();
    assert_true(test_wait_for(hop_has_ended, &first, LIMIT_MS));
    assert_true(test_wait_for(hop_has_ended, &second, LIMIT_MS));
    assert_true(is_late(first.status));
    assert_int_equal(DUBBOC_E_TIMEOUT, second.status);
    int64_t late_ms = (second.ended_ns - ended_ns) / NS_PER_MS;
    print_message("the last hop ended %lld ms after its first caller\n", (long long)late_ms);
    assert_true(late_ms < 250);
    test_gate_open();
    for (int i = 0; i < 3; i++)
        dubboc_server_free(servers[i]);
    dubboc_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_gets_the_time_that_the_caller_has_left),
        cmocka_unit_test(a_shorter_time_out_of_the_program_is_kept),
        cmocka_unit_test(a_caller_without_a_time_out_leaves_the_time_out_of_the_program),
        cmocka_unit_test(call_options_are_refused_when_the_caller_has_no_time_left),
        cmocka_unit_test(a_chain_of_three_hops_ends_with_its_first_callers_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
