/* The pool and what it says when it is full; calls that wait, and are too late or alone when their turn comes. */
#include "tests/server/caller.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "server/workers.h"

/* --- the pool alone ------------------------------------------------------------------------------------------------------------------------- */

static atomic_int runs, refusals;
static atomic_bool may_go;
static atomic_bool has_blocked_signals;

static bool can_go(void *arg)
{
    (void)arg;
    return may_go;
}

static void run(void *work)
{
    (void)work;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    has_blocked_signals = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
    test_wait_for(can_go, NULL, 10000);
    runs++;
}

static void refuse(void *work)
{
    (void)work;
    refusals++;
    may_go = true;
}

static bool takes_one_more(void *arg)
{
    int work;
    return workers_push(arg, &work);
}

static workers *new_pool(int threads, int queue_max)
{
    workers_settings settings = {.threads = threads, .queue_max = queue_max, .run = run, .refuse = refuse};
    workers *pool;
    dubboc_error err;
    runs = refusals = 0;
    may_go = false;
    assert_status(DUBBOC_OK, workers_new(&settings, &pool, &err), &err);
    return pool;
}

static void a_full_pool_takes_nothing_more(void **state)
{
    (void)state;
    int work;
    workers *pool = new_pool(2, 3);
    for (int i = 0; i < 5; i++) /* two that run, three that wait */
        assert_true(test_wait_for(takes_one_more, pool, 5000));
    assert_false(workers_push(pool, &work));
    may_go = true;
    assert_true(test_wait_for(takes_one_more, pool, 5000));
    workers_free(pool);
    assert_int_equal(runs + refusals, 6);
    assert_true(has_blocked_signals);
}

static void stopping_refuses_what_waits_and_waits_for_what_runs(void **state)
{
    (void)state;
    int work;
    workers *pool = new_pool(1, 10);
    assert_true(workers_push(pool, &work));
    assert_true(workers_push(pool, &work));
    assert_true(workers_push(pool, &work));
    workers_stop(pool); /* the first refusal lets the running one go */
    assert_true(refusals >= 2);
    assert_int_equal(runs + refusals, 3);
    assert_false(workers_push(pool, &work));
    workers_free(pool);
}

/* --- in a server ---------------------------------------------------------------------------------------------------------------------------- */

static dubboc_server *server;
static int port;

static int start_small(void **state)
{
    (void)state;
    server = test_server((const setting[]){{"server", "workers", "1"}, {"server", "queue", "1"}, {0}}, 1);
    test_add_echo(server, NULL);
    test_start(server);
    port = test_port(server);
    test_gate_close();
    return 0;
}

static int stop_small(void **state)
{
    (void)state;
    test_gate_open();
    dubboc_server_free(server);
    return 0;
}

static bool one_waits(void *arg)
{
    (void)arg;
    return test_gate_waiting() == 1;
}

static int send_gate(const char *headers, const char *body)
{
    int fd = caller_connect(port);
    assert_true(fd >= 0);
    caller_send(fd, NULL, "/test.Echo", headers, body);
    return fd;
}

static void read_and_check(int fd, int status, const char *part, bool is_not_executed)
{
    reply answer;
    caller_read(fd, &answer);
    assert_int_equal(answer.status, status);
    assert_contains(answer.body, part);
    assert_int_equal(strstr(answer.head, "\r\nDubboc-Not-Executed: 1\r\n") != NULL, is_not_executed);
    reply_fini(&answer);
    close(fd);
}

/* A call that waits in the queue has been accepted when the next one is refused, on the loop's one thread. */
static bool queue_is_full(void *arg)
{
    reply answer;
    (void)arg;
    caller_post(port, "/test.Echo", NULL, "[" CALL("9", "echo", "[1]") "]", &answer);
    bool is_full = answer.status == 503;
    reply_fini(&answer);
    return is_full;
}

static void a_full_queue_answers_at_once_that_nothing_was_executed(void **state)
{
    (void)state;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    int waiting = send_gate(NULL, CALL("2", "gate", "[2]"));
    assert_true(test_wait_for(queue_is_full, NULL, 5000));
    read_and_check(send_gate(NULL, CALL("\"x\"", "gate", "[3]")), 503,
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32000,", true);
    read_and_check(send_gate(NULL, "[" CALL("3", "gate", "[3]") "]"), 503, "\"id\":null", true);
    assert_answer(port, CALL("4", "echo", "[4]"), RESULT("4", "4")); /* non-blocking methods need no worker */
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
    read_and_check(waiting, 200, RESULT("2", "2"), false);
    assert_int_equal(test_started(), 2);
}

static void a_call_whose_deadline_passed_in_the_queue_is_never_started(void **state)
{
    (void)state;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    int late = send_gate("Timeout: 1\r\n", CALL("2", "gate", "[2]"));
    assert_true(test_wait_for(queue_is_full, NULL, 5000));
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
    read_and_check(
        late, 503, "\"id\":2,\"error\":{\"code\":-32000,\"message\":\"the deadline passed before it was started\"", true);
    assert_int_equal(test_started(), 1);
}

static void a_caller_that_has_gone_is_not_served_any_more(void **state)
{
    (void)state;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    int gone = send_gate(NULL, CALL("2", "gate", "[2]"));
    assert_true(test_wait_for(queue_is_full, NULL, 5000));
    close(gone);
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
    assert_answer(port, CALL("3", "slow", "[3]"), RESULT("3", "3")); /* its turn was after the one that has gone */
    assert_int_equal(test_started(), 1);
}

#define IN_SERVER(name) cmocka_unit_test_setup_teardown(name, start_small, stop_small)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_pool_takes_nothing_more),
        cmocka_unit_test(stopping_refuses_what_waits_and_waits_for_what_runs),
        IN_SERVER(a_full_queue_answers_at_once_that_nothing_was_executed),
        IN_SERVER(a_call_whose_deadline_passed_in_the_queue_is_never_started),
        IN_SERVER(a_caller_that_has_gone_is_not_served_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
