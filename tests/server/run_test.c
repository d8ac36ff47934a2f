/* dubboc_server_run(): the main thread of a provider, from start to stop. */
#include "tests/server/caller.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tests/support/call_fail.h"

/* A thread that runs a server, as main() of a provider does. */
typedef struct runner {
    dubboc_server *server;
    FILE *out;   /* dubboc_server_run() writes to this; NULL: nothing is written */
    FILE *lines; /* the test reads the output from this */
    pthread_t thread;
    dubboc_status status;
    dubboc_error err;
    bool has_same_mask; /* the signal mask is the same after the run as before */
    bool has_broken_pipe;
} runner;

static bool is_blocked(int number)
{
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    return sigismember(&mask, number) == 1;
}

static void *run_server(void *arg)
{
    runner *self = arg;
    sigset_t pending, interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, NULL); /* main() has blocked SIGTERM and SIGINT */
    self->status = dubboc_server_run(self->server, self->out, &self->err);
    self->has_same_mask = is_blocked(SIGTERM) && !is_blocked(SIGINT) && !is_blocked(SIGPIPE);
    sigpending(&pending);
    self->has_broken_pipe = sigismember(&pending, SIGPIPE) == 1;
    return NULL;
}

static void begin(runner *self, dubboc_server *server)
{
    int ends[2];
    assert_int_equal(0, pipe(ends));
    *self = (runner){.server = server, .out = fdopen(ends[1], "w"), .lines = fdopen(ends[0], "r")};
    assert_non_null(self->out);
    assert_non_null(self->lines);
    assert_int_equal(0, pthread_create(&self->thread, NULL, run_server, self));
}

/* Reads a line and checks that it contains `beginning`. */
static void expect_line(runner *self, const char *beginning, char *line, size_t size)
{
    assert_non_null(fgets(line, (int)size, self->lines));
    assert_contains(line, beginning);
}

static int listening_port(runner *self)
{
    char line[256];
    expect_line(self, "listening on 127.0.0.1:", line, sizeof line);
    return atoi(strrchr(line, ':') + 1);
}

static void end(runner *self)
{
    assert_int_equal(0, pthread_join(self->thread, NULL));
    assert_true(self->has_same_mask);
    fclose(self->out);
    if (self->lines != NULL)
        fclose(self->lines);
    dubboc_server_free(self->server);
}

static dubboc_server *echo_server(int loops)
{
    dubboc_server *server = test_server(NULL, loops);
    test_add_echo(server, NULL);
    return server;
}

static void check_signal(int loops, int number)
{
    runner self;
    char line[256];
    begin(&self, echo_server(loops));
    int port = listening_port(&self);
    assert_answer(port, CALL("1", "echo", "[1]"), RESULT("1", "1"));
    assert_int_equal(0, kill(getpid(), number));
    expect_line(&self, "stopping", line, sizeof line);
    end(&self);
    assert_status(DUBBOC_OK, self.status, &self.err);
}

static void a_signal_stops_the_server(void **state)
{
    (void)state;
    check_signal(2, SIGTERM);
    check_signal(2, SIGINT);
}

static void a_signal_stops_a_server_without_threads(void **state)
{
    (void)state;
    check_signal(DUBBOC_NONE, SIGTERM);
    check_signal(DUBBOC_NONE, SIGINT);
}

static void note_failure(const dubboc_error *failure, void *arg)
{
    assert_int_equal(DUBBOC_E_SYSTEM, failure->status);
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void a_failure_of_the_server_ends_the_wait(void **state)
{
    (void)state;
    runner self;
    atomic_int told = 0;
    dubboc_server *server = echo_server(2);
    dubboc_server_set_failure_handler(server, note_failure, &told);
    begin(&self, server);
    int port = listening_port(&self);
    call_fail_at(FAIL_EPOLL_DEL, 1, 1, ENOMEM);
    int fd = caller_connect(port);
    caller_send(fd, NULL, "/test.Echo", NULL, CALL("2", "slow", "[6]"));
    assert_int_equal(0, pthread_join(self.thread, NULL));
    call_fail_end();
    assert_status(DUBBOC_E_SYSTEM, self.status, &self.err);
    assert_contains(self.err.text, "the server has failed: libmicrohttpd stopped at");
    assert_int_equal(1, atomic_load(&told));
    assert_true(self.has_same_mask);
    fclose(self.out);
    assert_null(fgets((char[8]){0}, 8, self.lines)); /* no "stopping" line is written */
    fclose(self.lines);
    close(fd);
    dubboc_server_free(self.server);
}

static void a_failed_step_ends_the_wait(void **state)
{
    (void)state;
    runner self;
    begin(&self, echo_server(DUBBOC_NONE));
    int port = listening_port(&self);
    call_fail_at(FAIL_EPOLL_WAIT, 1, 1, EBADF);
    int fd = caller_connect(port); /* gives the server something to do */
    end(&self);
    call_fail_end();
    close(fd);
    assert_status(DUBBOC_E_SYSTEM, self.status, &self.err);
    assert_string_equal("the server has failed: epoll_wait: Bad file descriptor", self.err.text);
}

static void a_closed_output_does_not_end_the_program(void **state)
{
    (void)state;
    runner self;
    begin(&self, echo_server(1));
    listening_port(&self);
    fclose(self.lines);
    self.lines = NULL;
    assert_int_equal(0, kill(getpid(), SIGTERM));
    end(&self);
    assert_status(DUBBOC_OK, self.status, &self.err);
    assert_false(self.has_broken_pipe);
}

static void run_returns_the_errors_of_start(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_server_run(server, NULL, &err), &err);
    assert_contains(err.text, "nothing to serve");
    assert_true(is_blocked(SIGTERM)); /* main() has blocked it, and run() must not change that */
    dubboc_server_free(server);
}

static void a_server_that_could_not_be_run_may_be_run_again(void **state)
{
    (void)state;
    runner self;
    dubboc_error err;
    dubboc_server *server = echo_server(1);
    call_fail_at(FAIL_EVENTFD, 1, 1, EMFILE);
    assert_status(DUBBOC_E_SYSTEM, dubboc_server_run(server, NULL, &err), &err);
    assert_contains(err.text, "Too many open files");
    assert_int_equal(1, call_fail_end());
    begin(&self, server);
    listening_port(&self);
    assert_int_equal(0, kill(getpid(), SIGTERM));
    end(&self);
    assert_status(DUBBOC_OK, self.status, &self.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_stops_the_server),
        cmocka_unit_test(a_signal_stops_a_server_without_threads),
        cmocka_unit_test(a_failure_of_the_server_ends_the_wait),
        cmocka_unit_test(a_failed_step_ends_the_wait),
        cmocka_unit_test(a_closed_output_does_not_end_the_program),
        cmocka_unit_test(run_returns_the_errors_of_start),
        cmocka_unit_test(a_server_that_could_not_be_run_may_be_run_again),
    };
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* only the runner's thread may get these signals */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
