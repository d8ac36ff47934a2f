/* The pool of workers: the answer when the pool is full, and requests that are too late, or whose
 * caller has gone, when a worker takes them. */
#include "tests/server/caller.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/server.h"
#include "server/workers.h"

/* --- the pool alone --- */

static atomic_int runs, refusals;
static atomic_int last_refusal;
static atomic_bool may_go;
static atomic_bool has_blocked_signals;

static bool can_go(void *arg)
{
    (void)arg;
    return may_go;
}

static void run(work *taken)
{
    (void)taken;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    has_blocked_signals = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
    test_wait_for(can_go, NULL, 10000);
    runs++;
}

static void refuse(work *taken)
{
    last_refusal = taken->refusal;
    refusals++;
}

static workers *new_pool(int threads, int queue_max)
{
    workers_settings settings = {
        .threads = threads, .queue_max = queue_max, .run = run, .refuse = refuse};
    workers *pool;
    dubboc_error err;
    runs = refusals = 0;
    may_go = false;
    assert_status(DUBBOC_OK, workers_new(&settings, &pool, &err), &err);
    return pool;
}

static work patient(void)
{
    return (work){.deadline_ns = DEADLINE_NEVER, .start_by_ns = DEADLINE_NEVER};
}

static bool all_have_ended(void *arg)
{
    return runs + refusals == *(const int *)arg;
}

static void a_full_pool_refuses_more_work(void **state)
{
    (void)state;
    enum { COUNT = 9, FIT = 5 }; /* two run and three wait */
    int ended = COUNT;
    work all[COUNT];
    workers *pool = new_pool(2, 3);
    for (int i = 0; i < COUNT; i++) {
        all[i] = patient();
        workers_push(pool, &all[i]);
    }
    assert_in_range(refusals, COUNT - FIT, COUNT - FIT + 2); /* the workers may still be idle */
    assert_int_equal(last_refusal, WORK_QUEUE_FULL);
    may_go = true;
    assert_true(test_wait_for(all_have_ended, &ended, 5000));
    workers_free(pool);
    assert_int_equal(runs + refusals, COUNT);
    assert_true(has_blocked_signals);
}

static bool is_refused(void *arg)
{
    return refusals == *(const int *)arg;
}

static void work_that_has_waited_too_long_is_refused_while_all_workers_are_busy(void **state)
{
    (void)state;
    int one = 1;
    work running = patient(), late = patient();
    workers *pool = new_pool(1, 10);
    workers_push(pool, &running);
    late.start_by_ns = clock_now_ns() + 30 * NS_PER_MS;
    workers_push(pool, &late);
    assert_true(test_wait_for(is_refused, &one, 5000));
    assert_int_equal(last_refusal, WORK_QUEUED_TOO_LONG);
    assert_int_equal(runs, 0);
    may_go = true;
    workers_free(pool);
    assert_int_equal(runs, 1);
}

/* Both works are pushed before the only idle worker wakes up, so the pool counts that worker as
 * idle at the second push too. */
static void work_behind_work_that_wakes_the_last_idle_worker_is_refused_in_time(void **state)
{
    (void)state;
    int one = 1;
    for (int i = 0; i < 20; i++) {
        workers *pool = new_pool(1, 10);
        work warm = patient(), running = patient(), late = patient();
        may_go = true;
        workers_push(pool, &warm);
        assert_true(test_wait_for(all_have_ended, &one, 5000));
        runs = 0;
        may_go = false;
        running.start_by_ns = DEADLINE_NEVER;
        late.start_by_ns = clock_now_ns() + 20 * NS_PER_MS;
        workers_push(pool, &running);
        workers_push(pool, &late);
        assert_true(test_wait_for(is_refused, &one, 5000));
        may_go = true;
        workers_free(pool);
        assert_int_equal(runs, 1);
    }
}

static void stopping_refuses_waiting_work_and_waits_for_running_work(void **state)
{
    (void)state;
    work all[4] = {patient(), patient(), patient(), patient()};
    workers *pool = new_pool(1, 10);
    for (int i = 0; i < 3; i++)
        workers_push(pool, &all[i]);
    may_go = true;
    workers_stop(pool);
    assert_int_equal(runs + refusals, 3);
    workers_push(pool, &all[3]);
    assert_int_equal(runs + refusals, 4);
    assert_int_equal(last_refusal, WORK_POOL_STOPPED);
    workers_free(pool);
}

/* --- in a server --- */

static dubboc_server *server;
static int port;

static void start_server(const char *queue_time)
{
    server = test_server((const setting[]){{"server", "workers", "1"}, {"server", "queue", "1"},
                             {"server", "queue_time", queue_time}, {0}},
        1);
    test_add_echo(server, NULL);
    test_start(server);
    port = test_port(server);
    test_gate_close();
}

static int start_small(void **state)
{
    (void)state;
    start_server("10m");
    return 0;
}

static int start_impatient(void **state)
{
    (void)state;
    start_server("50ms");
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
    assert_int_equal(
        strstr(answer.head, "\r\nDubboc-Not-Executed: 1\r\n") != NULL, is_not_executed);
    reply_fini(&answer);
    close(fd);
}

/* Whether *arg requests have been read and are not answered. */
static bool requests_are(void *arg)
{
    return http_server_requests(server->http) == *(const int *)arg;
}

/* Waits until one of two callers gets its answer, and returns the descriptor of that caller. */
static int first_answered(int a, int b)
{
    struct pollfd both[] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    assert_true(poll(both, 2, 10000) > 0);
    return both[0].revents != 0 ? a : b;
}

static void a_full_queue_answers_at_once_that_nothing_was_executed(void **state)
{
    (void)state;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    int two = send_gate(NULL, CALL("\"x\"", "gate", "[2]")),
        three = send_gate(NULL, CALL("\"x\"", "gate", "[2]"));
    int refused = first_answered(two, three), waiting = refused == two ? three : two;
    read_and_check(
        refused, 503, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":-32000,", true);
    int batch = send_gate(NULL, "[" CALL("3", "gate", "[3]") "]");
    refused = first_answered(waiting, batch);
    read_and_check(refused, 503, refused == batch ? "\"id\":null" : "\"id\":\"x\"", true);
    /* non-blocking methods need no worker */
    assert_answer(port, CALL("4", "echo", "[4]"), RESULT("4", "4"));
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
    if (refused == batch)
        read_and_check(waiting, 200, RESULT("\"x\"", "2"), false);
    else
        read_and_check(batch, 200, "[" RESULT("3", "3") "]", false);
    assert_int_equal(test_started(), 2);
}

static void a_call_whose_deadline_passes_in_the_queue_is_refused_before_a_worker_is_free(
    void **state)
{
    (void)state;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    int late = send_gate("Timeout: 1000000\r\n", CALL("2", "gate", "[2]"));
    read_and_check(late, 503,
        "\"id\":2,\"error\":{\"code\":-32000,\"message\":\"the server is busy: no worker was free "
        "in time for the caller's "
        "Timeout\"",
        true);
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
    assert_int_equal(test_started(), 1);
}

static void a_request_without_a_deadline_waits_for_the_queue_time(void **state)
{
    (void)state;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    read_and_check(send_gate(NULL, CALL("2", "gate", "[2]")), 503, "[server] queue_time", true);
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
}

static void requests_of_a_caller_that_has_gone_are_not_executed(void **state)
{
    (void)state;
    int both = 2;
    int running = send_gate(NULL, CALL("1", "gate", "[1]"));
    assert_true(test_wait_for(one_waits, NULL, 5000));
    int gone = send_gate(NULL, CALL("2", "gate", "[2]"));
    assert_true(test_wait_for(requests_are, &both, 5000));
    close(gone);
    test_gate_open();
    read_and_check(running, 200, RESULT("1", "1"), false);
    assert_answer(port, CALL("3", "slow", "[3]"), RESULT("3", "3"));
    assert_int_equal(test_started(), 1);
}

#define IN_SERVER(name) cmocka_unit_test_setup_teardown(name, start_small, stop_small)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_pool_refuses_more_work),
        cmocka_unit_test(work_that_has_waited_too_long_is_refused_while_all_workers_are_busy),
        cmocka_unit_test(work_behind_work_that_wakes_the_last_idle_worker_is_refused_in_time),
        cmocka_unit_test(stopping_refuses_waiting_work_and_waits_for_running_work),
        IN_SERVER(a_full_queue_answers_at_once_that_nothing_was_executed),
        IN_SERVER(a_call_whose_deadline_passes_in_the_queue_is_refused_before_a_worker_is_free),
        cmocka_unit_test_setup_teardown(
            a_request_without_a_deadline_waits_for_the_queue_time, start_impatient, stop_small),
        IN_SERVER(requests_of_a_caller_that_has_gone_are_not_executed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
