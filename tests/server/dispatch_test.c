/* How the server answers request bodies. Each row is sent over a real socket. */
#include "tests/server/caller.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#define NOTIFY "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[0]}"

typedef struct row {
    const char *body;
    const char *expected;
} row;

static const row calls[] = {
    {CALL("1", "echo", "[\"x\"]"), RESULT("1", "\"x\"")},
    {CALL("1", "add", "[9223372036854775806, 1]"), RESULT("1", "9223372036854775807")},
    {CALL("1", "nothing", "[]"), RESULT("1", "null")},
    {CALL("1", "nothing", "null"), RESULT("1", "null")},
    {CALL("1", "nothing", "{}"), RESULT("1", "null")},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"nothing\",\"id\":3}", RESULT("3", "null")},
    {CALL("1", "page", "{\"from\":7}"), RESULT("1", "7")},
    {CALL("1", "page", "{}"), RESULT("1", "0")},
    {CALL("1", "page", "[]"), RESULT("1", "0")},
    {CALL("1", "page", "null"), RESULT("1", "0")},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"page\",\"id\":3}", RESULT("3", "0")},
    {CALL("1", "silent", "[]"), RESULT("1", "null")},
    {CALL("1", "raw", "[1,  2.50,{\"a\":1e400}]"), RESULT("1", "[1,  2.50,{\"a\":1e400}]")},
    {CALL("1", "raw", "{\"a\":\"\\u0000\"}"), RESULT("1", "{\"a\":\"\\u0000\"}")},
    {CALL("1", "slow", "[true]"), RESULT("1", "true")},
    {CALL("1", "e\\u0063ho", "[1]"), RESULT("1", "1")},
    {"{\"id\":\"-4739265178932176432\",\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":["
     "\"A003\"],\"extra\":[{}]}",
        RESULT("\"-4739265178932176432\"", "\"A003\"")},
};

static const row ids[] = {
    {CALL("0", "echo", "[1]"), RESULT("0", "1")},
    {CALL("\"-4739265178932176432\"", "echo", "[1]"), RESULT("\"-4739265178932176432\"", "1")},
    {CALL("\"5a0d3c9e-2f51-4c1a-9d0e-0d7c6a3f2b11\"", "echo", "[1]"),
        RESULT("\"5a0d3c9e-2f51-4c1a-9d0e-0d7c6a3f2b11\"", "1")},
    {CALL("1469071830258", "echo", "[1]"), RESULT("1469071830258", "1")},
    {CALL("99999999999999999999", "echo", "[1]"), RESULT("99999999999999999999", "1")},
    {CALL("1.50", "echo", "[1]"), RESULT("1.50", "1")},
    {CALL("\"\\u0041\\n\"", "echo", "[1]"), RESULT("\"\\u0041\\n\"", "1")},
    {CALL("null", "echo", "[1]"), RESULT("null", "1")},
    {CALL("99999999999999999999", "slow", "[1]"), RESULT("99999999999999999999", "1")},
};

static const row failures[] = {
    {CALL("1", "nope", "[]"), ERROR("1", "-32601", "service test.Echo has no method nope")},
    {CALL("1", "Echo", "[]"), ERROR("1", "-32601", "service test.Echo has no method Echo")},
    {CALL("1", "echo\\u0000x", "[1]"),
        ERROR("1", "-32601", "service test.Echo has no method echo\\u0000x")},
    {CALL("1", "fail", "[\"na\\u00efve\"]"),
        ERROR_AS("1", "7", "na\xc3\xafve", "java.lang.IllegalStateException")},
    {CALL("1", "undecided", "[]"),
        ERROR("1", "-32603",
            "the handler returned DUBBOC_DEFERRED without calling dubboc_request_defer()")},
    {CALL("1", "chatty", "[1]"), ERROR("1", "-32603", "out of memory")},
};

static dubboc_server *server;
static int port;

/* order({"lines": [{"count": 1}, ...]}): reads a list of structures one by one. */
static dubboc_status read_order(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    const cJSON *order, *lines, *line;
    int count, total = 0;
    (void)arg;
    if (dubboc_request_args(request, params, &order) != DUBBOC_OK ||
        dubboc_request_read(request, order, DUBBOC_MEMBERS("lines", &lines)) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    cJSON_ArrayForEach(line, lines)
    {
        if (dubboc_request_read(request, line, DUBBOC_MEMBERS("count", &count)) != DUBBOC_OK)
            return DUBBOC_E_PARAMS;
        total += count;
    }
    return dubboc_json_build(result, NULL, total);
}

static int start_server(void **state)
{
    dubboc_error err;
    (void)state;
    server = test_server(NULL, 1);
    test_add_echo(server, NULL);
    assert_int_equal(
        dubboc_server_handle(server, "test.Orders", "order", read_order, NULL, &err), DUBBOC_OK);
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

static void check_rows(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_answer(port, rows[i].body, rows[i].expected);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void calls_are_answered(void **state)
{
    (void)state;
    CHECK_ROWS(calls);
}

static void the_id_comes_back_byte_for_byte(void **state)
{
    (void)state;
    CHECK_ROWS(ids);
}

static void failures_name_an_exception_that_java_can_load(void **state)
{
    (void)state;
    CHECK_ROWS(failures);
}

/* Posts body, and checks the error code and a part of the message. */
static void check_error_at(
    const char *path, const char *body, const char *id, int code, const char *part)
{
    reply answer;
    char expected[64];
    snprintf(expected, sizeof expected, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,",
        id, code);
    caller_post(port, path, NULL, body, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, expected);
    assert_contains(answer.body, part);
    assert_contains(answer.body, "\"exceptionTypeName\":\"java.lang.RuntimeException\"");
    reply_fini(&answer);
}

static void check_error(const char *body, const char *id, int code, const char *part)
{
    check_error_at("/test.Echo", body, id, code, part);
}

static void wrong_params_are_named(void **state)
{
    (void)state;
    check_error(CALL("1", "add", "[1, \"2\"]"), "1", -32602, "params[1]");
    check_error(CALL("1", "add", "[1]"), "1", -32602, "params");
    check_error(CALL("1", "add", "[1, 9223372036854775808]"), "1", -32602, "params[1]");
    check_error(CALL("1", "add", "{\"a\":1}"), "1", -32602, "params");
    check_error(CALL("1", "add", "null"), "1", -32602, "params");
    check_error(CALL("1", "nothing", "[1]"), "1", -32602, "params");
    check_error(CALL("1", "nothing", "{\"a\":1}"), "1", -32602, "params");
    check_error(CALL("1", "page", "[1]"), "1", -32602, "params");
    check_error(CALL("1", "echo", "[\"a\\u0000b\"]"), "1", -32602, "params");
}

/* An error in a nested value names the full path of that value in the params. */
static void a_fault_deep_in_the_params_is_named_with_its_whole_path(void **state)
{
    static const row faults[] = {
        {"[{\"lines\":[{\"count\":1},{\"count\":\"2\"}]}]",
            "\"params[0].lines[1].count: expected an integer"},
        {"[{\"lines\":[{}]}]", "\"params[0].lines[0].count: is missing"},
        {"[{\"lines\":[[7]]}]", "\"params[0].lines[0]: expected an object"},
        {"[{\"line\":[]}]", "\"params[0].lines: is missing"},
        {"[7]", "\"params[0]: expected an object"},
        {"[]", "\"params[0]: expected an item"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char body[256];
        snprintf(body, sizeof body, CALL("1", "order", "%s"), faults[i].body);
        check_error_at("/test.Orders", body, "1", -32602, faults[i].expected);
    }
    reply answer;
    caller_post(port, "/test.Orders", NULL,
        CALL("1", "order", "[{\"lines\":[{\"count\":1},{\"count\":2}]}]"), &answer);
    assert_contains(answer.body, RESULT("1", "3"));
    reply_fini(&answer);
}

static void a_result_that_is_no_json_is_an_internal_error(void **state)
{
    (void)state;
    check_error(CALL("1", "nan", "[]"), "1", -32603, "the result cannot be written");
}

static void json_that_is_not_a_request_is_invalid(void **state)
{
    (void)state;
    check_error("\"x\"", "null", -32600, "");
    check_error("7", "null", -32600, "");
    check_error("{}", "null", -32600, "");
    check_error("{\"jsonrpc\":\"2.0\",\"id\":4}", "4", -32600, "");
    check_error("{\"jsonrpc\":\"2.0\",\"method\":7,\"id\":4}", "4", -32600, "");
    check_error("[]", "null", -32600, "");
}

static void a_body_that_is_not_json_is_a_parse_error(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", " ", "{", "{bad",
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1],\"id\":1",
        "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[\"\xff\"],\"id\":1}",
        CALL("1", "echo", "[01]"), CALL("1", "echo", "[1]") "x", "[" CALL("1", "echo", "[1]") ",",
        "\xef\xbb\xbf" CALL("1", "echo", "[1]")};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        check_error(bodies[i], "null", -32700, "");
}

static void json_with_too_many_levels_is_an_error_and_not_a_crash(void **state)
{
    (void)state;
    size_t depth = 100000;
    char *body = malloc(2 * depth + 1);
    reply answer;
    memset(body, '[', depth);
    memset(body + depth, ']', depth);
    body[2 * depth] = '\0';
    caller_post(port, "/test.Echo", NULL, body, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"error\"");
    reply_fini(&answer);
    free(body);
}

static void a_notification_has_an_empty_answer(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":[1]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"slow\",\"params\":[1]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"raw\",\"params\":[1]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"fail\",\"params\":[\"x\"]}",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"raw\"},{\"jsonrpc\":\"2.0\",\"method\":\"nope\"}]"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        reply answer;
        caller_post(port, "/test.Echo", NULL, bodies[i], &answer);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.body_len, 0);
        reply_fini(&answer);
    }
}

static void valid_requests_of_a_batch_are_answered_in_order_despite_invalid_elements(void **state)
{
    (void)state;
    static const char not_deferred[] = ERROR("4", "-32603",
        "the handler returned DUBBOC_DEFERRED without calling dubboc_request_defer()");
    char expected[1024];
    snprintf(expected, sizeof expected, "[%s,%s,%s,%s,%s,%s]", RESULT("1", "1"),
        ERROR("\"b\"", "-32601", "service test.Echo has no method nope"),
        ERROR("null", "-32600", "Invalid Request: not an object"), RESULT("3", "3"), not_deferred,
        RESULT("5", "[5]"));
    assert_answer(port,
        "[" CALL("1", "echo", "[1]") "," CALL("\"b\"", "nope", "[]") ",7," NOTIFY "," CALL(
            "3", "slow", "[3]") "," CALL("4", "undecided", "[]") "," CALL("5", "raw", "[5]") "]",
        expected);
    assert_answer(port, "[" CALL("1", "echo", "[1]") "]", "[" RESULT("1", "1") "]");
    assert_answer(port, "[" NOTIFY "," CALL("1", "echo", "[1]") "]", "[" RESULT("1", "1") "]");
}

/* Returns a batch of count calls. */
static char *batch_of(size_t count)
{
    static const char call[] = CALL("1", "echo", "[1]") ",";
    char *body = malloc(count * sizeof call + 3), *at = body;
    *at++ = '[';
    for (size_t i = 0; i < count; i++, at += sizeof call - 1)
        memcpy(at, call, sizeof call - 1);
    at[-1] = ']';
    *at = '\0';
    return body;
}

static void a_batch_that_is_too_long_is_refused_as_a_whole(void **state)
{
    (void)state;
    reply answer;
    char *body = batch_of(10000);
    caller_post(port, "/test.Echo", NULL, body, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_len, 10000 * (sizeof RESULT("1", "1")) + 2);
    reply_fini(&answer);
    free(body);
    body = batch_of(100000);
    caller_post(port, "/test.Echo", NULL, body, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,");
    reply_fini(&answer);
    free(body);
}

static void an_unknown_path_is_named_and_the_connection_stays(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/", "/test.Ech", "/test.Echo/", "/test.Echo2", "/TEST.ECHO", "//test.Echo"};
    int fd = caller_connect(port);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        reply answer;
        char expected[128];
        snprintf(expected, sizeof expected,
            "\"id\":5,\"error\":{\"code\":-32601,\"message\":\"no service at %s\"", paths[i]);
        caller_send(fd, NULL, paths[i], NULL, CALL("5", "echo", "[1]"));
        caller_read(fd, &answer);
        assert_int_equal(answer.status, 200);
        assert_contains(answer.body, expected);
        reply_fini(&answer);
    }
    reply answer;
    caller_send(fd, NULL, "/test%2eEcho?a=b", NULL, CALL("5", "echo", "[1]"));
    caller_read(fd, &answer);
    assert_string_equal(answer.body, RESULT("5", "1") "\n");
    reply_fini(&answer);
    close(fd);
}

static void http_methods_other_than_post_get_405(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET", "PUT", "DELETE", "OPTIONS", "PATCH"};
    int fd = caller_connect(port);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        reply answer;
        caller_send(fd, methods[i], "/test.Echo", NULL, "");
        caller_read(fd, &answer);
        if (answer.status != 405)
            print_error("%s: ", methods[i]);
        assert_int_equal(answer.status, 405);
        assert_contains(answer.head, "\r\nAllow: POST\r\n");
        reply_fini(&answer);
    }
    close(fd);
}

static void only_foreign_content_types_get_415(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status;
    } types[] = {
        {"", 200},
        {"Content-Type: application/json\r\n", 200},
        {"Content-Type: Application/JSON; charset=UTF-8\r\n", 200},
        {"Content-Type: application/json-rpc\r\n", 200},
        {"content-type: application/jsonrpc;x=y\r\n", 200},
        {"Content-Type: application/vnd.api+json\r\n", 200},
        {"Content-Type: text/json\r\n", 200},
        {"Content-Type: application/octet-stream\r\n", 200},
        {"Content-Type: \r\n", 200},
        {"Content-Type: text/xml\r\n", 415},
        {"Content-Type: text/plain;charset=utf-8\r\n", 415},
        {"Content-Type: application/xml\r\n", 415},
        {"Content-Type: application/soap+xml\r\n", 415},
        {"Content-Type: multipart/form-data; boundary=x\r\n", 415},
        {"Content-Type: application/x-www-form-urlencoded\r\n", 415},
        {"Content-Type: application/x-java-serialized-object\r\n", 415},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        reply answer;
        caller_post(port, "/test.Echo", types[i].headers, CALL("5", "echo", "[1]"), &answer);
        if (answer.status != types[i].status)
            print_error("%s", types[i].headers);
        assert_int_equal(answer.status, types[i].status);
        assert_contains(
            answer.body, types[i].status == 200 ? "\"result\":1" : "send application/json");
        reply_fini(&answer);
    }
}

static void a_body_over_the_ceiling_gets_413(void **state)
{
    (void)state;
    dubboc_server *small = test_server((const setting[]){{"server", "body_max", "1KiB"}, {0}}, 1);
    test_add_echo(small, NULL);
    test_start(small);
    char body[2000];
    memset(body, ' ', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    reply answer;
    caller_post(test_port(small), "/test.Echo", NULL, body, &answer);
    assert_int_equal(answer.status, 413);
    reply_fini(&answer);
    dubboc_server_free(small);
}

static void a_handler_sees_its_service_its_method_and_the_headers(void **state)
{
    (void)state;
    reply answer;
    dubboc_server *named = test_server(NULL, 1);
    test_add_echo(
        named, &(dubboc_service_options){
                   .size = sizeof(dubboc_service_options), .group = "g1", .version = "1.0.0"});
    test_start(named);
    caller_post(
        test_port(named), "/test.Echo", "X-Name: Ann\r\n", CALL("1", "where", "[]"), &answer);
    assert_contains(
        answer.body, "\"result\":[\"test.Echo\",\"g1\",\"1.0.0\",\"where\",\"Ann\",-1]}");
    reply_fini(&answer);
    caller_post(test_port(named), "/test.Echo", "Timeout: 3600000000000\r\n",
        CALL("1", "where", "[]"), &answer);
    assert_contains(answer.body, "\"where\",null,3");
    reply_fini(&answer);
    caller_post(test_port(named), "/test.Echo",
        "Content-Type: application/json \r\nX-Name: \t A b \t \r\nTimeout: 1h \t\r\n",
        CALL("1", "where", "[]"), &answer);
    assert_contains(answer.body, "\"where\",\"A b\",3");
    reply_fini(&answer);
    dubboc_server_free(named);
}

static void raw_results_are_checked_if_check_raw_is_set(void **state)
{
    (void)state;
    reply answer;
    dubboc_server *strict = test_server((const setting[]){{"server", "check_raw", "true"}, {0}}, 1);
    test_add_echo(strict, NULL);
    test_start(strict);
    caller_post(test_port(strict), "/test.Echo", NULL, CALL("1", "broken", "[]"), &answer);
    assert_contains(answer.body, "\"code\":-32603,\"message\":\"the handler's result: ");
    reply_fini(&answer);
    assert_answer(test_port(strict), CALL("1", "raw", "[1]"), RESULT("1", "[1]"));
    dubboc_server_free(strict);
}

/* --- log messages about handlers that fail */

static pthread_mutex_t logged_lock = PTHREAD_MUTEX_INITIALIZER;
static char logged[2048]; /* guarded by logged_lock */

static void keep_failures(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg;
    (void)level;
    (void)area;
    (void)suppressed;
    pthread_mutex_lock(&logged_lock);
    size_t len = strlen(logged);
    if (strstr(message, "handler failed") != NULL)
        snprintf(logged + len, sizeof logged - len, "%s\n", fields);
    pthread_mutex_unlock(&logged_lock);
}

static dubboc_status fail_inside(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    return dubboc_request_fail(request, -32603, NULL, "the disk is full");
}

static dubboc_status later_nan(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    dubboc_deferred *deferred = dubboc_request_defer(request);
    assert_non_null(deferred);
    dubboc_deferred_answer(deferred, cJSON_CreateNumber(NAN));
    return DUBBOC_DEFERRED;
}

static void add_one(dubboc_server *to, const char *name, dubboc_handler handler)
{
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_server_handle(to, "test.Bad", name, handler, NULL, &err), &err);
}

static void call_twice(int at_port, const char *path, const char *body)
{
    for (int i = 0; i < 2; i++) {
        reply answer;
        caller_post(at_port, path, NULL, body, &answer);
        assert_int_equal(answer.status, 200);
        reply_fini(&answer);
    }
}

static void internal_errors_of_handlers_are_logged_once_for_each_method(void **state)
{
    (void)state;
    dubboc_server *bad = test_server((const setting[]){{"server", "check_raw", "true"}, {0}}, 1);
    test_add_echo(bad, NULL);
    add_one(bad, "failing", fail_inside);
    add_one(bad, "later", later_nan);
    test_start(bad);
    dubboc_log_set(keep_failures, NULL, DUBBOC_LOG_WARN);
    call_twice(test_port(bad), "/test.Echo", CALL("1", "nan", "[]"));
    call_twice(test_port(bad), "/test.Echo", CALL("1", "broken", "[]"));
    call_twice(test_port(bad), "/test.Echo", "{\"jsonrpc\":\"2.0\",\"method\":\"undecided\"}");
    call_twice(test_port(bad), "/test.Bad", CALL("1", "failing", "[]"));
    call_twice(test_port(bad), "/test.Bad", CALL("1", "later", "[]"));
    /* not logged: a wrong call, and an error that the service returns on purpose */
    call_twice(test_port(bad), "/test.Echo", CALL("1", "add", "[1]"));
    call_twice(test_port(bad), "/test.Echo", CALL("1", "fail", "[\"x\"]"));
    dubboc_server_free(bad);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
    static const char *const methods[] = {"test.Echo.nan reason=\"the result cannot be written",
        "test.Echo.broken reason=\"the handler's result",
        "test.Echo.undecided reason=\"the handler returned",
        "test.Bad.failing reason=\"the disk is full\"",
        "test.Bad.later reason=\"the result cannot be written"};
    const char *rest = logged;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char line[100];
        snprintf(line, sizeof line, "method=%s", methods[i]);
        assert_memory_equal(rest, line, strlen(line));
        rest = strchr(rest, '\n') + 1;
    }
    assert_string_equal(rest, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_answered),
        cmocka_unit_test(the_id_comes_back_byte_for_byte),
        cmocka_unit_test(failures_name_an_exception_that_java_can_load),
        cmocka_unit_test(wrong_params_are_named),
        cmocka_unit_test(a_fault_deep_in_the_params_is_named_with_its_whole_path),
        cmocka_unit_test(a_result_that_is_no_json_is_an_internal_error),
        cmocka_unit_test(json_that_is_not_a_request_is_invalid),
        cmocka_unit_test(a_body_that_is_not_json_is_a_parse_error),
        cmocka_unit_test(json_with_too_many_levels_is_an_error_and_not_a_crash),
        cmocka_unit_test(a_notification_has_an_empty_answer),
        cmocka_unit_test(valid_requests_of_a_batch_are_answered_in_order_despite_invalid_elements),
        cmocka_unit_test(a_batch_that_is_too_long_is_refused_as_a_whole),
        cmocka_unit_test(an_unknown_path_is_named_and_the_connection_stays),
        cmocka_unit_test(http_methods_other_than_post_get_405),
        cmocka_unit_test(only_foreign_content_types_get_415),
        cmocka_unit_test(a_body_over_the_ceiling_gets_413),
        cmocka_unit_test(a_handler_sees_its_service_its_method_and_the_headers),
        cmocka_unit_test(raw_results_are_checked_if_check_raw_is_set),
        cmocka_unit_test(internal_errors_of_handlers_are_logged_once_for_each_method),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
