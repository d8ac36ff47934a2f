/* Starting, stopping, and stepping without threads. */
#include "tests/server/caller.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- start --- */

static void a_server_with_nothing_to_serve_is_refused(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_server_start(server, &err), &err);
    assert_contains(err.text, "nothing to serve");
    assert_string_equal(dubboc_server_address(server), "");
    dubboc_server_free(server);
    dubboc_server_free(NULL);
}

static void a_taken_port_is_named_and_start_may_be_tried_again(void **state)
{
    (void)state;
    dubboc_error err;
    char port[16];
    dubboc_server *first = test_server(NULL, 1);
    test_add_echo(first, NULL);
    test_start(first);
    snprintf(port, sizeof port, "%d", test_port(first));
    dubboc_server *second = test_server((const setting[]){{"server", "port", port}, {0}}, 1);
    test_add_echo(second, NULL);
    assert_status(DUBBOC_E_SYSTEM, dubboc_server_start(second, &err), &err);
    assert_contains(err.text, port);
    dubboc_server_free(first);
    test_start(second);
    assert_answer(test_port(second), CALL("1", "echo", "[1]"), RESULT("1", "1"));
    dubboc_server_free(second);
}

static dubboc_status answer_one(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)request;
    (void)params;
    (void)arg;
    *result = dubboc_json_i64_new(1);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

/* After a failed start, the program may change what it added and add more. */
static void add_more(dubboc_server *server)
{
    dubboc_error err;
    dubboc_service *service;
    test_add_echo(
        server, &(dubboc_service_options){.size = sizeof(dubboc_service_options), .version = "2"});
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Late", NULL, &service, &err), &err);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Late", "one", answer_one, NULL, &err), &err);
    dubboc_server_set_fallback(server, NULL, NULL);
}

static void check_more(dubboc_server *server)
{
    reply answer;
    test_start(server);
    caller_post(test_port(server), "/test.Late", NULL, CALL("1", "one", "[]"), &answer);
    assert_contains(answer.body, "\"result\":1");
    reply_fini(&answer);
    caller_post(test_port(server), "/test.Echo2", NULL, CALL("2", "echo", "[7]"), &answer);
    assert_contains(answer.body, "\"result\":7");
    reply_fini(&answer);
}

static void a_missing_method_may_be_added_after_start_has_failed(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_service *service;
    dubboc_server *server = test_server(NULL, 1);
    test_add_echo(server, NULL);
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Bare", NULL, &service, &err), &err);
    for (int i = 0; i < 2; i++) {
        assert_status(DUBBOC_E_ARGUMENT, dubboc_server_start(server, &err), &err);
        assert_string_equal(err.text, "service test.Bare has no methods");
    }
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Bare", "one", answer_one, NULL, &err), &err);
    add_more(server);
    check_more(server);
    dubboc_server_free(server);
}

static void a_server_may_be_changed_after_each_failure_of_start(void **state)
{
    (void)state;
    static const int loops[] = {1, DUBBOC_NONE};
    dubboc_error err;
    char port[16];
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        dubboc_server *first = test_server(NULL, 1);
        test_add_echo(first, NULL);
        test_start(first);
        snprintf(port, sizeof port, "%d", test_port(first));
        dubboc_server *second =
            test_server((const setting[]){{"server", "port", port}, {0}}, loops[i]);
        test_add_echo(second, NULL);
        assert_status(DUBBOC_E_SYSTEM, dubboc_server_start(second, &err), &err);
        assert_string_equal(dubboc_server_address(second), "");
        add_more(second);
        dubboc_server_free(first);
        if (loops[i] == 1)
            check_more(second);
        else
            test_start(second);
        dubboc_server_free(second);
    }
}

static void a_method_that_is_refused_leaves_no_service_behind(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_server_handle(server, "test.Late", "a,b", answer_one, NULL, &err), &err);
    test_add_echo(server, NULL);
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_server_handle(server, "test.Echo", "a,b", answer_one, NULL, &err), &err);
    test_start(server);
    assert_answer(test_port(server), CALL("1", "echo", "[1]"), RESULT("1", "1"));
    dubboc_server_free(server);
}

/* --- sections that no service uses --- */

static char warnings[4096];

static void hear_warning(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    size_t len = strlen(warnings);
    (void)arg;
    (void)level;
    (void)area;
    (void)suppressed;
    if (strstr(message, "section ignored") != NULL)
        snprintf(warnings + len, sizeof warnings - len, "%s\n", fields);
}

/* Returns the warnings that a server with test.Echo and test.Late logs at its start. */
static const char *warnings_at_start(const setting *settings)
{
    dubboc_error err;
    dubboc_server *quiet = test_server(settings, 1);
    test_add_echo(quiet, NULL);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(quiet, "test.Late", "one", answer_one, NULL, &err), &err);
    warnings[0] = '\0';
    dubboc_log_set(hear_warning, NULL, DUBBOC_LOG_WARN);
    test_start(quiet);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    dubboc_server_free(quiet);
    return warnings;
}

static void a_section_without_a_service_is_reported_at_start_with_the_nearest_service(void **state)
{
    (void)state;
    assert_string_equal(warnings_at_start(NULL), "");
    assert_string_equal(warnings_at_start((const setting[]){{"service test.Echo", "weight", "7"},
                            {"service test.Late", "one.timeout", "1s"},
                            {"reference test.Other", "timeout", "1s"}, {0}}),
        "");
    assert_string_equal(warnings_at_start((const setting[]){{"service test.Ehco", "weight", "7"},
                            {"service test.Ehco", "timeout", "1s"}, {0}}),
        "section=\"[service test.Ehco]\" nearest=\"test.Echo\"\n");
    assert_string_equal(
        warnings_at_start((const setting[]){{"service TEST.LATE", "weight", "7"}, {0}}),
        "section=\"[service TEST.LATE]\" nearest=\"test.Late\"\n");
    assert_string_equal(
        warnings_at_start((const setting[]){{"service test.Late:2.0.0", "weight", "7"}, {0}}),
        "section=\"[service test.Late:2.0.0]\" nearest=\"test.Late\""
        " hint=\"group and version are keys of the section\"\n");
}

static void a_variable_without_a_service_is_reported_at_start_too(void **state)
{
    (void)state;
    setenv("DUBBOC_SERVICE_TEST_ECHO_WEIGHT", "7", 1);
    setenv("DUBBOC_SERVICE_TEST_LATE_ONE_TIMEOUT", "1s", 1);
    setenv("DUBBOC_SERVICE_TEST_EHCO_WEIGHT", "7", 1);
    warnings_at_start(NULL);
    unsetenv("DUBBOC_SERVICE_TEST_ECHO_WEIGHT");
    unsetenv("DUBBOC_SERVICE_TEST_LATE_ONE_TIMEOUT");
    unsetenv("DUBBOC_SERVICE_TEST_EHCO_WEIGHT");
    assert_string_equal(warnings, "section=\"[service TEST_EHCO]\" nearest=\"test.Echo\"\n");
}

static void settings_out_of_range_are_named(void **state)
{
    (void)state;
    static const struct {
        dubboc_server_options options;
        const char *reason;
    } rows[] = {
        {{.port = 70000}, "port is 70000"},
        {{.port = -7}, "port is -7"},
        {{.loops = 5000}, "loops is 5000"},
        {{.loops = -2}, "loops is -2"},
        {{.workers = -1}, "workers is -1"},
        {{.queue = 2000000}, "queue is 2000000"},
        {{.body_max_bytes = -1}, "body_max_bytes is -1"},
        {{.connections = -3}, "connections is -3"},
        {{.memory_max_bytes = -5}, "memory_max is -5"},
        {{.memory_max_bytes = 16 * 1024 * 1024 - 1}, "memory_max is 16777215"},
        {{.memory_max_bytes = 99, .body_max_bytes = 50}, "at least twice body_max, which is 50"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        dubboc_server_options options = rows[i].options;
        dubboc_server *server;
        dubboc_error err;
        options.size = sizeof options;
        assert_status(DUBBOC_E_ARGUMENT, dubboc_server_new(&options, &server, &err), &err);
        assert_contains(err.text, rows[i].reason);
    }
}

static void limits_may_be_switched_off(void **state)
{
    (void)state;
    dubboc_server *server = test_server(
        (const setting[]){{"server", "connections_per_address", "0"},
            {"server", "idle_timeout", "none"}, {"server", "answer_timeout", "none"}, {0}},
        1);
    reply answer;
    test_add_echo(server, NULL);
    test_start(server);
    int fd = caller_connect(test_port(server));
    for (int i = 0; i < 3; i++) {
        caller_send(fd, NULL, "/test.Echo", NULL, CALL("1", "echo", "[1]"));
        caller_read(fd, &answer);
        assert_int_equal(answer.status, 200);
        reply_fini(&answer);
    }
    close(fd);
    dubboc_server_free(server);
}

/* --- stop --- */

typedef struct caller {
    pthread_t thread;
    int port;
    int answered;
    int refused; /* "not executed", no connection, or no byte of a reply: may try another server */
    int lost;    /* an incomplete reply, or an error other than "not executed" */
} caller;

static atomic_bool callers_end;
static atomic_int calls_made;

/* Makes one call, on *fd if it is open. A connection that ends before any byte of a reply counts as
 * refused: HTTP lets a server close a keep-alive connection between two requests. */
static void call_once(caller *self, int *fd)
{
    reply answer = {0};
    bool is_fresh = *fd < 0;
    if (is_fresh)
        *fd = caller_connect(self->port);
    if (*fd < 0) {
        self->refused++;
        return;
    }
    caller_send(*fd, NULL, "/test.Echo", NULL, CALL("1", "slow", "[1]"));
    caller_read(*fd, &answer);
    bool is_not_executed = strstr(answer.head, "Dubboc-Not-Executed: 1") != NULL;
    if (answer.status == 200 && answer.body_len == sizeof RESULT("1", "1"))
        self->answered++;
    else if (is_not_executed || answer.head[0] == '\0')
        self->refused++;
    else
        self->lost++;
    bool stays = answer.status == 200 && strstr(answer.head, "Connection: close") == NULL;
    reply_fini(&answer);
    if (!stays) {
        close(*fd);
        *fd = -1;
    }
    calls_made++;
}

static void *call_until_the_end(void *arg)
{
    caller *self = arg;
    int fd = -1;
    while (!callers_end)
        call_once(self, &fd);
    if (fd >= 0)
        close(fd);
    return NULL;
}

static bool enough_calls(void *count)
{
    return calls_made >= *(int *)count;
}

static void draining_loses_no_call(void **state)
{
    (void)state;
    caller callers[4] = {0};
    int answered = 0;
    callers_end = false;
    calls_made = 0;
    dubboc_server *server = test_server(NULL, 2);
    test_add_echo(server, NULL);
    test_start(server);
    for (size_t i = 0; i < 4; i++) {
        callers[i].port = test_port(server);
        assert_int_equal(
            pthread_create(&callers[i].thread, NULL, call_until_the_end, &callers[i]), 0);
    }
    int some = 200;
    assert_true(test_wait_for(enough_calls, &some, 10000));
    dubboc_server_stop(server);
    callers_end = true;
    for (size_t i = 0; i < 4; i++) {
        pthread_join(callers[i].thread, NULL);
        answered += callers[i].answered;
        assert_int_equal(callers[i].lost, 0);
    }
    assert_true(answered >= 200);
    dubboc_server_free(server);
}

static void *stop_server(void *server)
{
    dubboc_server_stop(server);
    return NULL;
}

static bool one_waits(void *arg)
{
    (void)arg;
    return test_gate_waiting() == 1;
}

static bool is_closed_to_newcomers(void *port)
{
    int fd = caller_connect(*(int *)port);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static void a_running_call_is_waited_for_and_answered(void **state)
{
    (void)state;
    pthread_t thread;
    reply answer;
    test_gate_close();
    dubboc_server *server = test_server(NULL, 1);
    test_add_echo(server, NULL);
    test_start(server);
    int port = test_port(server), fd = caller_connect(port);
    caller_send(fd, NULL, "/test.Echo", NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    assert_int_equal(pthread_create(&thread, NULL, stop_server, server), 0);
    assert_true(test_wait_for(is_closed_to_newcomers, &port, 5000));
    test_gate_open();
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, RESULT("1", "1") "\n");
    assert_contains(answer.head, "Connection: close");
    reply_fini(&answer);
    close(fd);
    pthread_join(thread, NULL);
    dubboc_server_free(server);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The server is stopped while the body of a call is still arriving. */
static void a_call_that_is_arriving_is_waited_for_and_answered(void **state)
{
    (void)state;
    pthread_t thread;
    reply answer;
    dubboc_server *server = test_server(NULL, 1);
    test_add_echo(server, NULL);
    test_start(server);
    int port = test_port(server), fd = caller_connect(port);
    say(fd,
        "POST /test.Echo HTTP/1.1\r\nHost: x\r\nContent-Length: 53\r\n\r\n{\"jsonrpc\":\"2.0\",");
    /* this answer shows that the only loop has read the bytes above */
    assert_answer(port, CALL("9", "echo", "[1]"), RESULT("9", "1"));
    assert_int_equal(pthread_create(&thread, NULL, stop_server, server), 0);
    assert_true(test_wait_for(is_closed_to_newcomers, &port, 5000));
    say(fd, "\"method\":\"echo\",\"params\":[1],\"id\":1}");
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, RESULT("1", "1") "\n");
    assert_contains(answer.head, "Connection: close");
    reply_fini(&answer);
    close(fd);
    pthread_join(thread, NULL);
    dubboc_server_free(server);
}

static void a_call_that_does_not_arrive_in_the_drain_time_is_refused_as_not_executed(void **state)
{
    (void)state;
    reply answer;
    dubboc_server *server = test_server((const setting[]){{"server", "stop_drain", "0ms"}, {0}}, 1);
    test_add_echo(server, NULL);
    test_start(server);
    int port = test_port(server), fd = caller_connect(port);
    say(fd,
        "POST /test.Echo HTTP/1.1\r\nHost: x\r\nContent-Length: 53\r\n\r\n{\"jsonrpc\":\"2.0\",");
    assert_answer(port, CALL("9", "echo", "[1]"), RESULT("9", "1"));
    dubboc_server_stop(server);
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 503);
    assert_contains(answer.head, "Dubboc-Not-Executed: 1");
    reply_fini(&answer);
    close(fd);
    dubboc_server_free(server);
}

static void requests_that_wait_when_the_drain_time_is_over_are_refused_as_not_executed(void **state)
{
    (void)state;
    pthread_t thread;
    reply answer;
    test_gate_close();
    dubboc_server *server =
        test_server((const setting[]){{"server", "stop_drain", "0ms"}, {"server", "workers", "1"},
                        {"server", "queue", "1"}, {0}},
            1);
    test_add_echo(server, NULL);
    test_start(server);
    int port = test_port(server), running = caller_connect(port), waiting = caller_connect(port);
    caller_send(running, NULL, "/test.Echo", NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    caller_send(waiting, NULL, "/test.Echo", NULL, CALL("2", "gate", "[2]"));
    for (bool is_full = false; !is_full;) { /* until the second "gate" call is in the queue */
        caller_post(port, "/test.Echo", NULL, "[" CALL("9", "echo", "[1]") "]", &answer);
        is_full = answer.status == 503;
        reply_fini(&answer);
    }
    assert_int_equal(pthread_create(&thread, NULL, stop_server, server), 0);
    caller_read(waiting, &answer);
    assert_int_equal(answer.status, 503);
    assert_contains(answer.head, "Dubboc-Not-Executed: 1");
    assert_contains(
        answer.body, "\"id\":2,\"error\":{\"code\":-32000,\"message\":\"the server is stopping\"");
    reply_fini(&answer);
    test_gate_open();
    caller_read(running, &answer);
    assert_int_equal(answer.status, 200);
    reply_fini(&answer);
    pthread_join(thread, NULL);
    assert_int_equal(test_started(), 1);
    close(running);
    close(waiting);
    dubboc_server_free(server);
}

/* --- without threads --- */

static int threads_of_this_process(void)
{
    char line[256];
    int count = 0;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "Threads: %d", &count) == 1)
            break;
    fclose(status);
    return count;
}

static dubboc_deferred *never_answered;

static dubboc_status later(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    never_answered = dubboc_request_defer(request);
    return never_answered != NULL ? DUBBOC_DEFERRED : DUBBOC_E_NO_MEMORY;
}

/* Waits with poll() and makes the server's steps, as a program does, until fd is readable. */
static void step_until_readable(dubboc_server *server, int fd)
{
    dubboc_error err;
    struct pollfd watched[] = {
        {.fd = dubboc_server_fd(server), .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(watched, 2, 10000) > 0 && watched[1].revents == 0)
        assert_status(DUBBOC_OK, dubboc_server_step(server, 0, &err), &err);
    assert_true(watched[1].revents != 0);
}

static void check_stepped(dubboc_server *server, int fd, const char *body, const char *part)
{
    reply answer;
    caller_send(fd, NULL, "/test.Echo", "Timeout: 30ms\r\n", body);
    step_until_readable(server, fd);
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, part);
    reply_fini(&answer);
}

static void a_server_without_threads_serves_when_it_is_stepped(void **state)
{
    (void)state;
    dubboc_error err;
    int threads = threads_of_this_process();
    dubboc_server *server = test_server(NULL, DUBBOC_NONE);
    test_add_echo(server, NULL);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Echo", "later", later, NULL, &err), &err);
    test_start(server);
    assert_int_equal(threads_of_this_process(), threads);
    int fd = caller_connect(test_port(server));
    check_stepped(server, fd, CALL("1", "echo", "[1]"), RESULT("1", "1"));
    check_stepped(server, fd, CALL("2", "slow", "[2]"), RESULT("2", "2"));
    check_stepped(server, fd, "[" CALL("3", "slow", "[3]") "]", RESULT("3", "3"));
    check_stepped(
        server, fd, CALL("4", "later", "[]"), "no answer was given within the caller's time-out");
    dubboc_deferred_answer(never_answered, NULL);
    check_stepped(server, fd, CALL("5", "echo", "[5]"), RESULT("5", "5"));
    dubboc_server_stop(server);
    assert_status(DUBBOC_E_CLOSED, dubboc_server_step(server, 0, &err), &err);
    close(fd);
    dubboc_server_free(server);
}

static void a_server_without_threads_drains_by_itself(void **state)
{
    (void)state;
    dubboc_error err;
    reply answer;
    dubboc_server *server =
        test_server((const setting[]){{"server", "stop_drain", "1ms"}, {0}}, DUBBOC_NONE);
    test_add_echo(server, NULL);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Echo", "later", later, NULL, &err), &err);
    test_start(server);
    int fd = caller_connect(test_port(server));
    caller_send(fd, NULL, "/test.Echo", NULL, CALL("4", "later", "[]"));
    never_answered = NULL;
    while (never_answered == NULL)
        assert_status(DUBBOC_OK, dubboc_server_step(server, 1000, &err), &err);
    dubboc_server_stop(server);
    caller_read(fd, &answer);
    assert_contains(answer.body, "the server was stopped before the answer was given");
    reply_fini(&answer);
    dubboc_deferred_answer(never_answered, NULL);
    close(fd);
    dubboc_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_nothing_to_serve_is_refused),
        cmocka_unit_test(a_taken_port_is_named_and_start_may_be_tried_again),
        cmocka_unit_test(a_missing_method_may_be_added_after_start_has_failed),
        cmocka_unit_test(a_server_may_be_changed_after_each_failure_of_start),
        cmocka_unit_test(a_method_that_is_refused_leaves_no_service_behind),
        cmocka_unit_test(a_section_without_a_service_is_reported_at_start_with_the_nearest_service),
        cmocka_unit_test(a_variable_without_a_service_is_reported_at_start_too),
        cmocka_unit_test(settings_out_of_range_are_named),
        cmocka_unit_test(limits_may_be_switched_off),
        cmocka_unit_test(draining_loses_no_call),
        cmocka_unit_test(a_running_call_is_waited_for_and_answered),
        cmocka_unit_test(a_call_that_is_arriving_is_waited_for_and_answered),
        cmocka_unit_test(a_call_that_does_not_arrive_in_the_drain_time_is_refused_as_not_executed),
        cmocka_unit_test(
            requests_that_wait_when_the_drain_time_is_over_are_refused_as_not_executed),
        cmocka_unit_test(a_server_without_threads_serves_when_it_is_stepped),
        cmocka_unit_test(a_server_without_threads_drains_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
