/* Deferred answers: from other threads, early, late, never, and in a batch. */
#include "tests/server/caller.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_MAX 16

/* The requests that the handler "later" has deferred; the tests answer them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static dubboc_deferred *held[HELD_MAX];
static int held_count;

static dubboc_server *server;
static int port;

/* later(...): defers the request and keeps it in held. */
static dubboc_status later(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    dubboc_deferred *deferred = dubboc_request_defer(request);
    if (deferred == NULL)
        return DUBBOC_E_NO_MEMORY;
    pthread_mutex_lock(&lock);
    held[held_count++] = deferred;
    pthread_mutex_unlock(&lock);
    return DUBBOC_DEFERRED;
}

/* at_once(x): answers before the handler returns; the request must still be valid after that. */
static dubboc_status at_once(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)result;
    (void)arg;
    dubboc_deferred *deferred = dubboc_request_defer(request);
    if (deferred == NULL)
        return DUBBOC_E_NO_MEMORY;
    dubboc_deferred_answer_raw(deferred, params);
    assert_string_equal(dubboc_request_method(request), "at_once");
    assert_non_null(dubboc_request_header(request, "Host"));
    return DUBBOC_DEFERRED;
}

static int start_server(void **state)
{
    (void)state;
    held_count = 0;
    server = test_server((const setting[]){{"server", "stop_drain", "0ms"}, {0}}, 2);
    const dubboc_method methods[] = {
        DUBBOC_METHOD("later", later, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("slowLater", later),
        DUBBOC_RAW_METHOD("at_once", at_once, .flags = DUBBOC_NONBLOCKING),
    };
    dubboc_service *service;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Later", NULL, &service, &err), &err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_status(DUBBOC_OK, dubboc_service_add_method(service, &methods[i], &err), &err);
    test_start(server);
    port = test_port(server);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    dubboc_server_free(server);
    return 0;
}

static bool enough_are_held(void *count)
{
    pthread_mutex_lock(&lock);
    bool is_enough = held_count >= *(int *)count;
    pthread_mutex_unlock(&lock);
    return is_enough;
}

static void wait_held(int count)
{
    assert_true(test_wait_for(enough_are_held, &count, 5000));
}

static int call(const char *headers, const char *body)
{
    int fd = caller_connect(port);
    assert_true(fd >= 0);
    caller_send(fd, NULL, "/test.Later", headers, body);
    return fd;
}

static void check_body(int fd, const char *expected)
{
    reply answer;
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, expected);
    reply_fini(&answer);
    close(fd);
}

static void a_deferred_request_is_answered_from_another_thread(void **state)
{
    (void)state;
    int first = call(NULL, CALL("1", "later", "[]"));
    wait_held(1);
    int second = call(NULL, CALL("\"2\"", "slowLater", "[]"));
    wait_held(2);
    int third = call(NULL, CALL("3", "later", "[]"));
    wait_held(3);
    dubboc_deferred_fail(held[2], 5, "java.lang.IllegalStateException", "no %d", 3);
    check_body(third, ERROR_AS("3", "5", "no 3", "java.lang.IllegalStateException") "\n");
    dubboc_deferred_answer_raw(held[1], (dubboc_slice){"[ 2]", 4});
    check_body(second, RESULT("\"2\"", "[ 2]") "\n");
    dubboc_deferred_answer(held[0], dubboc_json_i64_new(INT64_MAX));
    check_body(first, RESULT("1", "9223372036854775807") "\n");
}

static void an_answer_before_the_handler_has_returned_is_sent_after_it(void **state)
{
    (void)state;
    check_body(call(NULL, CALL("1", "at_once", "[1]")), RESULT("1", "[1]") "\n");
    check_body(call(NULL, "[" CALL("1", "at_once", "[1]") "," CALL("2", "at_once", "[2]") "]"),
        "[" RESULT("1", "[1]") "\n," RESULT("2", "[2]") "\n]\n");
}

static void a_batch_waits_for_all_deferred_answers_and_keeps_their_order(void **state)
{
    (void)state;
    int fd = call(NULL,
        "[" CALL("1", "later", "[]") "," CALL("2", "nope", "[]") "," CALL("3", "later",
            "[]") ",{\"jsonrpc\":\"2.0\",\"method\":\"later\"}," CALL("4", "at_once", "[4]") "]");
    wait_held(3);
    dubboc_deferred_answer(held[1], NULL);
    dubboc_deferred_answer(held[2], NULL);
    dubboc_deferred_answer_raw(held[0], (dubboc_slice){"1", 1});
    reply answer;
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    cJSON *tree;
    dubboc_error err;
    int ids[4], result;
    const cJSON *error;
    assert_status(DUBBOC_OK, dubboc_json_parse(answer.body, answer.body_len, &tree, &err), &err);
    assert_status(DUBBOC_OK,
        dubboc_json_unpack(tree, &err, "[{s:i, s:i}, {s:i, s:o}, {s:i, s:n}, {s:i, s:[i]}]", "id",
            &ids[0], "result", &result, "id", &ids[1], "error", &error, "id", &ids[2], "result",
            "id", &ids[3], "result", &result),
        &err);
    assert_int_equal(ids[0] * 1000 + ids[1] * 100 + ids[2] * 10 + ids[3], 1234);
    cJSON_Delete(tree);
    reply_fini(&answer);
    close(fd);
}

static void a_notification_is_answered_at_once_and_its_later_answer_is_dropped(void **state)
{
    (void)state;
    int fd = call(NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"later\"}");
    check_body(fd, "");
    wait_held(1);
    dubboc_deferred_fail(held[0], 1, NULL, "nobody hears it");
}

static void an_unanswered_request_fails_when_the_time_out_of_its_caller_ends(void **state)
{
    (void)state;
    reply answer;
    int quick = call("Timeout: 20ms\r\n", CALL("1", "later", "[]"));
    int patient = call("Timeout: 1h\r\n", CALL("2", "later", "[]"));
    int plain = call(NULL, CALL("3", "later", "[]"));
    caller_read(quick, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"id\":1,\"error\":{\"code\":-32000,\"message\":\"no answer was "
                                 "given within the caller's time-out\"");
    reply_fini(&answer);
    close(quick);
    wait_held(3);
    for (int i = 0; i < 3; i++)
        /* the caller of held[0] has timed out, so this answer to it is dropped */
        dubboc_deferred_answer(held[i], cJSON_CreateTrue());
    check_body(patient, RESULT("2", "true") "\n");
    check_body(plain, RESULT("3", "true") "\n");
}

static void an_unanswered_request_fails_when_the_server_is_stopped(void **state)
{
    (void)state;
    reply answer;
    int fd = call(NULL, "[" CALL("1", "later", "[]") "," CALL("2", "at_once", "[]") "]");
    wait_held(1);
    dubboc_server_stop(server);
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"id\":1,\"error\":{\"code\":-32000,\"message\":\"the server was "
                                 "stopped before the answer was given\"");
    assert_contains(answer.body, RESULT("2", "[]"));
    reply_fini(&answer);
    close(fd);
    dubboc_deferred_answer(held[0], cJSON_CreateTrue());
}

static void the_answer_to_a_caller_that_has_gone_is_dropped(void **state)
{
    (void)state;
    close(call(NULL, CALL("1", "later", "[]")));
    wait_held(1);
    dubboc_deferred_answer(held[0], cJSON_CreateTrue());
    check_body(call(NULL, CALL("2", "at_once", "[]")), RESULT("2", "[]") "\n");
}

static void a_deferred_result_that_is_no_json_is_an_internal_error(void **state)
{
    (void)state;
    reply answer;
    int fd = call(NULL, CALL("1", "later", "[]"));
    wait_held(1);
    dubboc_deferred_answer(held[0], cJSON_CreateString("\xff"));
    caller_read(fd, &answer);
    assert_contains(answer.body,
        "\"id\":1,\"error\":{\"code\":-32603,\"message\":\"the result cannot be written");
    reply_fini(&answer);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_server, stop_server)

static void the_configuration_limits_the_number_of_unanswered_requests(void **state)
{
    (void)state;
    enum { ALLOWED = 2, ONCE = 1 };
    dubboc_server_free(server);
    server = test_server(
        (const setting[]){{"server", "stop_drain", "0ms"}, {"server", "deferred_max", "2"}, {0}},
        2);
    const dubboc_method method = DUBBOC_METHOD("later", later, .flags = DUBBOC_NONBLOCKING);
    dubboc_service *service;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Later", NULL, &service, &err), &err);
    assert_status(DUBBOC_OK, dubboc_service_add_method(service, &method, &err), &err);
    test_start(server);
    port = test_port(server);
    reply answer;
    /* The first caller times out, and the second call is a notification. Neither caller waits for
     * an answer, but both requests count as unanswered until the program answers them. */
    caller_post(port, "/test.Later", "Timeout: 1\r\n", CALL("1", "later", "[]"), &answer);
    reply_fini(&answer);
    caller_post(port, "/test.Later", NULL,
        "{\"jsonrpc\":\"2.0\",\"method\":\"later\",\"params\":[]}", &answer);
    reply_fini(&answer);
    assert_int_equal(held_count, ALLOWED);
    caller_post(port, "/test.Later", NULL, CALL("2", "later", "[]"), &answer);
    assert_contains(answer.body, "\"code\":-32000,\"message\":\"too many answers are deferred");
    reply_fini(&answer);
    assert_int_equal(held_count, ALLOWED);
    dubboc_deferred_answer(held[0], NULL);
    caller_post(port, "/test.Later", "Timeout: 1\r\n", CALL("3", "later", "[]"), &answer);
    reply_fini(&answer);
    assert_int_equal(held_count, ALLOWED + ONCE);
    dubboc_deferred_answer(held[1], NULL);
    dubboc_deferred_answer(held[2], NULL);
}

/* --- a start that fails after handlers have been running --- */

typedef struct failing_start {
    char *root;        /* path of the registry's folder */
    char blocker[256]; /* a file with the name of the second service's folder */
    int wanted;        /* how many requests are deferred after the call during the start */
} failing_start;

/* Called when the first service is registered. The loops already serve requests then. */
static void call_while_start_registers(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed)
{
    (void)level, (void)area, (void)fields, (void)suppressed;
    failing_start *self = arg;
    if (strcmp(message, "registered") != 0)
        return;
    port = test_port(server);
    int fd = call(NULL, CALL("1", "later", "[]"));
    wait_held(self->wanted);
    close(fd);
}

static void begin_failing_start(failing_start *self)
{
    char address[256], folder[256];
    dubboc_error err;
    dubboc_service *service;
    self->root = test_folder_new();
    snprintf(address, sizeof address, "file://%s", self->root);
    snprintf(folder, sizeof folder, "%s/dubbo", self->root);
    snprintf(self->blocker, sizeof self->blocker, "%s/dubbo/test.Second", self->root);
    assert_int_equal(mkdir(folder, 0777), 0);
    const setting settings[] = {{"registry", "address", address}, {"server", "deferred_max", "1"},
        {"server", "stop_drain", "0ms"}, {"server", "stop_watch_wait", "0ms"}, {0}};
    dubboc_server_free(server);
    server = test_server(settings, 2);
    const dubboc_method method = DUBBOC_METHOD("later", later, .flags = DUBBOC_NONBLOCKING);
    static const char *const names[] = {"test.Later", "test.Second"};
    for (size_t i = 0; i < 2; i++) {
        assert_status(
            DUBBOC_OK, dubboc_server_add_service(server, names[i], NULL, &service, &err), &err);
        assert_status(DUBBOC_OK, dubboc_service_add_method(service, &method, &err), &err);
    }
}

static void fail_to_start(failing_start *self, int wanted)
{
    dubboc_error err;
    FILE *blocker = fopen(self->blocker, "w");
    assert_non_null(blocker);
    fclose(blocker);
    self->wanted = wanted;
    dubboc_log_set(call_while_start_registers, self, DUBBOC_LOG_INFO);
    dubboc_status status = dubboc_server_start(server, &err);
    dubboc_log_set(NULL, NULL, 0);
    assert_int_not_equal(status, DUBBOC_OK);
    assert_int_equal(held_count, wanted);
    unlink(self->blocker);
}

static void an_answer_may_come_after_start_has_failed(void **state)
{
    (void)state;
    reply answer;
    failing_start failing;
    begin_failing_start(&failing);
    fail_to_start(&failing, 1);
    dubboc_deferred_answer(held[0], NULL);
    fail_to_start(&failing, 2);
    test_start(server);
    port = test_port(server);
    caller_post(port, "/test.Later", NULL, CALL("2", "later", "[]"), &answer);
    assert_contains(answer.body, "too many answers are deferred"); /* held[1] is not answered yet */
    reply_fini(&answer);
    assert_int_equal(held_count, 2);
    dubboc_deferred_answer(held[1], NULL);
    int fd = call(NULL, CALL("3", "later", "[]"));
    wait_held(3);
    dubboc_deferred_answer(held[2], NULL);
    check_body(fd, RESULT("3", "null") "\n");
    dubboc_server_free(server);
    server = NULL;
    test_folder_remove(failing.root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deferred_request_is_answered_from_another_thread),
        TEST(an_answer_before_the_handler_has_returned_is_sent_after_it),
        TEST(a_batch_waits_for_all_deferred_answers_and_keeps_their_order),
        TEST(a_notification_is_answered_at_once_and_its_later_answer_is_dropped),
        TEST(an_unanswered_request_fails_when_the_time_out_of_its_caller_ends),
        TEST(an_unanswered_request_fails_when_the_server_is_stopped),
        TEST(the_answer_to_a_caller_that_has_gone_is_dropped),
        TEST(a_deferred_result_that_is_no_json_is_an_internal_error),
        TEST(the_configuration_limits_the_number_of_unanswered_requests),
        TEST(an_answer_may_come_after_start_has_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
