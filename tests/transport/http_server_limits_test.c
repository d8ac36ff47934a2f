/* What a peer may not do: be slow, be many, be big. The clock is the test's, and so are the
 * server's turns (loops = 0), unless the real world is the point. */
#include "tests/transport/server_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/http_server_internal.h"

static _Atomic int64_t fake_now_ns;

static int64_t fake_clock(void)
{
    return fake_now_ns;
}

static void pass_ms(int64_t ms)
{
    fake_now_ns += ms * NS_PER_MS;
}

static int use_fake_clock(void **state)
{
    (void)state;
    fake_now_ns = 1000 * NS_PER_S;
    clock_set_source(fake_clock);
    return 0;
}

static int use_real_clock(void **state)
{
    (void)state;
    clock_set_source(NULL);
    return 0;
}

/* As many turns as there is something to do for. */
static void turn(echo_server *echo)
{
    dubboc_error err;
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_OK, http_server_step(echo->server, 0, &err), &err);
}

static bool has_connections(void *arg)
{
    echo_server *echo = arg;
    dubboc_error err;
    (void)!http_server_step(echo->server, 0, &err);
    return http_server_connections(echo->server) > 0;
}

static int connect_and_turn(echo_server *echo)
{
    int fd = peer_connect(echo);
    int before = http_server_connections(echo->server);
    for (int i = 0; i < 1000 && http_server_connections(echo->server) == before; i++)
        turn(echo);
    return fd;
}

/* A server without threads, with these settings, and a connection to it. */
static void begin(talk *t, const http_server_settings *settings)
{
    echo_start(&t->echo, settings);
    t->fd = connect_and_turn(&t->echo);
}

/* Each byte as slow as the deadline allows for all of them: an inactivity timer would never
 * fire. */
static void drip(talk *t, const char *text, int64_t ms_a_byte)
{
    for (const char *at = text; *at != '\0'; at++) {
        peer_send(t->fd, at, 1);
        turn(&t->echo);
        pass_ms(ms_a_byte);
    }
    turn(&t->echo);
}

static void ends_headers_that_drip_in(void **state)
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
    turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    talk_end(&t);
}

static void ends_connections_that_say_nothing(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.header_timeout_ms = 1000;
    begin(&t, &settings);
    pass_ms(999);
    turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    pass_ms(2);
    turn(&t.echo);
    assert_int_equal(talk_read_all(&t), 0);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    talk_end(&t);
}

static void ends_bodies_that_drip_in(void **state)
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

static void ends_idle_connections_without_a_word(void **state)
{
    (void)state;
    talk t;
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.idle_timeout_ms = 5000;
    begin(&t, &settings);
    talk_say(&t, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    turn(&t.echo);
    assert_int_equal(talk_read(&t), 200);
    assert_contains(t.text, "Keep-Alive: timeout=4\r\n");
    pass_ms(4900);
    talk_say(&t, "GET"); /* a request line that never ends does not help */
    turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    pass_ms(200);
    turn(&t.echo);
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
    turn(&t.echo);
    pass_ms(2900);
    turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    assert_int_equal(http_server_requests(t.echo.server), 1);
    pass_ms(200);
    turn(&t.echo);
    assert_int_equal(http_server_connections(t.echo.server), 0);
    assert_int_equal(http_server_requests(t.echo.server), 0);
    talk_end(&t);
}

#define GET "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

/* Connections that have been answered once, each 10 ms younger than the one before it. */
static void open_idle(echo_server *echo, int *fds, int count)
{
    char text[1024];
    for (int i = 0; i < count; i++) {
        fds[i] = connect_and_turn(echo);
        peer_say(fds[i], GET);
        turn(echo);
        assert_int_equal(peer_read_reply(fds[i], text, sizeof text), 200);
        pass_ms(10);
    }
}

static void close_all_of(const int *fds, int count)
{
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

/* Connects and asks at once. The status. */
static int ask_as_newcomer(echo_server *echo, int *fd, char *text, size_t size)
{
    *fd = peer_connect(echo);
    peer_say(*fd, GET);
    turn(echo);
    return peer_read_reply(*fd, text, size);
}

static int ask_again(echo_server *echo, int fd)
{
    char text[1024];
    peer_say(fd, GET);
    turn(echo);
    return peer_read_reply(fd, text, sizeof text);
}

static void refuses_newcomers_when_full_of_connections_in_use(void **state)
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
    fd = connect_and_turn(&echo); /* the places are free again */
    assert_int_equal(http_server_connections(echo.server), 1);
    close(fd);
    echo_stop(&echo);
}

static void the_oldest_idle_connection_makes_room_when_full(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int idle[3], fresh[3];
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 3;
    echo_start(&echo, &settings);
    open_idle(&echo, idle, 3);
    pass_ms(100);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_as_newcomer(&echo, &fresh[i], text, sizeof text), 200);
        assert_int_equal(peer_read_all(idle[i], text, sizeof text), 0); /* nothing unasked */
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
    int slow = connect_and_turn(&echo);
    peer_say(slow, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    turn(&echo);
    pass_ms(500);
    open_idle(&echo, &idle, 1);
    pass_ms(100);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_all(idle, text, sizeof text), 0);
    peer_say(slow, "cd");
    turn(&echo);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 200);
    assert_contains(text, "POST /slow? abcd");
    close(slow);
    close(idle);
    close(fresh);
    echo_stop(&echo);
}

/* Its peer learns by the end, and not by a reset, that there is no answer. */
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
    pass_ms(100);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    int handled = atomic_load(&echo.handled);
    assert_true(peer_send(idle, GET, strlen(GET)));
    turn(&echo);
    assert_true(peer_send(idle, GET, strlen(GET)));
    turn(&echo);
    assert_int_equal(peer_read_all(idle, text, sizeof text), 0);
    assert_int_equal(atomic_load(&echo.handled), handled);
    assert_int_equal(http_server_connections(echo.server), 1);
    close(idle);
    close(fresh);
    echo_stop(&echo);
}

/* The newcomer is looked at first, then what the idle one has sent. */
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
    pass_ms(100);
    peer_say(idle[0], GET);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(idle[0], text, sizeof text), 200);
    assert_int_equal(peer_read_all(idle[1], text, sizeof text), 0);
    close_all_of(idle, 2);
    close(fresh);
    echo_stop(&echo);
}

/* --- connections that were opened ahead and have not sent anything yet --- */

static void the_first_request_of_a_silent_connection_keeps_its_place(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 1;
    echo_start(&echo, &settings);
    int silent = connect_and_turn(&echo);
    pass_ms(200);
    peer_say(silent, GET); /* comes together with the newcomer */
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
        silent[i] = connect_and_turn(&echo);
        pass_ms(200);
    }
    peer_say(silent[0], GET);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(silent[0], text, sizeof text), 200);
    int handled = atomic_load(&echo.handled);
    assert_true(peer_send(silent[1], GET, strlen(GET)));
    turn(&echo);
    assert_true(peer_send(silent[1], GET, strlen(GET))); /* read on, not reset */
    turn(&echo);
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
    int slow = connect_and_turn(&echo);
    peer_say(slow, "GET /me HTTP/1.1\r\n");
    turn(&echo);
    pass_ms(200);
    int silent = connect_and_turn(&echo);
    pass_ms(200);
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_all(silent, text, sizeof text), 0);
    peer_say(slow, "Host: x\r\n\r\n");
    turn(&echo);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 200);
    close(slow);
    close(silent);
    close(fresh);
    echo_stop(&echo);
}

/* The time for the headers of the first request begins with the connection, so one that sends its
 * first line late has to be found by its deadline among those that came after it. */
static void a_late_first_line_does_not_move_the_deadline(void **state)
{
    (void)state;
    talk t;
    char text[1024];
    http_server_settings settings = echo_settings(&t.echo, 0);
    settings.header_timeout_ms = 1000;
    begin(&t, &settings);
    pass_ms(500);
    int younger = connect_and_turn(&t.echo);
    peer_say(younger, "GET / HTTP/1.1\r\n");
    turn(&t.echo);
    pass_ms(400);
    talk_say(&t, "GET / HTTP/1.1\r\n");
    turn(&t.echo);
    pass_ms(200);
    turn(&t.echo);
    assert_int_equal(talk_read(&t), 408);
    assert_int_equal(http_server_connections(t.echo.server), 1);
    pass_ms(500);
    turn(&t.echo);
    assert_int_equal(peer_read_reply(younger, text, sizeof text), 408);
    close(younger);
    talk_end(&t);
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
    pass_ms(100);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ask_as_newcomer(&echo, &fresh[i], text, sizeof text), 200);
        pass_ms(1);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(peer_read_all(idle[i], text, sizeof text), 0);
    assert_int_equal(http_server_connections(echo.server), MANY);
    pass_ms(5000);
    turn(&echo);
    assert_int_equal(http_server_connections(echo.server), MANY);
    assert_int_equal(ask_again(&echo, fresh[0]), 200);
    close_all_of(idle, MANY);
    close_all_of(fresh, MANY);
    echo_stop(&echo);
}

/* It was told that it was not executed. */
static void what_a_cut_off_sender_still_sends_is_not_handled(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    int fresh;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 1;
    echo_start(&echo, &settings);
    int slow = connect_and_turn(&echo);
    peer_say(slow, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    turn(&echo);
    pass_ms(200);
    peer_say(slow, "cd"); /* comes together with the newcomer that takes its place */
    assert_int_equal(ask_as_newcomer(&echo, &fresh, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 503);
    assert_int_equal(atomic_load(&echo.handled), 1);
    close(slow);
    close(fresh);
    echo_stop(&echo);
}

/* --- several loops: whichever has accepted the newcomer --- */

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

/* Each gets in, and takes the place of one of old, to which status is said; 0: only the end. */
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
    pass_ms(1000);
    newcomers_take_places(&echo, fresh, idle, 0);
    wait_for_requests(&echo, HALF); /* no sender was touched */
    newcomers_take_places(&echo, fresh + HALF, slow, 503);
    close_all_of(slow, HALF);
    close_all_of(idle, HALF);
    close_all_of(fresh, 2 * HALF);
    echo_stop(&echo);
}

/* A server of two loops whose connections are known by their loop, and of which one loop can be
 * stopped. Connections come in pairs, one for each loop. */
enum { PAIRS = 3, OF_STOPPED = 0, OF_OTHER = 1 };

static _Atomic(pthread_t) loop_of_request; /* which has answered the last request */
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
        pass_ms(10);
    }
}

static bool has_arrivals(void *arg)
{
    const http_server *server = arg;
    return atomic_load(&server->loops[0].mailbox.arrivals.top) != NULL ||
           atomic_load(&server->loops[1].mailbox.arrivals.top) != NULL;
}

/* The newcomer is sent to the loop with the oldest idle connection, where a request has come for it
 * meanwhile: it goes on to the other loop, and the first one's sender is left alone. */
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
    pass_ms(1000);
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

static void the_slowest_sender_makes_room_when_full(void **state)
{
    (void)state;
    echo_server echo;
    char text[1024];
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_max = 2;
    echo_start(&echo, &settings);
    int slow = connect_and_turn(&echo);
    peer_say(slow, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    turn(&echo);
    pass_ms(200);
    int younger = connect_and_turn(&echo);
    peer_say(younger, "GET /me HTTP/1.1\r\n");
    turn(&echo);
    pass_ms(200);
    int fd = peer_connect(&echo);
    peer_say(fd, "GET /me HTTP/1.1\r\nHost: x\r\n\r\n");
    turn(&echo);
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    assert_int_equal(peer_read_reply(slow, text, sizeof text), 503);
    assert_contains(text, "Dubboc-Not-Executed: 1\r\n");
    peer_say(younger, "Host: x\r\n\r\n");
    turn(&echo);
    assert_int_equal(peer_read_reply(younger, text, sizeof text), 200);
    close(slow);
    close(younger);
    close(fd);
    echo_stop(&echo);
}

static void gives_one_address_its_share_only(void **state)
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

/* A client that sends all of it before it reads, and gives up when it cannot. */
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

static void says_413_while_the_body_is_still_coming(void **state)
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

/* What passes here is what a connection holds while it is idle (traps M6). */
static void takes_eight_kilobytes_of_headers_and_says_431_beyond(void **state)
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

/* --- descriptors: in a process of its own --- */

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
    close(taken[--count]); /* one for the client, none for the server */
    fd = peer_connect(&echo);
    peer_say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    double before = cpu_seconds();
    test_wait_for(never, NULL, 300);
    if (cpu_seconds() - before > 0.03)
        return 1; /* not calm */
    if (http_server_connections(echo.server) != 0)
        return 2; /* there was a descriptor: the test tests nothing */
    while (count > 0)
        close(taken[--count]);
    if (peer_read_reply(fd, text, sizeof text) != 200)
        return 3;
    echo_stop(&echo);
    return 0;
}

/* One connection in each state in which it waits. */
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

static void stays_calm_without_descriptors_and_recovers(void **state)
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

static void says_when_the_descriptor_limit_is_too_low(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(opens_with_few_descriptors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ends_headers_that_drip_in, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            ends_connections_that_say_nothing, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(ends_bodies_that_drip_in, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            ends_idle_connections_without_a_word, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            ends_peers_that_do_not_read_their_answer, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            refuses_newcomers_when_full_of_connections_in_use, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            the_oldest_idle_connection_makes_room_when_full, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            an_idle_connection_makes_room_before_a_slow_sender, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            a_request_on_its_way_to_an_evicted_connection_is_not_handled, use_fake_clock,
            use_real_clock),
        cmocka_unit_test_setup_teardown(
            an_idle_connection_with_a_request_on_its_way_keeps_its_place, use_fake_clock,
            use_real_clock),
        cmocka_unit_test_setup_teardown(the_first_request_of_a_silent_connection_keeps_its_place,
            use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(a_silent_connection_without_a_request_on_its_way_makes_room,
            use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            a_silent_connection_makes_room_before_an_older_sender, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            a_late_first_line_does_not_move_the_deadline, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            many_evicted_connections_hold_few_descriptors, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            what_a_cut_off_sender_still_sends_is_not_handled, use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(idle_connections_then_slow_senders_of_all_loops_make_room,
            use_fake_clock, use_real_clock),
        cmocka_unit_test_setup_teardown(
            an_idle_connection_of_another_loop_makes_room_before_a_sender, use_fake_clock,
            use_real_clock),
        cmocka_unit_test_setup_teardown(
            the_slowest_sender_makes_room_when_full, use_fake_clock, use_real_clock),
        cmocka_unit_test(gives_one_address_its_share_only),
        cmocka_unit_test(says_413_while_the_body_is_still_coming),
        cmocka_unit_test(takes_eight_kilobytes_of_headers_and_says_431_beyond),
        cmocka_unit_test(waits_for_its_peers_without_spinning),
        cmocka_unit_test(stays_calm_without_descriptors_and_recovers),
        cmocka_unit_test(says_when_the_descriptor_limit_is_too_low),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
