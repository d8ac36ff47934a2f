/* All loops share the memory for request bodies, so an event on one loop must wake the other loop.
 * The test sets the clock; the loops are threads. */
#include "tests/transport/server_peer.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "transport/http_server_internal.h"

#define BODY_BYTES ((size_t)150 * 1024)
#define MEMORY_MAX ((size_t)200 * 1024)
#define BODY_HEAD(path) "POST " path " HTTP/1.1\r\nHost: x\r\nContent-Length: 153600\r\n\r\n"
#define WAIT_MS 5000

/* A server with two loops, and two connections to each loop. */
typedef struct two_loops {
    echo_server echo;
    int fds[2][2];
    http_server_mailbox *mailboxes[2];
    void (*echo_on_request)(void *arg, http_server_request *request);
    _Atomic(pthread_t) thread; /* The thread that handled the last request. */
    atomic_bool is_stopped, may_go_on;
} two_loops;

static two_loops fixture;
static char text[4096];
static char bytes[BODY_BYTES];
static char large[MEMORY_MAX];

static bool is_set(void *flag)
{
    return atomic_load((atomic_bool *)flag);
}

/* Like the handler of the echo server, but a request for "/stop" blocks its loop until may_go_on is
 * true. */
static void handle(void *arg, http_server_request *request)
{
    fixture.thread = pthread_self();
    if (slice_is(http_server_request_path(request), "/stop")) {
        atomic_store(&fixture.is_stopped, true);
        test_wait_for(is_set, &fixture.may_go_on, WAIT_MS);
    }
    fixture.echo_on_request(arg, request);
}

static http_server_mailbox *mailbox_of(pthread_t thread)
{
    http_server_loop *loops = fixture.echo.server->loops;
    return pthread_equal(loops[0].thread, thread) ? &loops[0].mailbox : &loops[1].mailbox;
}

static void ask(int fd, const char *request, int expected)
{
    peer_say(fd, request);
    assert_int_equal(peer_read_reply(fd, text, sizeof text), expected);
}

/* The server gives a new connection to the loop with fewer connections. Of each pair of
 * connections, each loop therefore gets one. */
static void open_connections(two_loops *self)
{
    int counts[2] = {0, 0};
    for (int i = 0; i < 4; i++) {
        int fd = peer_connect(&self->echo);
        ask(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200);
        int loop = mailbox_of(self->thread) == self->mailboxes[0] ? 0 : 1;
        assert_true(counts[loop] < 2);
        self->fds[loop][counts[loop]++] = fd;
    }
}

static int begin(void **state)
{
    two_loops *self = &fixture;
    own_clock_begin(state);
    memset(self, 0, sizeof *self);
    memset(bytes, 'b', sizeof bytes);
    http_server_settings settings = echo_settings(&self->echo, 2);
    settings.body_max_bytes = MEMORY_MAX;
    settings.memory_max_bytes = MEMORY_MAX;
    self->echo_on_request = settings.on_request;
    settings.on_request = handle;
    echo_start(&self->echo, &settings);
    for (int i = 0; i < 2; i++)
        self->mailboxes[i] = &self->echo.server->loops[i].mailbox;
    open_connections(self);
    return 0;
}

static int end(void **state)
{
    for (int i = 0; i < 4; i++)
        close(fixture.fds[i / 2][i % 2]);
    if (fixture.echo.server != NULL)
        echo_stop(&fixture.echo);
    return own_clock_end(state);
}

static bool has_used(void *bytes_wanted)
{
    return memory_budget_used(&fixture.echo.server->shared.bodies) == *(size_t *)bytes_wanted;
}

static bool are_waiting(void *count_wanted)
{
    return memory_budget_waiting(&fixture.echo.server->shared.bodies) == *(size_t *)count_wanted;
}

static bool is_held(void *arg)
{
    (void)arg;
    return atomic_load(&fixture.echo.held) != NULL;
}

static bool is_woken(void *mailbox)
{
    struct pollfd look = {.fd = ((http_server_mailbox *)mailbox)->wake.fd, .events = POLLIN};
    return poll(&look, 1, 0) == 1;
}

/* Blocks a loop in its handler. Its mailbox is not woken yet, so a later wake-up comes from the
 * other loop. */
static void stop_loop(two_loops *self, int loop)
{
    peer_say(self->fds[loop][1], "GET /stop HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(test_wait_for(is_set, &self->is_stopped, WAIT_MS));
    assert_false(is_woken(self->mailboxes[loop]));
}

static void let_loop_go_on(two_loops *self, int loop)
{
    atomic_store(&self->may_go_on, true);
    assert_int_equal(peer_read_reply(self->fds[loop][1], text, sizeof text), 200);
}

static void say_body(int fd, const char *head)
{
    peer_say(fd, head);
    assert_true(peer_send(fd, bytes, sizeof bytes));
}

/* Without the wake-up, the slow sender would keep its memory until its loop wakes by itself. */
static void a_shortage_wakes_the_loop_of_a_slow_sender(void **state)
{
    (void)state;
    two_loops *self = &fixture;
    peer_say(self->fds[0][0], BODY_HEAD("/slow"));
    assert_true(test_wait_for(has_used, &(size_t){BODY_BYTES}, WAIT_MS));
    own_clock_pass_ms(5000);
    stop_loop(self, 0);
    say_body(self->fds[1][0], BODY_HEAD("/waits"));
    assert_true(test_wait_for(is_woken, self->mailboxes[0], WAIT_MS));
    let_loop_go_on(self, 0);
    assert_int_equal(peer_read_reply(self->fds[0][0], text, sizeof text), 408);
    assert_int_equal(peer_read_reply(self->fds[1][0], large, sizeof large), 200);
}

/* Without the wake-up, the request would continue to wait although its memory is granted. */
static void a_grant_wakes_the_loop_of_the_waiting_request(void **state)
{
    (void)state;
    two_loops *self = &fixture;
    say_body(self->fds[1][0], BODY_HEAD("/hold"));
    assert_true(test_wait_for(is_held, NULL, WAIT_MS));
    say_body(self->fds[0][0], BODY_HEAD("/waits"));
    assert_true(test_wait_for(are_waiting, &(size_t){1}, WAIT_MS));
    stop_loop(self, 0);
    http_server_request *held = atomic_exchange(&self->echo.held, NULL);
    http_server_request_answer(held, 200, "text/plain", NULL, 0, false);
    assert_true(is_woken(self->mailboxes[0]));
    assert_false(http_server_handoff_is_empty(&self->mailboxes[0]->granted));
    let_loop_go_on(self, 0);
    assert_int_equal(peer_read_reply(self->fds[0][0], large, sizeof large), 200);
    assert_int_equal(peer_read_reply(self->fds[1][0], text, sizeof text), 200);
    assert_true(has_used(&(size_t){0}));
}

static void the_end_of_the_server_answers_waiting_requests_on_each_loop(void **state)
{
    (void)state;
    two_loops *self = &fixture;
    say_body(self->fds[0][0], BODY_HEAD("/hold"));
    assert_true(test_wait_for(is_held, NULL, WAIT_MS));
    peer_say(self->fds[0][1], BODY_HEAD("/waits"));
    peer_say(self->fds[1][0], BODY_HEAD("/waits"));
    peer_say(self->fds[1][1], BODY_HEAD("/waits"));
    assert_true(test_wait_for(are_waiting, &(size_t){3}, WAIT_MS));
    echo_stop(&self->echo);
    self->echo.server = NULL;
    for (int i = 0; i < 4; i++)
        assert_int_equal(peer_read_reply(self->fds[i / 2][i % 2], text, sizeof text), 503);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shortage_wakes_the_loop_of_a_slow_sender),
        TEST(a_grant_wakes_the_loop_of_the_waiting_request),
        TEST(the_end_of_the_server_answers_waiting_requests_on_each_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
