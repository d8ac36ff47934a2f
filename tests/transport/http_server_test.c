/* Serving: requests and answers in every form that HTTP/1.1 allows. */
#include "tests/transport/server_peer.h"

#include <poll.h>
#include <unistd.h>

static void answers_requests_on_one_connection(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    for (int i = 0; i < 3; i++) {
        talk_say(&t, "POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
        assert_int_equal(talk_read(&t), 200);
        assert_contains(t.text, "\r\n\r\nPOST /a/b?c=d&e hello");
        assert_contains(t.text, "Content-Length: 21\r\n");
        assert_contains(t.text, "Content-Type: text/plain\r\n");
        assert_contains(t.text, "Keep-Alive: timeout=54\r\n");
        assert_contains(t.text, "Date: ");
        assert_contains(t.text, " GMT\r\n");
        assert_int_equal(count_of(t.text, "Date: "), 1);
    }
    talk_end(&t);
}

static void reads_bodies_in_chunks(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(&t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    talk_say(&t, "3\r\nabc\r\n");
    talk_say(&t, "4\r\ndefg\r\n0\r\n\r\n");
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "POST /? abcdefg");
    talk_end(&t);
}

static void answers_pipelined_requests_in_their_order(void **state)
{
    (void)state;
    talk t;
    char expected[32];
    talk_begin(&t);
    for (int i = 0; i < 50; i++) {
        snprintf(t.text, sizeof t.text,
            "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", i);
        talk_say(&t, t.text);
    }
    for (int i = 0; i < 50; i++) {
        assert_int_equal(talk_read(&t), 200);
        snprintf(expected, sizeof expected, "POST /%d? abc", i);
        assert_contains(t.text, expected);
    }
    talk_end(&t);
}

static void requests_with_any_http_method_reach_the_request_handler(void **state)
{
    (void)state;
    talk t;
    static const char *const methods[] = {"GET", "PUT", "DELETE", "OPTIONS", "PATCH", "FROBNICATE"};
    talk_begin(&t);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        snprintf(t.text, sizeof t.text, "%s / HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
        talk_say(&t, t.text);
        assert_int_equal(talk_read(&t), 200);
        assert_contains(t.text, methods[i]);
    }
    talk_end(&t);
}

static void answers_head_without_a_body(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(&t, "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: "
                 "close\r\n\r\n");
    assert_true(talk_read_all(&t) > 0);
    assert_int_equal(count_of(t.text, "HTTP/1.1 200 OK\r\n"), 2);
    assert_contains(t.text, "Content-Length: 9\r\n");
    assert_int_equal(count_of(t.text, "HEAD /x"), 0);
    assert_contains(t.text, "GET /y");
    talk_end(&t);
}

static void ends_the_connection_after_a_chunked_request(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(&t,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;\nab\r\n0\r\n\r\n"
        "POST /hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_true(talk_read_all(&t) > 0);
    assert_int_equal(count_of(t.text, "HTTP/1.1 "), 1);
    assert_contains(t.text, "Connection: close\r\n");
    assert_true(atomic_load(&t.echo.handled) <= 1);
    talk_end(&t);
}

static void sends_continue_only_when_asked(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(&t, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(talk_read(&t), 100);
    talk_say(&t, "ab");
    assert_int_equal(talk_read(&t), 200);
    talk_say(&t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
    talk_say(&t, "ab");
    assert_int_equal(talk_read(&t), 200);
    talk_say(&t,
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    assert_int_equal(talk_read(&t), 413);
    talk_end(&t);
}

static void sends_no_continue_to_a_request_without_a_body(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(&t, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"
                 "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    assert_int_equal(talk_read(&t), 200);
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "POST /? ab");
    talk_end(&t);
}

static void white_space_after_a_header_value_is_not_part_of_it(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    talk_say(
        &t, "POST / HTTP/1.1\r\nHost: x \t\r\nExpect: 100-continue \r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(talk_read(&t), 100);
    talk_say(&t, "ab");
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "POST /? ab");
    talk_say(&t, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close \r\nContent-Length: 0\r\n\r\n");
    assert_true(talk_read_all(&t) > 0);
    assert_int_equal(count_of(t.text, "Connection: close\r\n"), 1);
    talk_end(&t);
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
    talk t;
    talk_begin(&t);
    talk_say(&t, "GET http://example.org:80/a%20b?c HTTP/1.1\r\nHost: x\r\n\r\nGET "
                 "HTTP://example.org HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "GET /a%20b?c ");
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "GET /? ");
    talk_end(&t);
}

static void delivers_big_answers_whole(void **state)
{
    (void)state;
    talk t;
    size_t size = (size_t)5 * 1024 * 1024;
    char *whole = malloc(size);
    assert_non_null(whole);
    talk_begin(&t);
    talk_say(&t, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ssize_t len = peer_read_all(t.fd, whole, size);
    assert_true(len > 4 * 1024 * 1024);
    const char *body = strstr(whole, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(strspn(body + 4, "x"), 4 * 1024 * 1024);
    free(whole);
    talk_end(&t);
}

static void accepts_a_later_answer_from_another_thread(void **state)
{
    (void)state;
    talk t;
    talk_begin(&t);
    for (int i = 0; i < 100; i++) {
        talk_say(&t, "POST /hold HTTP/1.1\r\nHost: x\r\nX-Test: 7\r\nContent-Length: 2\r\n\r\nab");
        http_server_request *held = NULL;
        while ((held = atomic_exchange(&t.echo.held, NULL)) == NULL)
            ;
        assert_int_equal(http_server_requests(t.echo.server), 1);
        assert_string_equal(http_server_request_header(held, "x-test"), "7");
        assert_false(http_server_request_is_gone(held));
        buffer_append_text(http_server_request_out(held), "later");
        http_server_request_answer(held, 201, NULL, NULL, 0, false);
        assert_int_equal(talk_read(&t), 201);
        assert_contains(t.text, "\r\n\r\nlater");
    }
    talk_end(&t);
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

/* The program polls the server's descriptor. It becomes readable when a request arrives, another
 * thread answers, or a deadline passes. */
static void the_descriptor_of_a_server_becomes_readable_when_a_deadline_passes(void **state)
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
        cmocka_unit_test(requests_with_any_http_method_reach_the_request_handler),
        cmocka_unit_test(answers_head_without_a_body),
        cmocka_unit_test(ends_the_connection_after_a_chunked_request),
        cmocka_unit_test(sends_continue_only_when_asked),
        cmocka_unit_test(sends_no_continue_to_a_request_without_a_body),
        cmocka_unit_test(keeps_connections_as_their_clients_wish),
        cmocka_unit_test(understands_absolute_targets),
        cmocka_unit_test(delivers_big_answers_whole),
        cmocka_unit_test(accepts_a_later_answer_from_another_thread),
        cmocka_unit_test(works_without_a_thread_of_its_own),
        cmocka_unit_test(white_space_after_a_header_value_is_not_part_of_it),
        cmocka_unit_test(the_descriptor_of_a_server_becomes_readable_when_a_deadline_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
