/* The fallback handler: plain HTTP on paths that belong to no service. */
#include "tests/server/caller.h"

#include <unistd.h>

/* Answers with the method, the path and the body of the request. */
static void fall_back(dubboc_request *request, const char *method, const char *path,
    dubboc_slice body, dubboc_http_answer *answer, void *arg)
{
    assert_string_equal(dubboc_request_method(request), "");
    assert_string_equal(arg, "the argument");
    if (strcmp(path, "/nowhere") == 0)
        return;
    char text[200];
    int len = snprintf(text, sizeof text, "%s %s %.*s", method, path, (int)body.len, body.at);
    answer->status = dubboc_text_set(&answer->body, text, (size_t)len) == DUBBOC_OK ? 201 : 500;
    answer->content_type = "text/x-test";
}

static void requests_to_paths_of_no_service_go_to_the_fallback_handler(void **state)
{
    (void)state;
    static char argument[] = "the argument";
    dubboc_server *open = test_server(NULL, 1);
    reply answer;
    test_add_echo(open, NULL);
    dubboc_server_set_fallback(open, fall_back, argument);
    test_start(open);
    int fd = caller_connect(test_port(open));
    caller_send(fd, "PUT", "/some/where?x=1", "Content-Type: text/xml\r\n", "<a/>");
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 201);
    assert_string_equal(answer.body, "PUT /some/where <a/>");
    assert_contains(answer.head, "text/x-test");
    reply_fini(&answer);
    caller_send(fd, "GET", "/nowhere", "", "");
    caller_read(fd, &answer);
    assert_int_equal(answer.status, 404);
    reply_fini(&answer);
    close(fd);
    assert_answer(test_port(open), CALL("1", "echo", "[1]"), RESULT("1", "1"));
    dubboc_server_free(open);
}

static void answer_as_told(dubboc_request *request, const char *method, const char *path,
    dubboc_slice body, dubboc_http_answer *answer, void *arg)
{
    (void)request;
    (void)method;
    (void)body;
    (void)arg;
    answer->status = atoi(path + 1);
    answer->content_type =
        strstr(path, "bad-type") != NULL ? "text/plain\r\nX-Evil: 1" : "text/plain";
}

/* A gateway passes on answers of other servers, so the status or the content type may be invalid.
 * The caller gets status 500 without "not executed", because the handler has run. */
static void a_fallback_answer_that_http_cannot_carry_is_an_error(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/1", "/42", "/100", "/101", "/1000", "/-1", "/200bad-type"};
    dubboc_server *open = test_server(NULL, 1);
    dubboc_server_set_fallback(open, answer_as_told, NULL);
    test_start(open);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        reply answer;
        int fd = caller_connect(test_port(open));
        caller_send(fd, "GET", paths[i], "", "");
        caller_read(fd, &answer);
        if (answer.status != 500)
            print_error("%s\n", paths[i]);
        assert_int_equal(answer.status, 500);
        assert_null(strstr(answer.head, "X-Evil"));
        assert_null(strstr(answer.head, "Dubboc-Not-Executed"));
        reply_fini(&answer);
        close(fd);
    }
    dubboc_server_free(open);
}

static void claims_health_only(dubboc_request *request, const char *method, const char *path,
    dubboc_slice body, dubboc_http_answer *answer, void *arg)
{
    (void)request;
    (void)method;
    (void)body;
    (void)arg;
    bool is_mine = strcmp(path, "/health") == 0;
    answer->status = is_mine ? 200 : 0;
    if (dubboc_text_set(&answer->body, "up", 2) != DUBBOC_OK)
        answer->status = 500;
}

static void check_path(int to_port, const char *method, const char *path, const char *body,
    int status, const char *expected)
{
    reply answer;
    int fd = caller_connect(to_port);
    caller_send(fd, method, path, NULL, body);
    caller_read(fd, &answer);
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.body, expected);
    reply_fini(&answer);
    close(fd);
}

static void assigns_a_whole_answer(dubboc_request *request, const char *method, const char *path,
    dubboc_slice body, dubboc_http_answer *answer, void *arg)
{
    (void)request;
    (void)method;
    (void)body;
    (void)arg;
    assert_int_equal(answer->size, sizeof *answer);
    *answer = (dubboc_http_answer){
        .size = strcmp(path, "/with-size") == 0 ? sizeof *answer : 0,
        .status = strcmp(path, "/not-mine") == 0 ? 0 : 200,
        .content_type = "text/plain",
    };
}

static void a_fallback_answer_without_its_size_is_an_error_that_names_it(void **state)
{
    (void)state;
    static const char problem[] = "the handler's answer: dubboc_http_answer.size is 0: set it to "
                                  "sizeof(dubboc_http_answer)\n";
    dubboc_server *open = test_server(NULL, 1);
    dubboc_server_set_fallback(open, assigns_a_whole_answer, NULL);
    test_start(open);
    check_path(test_port(open), "GET", "/with-size", "", 200, "");
    check_path(test_port(open), "GET", "/without", "", 500, problem);
    check_path(test_port(open), "GET", "/not-mine", "", 500, problem);
    dubboc_server_free(open);
}

#define NO_SERVICE(id) ERROR(id, "-32601", "no service at /wrong")

static void check_unclaimed(int to_port)
{
    reply answer;
    check_path(to_port, "GET", "/health", "", 200, "up");
    check_path(to_port, "POST", "/wrong", CALL("5", "echo", "[1]"), 200, NO_SERVICE("5") "\n");
    check_path(to_port, "POST", "/wrong",
        "[" CALL("1", "echo", "[1]") "," CALL("2", "echo", "[1]") "]", 200,
        "[" NO_SERVICE("1") "," NO_SERVICE("2") "]\n");
    check_path(to_port, "GET", "/wrong", "", 405,
        "GET is not supported here: send JSON-RPC calls by POST\n");
    caller_post(to_port, "/wrong", "Content-Type: text/xml\r\n", "<a/>", &answer);
    assert_int_equal(answer.status, 415);
    reply_fini(&answer);
    caller_post(to_port, "/wrong", NULL, "{bad", &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"code\":-32700");
    reply_fini(&answer);
}

static void paths_that_a_fallback_declines_are_answered_as_without_one(void **state)
{
    (void)state;
    dubboc_server *open = test_server(NULL, 1);
    test_add_echo(open, NULL);
    dubboc_server_set_fallback(open, claims_health_only, NULL);
    test_start(open);
    check_unclaimed(test_port(open));
    dubboc_server_free(open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_to_paths_of_no_service_go_to_the_fallback_handler),
        cmocka_unit_test(paths_that_a_fallback_declines_are_answered_as_without_one),
        cmocka_unit_test(a_fallback_answer_without_its_size_is_an_error_that_names_it),
        cmocka_unit_test(a_fallback_answer_that_http_cannot_carry_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
