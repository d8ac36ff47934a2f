/* Requests that other threads answer later than the loop: in any order, and after the client or the
 * server has gone. */
#include "tests/transport/server_peer.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/http_server_internal.h"

#define ROUND 100
#define THREADS 4

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

static void an_answer_to_a_client_that_has_gone_is_dropped(void **state)
{
    (void)state;
    holder self;
    start_holder(&self, 1);
    for (int i = 0; i < 20; i++) {
        int fd = peer_connect(&self.echo);
        peer_say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na");
        assert_true(test_wait_for(holds_one, &self, 5000));
        assert_false(http_server_request_is_gone(self.held[0]));
        if (i % 2 == 1) { /* close with a reset */
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

static void an_unanswered_request_is_answered_at_the_end_of_the_server(void **state)
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

/* The loop has made its last turn. libmicrohttpd runs once more when it is stopped, finds these
 * requests and calls our callbacks. */
static void requests_that_arrive_after_the_last_turn_of_the_loop_are_refused(void **state)
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

static void a_request_whose_body_is_cut_off_is_freed_and_not_handled(void **state)
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

static void a_client_that_closes_only_its_sending_side_gets_all_answers(void **state)
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

/* Forks a child that only waits, like a child that has not called exec() yet. */
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

/* The child holds a copy of each descriptor, so the socket stays open after this process has closed
 * it. epoll then reported events of the closed connection, with a pointer to freed memory. */
static void a_closed_connection_that_a_forked_child_holds_causes_no_events(void **state)
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

static void draining_closes_idle_connections_and_the_others_after_their_answer(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_ten_thousand_held_requests_in_any_order),
        cmocka_unit_test(an_answer_to_a_client_that_has_gone_is_dropped),
        cmocka_unit_test(an_unanswered_request_is_answered_at_the_end_of_the_server),
        cmocka_unit_test(requests_that_arrive_after_the_last_turn_of_the_loop_are_refused),
        cmocka_unit_test(a_request_whose_body_is_cut_off_is_freed_and_not_handled),
        cmocka_unit_test(a_closed_connection_that_a_forked_child_holds_causes_no_events),
        cmocka_unit_test(a_client_that_closes_only_its_sending_side_gets_all_answers),
        cmocka_unit_test(draining_closes_idle_connections_and_the_others_after_their_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
