/* Makes each allocation of a whole round (make, start, serve, stop, free) fail in turn: nothing
 * crashes or leaks, and every request is answered or its connection is closed. */
#include "tests/server/caller.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/alloc_fail.h"

static dubboc_deferred *held;

static dubboc_status echo(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    return dubboc_request_params(request, params, "[O]", result);
}

static dubboc_status fail_with(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    return dubboc_request_fail(request, 1, "java.lang.IllegalStateException", "%s", "no");
}

static dubboc_status raw(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)arg;
    return dubboc_text_set(result, params.at, params.len);
}

static dubboc_status later(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    held = dubboc_request_defer(request);
    if (held == NULL)
        return DUBBOC_E_NO_MEMORY;
    if (params != NULL) /* without params, the caller's time-out ends the request */
        dubboc_deferred_answer(held, dubboc_json_i64_new(7));
    return DUBBOC_DEFERRED;
}

static void fall_back(dubboc_request *request, const char *method, const char *path,
    dubboc_slice body, dubboc_http_answer *answer, void *arg)
{
    (void)request;
    (void)method;
    (void)path;
    (void)arg;
    answer->status = dubboc_text_set(&answer->body, body.at, body.len) == DUBBOC_OK ? 200 : 500;
}

static dubboc_status offer(dubboc_server *server, dubboc_error *err)
{
    static const dubboc_method methods[] = {
        DUBBOC_METHOD("echo", echo, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("slow", echo),
        DUBBOC_METHOD("fail", fail_with, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("raw", raw, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("later", later, .flags = DUBBOC_NONBLOCKING),
    };
    dubboc_service *service;
    dubboc_status status = dubboc_server_add_service(server, "test.Echo", NULL, &service, err);
    for (size_t i = 0; status == DUBBOC_OK && i < sizeof methods / sizeof methods[0]; i++)
        status = dubboc_service_add_method(service, &methods[i], err);
    dubboc_server_set_fallback(server, fall_back, NULL);
    return status;
}

static void call(int port, const char *path, const char *headers, const char *body, bool must_work)
{
    int fd = caller_connect(port);
    char got[4096];
    ssize_t len = 0, more;
    if (fd < 0)
        return;
    char request[1024];
    int size = snprintf(request, sizeof request,
        "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n", path,
        headers, strlen(body));
    more = send(fd, request, (size_t)size, MSG_NOSIGNAL);
    if (more > 0)
        more = send(fd, body, strlen(body), MSG_NOSIGNAL);
    while (more > 0 && (size_t)len < sizeof got - 1 &&
           (more = read(fd, got + len, sizeof got - 1 - (size_t)len)) > 0)
        len += more;
    got[len] = '\0';
    close(fd);
    if (must_work)
        assert_contains(got, "HTTP/1.1 200 OK");
    if (strstr(got, "Dubboc-Not-Executed: 1") != NULL) /* ignored with another status */
        assert_contains(got, "HTTP/1.1 503 ");
}

/* Returns a call whose body is so large that a worker parses it and its tree is charged to the
 * budget. */
static const char *large_call(const char *method)
{
    static char text[100 * 1024];
    size_t len = (size_t)snprintf(text, sizeof text, "{\"method\":\"%s\",\"params\":[\"", method);
    memset(text + len, 'a', 70000);
    strcpy(text + len + 70000, "\"],\"jsonrpc\":\"2.0\",\"id\":1}");
    return text;
}

/* Only one allocation fails. After a failed start the program can add a method, and the second
 * start works. */
static dubboc_status start_in_two_tries(dubboc_server *server, dubboc_error *err)
{
    dubboc_status status = dubboc_server_start(server, err);
    if (status == DUBBOC_OK)
        return status;
    assert_true(status == DUBBOC_E_NO_MEMORY || status == DUBBOC_E_SYSTEM);
    assert_string_equal(dubboc_server_address(server), "");
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Echo", "more", echo, NULL, err), err);
    return dubboc_server_start(server, err);
}

static void serve_once(void *arg, bool must_work)
{
    (void)arg;
    static const char *const bodies[] = {CALL("1", "echo", "[{\"a\":[1,9007199254740993]}]"),
        CALL("1", "slow", "[1]"), CALL("1", "fail", "[1]"), CALL("1", "raw", "[1]"),
        CALL("1", "nope", "[]"), CALL("1", "add", "{"), CALL("1", "later", "[1]"),
        "[" CALL("1", "echo", "[1]") "," CALL("2", "later", "[1]") "," CALL(
            "3", "slow", "[\"x\"]") "]"};
    dubboc_server *server;
    dubboc_error err;
    dubboc_server_options options = {
        .size = sizeof options, .ip = "127.0.0.1", .port = DUBBOC_NONE, .loops = 1, .workers = 1};
    dubboc_status status = dubboc_server_new(&options, &server, &err);
    if (status == DUBBOC_OK) {
        status = offer(server, &err);
        if (status == DUBBOC_OK)
            status = start_in_two_tries(server, &err);
        for (size_t i = 0; status == DUBBOC_OK && i < sizeof bodies / sizeof bodies[0]; i++)
            call(test_port(server), "/test.Echo", "", bodies[i], must_work);
        for (int i = 0; status == DUBBOC_OK && i < 2; i++)
            call(test_port(server), "/test.Echo", "", large_call(i == 0 ? "raw" : "echo"),
                must_work);
        held = NULL;
        if (status == DUBBOC_OK)
            call(test_port(server), "/test.Echo", "Timeout: 1ms\r\n", CALL("1", "later", "null"),
                must_work);
        if (held != NULL)
            dubboc_deferred_answer(held, NULL);
        if (status == DUBBOC_OK)
            call(test_port(server), "/elsewhere", "", "body", must_work);
        dubboc_server_free(server);
    }
    if (must_work)
        assert_status(DUBBOC_OK, status, &err);
    else if (status != DUBBOC_OK)
        assert_true(status == DUBBOC_E_NO_MEMORY || status == DUBBOC_E_SYSTEM);
}

static void a_server_survives_every_failing_allocation(void **state)
{
    (void)state;
    unsigned long failed = alloc_fail_each(serve_once, NULL);
    print_message("%lu allocations have failed in turn\n", failed);
    assert_true(failed > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
