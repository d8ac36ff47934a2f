/* The statistics of a server. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/server/caller.h"

static dubboc_server *server;

static dubboc_server_stats stats_now(void)
{
    dubboc_server_stats stats = {.size = sizeof stats};
    dubboc_server_get_stats(server, &stats);
    return stats;
}

/* The statistics of one method, as the visitor receives them. */
typedef struct wanted_method {
    const char *name;
    dubboc_method_stats stats;
    unsigned found;
} wanted_method;

static void take_wanted(void *arg, const dubboc_method_stats *stats)
{
    wanted_method *wanted = arg;
    assert_int_equal(stats->size, sizeof *stats);
    if (strcmp(stats->method, wanted->name) != 0)
        return;
    wanted->stats = *stats;
    wanted->found++;
}

static dubboc_method_stats method_now(const char *name)
{
    wanted_method wanted = {.name = name};
    dubboc_server_visit_methods(server, take_wanted, &wanted);
    assert_int_equal(wanted.found, 1);
    return wanted.stats;
}

/* Posts body, reads the reply and checks its HTTP status. */
static void post(const char *path, const char *body, int status)
{
    reply answer;
    caller_post(test_port(server), path, NULL, body, &answer);
    assert_int_equal(answer.status, status);
    reply_fini(&answer);
}

static void echo_server(const setting *settings)
{
    dubboc_service_options options = {.size = sizeof options, .group = "g", .version = "1.2"};
    server = test_server(settings, 1);
    test_add_echo(server, &options);
    test_start(server);
}

static int stop(void **state)
{
    (void)state;
    dubboc_server_free(server);
    server = NULL;
    return 0;
}

static void calls_are_counted_by_method_and_by_how_they_ended(void **state)
{
    (void)state;
    echo_server(NULL);
    for (int i = 0; i < 3; i++)
        post("/test.Echo", CALL("1", "echo", "[1]"), 200);
    post("/test.Echo", CALL("1", "fail", "[\"x\"]"), 200);
    post("/test.Echo", CALL("1", "echo", "[]"), 200);
    post("/test.Echo", CALL("1", "nan", "[]"), 200);
    post("/test.Echo", CALL("1", "slow", "[1]"), 200);
    post("/test.Echo", "[" CALL("1", "raw", "[]") "," CALL("2", "undecided", "[]") "]", 200);
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, 9);
    assert_int_equal(stats.errors, 4);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.latency.count, 9);
    assert_int_equal(stats.refused + stats.unknown + stats.invalid, 0);
    dubboc_method_stats echo = method_now("echo");
    assert_int_equal(echo.calls, 4);
    assert_int_equal(echo.errors, 1);
    assert_int_equal(echo.latency.count, 4);
    assert_int_equal(echo.methods, 1);
    assert_string_equal(echo.interface, "test.Echo");
    assert_string_equal(echo.group, "g");
    assert_string_equal(echo.version, "1.2");
    assert_int_equal(method_now("nan").errors, 1);
    assert_int_equal(method_now("undecided").errors, 1);
    assert_int_equal(method_now("slow").calls, 1);
    assert_int_equal(method_now("gate").calls, 0);
}

static void a_notification_is_a_call_like_any_other(void **state)
{
    (void)state;
    echo_server(NULL);
    post("/test.Echo", "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1]}", 200);
    post("/test.Echo", "{\"jsonrpc\":\"2.0\",\"method\":\"fail\",\"params\":[\"x\"]}", 200);
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, 2);
    assert_int_equal(stats.errors, 1);
    assert_int_equal(stats.latency.count, 2);
}

static void requests_that_reach_no_handler_are_counted_separately(void **state)
{
    (void)state;
    echo_server(NULL);
    post("/test.Echo", CALL("1", "missing", "[1]"), 200);
    post("/test.Nothing", CALL("1", "echo", "[1]"), 200);
    post("/test.Echo", "{bad", 200);
    post("/test.Echo", "[" CALL("1", "missing", "[]") ",7]", 200);
    reply answer;
    caller_post(test_port(server), "/test.Echo", "Content-Type: text/xml\r\n", "<a/>", &answer);
    reply_fini(&answer);
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, 0);
    assert_int_equal(stats.unknown, 3);
    assert_int_equal(stats.invalid, 3);
    assert_int_equal(stats.refused, 0);
}

static bool gate_is_taken(void *arg)
{
    (void)arg;
    return test_gate_waiting() == 1;
}

static bool one_is_refused(void *arg)
{
    (void)arg;
    return stats_now().refused == 1;
}

/* One worker and one place in the queue get three calls: one runs, one waits, one is refused. */
static void a_call_is_in_flight_while_its_handler_runs_and_refused_when_it_finds_no_place(
    void **state)
{
    (void)state;
    int fds[3];
    reply answer;
    test_gate_close();
    echo_server((const setting[]){{"server", "workers", "1"}, {"server", "queue", "1"}, {0}});
    for (int i = 0; i < 3; i++) {
        fds[i] = caller_connect(test_port(server));
        caller_send(fds[i], NULL, "/test.Echo", NULL, CALL("1", "gate", "[]"));
        if (i == 0)
            assert_true(test_wait_for(gate_is_taken, NULL, 10000));
    }
    assert_true(test_wait_for(one_is_refused, NULL, 10000));
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, 1);
    assert_int_equal(stats.in_flight, 1);
    assert_int_equal(stats.latency.count, 0);
    test_gate_open();
    int refused = 0;
    for (int i = 0; i < 3; i++) {
        caller_read(fds[i], &answer);
        refused += answer.status == 503;
        reply_fini(&answer);
        close(fds[i]);
    }
    assert_int_equal(refused, 1);
    stats = stats_now();
    assert_int_equal(stats.calls, 2);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(method_now("gate").calls, 2);
}

static void serves_health_only(dubboc_request *request, const char *method, const char *path,
    dubboc_slice body, dubboc_http_answer *answer, void *arg)
{
    (void)request;
    (void)method;
    (void)body;
    (void)arg;
    answer->status = strcmp(path, "/health") == 0 ? 200 : 0;
}

static void requests_that_a_fallback_declines_are_counted_and_the_others_are_not(void **state)
{
    (void)state;
    server = test_server(NULL, 1);
    test_add_echo(server, NULL);
    dubboc_server_set_fallback(server, serves_health_only, NULL);
    test_start(server);
    post("/health", "", 200);
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls + stats.refused + stats.unknown + stats.invalid, 0);
    post("/test.Nothing", CALL("1", "echo", "[1]"), 200);
    post("/test.Nothing", "{bad", 200);
    stats = stats_now();
    assert_int_equal(stats.calls, 0);
    assert_int_equal(stats.unknown, 1);
    assert_int_equal(stats.invalid, 1);
}

/* --- deferred --- */

static dubboc_deferred *held[4];
static atomic_size_t held_count;

static dubboc_status later(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    size_t place = atomic_load(&held_count);
    held[place] = dubboc_request_defer(request);
    assert_non_null(held[place]);
    atomic_store(&held_count, place + 1);
    return DUBBOC_DEFERRED;
}

static bool has_held(void *count)
{
    return atomic_load(&held_count) == *(size_t *)count;
}

static void wait_held(size_t count)
{
    assert_true(test_wait_for(has_held, &count, 10000));
}

static void add_methods(const dubboc_method *methods, size_t count)
{
    dubboc_error err;
    dubboc_service *service;
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Other", NULL, &service, &err), &err);
    for (size_t i = 0; i < count; i++)
        assert_status(DUBBOC_OK, dubboc_service_add_method(service, &methods[i], &err), &err);
}

static void later_server(void)
{
    static const dubboc_method method =
        DUBBOC_RAW_METHOD("later", later, .flags = DUBBOC_NONBLOCKING);
    atomic_store(&held_count, 0);
    server = test_server((const setting[]){{"server", "stop_drain", "0ms"}, {0}}, 1);
    add_methods(&method, 1);
    test_start(server);
}

static int send_later(const char *headers, const char *body)
{
    int fd = caller_connect(test_port(server));
    caller_send(fd, NULL, "/test.Other", headers, body);
    return fd;
}

static void finish_later(int fd)
{
    reply answer;
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    reply_fini(&answer);
    close(fd);
}

static void a_deferred_call_is_in_flight_until_it_is_answered(void **state)
{
    (void)state;
    later_server();
    int good = send_later(NULL, CALL("1", "later", "[]"));
    wait_held(1);
    int bad = send_later(NULL, CALL("2", "later", "[]"));
    wait_held(2);
    int unsaid = send_later(NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"later\"}");
    finish_later(unsaid);
    assert_int_equal(stats_now().calls, 3);
    assert_int_equal(stats_now().in_flight, 3);
    dubboc_deferred_answer(held[0], cJSON_CreateTrue());
    assert_int_equal(stats_now().in_flight, 2);
    assert_int_equal(stats_now().errors, 0);
    dubboc_deferred_fail(held[1], 7, NULL, "no");
    dubboc_deferred_answer(held[2], cJSON_CreateTrue());
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.errors, 1);
    assert_int_equal(stats.latency.count, 3);
    finish_later(good);
    finish_later(bad);
}

static bool one_has_failed(void *arg)
{
    (void)arg;
    return stats_now().errors == 1;
}

static void a_deferred_call_that_is_answered_too_late_counts_as_one_error(void **state)
{
    (void)state;
    later_server();
    int late = send_later(
        "Content-Type: application/json\r\nTimeout: 1000000\r\n", CALL("1", "later", "[]"));
    wait_held(1);
    assert_true(test_wait_for(one_has_failed, NULL, 10000));
    finish_later(late);
    dubboc_deferred_answer(held[0], cJSON_CreateTrue());
    int stopped = send_later(NULL, CALL("2", "later", "[]"));
    wait_held(2);
    dubboc_server_stop(server);
    dubboc_deferred_answer(held[1], cJSON_CreateTrue());
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, 2);
    assert_int_equal(stats.errors, 2);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.latency.count, 2);
    close(stopped);
}

/* --- with a clock that the test moves --- */

#define JUMP_NS (3 * NS_PER_S)

static _Atomic int64_t jumped_ns;

static int64_t jumping_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec + atomic_load(&jumped_ns);
}

/* Takes three seconds on the library's clock. */
static dubboc_status take_long(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)params;
    (void)result;
    (void)arg;
    atomic_fetch_add(&jumped_ns, JUMP_NS);
    return DUBBOC_OK;
}

static void slow_server(void)
{
    static const dubboc_method method =
        DUBBOC_RAW_METHOD("slowly", take_long, .flags = DUBBOC_NONBLOCKING);
    clock_set_source(jumping_clock);
    server = test_server(NULL, 1);
    add_methods(&method, 1);
    test_start(server);
}

static int stop_slow(void **state)
{
    stop(state);
    clock_set_source(NULL);
    return 0;
}

static void the_latency_of_a_method_is_what_its_calls_took(void **state)
{
    (void)state;
    slow_server();
    post("/test.Other", CALL("1", "slowly", "[]"), 200);
    dubboc_latency latency = method_now("slowly").latency;
    assert_int_equal(latency.count, 1);
    assert_true(latency.sum_ns >= (uint64_t)JUMP_NS);
    uint64_t told_ns = dubboc_latency_percentile_ns(&latency, 0.5);
    assert_in_range(told_ns, latency.sum_ns - latency.sum_ns / 8, latency.sum_ns * 9 / 8);
}

#define TOO_LATE(id) ERROR(id, "-32000", "the deadline passed before the call began")

/* The caller waits for one second, and the first call takes three. */
static void calls_of_a_batch_that_would_begin_after_the_deadline_are_refused(void **state)
{
    (void)state;
    reply answer;
    slow_server();
    caller_post(test_port(server), "/test.Other",
        "Content-Type: application/json\r\nTimeout: 1000000000\r\n",
        "[" CALL("1", "slowly", "[]") "," CALL("2", "slowly",
            "[]") ","
                  "{\"jsonrpc\":\"2.0\",\"method\":\"slowly\"}," CALL("3", "missing", "[]") "]",
        &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(
        answer.body, "[" RESULT("1", "null") "," TOO_LATE("2") "," ERROR(
                         "3", "-32601", "service test.Other has no method missing") "]\n");
    reply_fini(&answer);
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, 1);
    assert_int_equal(stats.refused, 2);
    assert_int_equal(stats.unknown, 1);
}

/* --- many methods --- */

typedef struct visited {
    size_t methods; /* methods with their own figures */
    size_t rest;    /* methods that are counted together */
    uint64_t calls_of_rest;
    uint64_t calls;
} visited;

static void count_visit(void *arg, const dubboc_method_stats *stats)
{
    visited *seen = arg;
    seen->calls += stats->calls;
    if (stats->method[0] != '\0') {
        assert_int_equal(stats->methods, 1);
        assert_int_equal(seen->rest, 0); /* the common entry is reported last */
        seen->methods++;
        return;
    }
    seen->rest += stats->methods;
    seen->calls_of_rest += stats->calls;
}

static void methods_beyond_a_thousand_are_counted_together(void **state)
{
    (void)state;
    enum { ADDED = 1005 };
    static char names[ADDED][8];
    static dubboc_method methods[ADDED];
    for (int i = 0; i < ADDED; i++) {
        snprintf(names[i], sizeof names[i], "m%d", i);
        methods[i] = (dubboc_method)DUBBOC_RAW_METHOD(names[i], take_long);
    }
    server = test_server(NULL, 1);
    add_methods(methods, ADDED);
    test_start(server);
    post("/test.Other", CALL("1", "m999", "[]"), 200);
    post("/test.Other", CALL("1", "m1000", "[]"), 200);
    post("/test.Other", CALL("1", "m1004", "[]"), 200);
    visited seen = {0};
    dubboc_server_visit_methods(server, count_visit, &seen);
    assert_int_equal(seen.methods, 1000);
    assert_int_equal(seen.rest, 5);
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.calls_of_rest, 2);
    assert_int_equal(stats_now().calls, 3);
}

static void a_program_of_an_older_release_gets_the_figures_it_knows(void **state)
{
    (void)state;
    echo_server(NULL);
    post("/test.Echo", CALL("1", "echo", "[1]"), 200);
    dubboc_server_stats stats;
    memset(&stats, 0x55, sizeof stats);
    stats.size = offsetof(dubboc_server_stats, errors);
    dubboc_server_get_stats(server, &stats);
    assert_int_equal(stats.calls, 1);
    assert_true(stats.errors == UINT64_C(0x5555555555555555));
    stats.size = 0;
    stats.calls = 7;
    dubboc_server_get_stats(server, &stats);
    assert_int_equal(stats.calls, 7);
}

/* --- threads --- */

enum { CALLERS = 4, CALLS_EACH = 200 };

static void *call_often(void *arg)
{
    reply answer;
    (void)arg;
    int fd = caller_connect(test_port(server));
    for (int i = 0; i < CALLS_EACH; i++) {
        caller_send(fd, NULL, "/test.Echo", NULL,
            i % 2 == 0 ? CALL("1", "echo", "[1]") : CALL("1", "slow", "[1]"));
        caller_read(fd, &answer);
        reply_fini(&answer);
    }
    close(fd);
    return NULL;
}

static void no_call_is_lost_when_many_threads_count_and_one_reads(void **state)
{
    (void)state;
    pthread_t callers[CALLERS];
    server = test_server(NULL, 2);
    test_add_echo(server, NULL);
    test_start(server);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_often, NULL), 0);
    for (int i = 0; i < 50; i++)
        assert_in_range(stats_now().in_flight, 0, CALLERS * CALLS_EACH); /* must not wrap below 0 */
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    dubboc_server_stats stats = stats_now();
    assert_int_equal(stats.calls, CALLERS * CALLS_EACH);
    assert_int_equal(stats.latency.count, CALLERS * CALLS_EACH);
    assert_int_equal(stats.errors, 0);
    assert_int_equal(method_now("slow").calls, CALLERS * CALLS_EACH / 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, stop)
#define SLOW_TEST(name) cmocka_unit_test_teardown(name, stop_slow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_are_counted_by_method_and_by_how_they_ended),
        TEST(a_notification_is_a_call_like_any_other),
        TEST(requests_that_reach_no_handler_are_counted_separately),
        TEST(a_call_is_in_flight_while_its_handler_runs_and_refused_when_it_finds_no_place),
        TEST(requests_that_a_fallback_declines_are_counted_and_the_others_are_not),
        TEST(a_deferred_call_is_in_flight_until_it_is_answered),
        TEST(a_deferred_call_that_is_answered_too_late_counts_as_one_error),
        SLOW_TEST(the_latency_of_a_method_is_what_its_calls_took),
        SLOW_TEST(calls_of_a_batch_that_would_begin_after_the_deadline_are_refused),
        TEST(methods_beyond_a_thousand_are_counted_together),
        TEST(a_program_of_an_older_release_gets_the_figures_it_knows),
        TEST(no_call_is_lost_when_many_threads_count_and_one_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
