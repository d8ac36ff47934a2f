/* How long a server continues to serve after its nodes are removed. */
#include "tests/server/caller.h"

#include <pthread.h>
#include <unistd.h>

#include "server/stop_wait.h"

/* --- how long the server waits */

typedef struct wait_case {
    const char *what;
    int64_t least_ms, quiet_ms, most_ms;
    int64_t last_call_ms; /* counted from the removal of the nodes; below 0: no call since then */
    int64_t ends_ms;
} wait_case;

static const wait_case wait_cases[] = {
    {"nobody calls", 3000, 2000, 20000, -1, 3000},
    {"a call before the nodes were removed does not count", 0, 2000, 20000, -500, 2000},
    {"the last call came early", 3000, 2000, 20000, 400, 3000},
    {"the last call came late", 3000, 2000, 20000, 4900, 6900},
    {"somebody never stops calling", 3000, 2000, 20000, 19900, 20000},
    {"the least time is longer than the quiet one", 3000, 10000, 20000, 100, 10100},
    {"no least time", 0, 2000, 20000, 100, 2100},
    {"no quiet time", 3000, 0, 20000, 4000, 4000},
    {"no time at all", 0, 0, 0, 0, 0},
    {"the most is less than the least", 30000, 2000, 20000, 100, 30000},
    {"the most is less than the quiet time", 0, 5000, 1000, 100, 1000},
};

static void a_stopping_server_serves_until_no_call_has_come_for_a_while(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wait_cases / sizeof wait_cases[0]; i++) {
        const wait_case *one = &wait_cases[i];
        const int64_t begun_ns = 1000 * NS_PER_S;
        stop_wait wait = {one->least_ms, one->quiet_ms, one->most_ms, begun_ns};
        int64_t end_ns = stop_wait_end_ns(&wait, begun_ns + one->last_call_ms * NS_PER_MS);
        if (end_ns != begun_ns + one->ends_ms * NS_PER_MS)
            fail_msg("%s: ends after %lld ms, expected %lld", one->what,
                (long long)((end_ns - begun_ns) / NS_PER_MS), (long long)one->ends_ms);
    }
}

static void the_time_of_a_call_is_noted_only_while_a_stop_waits(void **state)
{
    (void)state;
    call_watch watch = {0};
    call_watch_note(&watch);
    assert_int_equal(0, atomic_load(&watch.last_ns));
    atomic_store(&watch.is_on, true);
    int64_t before_ns = clock_now_ns();
    call_watch_note(&watch);
    assert_true(atomic_load(&watch.last_ns) >= before_ns);
}

/* --- a server that stops */

static void *stop_server_thread(void *server)
{
    dubboc_server_stop(server);
    return NULL;
}

static bool has_left(void *folder)
{
    char command[600];
    snprintf(
        command, sizeof command, "ls %s/dubbo/test.Echo/providers | grep -q .", (char *)folder);
    return system(command) != 0;
}

typedef struct stopping {
    char *folder;
    dubboc_server *server;
    pthread_t thread;
} stopping;

/* Starts a registered server and begins to stop it. On return the nodes are removed from the
 * registry, and the server still serves. */
static void begin_stopping(stopping *self, const char *least, const char *quiet, const char *most)
{
    char address[512];
    self->folder = test_folder_new();
    snprintf(address, sizeof address, "file://%s", self->folder);
    self->server = test_server(
        (const setting[]){{"registry", "address", address}, {"server", "stop_watch_wait", least},
            {"server", "stop_quiet", quiet}, {"server", "stop_watch_max", most}, {0}},
        1);
    test_add_echo(self->server, NULL);
    test_start(self->server);
    assert_false(has_left(self->folder));
    assert_int_equal(pthread_create(&self->thread, NULL, stop_server_thread, self->server), 0);
    assert_true(test_wait_for(has_left, self->folder, 10000));
}

static void end_stopping(stopping *self)
{
    pthread_join(self->thread, NULL);
    dubboc_server_free(self->server);
    test_folder_remove(self->folder);
}

/* The consumer keeps calling for longer than the quiet time (1 s). The server still answers,
 * because each call restarts the quiet time. */
static void a_stopping_server_serves_a_consumer_that_has_not_noticed_the_stop(void **state)
{
    (void)state;
    stopping one;
    begin_stopping(&one, "0ms", "1s", "1h");
    int port = test_port(one.server);
    int64_t end_ns = deadline_in_ms(1500);
    while (!deadline_is_over(end_ns)) {
        reply answer;
        caller_post(port, "/test.Echo", NULL, CALL("1", "echo", "[1]"), &answer);
        assert_int_equal(answer.status, 200);
        assert_null(strstr(answer.head, "Connection: close"));
        reply_fini(&answer);
    }
    end_stopping(&one);
}

static void a_caller_that_never_leaves_does_not_block_the_stop(void **state)
{
    (void)state;
    stopping one;
    reply answer = {0};
    begin_stopping(&one, "0ms", "10m", "200ms");
    int fd = caller_connect(test_port(one.server));
    do { /* until the server answers with Connection: close or closes the connection */
        reply_fini(&answer);
        caller_send(fd, NULL, "/test.Echo", NULL, CALL("1", "echo", "[1]"));
        caller_read(fd, &answer);
    } while (answer.status == 200 && strstr(answer.head, "Connection: close") == NULL);
    assert_true(answer.status == 0 || answer.status == 200);
    reply_fini(&answer);
    close(fd);
    end_stopping(&one);
}

typedef struct stopped {
    dubboc_server *server;
    atomic_bool is_done;
} stopped;

static void *stop_and_tell(void *arg)
{
    stopped *self = arg;
    dubboc_server_stop(self->server);
    atomic_store(&self->is_done, true);
    return NULL;
}

static bool is_done(void *arg)
{
    return atomic_load(&((stopped *)arg)->is_done);
}

static void the_stop_does_not_wait_when_no_registry_had_a_node(void **state)
{
    (void)state;
    static const char *const registries[] = {"", "static:", "zookeeper://127.0.0.1:1"};
    for (size_t i = 0; i < sizeof registries / sizeof registries[0]; i++) {
        pthread_t thread;
        stopped one = {
            .server = test_server((const setting[]){{"registry", "address", registries[i]},
                                      {"server", "stop_watch_wait", "10m"}, {0}},
                1)};
        test_add_echo(one.server, NULL);
        test_start(one.server);
        assert_int_equal(pthread_create(&thread, NULL, stop_and_tell, &one), 0);
        if (!test_wait_for(is_done, &one, 30000))
            fail_msg("it waits, with registry \"%s\"", registries[i]);
        pthread_join(thread, NULL);
        dubboc_server_free(one.server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopping_server_serves_until_no_call_has_come_for_a_while),
        cmocka_unit_test(the_time_of_a_call_is_noted_only_while_a_stop_waits),
        cmocka_unit_test(a_stopping_server_serves_a_consumer_that_has_not_noticed_the_stop),
        cmocka_unit_test(a_caller_that_never_leaves_does_not_block_the_stop),
        cmocka_unit_test(the_stop_does_not_wait_when_no_registry_had_a_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
