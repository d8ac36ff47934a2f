/* Large requests: workers parse them, and a memory budget is charged before their trees are
 * built. */
#include "tests/server/caller.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"
#include "server/server.h"

/* With a comma, one item is 63 bytes of text and 144 bytes of a tree. */
static const char long_item[] = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"";

/* 1 MiB for bodies, 1 MiB for trees. */
static const setting small_memory[] = {
    {"server", "body_max", "1MiB"},
    {"server", "memory_max", "2MiB"},
    {"server", "workers", "4"},
    {0},
};

static dubboc_server *server;
static pthread_t ran_on;

static dubboc_status note_thread(dubboc_request *self, const cJSON *in, cJSON **out, void *arg)
{
    (void)self, (void)in, (void)out, (void)arg;
    ran_on = pthread_self();
    return DUBBOC_OK;
}

static dubboc_status count_bytes(dubboc_request *self, dubboc_slice in, dubboc_text *out, void *arg)
{
    char text[32];
    (void)self, (void)arg;
    snprintf(text, sizeof text, "%zu", in.len);
    return dubboc_text_set(out, text, strlen(text));
}

static _Atomic(dubboc_deferred *) deferred;

static dubboc_status defer_it(dubboc_request *self, dubboc_slice in, dubboc_text *out, void *arg)
{
    (void)in, (void)out, (void)arg;
    deferred = dubboc_request_defer(self);
    return deferred != NULL ? DUBBOC_DEFERRED : DUBBOC_E_NO_MEMORY;
}

static void start(const setting *settings, int loops)
{
    dubboc_error err;
    dubboc_service *large;
    static const dubboc_method methods[] = {
        DUBBOC_METHOD("thread", note_thread, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("bytes", count_bytes, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("later", defer_it),
    };
    server = test_server(settings, loops);
    test_add_echo(server, NULL);
    dubboc_status status = dubboc_server_add_service(server, "test.Large", NULL, &large, &err);
    assert_status(DUBBOC_OK, status, &err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_status(DUBBOC_OK, dubboc_service_add_method(large, &methods[i], &err), &err);
    test_start(server);
}

static int begin(void **state)
{
    (void)state;
    start(small_memory, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    test_gate_open();
    dubboc_server_free(server);
    return 0;
}

/* Returns a call with count params, each of which is item. The caller frees it. */
static char *call_with(const char *method, const char *item, size_t count, bool is_notification)
{
    size_t len = strlen(item), size = count * (len + 1) + 200;
    char *text = malloc(size), *at = text;
    assert_non_null(text);
    at += snprintf(at, size, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":[", method);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = ',';
        memcpy(at, item, len);
        at += len;
    }
    strcpy(at, is_notification ? "]}" : "],\"id\":7}");
    return text;
}

static void ask(const char *path, const char *method, const char *item, size_t count, reply *answer)
{
    char *body = call_with(method, item, count, false);
    caller_post(test_port(server), path, NULL, body, answer);
    free(body);
}

static int send_large(const char *method, const char *headers)
{
    int fd = caller_connect(test_port(server));
    char *body = call_with(method, long_item, 3500, false);
    assert_true(fd >= 0);
    caller_send(fd, NULL, "/test.Echo", headers, body); /* 230 KB of text, 620 KB as a tree */
    free(body);
    return fd;
}

static void check_read(int fd, int status, const char *part)
{
    reply answer;
    caller_read(fd, &answer);
    assert_int_equal(answer.status, status);
    if (status == 503)
        assert_contains(answer.head, "Dubboc-Not-Executed: 1\r\n");
    assert_contains(answer.body, part);
    reply_fini(&answer);
    close(fd);
}

static bool gate_is_reached(void *arg)
{
    return test_gate_waiting() == *(int *)arg;
}

static bool trees_are_waited_for(void *arg)
{
    return memory_budget_waiting(&server->serving.trees) == *(size_t *)arg;
}

/* Sends a request that keeps the memory for trees until test_gate_open(). */
static int hold_memory(void)
{
    int one = 1;
    test_gate_close();
    int fd = send_large("gate", NULL);
    assert_true(test_wait_for(gate_is_reached, &one, 10000));
    return fd;
}

static void wait_for_waiters(size_t count)
{
    assert_true(test_wait_for(trees_are_waited_for, &count, 10000));
}

static void a_large_body_runs_on_a_worker_whatever_its_method(void **state)
{
    (void)state;
    reply answer;
    ask("/test.Large", "thread", "1", 10, &answer);
    assert_int_equal(answer.status, 200);
    reply_fini(&answer);
    pthread_t loop = ran_on;
    ask("/test.Large", "thread", "[[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]]", 1600, &answer);
    assert_int_equal(answer.status, 200);
    reply_fini(&answer);
    assert_false(pthread_equal(loop, ran_on));
    ask("/test.Large", "thread", "1", 10, &answer);
    reply_fini(&answer);
    assert_true(pthread_equal(loop, ran_on));
}

static void a_large_body_that_is_no_json_is_answered_like_a_small_one(void **state)
{
    (void)state;
    reply answer;
    ask("/test.Echo", "echo", "00000000", 10000, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"code\":-32700");
    assert_contains(answer.body, "a number with a leading zero");
    reply_fini(&answer);
}

static void check_counts(uint64_t calls, uint64_t errors, uint64_t refused)
{
    dubboc_server_stats stats = {.size = sizeof stats};
    dubboc_server_get_stats(server, &stats);
    assert_int_equal(stats.calls, calls);
    assert_int_equal(stats.errors, errors);
    assert_int_equal(stats.refused, refused);
    assert_int_equal(stats.in_flight, 0);
}

static void params_whose_tree_can_never_fit_get_a_clear_error(void **state)
{
    (void)state;
    reply answer;
    ask("/test.Echo", "echo", "0", 100000, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"id\":7,\"error\":{\"code\":-32602");
    assert_contains(answer.body, "params: 100001 values take 8000080 bytes as a tree");
    assert_contains(answer.body, "half of [server] memory_max (1048576); the provider must");
    reply_fini(&answer);
    check_counts(1, 1, 0);
}

static void raw_handlers_need_no_tree(void **state)
{
    (void)state;
    reply answer;
    ask("/test.Large", "bytes", "0", 100000, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "\"result\":200001}");
    reply_fini(&answer);
}

static void a_tree_has_a_ceiling_of_values_whatever_the_memory(void **state)
{
    (void)state;
    reply answer;
    end(NULL);
    start((const setting[]){{"server", "memory_max", "1GiB"}, {0}}, 1);
    ask("/test.Echo", "echo", "0", 3999900, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "params: 3999901 values, but a tree holds at most 1048576");
    reply_fini(&answer);
}

static void in_a_batch_only_the_request_that_is_too_large_fails(void **state)
{
    (void)state;
    char *large = call_with("echo", "0", 100000, false);
    char *batch;
    reply answer;
    static const char format[] = "[" CALL("1", "echo", "[1]") ",%s," CALL("3", "echo", "[3]") "]";
    assert_true(asprintf(&batch, format, large) > 0);
    caller_post(test_port(server), "/test.Echo", NULL, batch, &answer);
    assert_int_equal(answer.status, 200);
    assert_contains(answer.body, "[" RESULT("1", "1") ",{\"jsonrpc\":\"2.0\",\"id\":7,\"error\"");
    assert_contains(answer.body, "," RESULT("3", "3") "]");
    reply_fini(&answer);
    free(large);
    free(batch);
}

static void a_request_whose_tree_does_not_fit_waits_for_memory(void **state)
{
    (void)state;
    int first = hold_memory();
    int second = send_large("gate", NULL);
    wait_for_waiters(1);
    assert_int_equal(test_started(), 1);
    test_gate_open();
    check_read(first, 200, "\"id\":7");
    check_read(second, 200, "\"id\":7");
    assert_int_equal(memory_budget_used(&server->serving.trees), 0);
}

static void a_request_waits_for_memory_no_longer_than_its_caller_allows(void **state)
{
    (void)state;
    int first = hold_memory();
    int second = send_large("gate", "Timeout: 20ms\r\n");
    check_read(second, 503, "memory_max");
    assert_int_equal(test_started(), 1);
    test_gate_open();
    check_read(first, 200, "\"id\":7");
    check_counts(1, 1, 1); /* "gate" takes one param, and this call has thousands */
}

static void a_request_waits_for_memory_for_a_second_at_most(void **state)
{
    (void)state;
    int first = hold_memory();
    int second = send_large("gate", NULL);
    check_read(second, 503, "\"id\":7,\"error\":{\"code\":-32000");
    assert_int_equal(test_started(), 1);
    test_gate_open();
    check_read(first, 200, "\"id\":7");
}

static void at_most_half_of_the_workers_wait_for_memory(void **state)
{
    (void)state;
    reply answer;
    int fds[3];
    fds[0] = hold_memory();
    fds[1] = send_large("gate", NULL);
    fds[2] = send_large("gate", NULL);
    wait_for_waiters(2);
    check_read(send_large("gate", NULL), 503, "memory_max");
    caller_post(test_port(server), "/test.Echo", NULL, CALL("1", "slow", "[1]"), &answer);
    assert_int_equal(answer.status, 200);
    reply_fini(&answer);
    test_gate_open();
    for (int i = 0; i < 3; i++)
        check_read(fds[i], 200, "\"id\":7");
}

static void a_notification_that_is_refused_has_no_body(void **state)
{
    (void)state;
    reply answer;
    int first = hold_memory();
    char *body = call_with("gate", long_item, 3500, true);
    caller_post(test_port(server), "/test.Echo", "Timeout: 200ms\r\n", body, &answer);
    assert_int_equal(answer.status, 503);
    assert_contains(answer.head, "Dubboc-Not-Executed: 1\r\n");
    assert_int_equal(answer.body_len, 0);
    reply_fini(&answer);
    free(body);
    test_gate_open();
    check_read(first, 200, "\"id\":7");
}

typedef struct asked {
    const char *item;
    size_t count;
    reply answer;
    atomic_bool is_answered;
} asked;

static void *ask_here(void *arg)
{
    asked *self = arg;
    ask("/test.Echo", "echo", self->item, self->count, &self->answer);
    self->is_answered = true;
    return NULL;
}

static bool step_until_answered(void *arg)
{
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_server_step(server, 1, &err), &err);
    return ((asked *)arg)->is_answered;
}

static void ask_and_step(asked *self)
{
    pthread_t caller;
    assert_int_equal(pthread_create(&caller, NULL, ask_here, self), 0);
    assert_true(test_wait_for(step_until_answered, self, 20000));
    assert_int_equal(pthread_join(caller, NULL), 0);
}

static bool is_deferred(void *arg)
{
    (void)arg;
    return deferred != NULL;
}

/* The memory has room for only one of the two bodies, so the second call shows that the first body
 * was freed. */
static void a_deferred_request_does_not_keep_its_body(void **state)
{
    (void)state;
    reply answer;
    char *body = call_with("later", "0", 450000, false);
    int fd = caller_connect(test_port(server));
    assert_true(fd >= 0);
    caller_send(fd, NULL, "/test.Large", NULL, body);
    assert_true(test_wait_for(is_deferred, NULL, 10000));
    ask("/test.Large", "bytes", "0", 450000, &answer);
    assert_int_equal(answer.status, 200);
    reply_fini(&answer);
    dubboc_deferred_answer_raw(deferred, slice_of("1"));
    check_read(fd, 200, "\"id\":7");
    free(body);
}

static _Atomic int64_t passed_ns; /* added to the real time */

static int64_t shifted_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec + passed_ns;
}

static bool request_has_begun(void *arg)
{
    (void)arg;
    return http_server_requests(server->http) == 1;
}

/* The body takes longer to arrive than [server] queue_time. */
static void the_time_to_receive_a_body_is_not_counted_as_a_wait_for_a_worker(void **state)
{
    (void)state;
    static const char body[] = CALL("7", "slow", "[1]");
    char head[200];
    end(NULL);
    clock_set_source(shifted_clock);
    start(small_memory, 1);
    int fd = caller_connect(test_port(server));
    snprintf(head, sizeof head,
        "POST /test.Echo HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", strlen(body));
    assert_int_equal(send(fd, head, strlen(head), MSG_NOSIGNAL), strlen(head));
    assert_true(test_wait_for(request_has_begun, NULL, 10000));
    passed_ns += 10 * NS_PER_S;
    assert_int_equal(send(fd, body, strlen(body), MSG_NOSIGNAL), strlen(body));
    check_read(fd, 200, RESULT("7", "1"));
    clock_set_source(NULL);
}

static void a_server_without_threads_reads_large_bodies_itself(void **state)
{
    (void)state;
    end(NULL);
    start(small_memory, DUBBOC_NONE);
    asked fits = {.item = long_item, .count = 1500};
    asked never = {.item = "0", .count = 100000};
    ask_and_step(&fits);
    assert_contains(fits.answer.body, "\"id\":7,");
    assert_int_equal(fits.answer.status, 200);
    reply_fini(&fits.answer);
    ask_and_step(&never);
    assert_contains(never.answer.body, "more than half of [server] memory_max");
    reply_fini(&never.answer);
}

static void the_default_memory_follows_the_machine_and_the_largest_body(void **state)
{
    (void)state;
    end(NULL);
    start(NULL, 1);
    assert_in_range(server->memory_max_bytes, 16 << 20, 512 << 20);
    end(NULL);
    start((const setting[]){{"server", "body_max", "1GiB"}, {0}}, 1);
    assert_int_equal(server->memory_max_bytes, INT64_C(2) << 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_large_body_runs_on_a_worker_whatever_its_method),
        TEST(a_large_body_that_is_no_json_is_answered_like_a_small_one),
        TEST(params_whose_tree_can_never_fit_get_a_clear_error),
        TEST(raw_handlers_need_no_tree),
        TEST(a_tree_has_a_ceiling_of_values_whatever_the_memory),
        TEST(in_a_batch_only_the_request_that_is_too_large_fails),
        TEST(a_request_whose_tree_does_not_fit_waits_for_memory),
        TEST(a_request_waits_for_memory_no_longer_than_its_caller_allows),
        TEST(a_request_waits_for_memory_for_a_second_at_most),
        TEST(at_most_half_of_the_workers_wait_for_memory),
        TEST(a_notification_that_is_refused_has_no_body),
        TEST(a_deferred_request_does_not_keep_its_body),
        TEST(the_time_to_receive_a_body_is_not_counted_as_a_wait_for_a_worker),
        TEST(a_server_without_threads_reads_large_bodies_itself),
        TEST(the_default_memory_follows_the_machine_and_the_largest_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
