#include "tests/transport/client_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#define HEAD "HTTP/1.1 200 OK\r\n"

static void one_connection_serves_many_exchanges(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    for (int i = 0; i < 10; i++) {
        http_client_connection *connection = take(&f);
        assert_int_equal(http_client_connection_is_reused(connection), i > 0);
        assert_status(DUBBOC_OK, post(&f, connection), &f.err);
        assert_int_equal(http_client_connection_is_reused(connection), i > 0);
        assert_int_equal(http_client_exchange_bytes_received(connection), strlen(PEER_OK));
        http_client_connection_give_back(connection);
    }
    assert_int_equal(scripted_peer_connections(f.peer), 1);
    assert_int_equal(scripted_peer_requests(f.peer), 10);
    assert_int_equal(http_client_connections_opened(f.client), 1);
    end(&f);
}

static void an_exchange_waits_for_the_reply_after_the_last_byte_was_sent(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    http_client_connection *connection = take(&f);
    begin_post(connection);
    assert_int_equal(http_client_exchange_step(connection), HTTP_CLIENT_WANT_READ);
    assert_int_equal(http_client_exchange_bytes_sent(connection),
        http_client_connection_request(connection)->len);
    assert_int_equal(drive(connection, deadline_in_ms(5000), &f.err), DUBBOC_OK);
    assert_int_equal(http_client_exchange_step(connection), HTTP_CLIENT_DONE);
    assert_int_equal(http_client_connection_request(connection)->len, 0);
    http_client_connection_give_back(connection);
    end(&f);
}

/* The body is larger than a socket accepts at once. Head and body arrive complete and in order, and
 * the client does not send "Expect: 100-continue" (libraries.md C6). */
static void a_big_body_is_sent_whole(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    size_t len = 6u << 20;
    char *body = malloc(len);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 23);
    http_client_connection *connection = take(&f);
    buffer_printf(http_client_connection_request(connection),
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", len);
    size_t head_len = http_client_connection_request(connection)->len;
    buffer_append_slice(http_client_connection_request(connection), slice_make(body, len));
    http_client_exchange_begin(connection);
    assert_status(DUBBOC_OK, drive(connection, deadline_in_ms(20000), &f.err), &f.err);
    assert_int_equal(http_client_exchange_bytes_sent(connection), head_len + len);
    http_client_connection_give_back(connection);
    char *seen = scripted_peer_last_request(f.peer);
    assert_memory_equal(seen + head_len, body, len);
    assert_null(strstr(seen, "Expect"));
    free(seen);
    free(body);
    call_well(&f);
    assert_int_equal(scripted_peer_connections(f.peer), 1);
    end(&f);
}

static void a_reply_may_arrive_byte_by_byte(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ,
        PEER_DRIBBLE("HTTP/1.1 100 Continue\r\n\r\n" HEAD
                     "Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"),
        PEER_AGAIN}};
    fixture f = start(&script, 1);
    call_well(&f);
    call_well(&f);
    assert_int_equal(scripted_peer_connections(f.peer), 1);
    end(&f);
}

/* --- invalid or missing replies --- */

static void expect_failure(const peer_script *script, dubboc_status status, const char *text)
{
    fixture f = start(script, 1);
    http_client_connection *connection = take(&f);
    begin_post(connection);
    size_t len = http_client_connection_request(connection)->len;
    assert_status(status, drive(connection, deadline_in_ms(5000), &f.err), &f.err);
    assert_contains(f.err.text, text);
    assert_contains(f.err.text, http_client_endpoint_host(f.endpoint));
    assert_int_equal(http_client_exchange_bytes_sent(connection), len);
    http_client_connection_give_back(connection);
    /* The connection is not used again, and the peer got the request once (libraries.md C1). */
    assert_int_equal(scripted_peer_connections(f.peer), 1);
    assert_int_equal(scripted_peer_requests(f.peer), 1);
    connection = take(&f);
    assert_false(http_client_connection_is_reused(connection));
    http_client_connection_give_back(connection);
    end(&f);
}

static void a_truncated_reply_fails_with_e_broken(void **state)
{
    (void)state;
    static const peer_script in_head = {{PEER_READ, PEER_SEND(HEAD "Content-Le")}};
    static const peer_script in_body = {
        {PEER_READ, PEER_SEND(HEAD "Content-Length: 5\r\n\r\nhell")}};
    static const peer_script in_chunk = {
        {PEER_READ, PEER_SEND(HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")}};
    static const peer_script reset_in_body = {{PEER_READ, PEER_SEND(HEAD "\r\nhell"), PEER_RESET}};
    expect_failure(&in_head, DUBBOC_E_BROKEN, "within the reply's head");
    expect_failure(&in_body, DUBBOC_E_BROKEN, "within the reply's body");
    expect_failure(&in_chunk, DUBBOC_E_BROKEN, "within the reply's body");
    expect_failure(&reset_in_body, DUBBOC_E_BROKEN, "reset");
}

static void garbage_is_not_accepted_as_a_reply(void **state)
{
    (void)state;
    static const peer_script garbage = {
        {PEER_READ, PEER_SEND("SSH-2.0-OpenSSH_9.2p1\r\n"), PEER_HOLD}};
    static const peer_script both = {{PEER_READ,
        PEER_SEND(HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), PEER_HOLD}};
    expect_failure(&garbage, DUBBOC_E_PROTOCOL, "not an HTTP reply");
    expect_failure(&both, DUBBOC_E_PROTOCOL, "Content-Length with Transfer-Encoding");
}

/* libraries.md C7: the limit applies whether or not the reply announces its length. */
static void a_reply_over_the_ceiling_is_refused(void **state)
{
    (void)state;
    static const peer_script told = {
        {PEER_READ, PEER_SEND(HEAD "Content-Length: 1048577\r\n\r\n"), PEER_HOLD}};
    static const peer_script untold = {
        {PEER_READ, PEER_SEND(HEAD "\r\n"), PEER_FLOOD("0123456789abcdef", 70000), PEER_HOLD}};
    static const peer_script chunks = {
        {PEER_READ, PEER_SEND(HEAD "Transfer-Encoding: chunked\r\n\r\n"),
            PEER_FLOOD("10\r\n0123456789abcdef\r\n", 70000), PEER_HOLD}};
    static const peer_script head = {
        {PEER_READ, PEER_SEND(HEAD), PEER_FLOOD("A: 0123456789abcdef", 70000), PEER_HOLD}};
    expect_failure(&told, DUBBOC_E_TOO_BIG, "reply_max");
    expect_failure(&untold, DUBBOC_E_TOO_BIG, "reply_max");
    expect_failure(&chunks, DUBBOC_E_TOO_BIG, "reply_max");
    expect_failure(&head, DUBBOC_E_TOO_BIG, "64 KiB");
}

static void a_missing_reply_fails_with_e_broken_and_the_request_is_not_sent_again(void **state)
{
    (void)state;
    static const peer_script closes = {{PEER_READ}};
    static const peer_script resets = {{PEER_READ, PEER_RESET}};
    expect_failure(&closes, DUBBOC_E_BROKEN, "the connection was closed without a reply");
    expect_failure(&resets, DUBBOC_E_BROKEN, "reset");
}

/* libraries.md C1: in this case libcurl itself would send the request again, up to five times. */
static void a_post_on_a_reused_connection_is_sent_once(void **state)
{
    (void)state;
    static const peer_script closes_later = {{PEER_READ, PEER_SEND(PEER_OK), PEER_READ}};
    fixture f = start(&closes_later, 1);
    call_well(&f);
    http_client_connection *connection = take(&f);
    assert_true(http_client_connection_is_reused(connection));
    assert_status(DUBBOC_E_BROKEN, post(&f, connection), &f.err);
    assert_int_not_equal(http_client_exchange_bytes_sent(connection), 0);
    http_client_connection_give_back(connection);
    assert_int_equal(scripted_peer_requests(f.peer), 2);
    assert_int_equal(scripted_peer_connections(f.peer), 1);
    end(&f);
}

static bool is_readable(void *arg)
{
    struct pollfd fd = {.fd = http_client_connection_fd(arg), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* The peer resets the connection after the client has checked it and before the first send. No byte
 * is accepted, SIGPIPE does not end the process, and the count of sent bytes is 0. */
static void a_send_on_a_reset_connection_sends_no_byte_and_raises_no_signal(void **state)
{
    (void)state;
    static const peer_script holds = {{PEER_HOLD}};
    fixture f = start(&holds, 1);
    signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < 2; i++) {
        http_client_connection *connection = take(&f);
        scripted_peer_wait_for_connections(f.peer, i + 1);
        scripted_peer_reset_all(f.peer);
        assert_true(test_wait_for(is_readable, connection, 5000));
        if (i == 1) /* once recv() has reported the reset, send() raises SIGPIPE */
            assert_int_equal(
                recv(http_client_connection_fd(connection), &(char){0}, 1, MSG_DONTWAIT), -1);
        assert_status(DUBBOC_E_BROKEN, post(&f, connection), &f.err);
        assert_int_equal(http_client_exchange_bytes_sent(connection), 0);
        http_client_connection_give_back(connection);
    }
    end(&f);
}

static void a_reply_after_the_deadline_is_given_to_no_other_exchange(void **state)
{
    (void)state;
    static const peer_script scripts[] = {{{PEER_READ, PEER_WAIT, PEER_SEND(PEER_OK), PEER_HOLD}},
        {{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}}};
    fixture f = start(scripts, 2);
    http_client_connection *connection = take(&f);
    begin_post(connection);
    assert_int_equal(drive(connection, deadline_in_ms(30), &f.err), DUBBOC_E_TIMEOUT);
    http_client_connection_give_back(connection);
    scripted_peer_release(f.peer);
    call_well(&f);
    assert_int_equal(scripted_peer_connections(f.peer), 2);
    end(&f);
}

/* The peer sends without a pause, so there is always more to read. */
static void a_flood_does_not_outlast_the_deadline(void **state)
{
    (void)state;
    static const peer_script floods = {{PEER_READ, PEER_SEND(HEAD "\r\n"),
        PEER_FLOOD("0123456789abcdef0123456789abcdef", 50000000)}};
    http_client_settings settings = usual_settings();
    settings.reply_max_bytes = (size_t)1 << 40;
    fixture f = start_with(&settings, &floods, 1);
    http_client_connection *connection = take(&f);
    begin_post(connection);
    int64_t begin = clock_now_ns();
    assert_int_equal(drive(connection, deadline_in_ms(50), &f.err), DUBBOC_E_TIMEOUT);
    assert_in_range(clock_now_ns() - begin, 0, 1000 * NS_PER_MS);
    http_client_connection_give_back(connection);
    end(&f);
}

/* The peer answers before it has read the whole request, and in one of the two cases resets the
 * connection. The client must return this answer, although it could not send the whole request. */
static void an_early_answer_is_read(void **state)
{
    (void)state;
    static const peer_script holds = {{PEER_TAKE(10),
        PEER_SEND("HTTP/1.1 413 Too Big\r\nContent-Length: 2\r\n\r\nno"), PEER_HOLD}};
    static const peer_script resets = {{PEER_TAKE(10),
        PEER_SEND("HTTP/1.1 503 Busy\r\nDubboc-Not-Executed: 1\r\nContent-Length: 2\r\n\r\nno"),
        PEER_RESET}};
    const peer_script *const scripts[] = {&holds, &resets};
    size_t len = 16u << 20;
    char *body = calloc(1, len);
    assert_non_null(body);
    for (int i = 0; i < 2; i++) {
        fixture f = start(scripts[i], 1);
        http_client_connection *connection = take(&f);
        buffer_printf(http_client_connection_request(connection),
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", len);
        buffer_append_slice(http_client_connection_request(connection), slice_make(body, len));
        http_client_exchange_begin(connection);
        assert_status(DUBBOC_OK, drive(connection, deadline_in_ms(5000), &f.err), &f.err);
        assert_body(connection, "no");
        assert_false(http_client_exchange_reply(connection)->keep_alive);
        assert_int_equal(http_client_exchange_reply(connection)->not_executed, i == 1);
        http_client_connection_give_back(connection);
        end(&f);
    }
    free(body);
}

/* --- which connections are used again --- */

static void expect_not_reused(const peer_script *script, const char *body)
{
    fixture f = start(script, 1);
    for (int i = 0; i < 3; i++) {
        http_client_connection *connection = take(&f);
        assert_status(DUBBOC_OK, post(&f, connection), &f.err);
        assert_body(connection, body);
        http_client_connection_give_back(connection);
    }
    assert_int_equal(scripted_peer_connections(f.peer), 3);
    end(&f);
}

static void a_connection_with_surplus_bytes_is_not_used_again(void **state)
{
    (void)state;
    static const peer_script twice = {{PEER_READ, PEER_SEND(PEER_OK PEER_OK), PEER_HOLD}};
    static const peer_script garbage = {{PEER_READ, PEER_SEND(PEER_OK "\n"), PEER_HOLD}};
    expect_not_reused(&twice, "ok");
    expect_not_reused(&garbage, "ok");
}

static void a_connection_that_will_close_is_not_used_again(void **state)
{
    (void)state;
    static const peer_script closes = {
        {PEER_READ, PEER_SEND(HEAD "Connection: close\r\nContent-Length: 2\r\n\r\nok"), PEER_HOLD}};
    static const peer_script old = {
        {PEER_READ, PEER_SEND("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), PEER_HOLD}};
    static const peer_script untold = {{PEER_READ, PEER_SEND(HEAD "\r\nok")}};
    expect_not_reused(&closes, "ok");
    expect_not_reused(&old, "ok");
    expect_not_reused(&untold, "ok");
}

/* dubbo-go 3 and dubbogo 0.2 send a body in the reply to HEAD. This body must not be read as the
 * reply to the next request (wire.md 12.8). */
static void a_head_reply_has_no_body_and_ends_the_connection(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    for (int i = 0; i < 2; i++) {
        http_client_connection *connection = take(&f);
        buffer_append_text(
            http_client_connection_request(connection), "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
        http_client_exchange_begin(connection);
        assert_status(DUBBOC_OK, drive(connection, deadline_in_ms(5000), &f.err), &f.err);
        assert_body(connection, "");
        http_client_connection_give_back(connection);
    }
    assert_int_equal(scripted_peer_connections(f.peer), 2);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_many_exchanges),
        cmocka_unit_test(an_exchange_waits_for_the_reply_after_the_last_byte_was_sent),
        cmocka_unit_test(a_big_body_is_sent_whole),
        cmocka_unit_test(a_reply_may_arrive_byte_by_byte),
        cmocka_unit_test(a_truncated_reply_fails_with_e_broken),
        cmocka_unit_test(garbage_is_not_accepted_as_a_reply),
        cmocka_unit_test(a_reply_over_the_ceiling_is_refused),
        cmocka_unit_test(a_missing_reply_fails_with_e_broken_and_the_request_is_not_sent_again),
        cmocka_unit_test(a_post_on_a_reused_connection_is_sent_once),
        cmocka_unit_test(a_send_on_a_reset_connection_sends_no_byte_and_raises_no_signal),
        cmocka_unit_test(a_reply_after_the_deadline_is_given_to_no_other_exchange),
        cmocka_unit_test(a_flood_does_not_outlast_the_deadline),
        cmocka_unit_test(an_early_answer_is_read),
        cmocka_unit_test(a_connection_with_surplus_bytes_is_not_used_again),
        cmocka_unit_test(a_connection_that_will_close_is_not_used_again),
        cmocka_unit_test(a_head_reply_has_no_body_and_ends_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
