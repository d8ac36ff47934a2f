/* Serving: requests in, answers out, in every shape that HTTP/1.1 allows. */
#include "tests/transport/server_peer.h"

#include <poll.h>
#include <unistd.h>

static void answers_requests_on_one_connection(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    for (int i = 0; i < 3; i++) {
        peer_say(fd, "POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
        assert_contains(text, "\r\n\r\nPOST /a/b?c=d&e hello");
        assert_contains(text, "Content-Length: 21\r\n");
        assert_contains(text, "Content-Type: text/plain\r\n");
        assert_contains(text, "Keep-Alive: timeout=54\r\n");
        assert_contains(text, "Date: ");
        assert_contains(text, " GMT\r\n");
        assert_int_equal(count_of(text, "Date: "), 1);
    }
    close(fd);
    echo_stop(&echo);
}

static void reads_bodies_in_chunks(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer_say(fd, "3\r\nabc\r\n");
    peer_say(fd, "4\r\ndefg\r\n0\r\n\r\n");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    assert_contains(text, "POST /? abcdefg");
    close(fd);
    echo_stop(&echo);
}

static void answers_pipelined_requests_in_their_order(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024], expected[32];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", i);
        peer_say(fd, text);
    }
    for (int i = 0; i < 50; i++) {
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
        snprintf(expected, sizeof expected, "POST /%d? abc", i);
        assert_contains(text, expected);
    }
    close(fd);
    echo_stop(&echo);
}

static void gives_any_method_to_its_owner(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    static const char *const methods[] = {"GET", "PUT", "DELETE", "OPTIONS", "PATCH", "FROBNICATE"};
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
        peer_say(fd, text);
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
        assert_contains(text, methods[i]);
    }
    close(fd);
    echo_stop(&echo);
}

static void answers_head_without_a_body(void **state)
{
    (void)state;
    echo_server echo;
    char text[2048];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(fd, "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_true(peer_read_all(fd, text, sizeof text) > 0);
    assert_int_equal(count_of(text, "HTTP/1.1 200 OK\r\n"), 2);
    assert_contains(text, "Content-Length: 9\r\n");
    assert_int_equal(count_of(text, "HEAD /x"), 0);
    assert_contains(text, "GET /y");
    close(fd);
    echo_stop(&echo);
}

static void ends_the_connection_after_a_chunked_request(void **state)
{
    (void)state;
    echo_server echo;
    char text[2048];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;\nab\r\n0\r\n\r\n"
                 "POST /hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_true(peer_read_all(fd, text, sizeof text) > 0);
    assert_int_equal(count_of(text, "HTTP/1.1 "), 1);
    assert_contains(text, "Connection: close\r\n");
    assert_true(atomic_load(&echo.handled) <= 1);
    close(fd);
    echo_stop(&echo);
}

static void says_continue_only_when_asked(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 100);
    peer_say(fd, "ab");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
    peer_say(fd, "ab");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 413);
    close(fd);
    echo_stop(&echo);
}

static void keeps_connections_as_their_clients_wish(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        bool is_kept;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
    };
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = peer_connect(&echo);
        peer_say(fd, cases[i].request);
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
        assert_int_equal(count_of(text, "Keep-Alive: timeout="), cases[i].is_kept ? 1 : 0);
        if (!cases[i].is_kept)
            assert_int_equal(peer_read_all(fd, text, sizeof text), 0);
        close(fd);
    }
    echo_stop(&echo);
}

static void understands_absolute_targets(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(
        fd, "GET http://example.org:80/a%20b?c HTTP/1.1\r\nHost: x\r\n\r\nGET HTTP://example.org HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    assert_contains(text, "GET /a%20b?c ");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    assert_contains(text, "GET /? ");
    close(fd);
    echo_stop(&echo);
}

static void delivers_big_answers_whole(void **state)
{
    (void)state;
    echo_server echo;
    size_t size = (size_t)5 * 1024 * 1024;
    char *text = malloc(size);
    assert_non_null(text);
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(fd, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ssize_t len = peer_read_all(fd, text, size);
    assert_true(len > 4 * 1024 * 1024);
    const char *body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(strspn(body + 4, "x"), 4 * 1024 * 1024);
    free(text);
    close(fd);
    echo_stop(&echo);
}

static void takes_an_answer_later_from_another_thread(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    for (int i = 0; i < 100; i++) {
        peer_say(fd, "POST /hold HTTP/1.1\r\nHost: x\r\nX-Test: 7\r\nContent-Length: 2\r\n\r\nab");
        http_incoming *held = NULL;
        while ((held = atomic_exchange(&echo.held, NULL)) == NULL)
            ;
        assert_int_equal(http_server_requests(echo.server), 1);
        assert_string_equal(http_incoming_header(held, "x-test"), "7");
        assert_false(http_incoming_is_gone(held));
        buffer_append_text(http_incoming_out(held), "later");
        http_incoming_answer(held, 201, NULL, NULL, 0, false);
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 201);
        assert_contains(text, "\r\n\r\nlater");
    }
    close(fd);
    echo_stop(&echo);
}

static void works_without_a_thread_of_its_own(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    dubboc_error err;
    http_server_settings settings = echo_settings(&echo, 0);
    echo_start(&echo, &settings);
    assert_true(http_server_fd(echo.server) >= 0);
    int fd = peer_connect(&echo);
    peer_say(fd, "GET /step HTTP/1.1\r\nHost: x\r\n\r\n");
    while (atomic_load(&echo.handled) == 0)
        assert_status(DUBBOC_OK, http_server_step(echo.server, 5000, &err), &err);
    assert_status(DUBBOC_OK, http_server_step(echo.server, 0, &err), &err);
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    close(fd);
    echo_stop(&echo);
}

/* Its descriptor, in the program's own poll, tells of requests, of answers from other threads, and of deadlines. */
static void its_descriptor_is_readable_when_a_deadline_comes(void **state)
{
    (void)state;
    echo_server echo;
    dubboc_error err;
    char text[64];
    http_server_settings settings = echo_settings(&echo, 0);
    settings.header_timeout_ms = 50;
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    struct pollfd poller = {.fd = http_server_fd(echo.server), .events = POLLIN};
    int turns = 0;
    do {
        assert_int_equal(poll(&poller, 1, 5000), 1);
        assert_status(DUBBOC_OK, http_server_step(echo.server, 0, &err), &err);
        assert_true(++turns < 100);
    } while (turns < 2 || http_server_connections(echo.server) > 0);
    assert_int_equal(peer_read_all(fd, text, sizeof text), 0);
    close(fd);
    echo_stop(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_requests_on_one_connection),
        cmocka_unit_test(reads_bodies_in_chunks),
        cmocka_unit_test(answers_pipelined_requests_in_their_order),
        cmocka_unit_test(gives_any_method_to_its_owner),
        cmocka_unit_test(answers_head_without_a_body),
        cmocka_unit_test(ends_the_connection_after_a_chunked_request),
        cmocka_unit_test(says_continue_only_when_asked),
        cmocka_unit_test(keeps_connections_as_their_clients_wish),
        cmocka_unit_test(understands_absolute_targets),
        cmocka_unit_test(delivers_big_answers_whole),
        cmocka_unit_test(takes_an_answer_later_from_another_thread),
        cmocka_unit_test(works_without_a_thread_of_its_own),
        cmocka_unit_test(its_descriptor_is_readable_when_a_deadline_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
