/* Makes each allocation of the server fail in turn. The result is a clean error, a refusal or a
 * closed connection, and nothing leaks. */
#include "tests/support/alloc_fail.h"
#include "tests/transport/server_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#define BODY_BYTES 2000

static void turn(echo_server *echo)
{
    dubboc_error err;
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_OK, http_server_step(echo->server, 0, &err), &err);
}

static bool answers(void *arg)
{
    echo_server *echo = arg;
    turn(echo);
    http_server_request *held = atomic_exchange(&echo->held, NULL);
    if (held == NULL)
        return false;
    buffer_append_text(http_server_request_out(held), "held");
    const http_server_answer_header header = {"X-Own", "1"};
    http_server_request_answer(held, 200, "text/plain", &header, 1, false);
    turn(echo);
    return true;
}

/* Sends a request. Returns the status of the reply; 0: the connection was closed. */
static int ask(echo_server *echo, int fd, const char *path, char *text, size_t size)
{
    char body[BODY_BYTES];
    snprintf(
        text, size, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", path, BODY_BYTES);
    memset(body, 'b', sizeof body);
    peer_say(fd, text);
    peer_send(fd, body, sizeof body);
    answers(echo);
    return peer_read_reply(fd, text, size);
}

static void check_outcome(int status, bool must_work, const char *text)
{
    if (must_work)
        assert_int_equal(status, 200);
    else if (status != 200 && status != 503 && status != 500 && status != 0)
        fail_msg("unexpected status %d: %s", status, text);
}

/* The body is first kept in a buffer, then in pages, and then in more pages. */
static void send_large_chunks(echo_server *echo, bool must_work)
{
    static char chunk[60 * 1024];
    static char text[4 * sizeof chunk + 1024];
    int fd = peer_connect(echo);
    memset(chunk, 'b', sizeof chunk);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "%zx\r\n", sizeof chunk);
        bool is_open = peer_send(fd, text, strlen(text)) && peer_send(fd, chunk, sizeof chunk);
        is_open = is_open && peer_send(fd, "\r\n", 2);
        turn(echo);
        if (!is_open)
            break;
    }
    peer_send(fd, "0\r\n\r\n", 5);
    turn(echo);
    check_outcome(peer_read_reply(fd, text, sizeof text), must_work, text);
    close(fd);
    turn(echo);
}

static void serve(echo_server *echo, bool must_work)
{
    char text[4096];
    int fd = peer_connect(echo);
    turn(echo);
    static const char *const paths[] = {"/plain", "/hold", "/plain"};
    for (size_t i = 0; i < 3; i++) {
        int status = ask(echo, fd, paths[i], text, sizeof text);
        check_outcome(status, must_work, text);
        if (status != 200)
            break;
    }
    close(fd);
    turn(echo);
    send_large_chunks(echo, must_work);
    assert_int_equal(http_server_connections(echo->server), 0);
    assert_int_equal(http_server_requests(echo->server), 0);
}

static void run_round(void *arg, bool must_work)
{
    (void)arg;
    echo_server echo;
    dubboc_error err;
    http_server_settings settings = echo_settings(&echo, 0);
    dubboc_status status = http_server_open(&settings, &echo.server, &err);
    if (status == DUBBOC_OK) {
        status = http_server_start(echo.server, &err);
        if (status == DUBBOC_OK) {
            const char *colon = strrchr(http_server_address(echo.server), ':');
            echo.port = atoi(colon + 1);
            serve(&echo, must_work);
        }
        http_server_free(echo.server);
    }
    if (must_work || status != DUBBOC_E_NO_MEMORY)
        assert_status(DUBBOC_OK, status, &err);
}

static void each_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    unsigned long failed = alloc_fail_each(run_round, NULL);
    print_message("%lu allocations failed in turn\n", failed);
    assert_true(failed > 10);
}

static void a_steady_exchange_allocates_nothing(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 0);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    for (int i = 0; i < 20; i++) {
        if (i == 1)
            alloc_fail_at(0);
        peer_say(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
        turn(&echo);
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    }
    /* At most one new second begins, and only the Date header of that second needs allocations. */
    assert_in_range(alloc_fail_count(), 0, 4);
    close(fd);
    echo_stop(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_allocation_is_a_clean_error),
        cmocka_unit_test(a_steady_exchange_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
