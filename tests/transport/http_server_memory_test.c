/* The memory for request bodies is limited: which requests wait for it, in which order, for how
 * long, and what ends the wait. The test sets the clock and makes the server's steps. */
#include "tests/transport/server_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include "transport/http_server_internal.h"

#define KIB ((size_t)1024)
#define MEMORY_MAX (200 * KIB)
#define PEERS 4

static echo_server echo;
static int peers[PEERS];
static char text[4096];
static char bytes[200 * 1024];

static void turn(void)
{
    dubboc_error err;
    for (int i = 0; i < 40; i++)
        assert_status(DUBBOC_OK, http_server_step(echo.server, 0, &err), &err);
}

static void pass_ms(int64_t ms)
{
    turn();
    own_clock_pass_ms(ms);
    turn();
}

static void begin_with(const http_server_settings *settings)
{
    echo_start(&echo, settings);
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_connect(&echo);
    turn();
}

static http_server_settings memory_settings(void)
{
    http_server_settings settings = echo_settings(&echo, 0);
    settings.body_max_bytes = MEMORY_MAX;
    settings.memory_max_bytes = MEMORY_MAX;
    return settings;
}

static int set_up(void **state)
{
    own_clock_begin(state);
    memset(bytes, 'b', sizeof bytes);
    return 0;
}

static int begin(void **state)
{
    set_up(state);
    http_server_settings settings = memory_settings();
    begin_with(&settings);
    return 0;
}

static int end(void **state)
{
    for (int i = 0; i < PEERS; i++)
        close(peers[i]);
    echo_stop(&echo);
    return own_clock_end(state);
}

static size_t used(void)
{
    return memory_budget_used(&echo.server->shared.bodies);
}

static size_t waiting(void)
{
    return memory_budget_waiting(&echo.server->shared.bodies);
}

static void say_head(int peer, const char *path, size_t len)
{
    static const char format[] = "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n";
    snprintf(text, sizeof text, format, path, len);
    peer_say(peers[peer], text);
    turn();
}

static void say_body(int peer, size_t len)
{
    for (size_t sent = 0; sent < len; sent += 10 * KIB) {
        assert_true(peer_send(peers[peer], bytes, len - sent < 10 * KIB ? len - sent : 10 * KIB));
        turn();
    }
}

static void say_chunk(int peer, size_t len)
{
    snprintf(text, sizeof text, "%zx\r\n", len);
    peer_say(peers[peer], text);
    say_body(peer, len);
    peer_say(peers[peer], "\r\n");
    turn();
}

static void say_chunked_head(int peer, const char *path)
{
    static const char format[] =
        "POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    snprintf(text, sizeof text, format, path);
    peer_say(peers[peer], text);
}

static void say(int peer, const char *path, size_t len)
{
    say_head(peer, path, len);
    say_body(peer, len);
}

static void answer_held(void)
{
    http_server_request *held = atomic_exchange(&echo.held, NULL);
    assert_non_null(held);
    http_server_request_answer(held, 200, "text/plain", NULL, 0, false);
    turn();
}

static bool has_answer(int peer)
{
    char byte;
    return recv(peers[peer], &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void check_status(int peer, int expected)
{
    turn();
    assert_true(has_answer(peer));
    assert_int_equal(peer_read_reply(peers[peer], text, sizeof text), expected);
}

static void check_refused(int peer)
{
    turn();
    assert_true(has_answer(peer));
    assert_int_equal(peer_read_reply(peers[peer], text, sizeof text), 503);
    assert_contains(text, "Dubboc-Not-Executed: 1\r\n");
    assert_contains(text, "memory_max");
}

static void a_body_that_does_not_fit_is_not_read_until_there_is_room(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say(1, "/hold", 100 * KIB);
    assert_int_equal(atomic_load(&echo.handled), 1);
    assert_int_equal(used(), 150 * KIB);
    assert_int_equal(waiting(), 1);
    answer_held();
    check_status(0, 200);
    assert_int_equal(atomic_load(&echo.handled), 2);
    assert_int_equal(http_server_request_body(atomic_load(&echo.held)).len, 100 * KIB);
    assert_int_equal(used(), 100 * KIB);
    answer_held();
    check_status(1, 200);
    assert_int_equal(used(), 0);
}

static void waiters_are_served_in_the_order_of_arrival(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say(1, "/hold", 120 * KIB);
    say(2, "/hold", 20 * KIB); /* would fit, but peer 1 came first */
    say(3, "/hold", 150 * KIB);
    assert_int_equal(waiting(), 3);
    answer_held();
    assert_int_equal(waiting(), 1);
    assert_int_equal(used(), 140 * KIB);
    assert_int_equal(atomic_load(&echo.handled), 3);
}

static void a_declared_length_is_taken_before_the_first_byte(void **state)
{
    (void)state;
    say_head(0, "/a", 150 * KIB);
    assert_int_equal(used(), 150 * KIB);
    say(1, "/a", 100 * KIB);
    assert_int_equal(waiting(), 1);
    say_body(0, 150 * KIB);
    check_status(0, 200);
    check_status(1, 200);
}

static void no_request_waits_for_longer_than_a_second(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say_head(1, "/a", 100 * KIB);
    pass_ms(HTTP_SERVER_MEMORY_WAIT_MS - 1);
    assert_false(has_answer(1));
    pass_ms(1);
    check_refused(1);
    assert_int_equal(waiting(), 0);
    assert_int_equal(used(), 150 * KIB);
    assert_int_equal(atomic_load(&echo.handled), 1);
}

static void a_waiter_that_gives_up_lets_the_next_one_through(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say_head(1, "/a", 100 * KIB);
    pass_ms(HTTP_SERVER_MEMORY_WAIT_MS / 2);
    say(2, "/a", 50 * KIB);
    assert_false(has_answer(2));
    pass_ms(HTTP_SERVER_MEMORY_WAIT_MS / 2);
    check_refused(1);
    check_status(2, 200);
}

static void a_small_body_does_not_wait(void **state)
{
    (void)state;
    say(0, "/hold", MEMORY_MAX);
    say_head(1, "/a", 100 * KIB);
    say(2, "/a", 8 * KIB);
    check_status(2, 200);
    assert_int_equal(waiting(), 1);
    assert_int_equal(used(), MEMORY_MAX);
}

static void the_body_timeout_is_paused_during_the_wait(void **state)
{
    (void)state;
    end(NULL);
    set_up(NULL);
    http_server_settings settings = memory_settings();
    settings.body_timeout_ms = 600;
    begin_with(&settings);
    say(0, "/hold", 150 * KIB);
    say_head(1, "/a", 100 * KIB);
    pass_ms(900);
    answer_held();
    pass_ms(599);
    assert_false(has_answer(1));
    pass_ms(1);
    check_status(1, 408);
    assert_int_equal(used(), 0);
}

static void the_timeout_of_a_chunked_body_continues_after_the_wait(void **state)
{
    (void)state;
    end(NULL);
    set_up(NULL);
    http_server_settings settings = memory_settings();
    settings.body_timeout_ms = 600;
    begin_with(&settings);
    say_chunked_head(1, "/a");
    say_chunk(1, 10 * KIB);
    say(0, "/hold", 100 * KIB);
    pass_ms(400);
    say_chunk(1, 100 * KIB);
    assert_int_equal(waiting(), 1);
    pass_ms(900);
    answer_held();
    assert_int_equal(waiting(), 0);
    pass_ms(199);
    assert_false(has_answer(1));
    pass_ms(1);
    check_status(1, 408);
}

static void a_chunked_body_takes_memory_as_it_grows(void **state)
{
    (void)state;
    say_chunked_head(0, "/hold");
    say_chunk(0, 5 * KIB);
    assert_int_equal(used(), 0);
    say_chunk(0, 5 * KIB);
    assert_int_equal(used(), 64 * KIB);
    say_chunk(0, 60 * KIB);
    assert_int_equal(used(), 128 * KIB);
    say_chunk(0, 100 * KIB);
    assert_int_equal(used(), MEMORY_MAX);
    peer_say(peers[0], "0\r\n\r\n");
    turn();
    assert_int_equal(http_server_request_body(atomic_load(&echo.held)).len, 170 * KIB);
    answer_held();
    check_status(0, 200);
    assert_int_equal(used(), 0);
}

static void a_chunked_body_waits_in_its_middle(void **state)
{
    (void)state;
    say_chunked_head(0, "/a");
    say_chunk(0, 10 * KIB);
    say(1, "/hold", 100 * KIB);
    say_chunk(0, 90 * KIB);
    peer_say(peers[0], "0\r\n\r\n");
    turn();
    assert_int_equal(waiting(), 1);
    assert_false(has_answer(0));
    answer_held();
    turn();
    assert_true(has_answer(0));
    char reply[101 * 1024];
    assert_int_equal(peer_read_reply(peers[0], reply, sizeof reply), 200);
    assert_contains(reply, "POST /a? bbbb");
    assert_int_equal(count_of(reply, "b"), 100 * 1024);
}

static void two_requests_that_wait_for_each_other_end_after_a_second(void **state)
{
    (void)state;
    say_chunked_head(0, "/a");
    say_chunked_head(1, "/a");
    say_chunk(0, 70 * KIB); /* the server charges 128 KiB */
    say_chunk(1, 10 * KIB); /* the server charges 64 KiB */
    say_chunk(0, 70 * KIB);
    pass_ms(HTTP_SERVER_MEMORY_WAIT_MS / 2);
    say_chunk(1, 70 * KIB);
    assert_int_equal(waiting(), 2);
    pass_ms(HTTP_SERVER_MEMORY_WAIT_MS / 2);
    check_refused(0);
    assert_int_equal(waiting(), 0);
    peer_say(peers[1], "0\r\n\r\n");
    turn();
    assert_true(has_answer(1));
    assert_int_equal(used(), 0);
}

/* All three requests reach the time limit at once. Only the first is refused, because its memory is
 * enough for the next one. */
static void not_all_requests_that_wait_for_each_other_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        say_chunked_head(i, "/a");
        say_chunk(i, 10 * KIB); /* the server charges 64 KiB */
    }
    for (int i = 0; i < 3; i++)
        say_chunk(i, 60 * KIB);
    assert_int_equal(waiting(), 3);
    pass_ms(HTTP_SERVER_MEMORY_WAIT_MS);
    check_refused(0);
    assert_false(has_answer(1));
    peer_say(peers[1], "0\r\n\r\n");
    turn();
    assert_true(has_answer(1));
    assert_true(recv(peers[1], text, 17, 0) == 17);
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
    assert_int_equal(waiting(), 0);
}

static void requests_behind_a_waiting_peer_get_memory_when_that_peer_vanishes(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say_head(1, "/a", 100 * KIB);
    say(2, "/a", 50 * KIB);
    assert_false(has_answer(2));
    close(peers[1]);
    peers[1] = -1;
    check_status(2, 200);
    assert_int_equal(waiting(), 0);
    assert_int_equal(used(), 150 * KIB);
}

static void a_waiting_request_is_served_although_its_peer_has_half_closed(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say(1, "/a", 100 * KIB);
    shutdown(peers[1], SHUT_WR);
    turn();
    assert_int_equal(waiting(), 1);
    answer_held();
    turn();
    assert_true(has_answer(1));
    assert_true(recv(peers[1], text, 17, 0) == 17);
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
}

/* The body takes longer than the time for which the server keeps a connection whose peer has closed
 * its side. */
static void a_slow_sender_that_half_closes_is_served_once_there_is_memory(void **state)
{
    (void)state;
    say_chunked_head(1, "/a");
    say_chunk(1, 10 * KIB);
    say(0, "/hold", 130 * KIB);
    pass_ms(HTTP_SERVER_DEPARTED_MS + 1000);
    say_chunk(1, 120 * KIB);
    peer_say(peers[1], "0\r\n\r\n");
    assert_int_equal(waiting(), 1);
    shutdown(peers[1], SHUT_WR);
    turn();
    answer_held();
    pass_ms(1);
    assert_true(has_answer(1));
    assert_true(recv(peers[1], text, 17, 0) == 17);
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
}

static void the_end_of_the_server_answers_waiting_requests(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say_head(1, "/a", 100 * KIB);
    say(2, "/a", 50 * KIB);
    say_chunked_head(3, "/a");
    say_chunk(3, 10 * KIB);
    assert_int_equal(waiting(), 3);
    echo_stop(&echo);
    for (int i = 1; i < PEERS; i++) {
        assert_int_equal(peer_read_reply(peers[i], text, sizeof text), 503);
        assert_contains(text, "Dubboc-Not-Executed: 1\r\n");
    }
}

static void a_draining_server_still_serves_waiting_requests(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    say(1, "/a", 100 * KIB);
    http_server_drain(echo.server);
    turn();
    assert_false(http_server_is_drained(echo.server));
    answer_held();
    turn();
    assert_int_equal(http_server_requests(echo.server), 0);
    check_status(0, 200);
    assert_contains(text, "Connection: close\r\n");
    turn();
    assert_true(http_server_is_drained(echo.server));
}

static void continue_is_not_sent_before_there_is_room(void **state)
{
    (void)state;
    say(0, "/hold", 150 * KIB);
    peer_say(peers[1], "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                       "Content-Length: 102400\r\n\r\n");
    turn();
    assert_int_equal(waiting(), 1);
    assert_false(has_answer(1));
    answer_held();
    turn();
    assert_true(recv(peers[1], text, 25, 0) == 25);
    assert_memory_equal(text, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    say_body(1, 100 * KIB);
    check_status(1, 200);
}

static void a_connection_is_used_again_after_a_wait(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        say(0, "/hold", 150 * KIB);
        say(1, "/hold", 100 * KIB);
        assert_int_equal(waiting(), 1);
        answer_held();
        check_status(0, 200);
        answer_held();
        check_status(1, 200);
        assert_int_equal(used(), 0);
    }
}

static void a_sender_that_will_miss_its_deadline_gives_way(void **state)
{
    (void)state;
    say_head(0, "/a", 100 * KIB); /* the body has 60 s to arrive */
    say_head(1, "/a", 100 * KIB);
    say_body(1, 10 * KIB);
    pass_ms(5000);
    say(2, "/a", 150 * KIB);
    check_status(0, 408);
    assert_false(has_answer(1));
    assert_int_equal(waiting(), 1);
    say_body(1, 90 * KIB);
    check_status(1, 200);
    check_status(2, 200);
}

/* When the other request begins to wait, this sender is too young to be judged. It must give way
 * later. */
static void a_silent_sender_gives_way_while_others_wait(void **state)
{
    (void)state;
    say_head(0, "/a", 150 * KIB);
    pass_ms(500);
    say(1, "/a", 100 * KIB);
    pass_ms(499);
    assert_false(has_answer(0));
    pass_ms(101);
    check_status(0, 408);
    check_status(1, 200);
}

static void no_sender_gives_way_while_there_is_memory(void **state)
{
    (void)state;
    say_head(0, "/a", 100 * KIB);
    pass_ms(5000);
    say(1, "/a", 100 * KIB);
    check_status(1, 200);
    say_body(0, 100 * KIB);
    check_status(0, 200);
}

/* The body's memory is freed as soon as the answer is ready, even if the peer reads the answer
 * slowly. */
static void the_memory_of_a_body_is_freed_before_a_slow_peer_has_read_the_answer(void **state)
{
    (void)state;
    say(0, "/big", 150 * KIB);
    assert_int_equal(http_server_requests(echo.server), 1);
    assert_int_equal(used(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_that_does_not_fit_is_not_read_until_there_is_room),
        TEST(waiters_are_served_in_the_order_of_arrival),
        TEST(a_declared_length_is_taken_before_the_first_byte),
        TEST(no_request_waits_for_longer_than_a_second),
        TEST(a_waiter_that_gives_up_lets_the_next_one_through),
        TEST(a_small_body_does_not_wait),
        TEST(the_body_timeout_is_paused_during_the_wait),
        TEST(the_timeout_of_a_chunked_body_continues_after_the_wait),
        TEST(a_chunked_body_takes_memory_as_it_grows),
        TEST(a_chunked_body_waits_in_its_middle),
        TEST(two_requests_that_wait_for_each_other_end_after_a_second),
        TEST(not_all_requests_that_wait_for_each_other_are_refused),
        TEST(requests_behind_a_waiting_peer_get_memory_when_that_peer_vanishes),
        TEST(a_waiting_request_is_served_although_its_peer_has_half_closed),
        TEST(a_slow_sender_that_half_closes_is_served_once_there_is_memory),
        TEST(the_end_of_the_server_answers_waiting_requests),
        TEST(a_draining_server_still_serves_waiting_requests),
        TEST(continue_is_not_sent_before_there_is_room),
        TEST(a_connection_is_used_again_after_a_wait),
        TEST(the_memory_of_a_body_is_freed_before_a_slow_peer_has_read_the_answer),
        TEST(a_sender_that_will_miss_its_deadline_gives_way),
        TEST(a_silent_sender_gives_way_while_others_wait),
        TEST(no_sender_gives_way_while_there_is_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
