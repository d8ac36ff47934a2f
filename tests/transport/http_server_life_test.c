/* How a server listens, serves many connections at once, drains and ends. */
#include "tests/transport/server_peer.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/http_server_internal.h"

/* --- many at once --- */

static void serve_rounds(const echo_server *echo, int connections, int rounds)
{
    char text[256], expected[32];
    int fds[256];
    for (int i = 0; i < connections; i++)
        fds[i] = peer_connect(echo);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < connections; i++) {
            snprintf(text, sizeof text,
                "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", i);
            peer_say(fds[i], text);
        }
        for (int i = 0; i < connections; i++) {
            assert_int_equal(peer_read_reply(fds[i], text, sizeof text), 200);
            snprintf(expected, sizeof expected, "POST /%d? ab", i);
            assert_contains(text, expected);
        }
    }
    for (int i = 0; i < connections; i++)
        close(fds[i]);
}

static void serves_any_number_of_connections_at_once_without_a_stall(void **state)
{
    (void)state;
    static const int counts[] = {1, 2, 16, 64, 127, 128, 129, 256};
    for (int loops = 1; loops <= 2; loops++) {
        echo_server echo;
        http_server_settings settings = echo_settings(&echo, loops);
        echo_start(&echo, &settings);
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            serve_rounds(&echo, counts[i], 10);
        echo_stop(&echo);
    }
}

/* --- drain --- */

/* A server with two loops. The handlers of "/a" and "/b" block until their flag is set. */
typedef struct stuck {
    echo_server echo;
    atomic_ulong loop; /* thread of the loop that served the last plain request */
    atomic_int entered;
    atomic_bool lets_a_go, lets_b_go, late_is_handled;
} stuck;

static void stand_still(stuck *self, const atomic_bool *lets_go)
{
    atomic_fetch_add(&self->entered, 1);
    while (!atomic_load(lets_go))
        sched_yield();
}

static void stand_still_where_told(void *arg, http_server_request *request)
{
    stuck *self = arg;
    dubboc_slice path = http_server_request_path(request);
    if (slice_is(path, "/a"))
        stand_still(self, &self->lets_a_go);
    else if (slice_is(path, "/b"))
        stand_still(self, &self->lets_b_go);
    else if (slice_is(path, "/late"))
        atomic_store(&self->late_is_handled, true);
    else
        atomic_store(&self->loop, (unsigned long)pthread_self());
    http_server_request_answer(request, 200, NULL, NULL, 0, false);
}

static bool has_entered_one(void *arg)
{
    return atomic_load(&((stuck *)arg)->entered) == 1;
}

static bool has_entered_both(void *arg)
{
    return atomic_load(&((stuck *)arg)->entered) == 2;
}

static bool has_one_request(void *arg)
{
    return http_server_requests(((stuck *)arg)->echo.server) == 1;
}

static bool has_four_connections(void *arg)
{
    return http_server_connections(((stuck *)arg)->echo.server) == 4;
}

static bool one_loop_listens(void *arg)
{
    return atomic_load(&((stuck *)arg)->echo.server->shared.listening_loops) == 1;
}

static bool no_loop_listens(void *arg)
{
    return atomic_load(&((stuck *)arg)->echo.server->shared.listening_loops) == 0;
}

static bool is_drained(void *arg)
{
    for (int i = 0; i < 100000; i++) /* a wrong result would last for microseconds only */
        if (http_server_is_drained(((stuck *)arg)->echo.server))
            return true;
    return false;
}

/* Opens three connections to each of the two loops. fds[0] to fds[2] belong to one loop, fds[3] to
 * fds[5] to the other. */
static void connect_to_both(stuck *self, int fds[6])
{
    char text[512];
    int connected[6];
    unsigned long loops[6];
    for (int i = 0; i < 6; i++) {
        connected[i] = peer_connect(&self->echo);
        peer_say(connected[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(peer_read_reply(connected[i], text, sizeof text), 200);
        loops[i] = atomic_load(&self->loop);
    }
    int same = 0, other = 3;
    for (int i = 0; i < 6; i++) {
        int place = loops[i] == loops[0] ? same++ : other++;
        assert_in_range(place, 0, 5);
        fds[place] = connected[i];
    }
    assert_int_equal(same, 3);
}

static void hand_over_while_draining(void)
{
    static stuck self;
    char text[512];
    int fds[6];
    self = (stuck){.entered = 0};
    http_server_settings settings = echo_settings(&self.echo, 2);
    settings.on_request = stand_still_where_told;
    settings.arg = &self;
    echo_start(&self.echo, &settings);
    connect_to_both(&self, fds);
    int a = fds[0], b = fds[3];
    close(fds[4]); /* b's loop now has fewer connections, so it gets the new ones */
    close(fds[5]);
    assert_true(test_wait_for(has_four_connections, &self, 5000));
    peer_say(b, "GET /b HTTP/1.1\r\n");
    assert_true(test_wait_for(has_one_request, &self, 5000));
    peer_say(a, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(test_wait_for(has_entered_one, &self, 5000));
    http_server_drain(self.echo.server);
    assert_true(test_wait_for(one_loop_listens, &self, 5000));
    peer_say(b, "Host: x\r\n\r\n");
    assert_true(test_wait_for(has_entered_both, &self, 5000));
    int late = peer_connect(&self.echo);
    peer_say(late, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    atomic_store(&self.lets_a_go, true);
    assert_true(test_wait_for(no_loop_listens, &self, 5000));
    atomic_store(&self.lets_b_go, true);
    assert_true(test_wait_for(is_drained, &self, 5000));
    assert_true(atomic_load(&self.late_is_handled));
    assert_int_equal(peer_read_reply(late, text, sizeof text), 200);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    close(late);
    echo_stop(&self.echo);
}

/* One loop accepts a connection from the backlog and hands it over to the other loop. The server is
 * not drained before the other loop has served that connection. */
static void draining_is_not_over_while_a_connection_is_handed_from_loop_to_loop(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        hand_over_while_draining();
}

#define FLOOD_THREADS 4
#define FLOOD_CONNECTIONS 25000 /* per thread */

typedef struct flooder {
    pthread_t thread;
    const echo_server *echo;
    atomic_int *left; /* threads that still connect */
} flooder;

/* Connects and closes with a reset at once, so that no port stays in TIME_WAIT. */
static void *connect_without_end(void *arg)
{
    flooder *self = arg;
    struct linger hard = {.l_onoff = 1};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)self->echo->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < FLOOD_CONNECTIONS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
        close(fd);
    }
    atomic_fetch_sub(self->left, 1);
    return NULL;
}

/* The server accepts the connections that wait when the drain begins. Later connections do not
 * delay the drain. */
static void endless_new_connections_do_not_keep_a_server_from_draining(void **state)
{
    (void)state;
    echo_server echo;
    dubboc_error err;
    flooder flooders[FLOOD_THREADS];
    atomic_int left = FLOOD_THREADS;
    http_server_settings settings = echo_settings(&echo, 0);
    settings.connections_per_address_max = 1;
    echo_start(&echo, &settings);
    for (int i = 0; i < FLOOD_THREADS; i++) {
        flooders[i] = (flooder){.echo = &echo, .left = &left};
        assert_int_equal(
            pthread_create(&flooders[i].thread, NULL, connect_without_end, &flooders[i]), 0);
    }
    for (int i = 0; i < 10; i++)
        assert_status(DUBBOC_OK, http_server_step(echo.server, 1000, &err), &err);
    http_server_drain(echo.server);
    assert_status(DUBBOC_OK, http_server_step(echo.server, 1000, &err), &err);
    int left_then = atomic_load(&left);
    for (int i = 0; i < FLOOD_THREADS; i++)
        pthread_join(flooders[i].thread, NULL);
    echo_stop(&echo);
    assert_true(left_then > 0);
}

static bool port_is_free(void *arg)
{
    const echo_server *echo = arg;
    echo_server other;
    dubboc_error err;
    http_server_settings settings = echo_settings(&other, 1);
    settings.port = echo->port;
    if (http_server_open(&settings, &other.server, &err) != DUBBOC_OK)
        return false;
    http_server_free(other.server);
    return true;
}

static void draining_gives_the_port_back(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 2);
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    assert_false(port_is_free(&echo));
    http_server_drain(echo.server);
    assert_true(test_wait_for(port_is_free, &echo, 5000));
    close(fd);
    echo_stop(&echo);
}

/* --- listening --- */

static void a_port_in_use_is_an_error_that_names_it(void **state)
{
    (void)state;
    echo_server echo, second;
    dubboc_error err;
    char expected[128];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    settings = echo_settings(&second, 1);
    settings.port = echo.port;
    assert_status(DUBBOC_E_SYSTEM, http_server_open(&settings, &second.server, &err), &err);
    snprintf(expected, sizeof expected,
        "127.0.0.1:%d: address already in use; set [server] port to", echo.port);
    assert_contains(err.text, expected);
    echo_stop(&echo);
}

static void a_second_process_cannot_share_the_port(void **state)
{
    (void)state;
    echo_server echo;
    int status = 0;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(port_is_free(&echo) ? 1 : 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    echo_stop(&echo);
}

static void a_malformed_address_is_an_argument_error(void **state)
{
    (void)state;
    echo_server echo;
    dubboc_error err;
    http_server_settings settings = echo_settings(&echo, 1);
    settings.ip = "localhost.example";
    assert_status(DUBBOC_E_ARGUMENT, http_server_open(&settings, &echo.server, &err), &err);
    assert_contains(err.text, "localhost.example");
    settings.ip = "unix:/run/x.sock";
    assert_status(DUBBOC_E_UNSUPPORTED, http_server_open(&settings, &echo.server, &err), &err);
    assert_contains(
        err.text, "unix:/run/x.sock: listening on a unix socket is not in this release");
}

static void listens_on_all_addresses_without_an_ip(void **state)
{
    (void)state;
    echo_server echo;
    char text[512];
    http_server_settings settings = echo_settings(&echo, 1);
    settings.ip = NULL;
    echo_start(&echo, &settings);
    int fd = peer_connect(&echo);
    peer_say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 200);
    close(fd);
    echo_stop(&echo);
}

static void ends_without_ever_being_started(void **state)
{
    (void)state;
    echo_server echo;
    dubboc_error err;
    http_server_settings settings = echo_settings(&echo, 2);
    assert_status(DUBBOC_OK, http_server_open(&settings, &echo.server, &err), &err);
    http_server_drain(echo.server);
    assert_int_equal(http_server_fd(echo.server), -1);
    assert_int_equal(http_server_requests(echo.server), 0);
    echo_stop(&echo);
    http_server_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_any_number_of_connections_at_once_without_a_stall),
        cmocka_unit_test(draining_is_not_over_while_a_connection_is_handed_from_loop_to_loop),
        cmocka_unit_test(endless_new_connections_do_not_keep_a_server_from_draining),
        cmocka_unit_test(draining_gives_the_port_back),
        cmocka_unit_test(a_port_in_use_is_an_error_that_names_it),
        cmocka_unit_test(a_second_process_cannot_share_the_port),
        cmocka_unit_test(a_malformed_address_is_an_argument_error),
        cmocka_unit_test(listens_on_all_addresses_without_an_ip),
        cmocka_unit_test(ends_without_ever_being_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
