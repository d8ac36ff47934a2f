/* Limits for peers: a peer must not be too slow, open too many connections from one address, or
 * send too much. The test sets the clock and makes the server's steps (loops = 0), except where
 * real time matters. */
#include "tests/transport/server_peer.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts a server without threads, with these settings, and connects to it. */
static void begin(talk *t, const http_server_settings *settings)
{
    echo_start(&t->echo, settings);
    t->fd = echo_connect(&t->echo);
}

/* Sends text byte by byte and lets ms_a_byte pass after each byte. A timer for inactivity alone
 * would never end such a connection. */
static void drip(talk *t, const char *text, int64_t ms_a_byte)
{
    for (const char *at = text; *at != '\0'; at++) {
        peer_send(t->fd, at, 1);
        echo_turn(&t->echo);
        own_clock_pass_ms(ms_a_byte);
    }
    echo_turn(&t->echo);
}

static void ends_connections_whose_headers_arrive_too_slowly(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.header_timeout_ms = 1000;
    begin(&t, &settings);
    drip(&t, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaa", 30);
    assert_true(talk_read_all(&t) > 0);
    assert_contains(t.text, "HTTP/1.1 408 ");
    assert_contains(t.text, "Dubboc-Not-Executed: 1\r\n");
    echo_turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    talk_end(&t);
}

static void ends_connections_that_send_nothing(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.header_timeout_ms = 1000;
    begin(&t, &settings);
    own_clock_pass_ms(999);
    echo_turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    own_clock_pass_ms(2);
    echo_turn(&t.echo);
    assert_int_equal(talk_read_all(&t), 0);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    talk_end(&t);
}

static void ends_connections_whose_body_arrives_too_slowly(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.body_timeout_ms = 1000;
    begin(&t, &settings);
    talk_say(&t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
    drip(&t, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 30);
    assert_true(talk_read_all(&t) > 0);
    assert_contains(t.text, "HTTP/1.1 408 ");
    assert_int_equal(atomic_load(&t.echo.handled), 0);
    talk_end(&t);
}

static void ends_idle_connections_without_an_answer(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.idle_timeout_ms = 5000;
    begin(&t, &settings);
    talk_say(&t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    echo_turn(&t.echo);
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "Keep-Alive: timeout=4\r\n");
    own_clock_pass_ms(4900);
    talk_say(&t, "GET"); /* an unfinished request line does not extend the time */
    echo_turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    own_clock_pass_ms(200);
    echo_turn(&t.echo);
    assert_int_equal(talk_read_all(&t), 0);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    talk_end(&t);
}

static void ends_peers_that_do_not_read_their_answer(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.answer_timeout_ms = 3000;
    begin(&t, &settings);
    for (int i = 0; i < 4; i++)
        talk_say(&t, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    echo_turn(&t.echo);
    own_clock_pass_ms(2900);
    echo_turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    assert_int_equal(http_server_requests(t.echo.server), 1);
    own_clock_pass_ms(200);
    echo_turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    assert_int_equal(http_server_requests(t.echo.server), 0);
    talk_end(&t);
}

/* The time for the first request's headers starts when the connection opens. A connection that
 * sends its first line late must still end at its deadline, before the younger connections. */
static void a_late_first_line_does_not_move_the_deadline(void **state)
{
    (void)state;
    talk t;
    char text[1024];
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.header_timeout_ms = 1000;
    begin(&t, &settings);
    own_clock_pass_ms(500);
    int younger = echo_connect(&t.echo);
    peer_say(younger, "GET / HTTP/1.1\r\n");
    echo_turn(&t.echo);
    own_clock_pass_ms(400);
    talk_say(&t, "GET / HTTP/1.1\r\n");
    echo_turn(&t.echo);
    own_clock_pass_ms(200);
    echo_turn(&t.echo);
    assert_int_equal(talk_read(&t), 408);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    own_clock_pass_ms(500);
    echo_turn(&t.echo);
    assert_int_equal(peer_read_reply(younger, text, sizeof text), 408);
    close(younger);
    talk_end(&t);
}

static void limits_the_connections_of_one_address(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    settings.connections_per_address_max = 2;
    echo_start(&echo, &settings);
    int many[2];
    for (int i = 0; i < 2; i++) {
        many[i] = peer_connect_from(&echo, "127.0.0.2");
        peer_say(many[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(peer_read_reply(many[i], text, sizeof text), 200);
    }
    int refused = peer_connect_from(&echo, "127.0.0.2");
    assert_int_equal(peer_read_reply(refused, text, sizeof text), 503);
    assert_contains(text, "too many connections from this address");
    int other = peer_connect(&echo);
    peer_say(other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(peer_read_reply(other, text, sizeof text), 200);
    close(other);
    close(refused);
    for (int i = 0; i < 2; i++)
        close(many[i]);
    echo_stop(&echo);
}

/* Sends the whole body before it reads the reply. Fails the test if a send fails. */
static void says_413_to(const echo_server *echo, const char *head, const char *chunk_head)
{
    char text[1024];
    static char block[65536];
    int fd = peer_connect(echo);
    peer_say(fd, head);
    for (int i = 0; i < 128; i++) {
        peer_say(fd, chunk_head);
        assert_true(peer_send(fd, block, sizeof block));
        peer_say(fd, chunk_head[0] != '\0' ? "\r\n" : "");
    }
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 413);
    assert_contains(text, "Connection: close\r\n");
    assert_contains(text, "larger than this server takes");
    close(fd);
}

static void answers_413_while_the_body_is_still_arriving(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (int i = 0; i < 5; i++) {
        says_413_to(&echo, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n", "");
        says_413_to(
            &echo, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n");
    }
    assert_int_equal(atomic_load(&echo.handled), 0);
    echo_stop(&echo);
}

/* An idle connection keeps memory for the largest headers that are accepted (libraries.md M6). */
static void accepts_eight_kilobytes_of_headers_and_answers_431_beyond(void **state)
{
    (void)state;
    echo_server echo;
    char text[4096];
    char value[401];
    memset(value, 'v', 400);
    value[400] = '\0';
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    static const int counts[] = {20, 28, 100};
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        int count = counts[k];
        int fd = peer_connect(&echo);
        peer_say(fd, "POST /many HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n");
        for (int i = 0; i < count; i++) {
            snprintf(text, sizeof text, "X-Header-%d: %s\r\n", i, value);
            peer_say(fd, text);
        }
        peer_say(fd, "\r\nhello");
        assert_int_equal(peer_read_reply(fd, text, sizeof text), count == 20 ? 200 : 431);
        close(fd);
    }
    echo_stop(&echo);
}

/* --- descriptors: each test runs in its own process --- */

static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void limit_descriptors(rlim_t count)
{
    struct rlimit limit = {.rlim_cur = count, .rlim_max = count};
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int run_in_child(int (*body)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static int runs_out_of_descriptors(void)
{
    echo_server echo;
    char text[1024];
    int taken[400];
    int count = 0;
    limit_descriptors(300);
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int fd = -1;
    while (count < 400 && (taken[count] = fcntl(0, F_DUPFD_CLOEXEC, 3)) >= 0)
        count++;
    close(taken[--count]); /* leaves one descriptor for the client's socket, none for the server */
    fd = peer_connect(&echo);
    peer_say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    double before = cpu_seconds();
    test_wait_for(never, NULL, 300);
    if (cpu_seconds() - before > 0.03)
        return 1; /* the server used too much CPU */
    if (http_server_connections(echo.server) != 0)
        return 2; /* the server had a descriptor left, so nothing was tested */
    while (count > 0)
        close(taken[--count]);
    if (peer_read_reply(fd, text, sizeof text) != 200)
        return 3;
    echo_stop(&echo);
    return 0;
}

/* Opens one connection in each state in which the server waits. Returns 0 if the server uses little
 * CPU while it waits. */
static int waits_in_every_state(void)
{
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    int silent = peer_connect(&echo), head = peer_connect(&echo), body = peer_connect(&echo),
        held = peer_connect(&echo), slow = peer_connect(&echo);
    int lingering = peer_connect(&echo), idle = peer_connect(&echo);
    peer_say(head, "POST / HTTP/1.1\r\nHo");
    peer_say(body, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\na");
    peer_say(held, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\naGET / "
                   "HTTP/1.1\r\nHost: x\r\n\r\n");
    shutdown(held, SHUT_WR);
    peer_say(slow, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    peer_say(lingering, "GET / HTTP/1.1\r\n\r\n");
    peer_say(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    bool is_set = peer_read_reply(idle, text, sizeof text) == 200 &&
                  peer_read_reply(lingering, text, sizeof text) == 400;
    double before = cpu_seconds();
    test_wait_for(never, NULL, 300);
    double used = cpu_seconds() - before;
    is_set = is_set && atomic_load(&echo.held) != NULL && http_server_connections(echo.server) == 7;
    int fds[] = {silent, head, body, held, slow, lingering, idle};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        close(fds[i]);
    echo_stop(&echo);
    return is_set ? (used > 0.05 ? 1 : 0) : 2;
}

static void waits_for_its_peers_without_spinning(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(waits_in_every_state), 0);
}

static void survives_a_lack_of_descriptors_and_recovers(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(runs_out_of_descriptors), 0);
}

static int opens_with_few_descriptors(void)
{
    echo_server echo;
    dubboc_error err;
    limit_descriptors(80);
    http_server_settings settings = echo_settings(&echo, 1);
    if (http_server_open(&settings, &echo.server, &err) != DUBBOC_E_SYSTEM)
        return 1;
    return strstr(err.text, "descriptor limit of 80 is too low") != NULL ? 0 : 2;
}

static void reports_a_descriptor_limit_that_is_too_low(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(opens_with_few_descriptors), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, own_clock_begin, own_clock_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_connections_whose_headers_arrive_too_slowly),
        TEST(ends_connections_that_send_nothing),
        TEST(ends_connections_whose_body_arrives_too_slowly),
        TEST(ends_idle_connections_without_an_answer),
        TEST(ends_peers_that_do_not_read_their_answer),
        TEST(a_late_first_line_does_not_move_the_deadline),
        cmocka_unit_test(limits_the_connections_of_one_address),
        cmocka_unit_test(answers_413_while_the_body_is_still_arriving),
        cmocka_unit_test(accepts_eight_kilobytes_of_headers_and_answers_431_beyond),
        cmocka_unit_test(waits_for_its_peers_without_spinning),
        cmocka_unit_test(survives_a_lack_of_descriptors_and_recovers),
        cmocka_unit_test(reports_a_descriptor_limit_that_is_too_low),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
