/* Starting, many at once, holding, draining, ending. */
#include "tests/transport/server_peer.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/http_server_internal.h"

#define ROUND 100
#define THREADS 4

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

/* --- held --- */

typedef struct holder {
    echo_server echo;
    pthread_mutex_t lock;
    http_server_request *held[ROUND];
    int count;
} holder;

static void hold_it(void *arg, http_server_request *request)
{
    holder *self = arg;
    http_server_request_hold(request);
    pthread_mutex_lock(&self->lock);
    self->held[self->count++] = request;
    pthread_mutex_unlock(&self->lock);
}

static int held_count(holder *self)
{
    pthread_mutex_lock(&self->lock);
    int count = self->count;
    pthread_mutex_unlock(&self->lock);
    return count;
}

static bool holds_a_round(void *arg)
{
    return held_count(arg) == ROUND;
}

static bool holds_one(void *arg)
{
    return held_count(arg) == 1;
}

static http_server_request *take_any(holder *self, unsigned *seed)
{
    http_server_request *taken = NULL;
    pthread_mutex_lock(&self->lock);
    if (self->count > 0) {
        int at = rand_r(seed) % self->count;
        taken = self->held[at];
        self->held[at] = self->held[--self->count];
    }
    pthread_mutex_unlock(&self->lock);
    return taken;
}

static void *answer_all(void *arg)
{
    holder *self = arg;
    unsigned seed = (unsigned)(uintptr_t)pthread_self();
    http_server_request *request;
    while ((request = take_any(self, &seed)) != NULL) {
        buffer_append_slice(http_server_request_out(request), http_server_request_body(request));
        http_server_request_answer(request, 200, "text/plain", NULL, 0, false);
    }
    return NULL;
}

static void start_holder(holder *self, int loops)
{
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->lock, NULL);
    http_server_settings settings = echo_settings(&self->echo, loops);
    settings.on_request = hold_it;
    settings.arg = self;
    echo_start(&self->echo, &settings);
}

static void stop_holder(holder *self)
{
    echo_stop(&self->echo);
    pthread_mutex_destroy(&self->lock);
}

static void hold_and_answer_a_round(holder *self, const int *fds, int round)
{
    char text[256], expected[32];
    pthread_t threads[THREADS];
    for (int i = 0; i < ROUND; i++) {
        snprintf(text, sizeof text,
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n%03d-%03d", round, i);
        peer_say(fds[i], text);
    }
    assert_true(test_wait_for(holds_a_round, self, 10000));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, answer_all, self), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < ROUND; i++) {
        assert_int_equal(peer_read_reply(fds[i], text, sizeof text), 200);
        snprintf(expected, sizeof expected, "\r\n\r\n%03d-%03d", round, i);
        assert_contains(text, expected);
    }
}

static void answers_ten_thousand_held_requests_in_any_order(void **state)
{
    (void)state;
    holder self;
    int fds[ROUND];
    start_holder(&self, 2);
    for (int i = 0; i < ROUND; i++)
        fds[i] = peer_connect(&self.echo);
    for (int round = 0; round < 100; round++)
        hold_and_answer_a_round(&self, fds, round);
    assert_int_equal(http_server_connections(self.echo.server), ROUND);
    for (int i = 0; i < ROUND; i++)
        close(fds[i]);
    stop_holder(&self);
}

static bool first_is_gone(void *arg)
{
    holder *self = arg;
    return http_server_request_is_gone(self->held[0]);
}

static bool has_one_left(void *arg)
{
    return http_server_connections(((echo_server *)arg)->server) == 1;
}

static bool is_empty(void *arg)
{
    echo_server *echo = arg;
    return http_server_connections(echo->server) == 0 && http_server_requests(echo->server) == 0;
}

static void an_answer_to_a_client_that_has_gone_goes_nowhere(void **state)
{
    (void)state;
    holder self;
    start_holder(&self, 1);
    for (int i = 0; i < 20; i++) {
        int fd = peer_connect(&self.echo);
        peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
        assert_true(test_wait_for(holds_one, &self, 5000));
        assert_false(http_server_request_is_gone(self.held[0]));
        if (i % 2 == 1) { /* with a reset */
            struct linger hard = {.l_onoff = 1};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        }
        close(fd);
        assert_true(test_wait_for(first_is_gone, &self, 5000));
        assert_int_equal(http_server_requests(self.echo.server), 1);
        answer_all(&self);
        assert_true(test_wait_for(is_empty, &self.echo, 5000));
    }
    stop_holder(&self);
}

static void a_request_nobody_answered_is_answered_at_the_end(void **state)
{
    (void)state;
    holder self;
    char text[512];
    start_holder(&self, 1);
    int fd = peer_connect(&self.echo);
    peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
    assert_true(test_wait_for(holds_one, &self, 5000));
    stop_holder(&self);
    assert_int_equal(peer_read_reply(fd, text, sizeof text), 503);
    close(fd);
}

static void turn_until(echo_server *echo, int connections)
{
    dubboc_error err;
    for (int i = 0; i < 1000 && http_server_connections(echo->server) != connections; i++)
        assert_status(DUBBOC_OK, http_server_step(echo->server, 1, &err), &err);
    assert_int_equal(http_server_connections(echo->server), connections);
}

/* The loop has made its last turn; libmicrohttpd, which is run once more to be ended, finds them
 * and calls. */
static void requests_that_come_after_the_last_turn_are_not_served(void **state)
{
    (void)state;
    static const char *const before[] = {"", "POST /hold HTTP/1.1\r\n",
        "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na",
        "GET /first HTTP/1.1\r\nHost: x\r\n\r\n"};
    static const char *const after[] = {"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n", "Host: x\r\n\r\n",
        "b", "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"};
    echo_server echo;
    dubboc_error err;
    int fds[4];
    http_server_settings settings = echo_settings(&echo, 0);
    echo_start(&echo, &settings);
    for (int i = 0; i < 4; i++) {
        fds[i] = peer_connect(&echo);
        turn_until(&echo, i + 1);
        peer_say(fds[i], before[i]);
    }
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_OK, http_server_step(echo.server, 0, &err), &err);
    int handled = atomic_load(&echo.handled);
    for (int i = 0; i < 4; i++)
        peer_say(fds[i], after[i]);
    echo_stop(&echo);
    assert_int_equal(atomic_load(&echo.handled), handled);
    for (int i = 0; i < 4; i++) {
        char text[512];
        assert_true(peer_read_all(fds[i], text, sizeof text) > 0);
        const char *last = i == 3 ? strstr(text, "/first? ") : text;
        assert_non_null(last);
        assert_contains(last, "HTTP/1.1 503 Service Unavailable\r\n");
        assert_contains(last, "Dubboc-Not-Executed: 1\r\n");
        close(fds[i]);
    }
}

static void a_body_cut_off_leaves_nothing_behind(void **state)
{
    (void)state;
    echo_server echo;
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (int i = 0; i < 50; i++) {
        int fd = peer_connect(&echo);
        peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");
        close(fd);
    }
    assert_true(test_wait_for(is_empty, &echo, 5000));
    assert_int_equal(atomic_load(&echo.handled), 0);
    echo_stop(&echo);
}

static void a_client_that_only_closes_its_side_gets_all_answers_and_the_end(void **state)
{
    (void)state;
    echo_server echo;
    char text[2048];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    for (int i = 0; i < 20; i++) {
        int fd = peer_connect(&echo);
        for (int k = 0; k <= i % 3; k++)
            peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
        shutdown(fd, SHUT_WR);
        assert_true(peer_read_all(fd, text, sizeof text) > 0);
        assert_int_equal(count_of(text, "HTTP/1.1 200 OK"), 1 + i % 3);
        close(fd);
    }
    assert_true(test_wait_for(is_empty, &echo, 5000));
    echo_stop(&echo);
}

/* A process that the program has forked and that has not come to its exec yet. */
static pid_t fork_idle(void)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* It holds a copy of each descriptor, so that a close here is none to the kernel: what became of a
 * closed connection was told to freed memory. */
static void a_forked_child_that_holds_a_closed_connection_does_no_harm(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int status;
        bool lingers;
    } ends[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200, false},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nab", 400,
            true},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        talk self, other;
        talk_begin(&self);
        other = self;
        other.fd = peer_connect(&self.echo);
        talk_say(&other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(talk_read(&other), 200);
        talk_say(&self, "G");
        pid_t child = fork_idle();
        talk_say(&self, ends[i].request + 1);
        assert_int_equal(talk_read(&self), ends[i].status);
        if (ends[i].lingers) {
            shutdown(self.fd, SHUT_WR);
            assert_true(test_wait_for(has_one_left, &self.echo, 5000));
        }
        shutdown(self.fd, SHUT_RDWR);
        talk_say(&other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(talk_read(&other), 200);
        end_child(child);
        close(other.fd);
        talk_end(&self);
    }
}

/* --- drain --- */

static void draining_closes_the_idle_and_answers_the_rest_with_close(void **state)
{
    (void)state;
    holder self;
    char text[1024];
    start_holder(&self, 2);
    int idle = peer_connect(&self.echo);
    peer_say(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(test_wait_for(holds_one, &self, 5000));
    answer_all(&self);
    assert_int_equal(peer_read_reply(idle, text, sizeof text), 200);
    int busy = peer_connect(&self.echo);
    peer_say(busy, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    assert_true(test_wait_for(holds_one, &self, 5000));
    http_server_drain(self.echo.server);
    assert_int_equal(peer_read_all(idle, text, sizeof text), 0);
    answer_all(&self);
    assert_true(peer_read_all(busy, text, sizeof text) > 0);
    assert_contains(text, "HTTP/1.1 200 OK\r\n");
    assert_contains(text, "Connection: close\r\n");
    assert_int_equal(count_of(text, "Keep-Alive"), 0);
    assert_true(test_wait_for(is_empty, &self.echo, 5000));
    close(idle);
    close(busy);
    stop_holder(&self);
}

/* Two loops whose handlers stand still until they are let go. */
typedef struct stuck {
    echo_server echo;
    atomic_ulong loop; /* that served the last plain request, by its thread */
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
    for (int i = 0; i < 100000; i++) /* what is wrong here is so for microseconds */
        if (http_server_is_drained(((stuck *)arg)->echo.server))
            return true;
    return false;
}

/* Three connections to each of the two loops; those of fds[0]'s loop come first. */
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
    close(fds[4]); /* so that newcomers are b's loop's */
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

/* A loop takes who waits in the backlog, and gives him to another one that has seen to everything
 * before. */
static void draining_is_not_over_while_a_connection_is_handed_from_loop_to_loop(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        hand_over_while_draining();
}

#define FLOOD_THREADS 4
#define FLOOD_CONNECTIONS 25000 /* a thread */

typedef struct flooder {
    pthread_t thread;
    const echo_server *echo;
    atomic_int *left; /* threads that are still at it */
} flooder;

/* Connects and goes at once, without leaving a port waiting. */
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

/* Who waits when the drain begins is taken; who comes after that does not hold it up. */
static void newcomers_without_end_do_not_keep_a_server_from_draining(void **state)
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

static void what_is_no_address_is_an_argument_error(void **state)
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
        cmocka_unit_test(answers_ten_thousand_held_requests_in_any_order),
        cmocka_unit_test(an_answer_to_a_client_that_has_gone_goes_nowhere),
        cmocka_unit_test(a_request_nobody_answered_is_answered_at_the_end),
        cmocka_unit_test(requests_that_come_after_the_last_turn_are_not_served),
        cmocka_unit_test(a_body_cut_off_leaves_nothing_behind),
        cmocka_unit_test(a_forked_child_that_holds_a_closed_connection_does_no_harm),
        cmocka_unit_test(a_client_that_only_closes_its_side_gets_all_answers_and_the_end),
        cmocka_unit_test(draining_closes_the_idle_and_answers_the_rest_with_close),
        cmocka_unit_test(draining_is_not_over_while_a_connection_is_handed_from_loop_to_loop),
        cmocka_unit_test(newcomers_without_end_do_not_keep_a_server_from_draining),
        cmocka_unit_test(draining_gives_the_port_back),
        cmocka_unit_test(a_port_in_use_is_an_error_that_names_it),
        cmocka_unit_test(a_second_process_cannot_share_the_port),
        cmocka_unit_test(what_is_no_address_is_an_argument_error),
        cmocka_unit_test(listens_on_all_addresses_without_an_ip),
        cmocka_unit_test(ends_without_ever_being_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
