/* Many large bodies at once: the server's memory stays below its limit and is returned afterwards,
 * every request is answered or refused as not executed, and small calls are still answered quickly.
 * The server is a separate process, because the system reports memory per process.
 *
 * `many_bodies_test COUNT [MEMORY_MAX]` sends COUNT bodies and prints the measurements. */
#include "tests/server/caller.h"
#include "tests/support/pacer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true /* a sanitizer changes memory use and times, so neither is checked */
#define COUNT 12
#else
#define IS_SANITIZED false
#define COUNT 30
#endif

#define MIB ((size_t)1024 * 1024)
#define COUNT_MAX 1000
#define BODY_BYTES ((size_t)8 * 1000 * 1000)
#define MEMORY_MAX "64MiB"
#define SLACK_BYTES (32 * MIB) /* thread stacks, malloc arenas, and memory that malloc keeps */
#define SMALL_MAX 100000
#define TRIES 3
#define PATIENCE_MS 60000

/* --- the server, a child process --- */

static pid_t server_pid;
static int server_port;
static int server_life; /* closing this descriptor ends the server */

static dubboc_status count_items(dubboc_request *self, const cJSON *in, cJSON **out, void *arg)
{
    (void)self, (void)arg;
    *out = dubboc_json_i64_new(cJSON_GetArraySize(in));
    return *out != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

static void serve(const char *memory_max, int port_to, int life)
{
    char byte;
    const setting settings[] = {{"server", "memory_max", memory_max}, {0}};
    dubboc_method method = DUBBOC_METHOD("count", count_items);
    method.flags = DUBBOC_NONBLOCKING;
    dubboc_server *server = test_server(settings, 2);
    dubboc_service *service;
    bool is_up = dubboc_server_add_service(server, "test.Many", NULL, &service, NULL) == DUBBOC_OK;
    is_up = is_up && dubboc_service_add_method(service, &method, NULL) == DUBBOC_OK;
    if (!is_up || dubboc_server_start(server, NULL) != DUBBOC_OK)
        _exit(1);
    int port = test_port(server);
    if (write(port_to, &port, sizeof port) != sizeof port)
        _exit(1);
    while (read(life, &byte, 1) > 0)
        continue;
    dubboc_server_free(server);
    exit(0);
}

static void server_start(const char *memory_max)
{
    int port[2], life[2];
    assert_int_equal(pipe2(port, O_CLOEXEC), 0);
    assert_int_equal(pipe2(life, O_CLOEXEC), 0);
    fflush(NULL);
    server_pid = fork();
    assert_true(server_pid >= 0);
    if (server_pid == 0) {
        close(life[1]);
        serve(memory_max, port[1], life[0]);
    }
    close(port[1]);
    close(life[0]);
    server_life = life[1];
    assert_int_equal(read(port[0], &server_port, sizeof server_port), sizeof server_port);
    close(port[0]);
}

static void server_end(void)
{
    int status;
    close(server_life);
    assert_int_equal(waitpid(server_pid, &status, 0), server_pid);
    assert_int_equal(status, 0);
}

/* Returns VmRSS or VmHWM (name) of the server process, in bytes. */
static size_t server_memory(const char *name)
{
    char path[64], line[256];
    size_t kib = 0, len = strlen(name);
    snprintf(path, sizeof path, "/proc/%d/status", (int)server_pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, len) == 0)
            kib = strtoul(line + len + 1, NULL, 10);
    fclose(file);
    assert_true(kib > 0);
    return kib * 1024;
}

/* --- the large calls --- */

static char *large; /* one request, head and body */
static size_t large_len;

static void large_make(void)
{
    static const char item[] = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",";
    large = malloc(BODY_BYTES + 1024);
    assert_non_null(large);
    char *body = large;
    static const char head[] = "POST /test.Many HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n";
    body += sprintf(body, head, BODY_BYTES);
    char *at = body, *end = body + BODY_BYTES;
    at += sprintf(at, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"count\",\"params\":[");
    while (at + 2 * sizeof item < end)
        at = stpcpy(at, item);
    at = stpcpy(at, "0]}");
    memset(at, ' ', (size_t)(end - at));
    large_len = (size_t)(end - large);
}

typedef struct large_call {
    size_t sent;
    size_t got;
    char reply[512];
    bool is_done;
} large_call;

static large_call calls[COUNT_MAX];

static bool reply_is_complete(const large_call *self)
{
    return strstr(self->reply, "}\n") != NULL || strstr(self->reply, "memory_max") != NULL;
}

static void large_receive(large_call *self, int fd)
{
    size_t room = sizeof self->reply - 1 - self->got;
    ssize_t got = recv(fd, self->reply + self->got, room, MSG_DONTWAIT);
    if (got > 0)
        self->got += (size_t)got;
    bool is_over = got == 0 || (got < 0 && errno != EAGAIN);
    self->is_done = is_over || reply_is_complete(self);
}

static void large_step(large_call *self, const struct pollfd *fd)
{
    if ((fd->revents & POLLIN) != 0)
        large_receive(self, fd->fd);
    if ((fd->revents & POLLOUT) == 0 || self->is_done)
        return;
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    ssize_t sent = send(fd->fd, large + self->sent, large_len - self->sent, flags);
    if (sent > 0)
        self->sent += (size_t)sent;
    else if (sent < 0 && errno != EAGAIN)
        large_receive(self, fd->fd); /* the server has closed: read its reply */
}

/* Sends count large calls at once, and returns when each of them has a reply. */
static void large_run(size_t count)
{
    struct pollfd fds[COUNT_MAX];
    int64_t deadline_ns = deadline_in_ms(PATIENCE_MS);
    size_t done = 0;
    memset(calls, 0, sizeof calls);
    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = caller_connect(server_port)};
        assert_true(fds[i].fd >= 0);
    }
    while (done < count) {
        for (size_t i = 0; i < count; i++)
            fds[i].events = calls[i].sent < large_len ? POLLIN | POLLOUT : POLLIN;
        assert_true(poll(fds, count, deadline_poll_ms(deadline_ns)) > 0);
        for (size_t i = 0; i < count; i++) {
            if (calls[i].is_done || fds[i].revents == 0)
                continue;
            large_step(&calls[i], &fds[i]);
            if (!calls[i].is_done)
                continue;
            done++;
            close(fds[i].fd);
            fds[i].fd = -1; /* poll() ignores this entry */
        }
    }
}

typedef struct large_outcome {
    size_t served;
    size_t refused;
} large_outcome;

static large_outcome large_count(size_t count)
{
    large_outcome outcome = {0};
    for (size_t i = 0; i < count; i++) {
        const char *text = calls[i].reply;
        bool is_not_executed = strstr(text, "\r\nDubboc-Not-Executed: 1\r\n") != NULL;
        if (strncmp(text, "HTTP/1.1 503 ", 13) == 0 && is_not_executed)
            outcome.refused++;
        else if (strncmp(text, "HTTP/1.1 200 ", 13) == 0 && strstr(text, "\"result\":") != NULL)
            outcome.served++;
        else
            fail_msg("%zu bytes sent, and this came: \"%s\"", calls[i].sent, text);
    }
    return outcome;
}

/* --- small calls at the same time --- */

/* At most one small call begins in this time, so that small calls are no load themselves. */
#define SMALL_EACH_NS (2 * NS_PER_MS)

static atomic_bool small_has_to_end;
static int64_t small_ns[SMALL_MAX];
static size_t small_count;

static void *small_run(void *arg)
{
    int fd = caller_connect(server_port);
    pacer pace;
    (void)arg;
    pacer_start(&pace, SMALL_EACH_NS);
    for (small_count = 0; !small_has_to_end && small_count < SMALL_MAX; small_count++) {
        reply answer;
        int64_t before_ns = clock_now_ns();
        caller_send(fd, NULL, "/test.Many", NULL, CALL("1", "count", "[1,2,3]"));
        caller_read(fd, &answer);
        small_ns[small_count] = clock_now_ns() - before_ns;
        if (answer.status != 200)
            fail_msg("a small call was answered by %d", answer.status);
        reply_fini(&answer);
        pacer_wait(&pace);
    }
    pacer_end(&pace);
    close(fd);
    return NULL;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* --- large and small calls together --- */

typedef struct measurement {
    size_t before, peak, after; /* memory of the server in bytes */
    int64_t large_ns;           /* duration of one large call without other load */
    int64_t small_p99_ns;
    large_outcome outcome;
} measurement;

static int64_t measure_one_large(void)
{
    int64_t best_ns = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t before_ns = clock_now_ns();
        large_run(1);
        assert_int_equal(large_count(1).served, 1);
        int64_t took_ns = clock_now_ns() - before_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    return best_ns;
}

static double to_ms(int64_t ns)
{
    return (double)ns / (double)NS_PER_MS;
}

static void measurement_print(const measurement *self, size_t count, const char *memory_max)
{
    printf("%zu bodies of 8 MB, memory_max %s: ", count, memory_max);
    printf("%zu served, %zu refused; ", self->outcome.served, self->outcome.refused);
    printf("MiB before %zu, at most %zu, ", self->before / MIB, self->peak / MIB);
    printf("afterwards %zu; one alone %.0f ms, ", self->after / MIB, to_ms(self->large_ns));
    printf("p99 of %zu small calls %.1f ms\n", small_count, to_ms(self->small_p99_ns));
}

static measurement measure(size_t count, const char *memory_max)
{
    measurement measured;
    pthread_t small;
    server_start(memory_max);
    measured.before = server_memory("VmRSS:");
    measured.large_ns = measure_one_large();
    small_has_to_end = false;
    assert_int_equal(pthread_create(&small, NULL, small_run, NULL), 0);
    large_run(count);
    small_has_to_end = true;
    pthread_join(small, NULL);
    measured.outcome = large_count(count);
    qsort(small_ns, small_count, sizeof small_ns[0], compare_ns);
    assert_true(small_count > 0);
    measured.small_p99_ns = small_ns[(small_count - 1) * 99 / 100];
    measured.peak = server_memory("VmHWM:");
    measured.after = server_memory("VmRSS:");
    server_end();
    measurement_print(&measured, count, memory_max);
    return measured;
}

static void many_large_bodies_stay_within_the_memory_for_them(void **state)
{
    (void)state;
    measurement measured = measure(COUNT, MEMORY_MAX);
    assert_true(measured.outcome.served > 0);
    assert_int_equal(measured.outcome.served + measured.outcome.refused, COUNT);
    if (IS_SANITIZED)
        return;
    assert_in_range(measured.peak, 1, measured.before + 64 * MIB + SLACK_BYTES);
    assert_in_range(measured.after, 1, measured.before + SLACK_BYTES);
}

static void small_calls_do_not_wait_for_large_ones(void **state)
{
    (void)state;
    measurement measured;
    for (int i = 0; i < TRIES; i++) { /* repeated, because another process may use the processors */
        measured = measure(COUNT, MEMORY_MAX);
        if (IS_SANITIZED || measured.small_p99_ns < measured.large_ns / 3)
            return;
    }
    fail_msg("the p99 of small calls is %.1f ms, "
             "a large one takes %.1f",
        to_ms(measured.small_p99_ns), to_ms(measured.large_ns));
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    large_make();
    if (argc > 1) {
        measure(strtoul(argv[1], NULL, 10), argc > 2 ? argv[2] : MEMORY_MAX);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_large_bodies_stay_within_the_memory_for_them),
        cmocka_unit_test(small_calls_do_not_wait_for_large_ones),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(large);
    return failed;
}
