/* After a failure that a server cannot recover from, the server ends in order and calls the failure
 * handler. */
#include "tests/server/caller.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/call_fail.h"

#define LIMIT_MS 30000

typedef struct owner {
    dubboc_error failure;
    atomic_int told;
} owner;

static void note_failure(const dubboc_error *failure, void *arg)
{
    owner *self = arg;
    self->failure = *failure;
    atomic_fetch_add(&self->told, 1);
}

static bool is_told(void *arg)
{
    return atomic_load(&((owner *)arg)->told) > 0;
}

static dubboc_server *owned_server(owner *self, int loops)
{
    dubboc_server *server = test_server(NULL, loops);
    memset(self, 0, sizeof *self);
    test_add_echo(server, NULL);
    dubboc_server_set_failure_handler(server, note_failure, self);
    test_start(server);
    return server;
}

static void the_failure_handler_is_called_once_and_the_server_can_be_stopped(void **state)
{
    (void)state;
    owner self;
    dubboc_server *server = owned_server(&self, 2);
    int port = test_port(server);
    reply answer = {0};
    /* A call that runs on a worker suspends its connection. libmicrohttpd then removes the socket
     * from its epoll set, and this removal fails. */
    call_fail_at(FAIL_EPOLL_DEL, 1, 1, ENOMEM);
    int fd = caller_connect(port);
    caller_send(fd, NULL, "/test.Echo", NULL, CALL("2", "slow", "[6]"));
    assert_true(test_wait_for(is_told, &self, LIMIT_MS));
    call_fail_end();
    caller_read(fd, &answer);
    assert_int_equal(0, answer.status);
    assert_int_equal(DUBBOC_E_SYSTEM, self.failure.status);
    assert_contains(self.failure.text, "the server has failed: libmicrohttpd stopped at");
    assert_contains(self.failure.text, "(Cannot allocate memory)");
    int64_t begun_ns = clock_now_ns();
    dubboc_server_free(server);
    assert_true(clock_now_ns() - begun_ns < LIMIT_MS / 2 * NS_PER_MS); /* the drain time is 30 s */
    assert_int_equal(1, atomic_load(&self.told));
    reply_fini(&answer);
    close(fd);
}

static void steps_of_a_server_that_has_failed_return_an_error(void **state)
{
    (void)state;
    owner self;
    dubboc_error err;
    dubboc_server *server = owned_server(&self, DUBBOC_NONE);
    assert_status(DUBBOC_OK, dubboc_server_step(server, 0, &err), &err);
    call_fail_at(FAIL_EPOLL_WAIT, 1, 1, EBADF);
    assert_int_not_equal(DUBBOC_OK, dubboc_server_step(server, 0, &err));
    call_fail_end();
    for (int i = 0; i < 3; i++) {
        assert_status(DUBBOC_E_SYSTEM, dubboc_server_step(server, 0, &err), &err);
        assert_string_equal("the server has failed: epoll_wait: Bad file descriptor", err.text);
    }
    assert_int_equal(1, atomic_load(&self.told));
    assert_string_equal(err.text, self.failure.text);
    dubboc_server_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_failure_handler_is_called_once_and_the_server_can_be_stopped),
        cmocka_unit_test(steps_of_a_server_that_has_failed_return_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
