/* A new connection arrives when the server has its maximum of connections: which connection makes
 * room, and what its peer sees. The test sets the clock and makes the server's steps (loops = 0),
 * except where several loops matter. */
#include "tests/transport/server_peer.h"

#include <pthread.h>
#include <unistd.h>

#include "transport/http_server_internal.h"

static bool has_connections(void *arg)
{
    echo_server *echo = arg;
    dubboc_error err;
    (void)!http_server_step(echo->server, 0, &err);
    return http_server_connections(echo->server) > 0;
}

#define GET "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

/* Opens idle connections, each of which has been answered once and is 10 ms younger than the one
 * before it. */
static void open_idle(echo_server *echo, int *fds, int count)
{
    char text[1024];
    for (int i = 0; i < count; i++) {
        fds[i] = echo_connect(echo);
        peer_say(fds[i], GET);
        echo_turn(echo);
        assert_int_equal(peer_read_reply(fds[i], text, sizeof text), 200);
        own_clock_pass_ms(10);
    }
}

static void close_all_of(const int *fds, int count)
{
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

/* Connects, sends a request and returns the status of the reply. */
static int ask_as_newcomer(echo_server *echo, int *fd, char *text, size_t size)
{
    *fd = peer_connect(echo);
    peer_say(*fd, GET);
    echo_turn(echo);
    return peer_read_reply(*fd, text, size);
}

static int ask_again(echo_server *echo, int fd)
{
    char text[1024];
    peer_say(fd, GET);
    echo_turn(echo);
    return peer_read_reply(fd, text, sizeof text);
}

static void refuses_new_connections_when_all_are_in_use(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int used[3], fd;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 3;
    echo_start(&echo, &settings);
    open_idle(&echo, used, 3);
    assert_int_equal(ask_as_newcomer(&echo, &fd, text, sizeof text), 503);
    assert_contains(text, "Dubboc-Not-Executed: 1\r\n");
    assert_contains(text, "too many connections\n");
    assert_int_equal(http_server_connections(echo.server), 3);
    close(fd);
    close_all_of(used, 3);
    while (has_connections(&echo))
        ;
    fd = echo_connect(&echo); /* the places are free again */
    assert_int_equal(http_server_connections(echo.server), 1);
    close(fd);
    echo_stop(&echo);
}

static void the_oldest_idle_connection_is_closed_when_a_full_server_gets_a_new_one(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int idle[3], fresh[3];
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 3;
    echo_start(&echo, &settings);
    open_idle(&echo, idle, 3);
    own_clock_pass_ms(100);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_as_newcomer(&echo, &fresh[i], text, sizeof text), 200);
        assert_int_equal(peer_read_all(idle[i], text, sizeof text), 0); /* no unrequested reply */
        assert_int_equal(http_server_connections(echo.server), 3);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask_again(&echo, fresh[i]), 200);
    close_all_of(idle, 3);
    close_all_of(fresh, 3);
    echo_stop(&echo);
}

static void an_idle_connection_makes_room_before_a_slow_sender(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int idle, fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 2;
    echo_start(&echo, &settings);
    int slow = echo_connect(&echo);
    peer_say(slow, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    echo_turn(&echo);
    own_clock_pass_ms(500);
    open_idle(&echo, &idle, 1);
    own_clock_pass_ms(100);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_all(idle, text, sizeof text), 0);
    peer_say(slow, "cd");
    echo_turn(&echo);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 200);
    assert_contains(text, "POST /slow? abcd");
    close(slow);
    close(idle);
    close(fresh);
    echo_stop(&echo);
}

/* The peer sees an orderly close and not a reset, so it knows that there is no reply. */
static void a_request_on_its_way_to_an_evicted_connection_is_not_handled(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int idle, fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 1;
    echo_start(&echo, &settings);
    open_idle(&echo, &idle, 1);
    own_clock_pass_ms(100);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    int handled = atomic_load(&echo.handled);
    assert_true(peer_send(idle, GET, strlen(GET)));
    echo_turn(&echo);
    assert_true(peer_send(idle, GET, strlen(GET)));
    echo_turn(&echo);
    assert_int_equal(peer_read_all(idle, text, sizeof text), 0);
    assert_int_equal(atomic_load(&echo.handled), handled);
    assert_int_equal(http_server_connections(echo.server), 1);
    close(idle);
    close(fresh);
    echo_stop(&echo);
}

/* The server accepts the new connection before it reads the request on the idle one. */
static void an_idle_connection_with_a_request_on_its_way_keeps_its_place(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int idle[2], fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 2;
    echo_start(&echo, &settings);
    open_idle(&echo, idle, 2);
    own_clock_pass_ms(100);
    peer_say(idle[0], GET);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(idle[0], text, sizeof text), 200);
    assert_int_equal(peer_read_all(idle[1], text, sizeof text), 0);
    close_all_of(idle, 2);
    close(fresh);
    echo_stop(&echo);
}

/* --- connections that were opened in advance and have not sent anything yet --- */

static void a_silent_connection_whose_first_request_has_arrived_is_not_evicted(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 1;
    echo_start(&echo, &settings);
    int silent = echo_connect(&echo);
    own_clock_pass_ms(200);
    peer_say(silent, GET); /* arrives together with the new connection */
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 503);
    assert_contains(text, "Dubboc-Not-Executed: 1\r\n");
    assert_int_equal(peer_read_reply(silent, text, sizeof text), 200);
    close(silent);
    close(fresh);
    echo_stop(&echo);
}

static void a_silent_connection_without_a_request_on_its_way_makes_room(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int silent[2], fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 2;
    echo_start(&echo, &settings);
    for (int i = 0; i < 2; i++) {
        silent[i] = echo_connect(&echo);
        own_clock_pass_ms(200);
    }
    peer_say(silent[0], GET);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(silent[0], text, sizeof text), 200);
    int handled = atomic_load(&echo.handled);
    assert_true(peer_send(silent[1], GET, strlen(GET)));
    echo_turn(&echo);
    assert_true(peer_send(silent[1], GET, strlen(GET))); /* read, not answered with a reset */
    echo_turn(&echo);
    assert_int_equal(peer_read_all(silent[1], text, sizeof text), 0);
    assert_int_equal(atomic_load(&echo.handled), handled);
    close_all_of(silent, 2);
    close(fresh);
    echo_stop(&echo);
}

static void a_silent_connection_makes_room_before_an_older_sender(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 2;
    echo_start(&echo, &settings);
    int slow = echo_connect(&echo);
    peer_say(slow, "GET /me HTTP/1.1\r\n");
    echo_turn(&echo);
    own_clock_pass_ms(200);
    int silent = echo_connect(&echo);
    own_clock_pass_ms(200);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_all(silent, text, sizeof text), 0);
    peer_say(slow, "Host: x\r\n\r\n");
    echo_turn(&echo);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 200);
    close(slow);
    close(silent);
    close(fresh);
    echo_stop(&echo);
}

static void many_evicted_connections_hold_few_descriptors(void **state)
{
    (void)state;
    enum { MANY = 100 };
    echo_server echo;
    char text[1024];
    int idle[MANY], fresh[MANY];
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = MANY;
    echo_start(&echo, &settings);
    open_idle(&echo, idle, MANY);
    own_clock_pass_ms(100);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ask_as_newcomer(&echo, &fresh[i], text, sizeof text), 200);
        own_clock_pass_ms(1);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(peer_read_all(idle[i], text, sizeof text), 0);
    assert_int_equal(http_server_connections(echo.server), MANY);
    own_clock_pass_ms(5000);
    echo_turn(&echo);
    assert_int_equal(http_server_connections(echo.server), MANY);
    assert_int_equal(ask_again(&echo, fresh[0]), 200);
    close_all_of(idle, MANY);
    close_all_of(fresh, MANY);
    echo_stop(&echo);
}

/* The sender got the reply "not executed", so its request must not be handled. */
static void bytes_that_a_cut_off_sender_still_sends_are_not_handled(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 1;
    echo_start(&echo, &settings);
    int slow = echo_connect(&echo);
    peer_say(slow, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    echo_turn(&echo);
    own_clock_pass_ms(200);
    peer_say(slow, "cd"); /* arrives together with the new connection, which takes its place */
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 503);
    assert_int_equal(atomic_load(&echo.handled), 1);
    close(slow);
    close(fresh);
    echo_stop(&echo);
}

/* --- several loops: any loop may accept the new connection --- */

enum { LOOPS = 4, HALF = 6 };

typedef struct requests_wanted {
    const echo_server *echo;
    int count;
} requests_wanted;

static bool has_requests(void *arg)
{
    const requests_wanted *wanted = arg;
    return http_server_requests(wanted->echo->server) == wanted->count;
}

static void wait_for_requests(const echo_server *echo, int count)
{
    assert_true(test_wait_for(has_requests, &(requests_wanted){echo, count}, 5000));
}

/* Opens HALF new connections. Each is served and takes the place of a connection in old, which gets
 * a reply with status (0: it is closed without a reply). */
static void newcomers_take_places(const echo_server *echo, int *fresh, const int *old, int status)
{
    char text[1024];
    for (int i = 0; i < HALF; i++) {
        fresh[i] = peer_connect(echo);
        peer_say(fresh[i], GET);
        assert_int_equal(peer_read_reply(fresh[i], text, sizeof text), 200);
    }
    for (int i = 0; i < HALF; i++)
        assert_int_equal(peer_read_reply(old[i], text, sizeof text), status);
    assert_int_equal(http_server_connections(echo->server), 2 * HALF);
}

static void idle_connections_then_slow_senders_of_all_loops_make_room(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int slow[HALF], idle[HALF], fresh[2 * HALF];
    http_server_settings settings = echo_settings(&echo, LOOPS);
    settings.connections_max = 2 * HALF;
    echo_start(&echo, &settings);
    for (int i = 0; i < HALF; i++) {
        slow[i] = peer_connect(&echo);
        peer_say(slow[i], "POST / HTTP/1.1\r\nHost: x\r\n");
    }
    for (int i = 0; i < HALF; i++) {
        idle[i] = peer_connect(&echo);
        peer_say(idle[i], GET);
        assert_int_equal(peer_read_reply(idle[i], text, sizeof text), 200);
    }
    wait_for_requests(&echo, HALF);
    own_clock_pass_ms(1000);
    newcomers_take_places(&echo, fresh, idle, 0);
    wait_for_requests(&echo, HALF); /* no slow sender was cut off */
    newcomers_take_places(&echo, fresh + HALF, slow, 503);
    close_all_of(slow, HALF);
    close_all_of(idle, HALF);
    close_all_of(fresh, 2 * HALF);
    echo_stop(&echo);
}

/* A server with two loops. The test knows the loop of each connection and can stop one loop.
 * Connections are opened in pairs, one for each loop. */
enum { PAIRS = 3, OF_STOPPED = 0, OF_OTHER = 1 };

static _Atomic(pthread_t) loop_of_request; /* the loop that answered the last request */
static atomic_bool is_loop_stopped, may_loop_go_on;

static bool is_set(void *flag)
{
    return atomic_load((atomic_bool *)flag);
}

static void answer_from_a_known_loop(void *arg, http_server_request *request)
{
    (void)arg;
    loop_of_request = pthread_self();
    if (slice_is(http_server_request_path(request), "/stop")) {
        atomic_store(&is_loop_stopped, true);
        test_wait_for(is_set, &may_loop_go_on, 5000);
    }
    http_server_request_answer(request, 200, "text/plain", NULL, 0, false);
}

static void open_pairs(const echo_server *echo, int fds[PAIRS][2])
{
    char text[1024];
    pthread_t stopped = {0};
    for (int i = 0; i < 2 * PAIRS; i++) {
        int fd = peer_connect(echo);
        peer_say(fd, GET);
        assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
        if (i == 0)
            stopped = loop_of_request;
        fds[i / 2][pthread_equal(stopped, loop_of_request) ? OF_STOPPED : OF_OTHER] = fd;
        own_clock_pass_ms(10);
    }
}

static bool has_arrivals(void *arg)
{
    const http_server *server = arg;
    return atomic_load(&server->loops[0].mailbox.arrivals.top) != NULL ||
           atomic_load(&server->loops[1].mailbox.arrivals.top) != NULL;
}

/* The new connection is sent to the loop with the oldest idle connection. A request has arrived on
 * that idle connection, so the new connection goes on to the other loop. The slow sender of the
 * first loop keeps its place. */
static void an_idle_connection_of_another_loop_makes_room_before_a_sender(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int fds[PAIRS][2];
    http_server_settings settings = echo_settings(&echo, 2);
    settings.connections_max = 2 * PAIRS;
    settings.on_request = answer_from_a_known_loop;
    echo_start(&echo, &settings);
    open_pairs(&echo, fds);
    int oldest = fds[0][OF_STOPPED], slow = fds[1][OF_STOPPED], stopper = fds[2][OF_STOPPED];
    peer_say(slow, "POST / HTTP/1.1\r\n");
    wait_for_requests(&echo, 1);
    own_clock_pass_ms(1000);
    peer_say(stopper, "GET /stop HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(test_wait_for(is_set, &is_loop_stopped, 5000));
    peer_say(oldest, GET);
    int fresh = peer_connect(&echo);
    peer_say(fresh, GET);
    assert_true(test_wait_for(has_arrivals, echo.server, 5000));
    atomic_store(&may_loop_go_on, true);
    assert_int_equal(peer_read_reply(fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(oldest, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(stopper, text, sizeof text), 200);
    assert_int_equal(peer_read_all(fds[0][OF_OTHER], text, sizeof text), 0);
    peer_say(slow, "Host: x\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 200);
    for (int i = 0; i < PAIRS; i++)
        close_all_of(fds[i], 2);
    close(fresh);
    echo_stop(&echo);
}

static void the_slowest_sender_is_refused_when_a_full_server_gets_a_new_connection(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 2;
    echo_start(&echo, &settings);
    int slow = echo_connect(&echo);
    peer_say(slow, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    echo_turn(&echo);
    own_clock_pass_ms(200);
    int younger = echo_connect(&echo);
    peer_say(younger, "GET /me HTTP/1.1\r\n");
    echo_turn(&echo);
    own_clock_pass_ms(200);
    int fd = peer_connect(&echo);
    peer_say(fd, "GET /me HTTP/1.1\r\nHost: x\r\n\r\n");
    echo_turn(&echo);
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 503);
    assert_contains(text, "Dubboc-Not-Executed: 1\r\n");
    peer_say(younger, "Host: x\r\n\r\n");
    echo_turn(&echo);
    assert_int_equal(peer_read_reply(younger, text, sizeof text), 200);
    close(slow);
    close(younger);
    close(fd);
    echo_stop(&echo);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, own_clock_begin, own_clock_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_new_connections_when_all_are_in_use),
        TEST(the_oldest_idle_connection_is_closed_when_a_full_server_gets_a_new_one),
        TEST(an_idle_connection_makes_room_before_a_slow_sender),
        TEST(a_request_on_its_way_to_an_evicted_connection_is_not_handled),
        TEST(an_idle_connection_with_a_request_on_its_way_keeps_its_place),
        TEST(a_silent_connection_whose_first_request_has_arrived_is_not_evicted),
        TEST(a_silent_connection_without_a_request_on_its_way_makes_room),
        TEST(a_silent_connection_makes_room_before_an_older_sender),
        TEST(many_evicted_connections_hold_few_descriptors),
        TEST(bytes_that_a_cut_off_sender_still_sends_are_not_handled),
        TEST(idle_connections_then_slow_senders_of_all_loops_make_room),
        TEST(an_idle_connection_of_another_loop_makes_room_before_a_sender),
        TEST(the_slowest_sender_is_refused_when_a_full_server_gets_a_new_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
