/* Starting, many at once, holding, draining, ending. */
#include "tests/transport/server_peer.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUND 100
#define THREADS 4

/* --- many at once ---------------------------------------------------------------------------------------------------------------------------- */

static void serve_rounds(const echo_server *echo, int connections, int rounds)
{
    char text[256], expected[32];
    int fds[256];
    for (int i = 0; i < connections; i++)
        fds[i] = peer_connect(echo);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < connections; i++) {
            snprintf(text, sizeof text, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", i);
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

/* --- held -------------------------------------------------------------------------------------------------------------------------------------- */

typedef struct holder {
    echo_server echo;
    pthread_mutex_t lock;
    http_incoming *held[ROUND];
    int count;
} holder;

static void hold_it(void *arg, http_incoming *request)
{
    holder *self = arg;
    http_incoming_hold(request);
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

static http_incoming *take_any(holder *self, unsigned *seed)
{
    http_incoming *taken = NULL;
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
    http_incoming *request;
    while ((request = take_any(self, &seed)) != NULL) {
        buffer_append_slice(http_incoming_out(request), http_incoming_body(request));
        http_incoming_answer(request, 200, "text/plain", NULL, 0, false);
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
        snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n%03d-%03d", round, i);
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
    return http_incoming_is_gone(self->held[0]);
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
        assert_false(http_incoming_is_gone(self.held[0]));
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

/* --- drain ------------------------------------------------------------------------------------------------------------------------------------- */

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

/* --- listening --------------------------------------------------------------------------------------------------------------------------------- */

static void a_port_in_use_is_an_error_that_names_it(void **state)
{
    (void)state;
    echo_server echo, second;
    dubboc_error err;
    char expected[64];
    http_server_settings settings = echo_settings(&echo, 1);
    echo_start(&echo, &settings);
    settings = echo_settings(&second, 1);
    settings.port = echo.port;
    assert_status(DUBBOC_E_SYSTEM, http_server_open(&settings, &second.server, &err), &err);
    snprintf(expected, sizeof expected, "127.0.0.1:%d: address already in use", echo.port);
    assert_string_equal(err.text, expected);
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
        cmocka_unit_test(a_body_cut_off_leaves_nothing_behind),
        cmocka_unit_test(a_client_that_only_closes_its_side_gets_all_answers_and_the_end),
        cmocka_unit_test(draining_closes_the_idle_and_answers_the_rest_with_close),
        cmocka_unit_test(draining_gives_the_port_back),
        cmocka_unit_test(a_port_in_use_is_an_error_that_names_it),
        cmocka_unit_test(a_second_process_cannot_share_the_port),
        cmocka_unit_test(what_is_no_address_is_an_argument_error),
        cmocka_unit_test(listens_on_all_addresses_without_an_ip),
        cmocka_unit_test(ends_without_ever_being_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
