/* System calls fail, one after the other, while a server works. The server must neither end the
 * process nor leave a peer waiting: it continues, or it fails and reports why. */
#include "tests/transport/server_peer.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/call_fail.h"
#include "transport/http_server_internal.h"

#define PEER_LIMIT_S 30
#define HUNG (-1)
#define NTH_MAX 400

/* A server, and its failure reports. */
typedef struct faulty {
    echo_server echo; /* first member, because on_request gets this pointer */
    atomic_int failures;
    char problem[256];
    pthread_t stepper; /* calls http_server_step() if loops is 0 */
    bool has_stepper;
    atomic_bool ends;
} faulty;

static void note_failure(void *arg, const char *problem)
{
    faulty *self = arg;
    snprintf(self->problem, sizeof self->problem, "%s", problem);
    atomic_fetch_add(&self->failures, 1);
}

static void *keep_stepping(void *arg)
{
    faulty *self = arg;
    dubboc_error err;
    while (!atomic_load(&self->ends) && http_server_step(self->echo.server, 50, &err) == DUBBOC_OK)
        continue;
    return NULL;
}

static dubboc_status faulty_start(faulty *self, int loops, dubboc_error *err)
{
    http_server_settings settings = echo_settings(&self->echo, loops);
    memset(self, 0, sizeof *self);
    settings.on_failure = note_failure;
    assert_status(DUBBOC_OK, http_server_open(&settings, &self->echo.server, err), err);
    self->echo.port = atoi(strrchr(http_server_address(self->echo.server), ':') + 1);
    dubboc_status status = http_server_start(self->echo.server, err);
    if (status == DUBBOC_OK && loops == 0)
        self->has_stepper = pthread_create(&self->stepper, NULL, keep_stepping, self) == 0;
    return status;
}

static void faulty_stop(faulty *self)
{
    atomic_store(&self->ends, true);
    if (self->has_stepper)
        pthread_join(self->stepper, NULL);
    http_server_free(self->echo.server);
}

/* --- peers of a server that may fail */

static int faulty_connect(const faulty *self)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)self->echo.port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = PEER_LIMIT_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Returns the status of the reply; 0: the connection ended without a reply; HUNG: neither in
 * time. */
static int faulty_read(int fd)
{
    char text[2048];
    errno = 0;
    int status = peer_read_reply(fd, text, sizeof text);
    return status == 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? HUNG : status;
}

static int faulty_call(int fd, const char *request)
{
    if (fd < 0 || !peer_send(fd, request, strlen(request)))
        return 0;
    return faulty_read(fd);
}

static void faulty_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

typedef struct held_call {
    faulty *self;
    int fd;
} held_call;

static bool is_held_or_over(void *arg)
{
    const held_call *call = arg;
    struct pollfd look = {.fd = call->fd, .events = POLLIN};
    return atomic_load(&call->self->echo.held) != NULL || poll(&look, 1, 0) > 0;
}

static int faulty_call_held(faulty *self)
{
    held_call call = {.self = self, .fd = faulty_connect(self)};
    if (call.fd < 0)
        return 0;
    peer_say(call.fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    bool has_come = test_wait_for(is_held_or_over, &call, PEER_LIMIT_S * 1000);
    http_server_request *held = atomic_exchange(&self->echo.held, NULL);
    if (held != NULL)
        http_server_request_answer(held, 200, "text/plain", NULL, 0, false);
    int status = has_come ? faulty_read(call.fd) : HUNG;
    faulty_close(call.fd);
    return status;
}

/* --- a round: a few calls while one system call fails */

static const char keeping[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
static const char closing[] = "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

static void calls_come_to_an_end(faulty *self, const char *what, int nth)
{
    int keeper = faulty_connect(self);
    int first = faulty_call(keeper, keeping), second = faulty_call(keeper, keeping);
    int held = faulty_call_held(self);
    int closer = faulty_connect(self);
    int last = faulty_call(closer, closing);
    faulty_close(closer);
    faulty_close(keeper);
    if (first != HUNG && second != HUNG && held != HUNG && last != HUNG)
        return;
    print_error("%s, call %d: hung (%d %d %d %d)\n", what, nth, first, second, held, last);
    fail();
}

/* Makes a call on a new connection. true: it succeeded, or the server has reported its failure. */
static bool goes_on(void *arg)
{
    int fd = faulty_connect(arg);
    int status = faulty_call(fd, keeping);
    faulty_close(fd);
    return status == 200 || atomic_load(&((faulty *)arg)->failures) > 0;
}

static bool has_failed(void *arg)
{
    return atomic_load(&((faulty *)arg)->failures) > 0;
}

static void check_end(faulty *self, const char *what, int nth, const char *problem)
{
    if (!test_wait_for(goes_on, self, PEER_LIMIT_S * 1000)) {
        print_error("%s, call %d: neither goes on nor tells that it has failed\n", what, nth);
        fail();
    }
    int failures = atomic_load(&self->failures);
    assert_true(failures <= 1);
    if (failures == 0)
        return;
    if (problem == NULL)
        print_error("%s, call %d: should go on: %s\n", what, nth, self->problem);
    assert_non_null(problem);
    assert_contains(self->problem, problem);
    assert_string_equal(self->problem, http_server_problem(self->echo.server));
}

typedef struct fault {
    failing_call call;
    int times;
    int error;
    const char *problem; /* expected in the failure report; NULL: the server must not fail */
} fault;

/* Runs a round in which the nth call fails. false: the round had fewer calls. */
static bool faulty_round(const fault *wanted, int loops, int nth)
{
    faulty self;
    dubboc_error err = {0};
    char what[128];
    snprintf(what, sizeof what, "%s (%s, loops = %d)", call_fail_name(wanted->call),
        strerror(wanted->error), loops);
    assert_status(DUBBOC_OK, faulty_start(&self, loops, &err), &err);
    call_fail_at(wanted->call, nth, wanted->times, wanted->error);
    calls_come_to_an_end(&self, what, nth);
    check_end(&self, what, nth, wanted->problem);
    faulty_stop(&self);
    return call_fail_end() > 0;
}

static void each_call_fails(const fault *wanted)
{
    for (int loops = 0; loops <= 2; loops++) {
        int nth = 1;
        while (nth < NTH_MAX && faulty_round(wanted, loops, nth))
            nth++;
        assert_true(nth > 1 || (wanted->call == FAIL_TIMER_SET && loops > 0));
    }
}

static void a_descriptor_that_cannot_be_watched_costs_its_connection_at_most(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_EPOLL_ADD, 1, ENOSPC, NULL});
    each_call_fails(&(fault){FAIL_EPOLL_ADD, 3, ENOMEM, NULL});
}

static void a_descriptor_that_cannot_be_unwatched_ends_the_server_and_not_the_process(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_EPOLL_DEL, 1, ENOMEM, "Failed to remove FD from epoll set."});
    each_call_fails(&(fault){FAIL_EPOLL_DEL, 1, ENOENT, "(No such file or directory)"});
    each_call_fails(&(fault){FAIL_EPOLL_DEL, INT_MAX, EBADF, "libmicrohttpd stopped at "});
}

static void an_interrupted_wait_is_repeated(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_EPOLL_WAIT, 2, EINTR, NULL});
}

static void a_failing_epoll_wait_ends_the_server(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_EPOLL_WAIT, 1, EBADF, "epoll_wait"});
}

static void a_wake_up_is_not_lost_when_reading_or_writing_its_eventfd_fails(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_EVENTFD_WRITE, 5, EINTR, NULL});
    each_call_fails(&(fault){FAIL_EVENTFD_READ, 5, EINTR, NULL});
    each_call_fails(&(fault){FAIL_EVENTFD_READ, 1, EIO, NULL});
}

static void a_server_that_cannot_be_woken_fails_and_ends(void **state)
{
    (void)state;
    fault wanted = {FAIL_EVENTFD_WRITE, INT_MAX, EBADF, "write to an eventfd: Bad file descriptor"};
    assert_true(faulty_round(&wanted, 1, 1));
}

static void a_connection_that_cannot_be_accepted_is_accepted_later(void **state)
{
    (void)state;
    static const int errors[] = {
        EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR, EPERM, EPROTO};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        each_call_fails(&(fault){FAIL_ACCEPT, 1, errors[i], NULL});
}

static void a_listening_socket_that_is_gone_ends_the_server(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_ACCEPT, 1, EBADF, "accept4: Bad file descriptor"});
}

static void a_timer_that_cannot_be_set_ends_a_server_without_threads(void **state)
{
    (void)state;
    each_call_fails(&(fault){FAIL_TIMER_SET, 1, EBADF, "timerfd_settime: Bad file descriptor"});
}

static void a_server_that_has_failed_hangs_up(void **state)
{
    (void)state;
    faulty self;
    dubboc_error err = {0};
    assert_status(DUBBOC_OK, faulty_start(&self, 2, &err), &err);
    int idle = faulty_connect(&self), busy = faulty_connect(&self);
    assert_int_equal(200, faulty_call(idle, keeping));
    call_fail_at(FAIL_EPOLL_DEL, 1, 1, ENOMEM);
    peer_say(busy, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(test_wait_for(has_failed, &self, PEER_LIMIT_S * 1000));
    call_fail_end();
    assert_int_equal(0, faulty_read(idle));
    assert_int_equal(0, faulty_read(busy));
    http_server_request *held = atomic_load(&self.echo.held);
    assert_non_null(held);
    assert_true(http_server_request_is_gone(held));
    http_server_request_answer(held, 200, "text/plain", NULL, 0, false);
    faulty_stop(&self);
    faulty_close(idle);
    faulty_close(busy);
}

static void a_server_that_cannot_be_started_says_why(void **state)
{
    (void)state;
    static const failing_call calls[] = {
        FAIL_EPOLL_CREATE, FAIL_EPOLL_ADD, FAIL_EVENTFD, FAIL_TIMER_CREATE};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (int loops = 0; loops <= 2; loops++) {
            for (int nth = 1, hit = 1; hit > 0; nth++) {
                faulty self;
                dubboc_error err = {0};
                call_fail_at(calls[i], nth, 1, EMFILE);
                dubboc_status status = faulty_start(&self, loops, &err);
                hit = call_fail_end();
                assert_status(hit > 0 ? DUBBOC_E_SYSTEM : DUBBOC_OK, status, &err);
                faulty_stop(&self);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_that_cannot_be_watched_costs_its_connection_at_most),
        cmocka_unit_test(a_descriptor_that_cannot_be_unwatched_ends_the_server_and_not_the_process),
        cmocka_unit_test(an_interrupted_wait_is_repeated),
        cmocka_unit_test(a_failing_epoll_wait_ends_the_server),
        cmocka_unit_test(a_wake_up_is_not_lost_when_reading_or_writing_its_eventfd_fails),
        cmocka_unit_test(a_server_that_cannot_be_woken_fails_and_ends),
        cmocka_unit_test(a_connection_that_cannot_be_accepted_is_accepted_later),
        cmocka_unit_test(a_listening_socket_that_is_gone_ends_the_server),
        cmocka_unit_test(a_timer_that_cannot_be_set_ends_a_server_without_threads),
        cmocka_unit_test(a_server_that_has_failed_hangs_up),
        cmocka_unit_test(a_server_that_cannot_be_started_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
