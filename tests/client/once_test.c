/* Tests the promise of client/judge.c with providers that drop connections at random: no call is
 * executed twice, a call that is reported as not executed was not executed, and a call that was
 * answered was executed once. A provider counts a request as executed when it has read its last
 * byte. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS 4000
#define PROVIDERS 2
#define REQUEST_MAX 4096

typedef struct provider {
    int listener;
    int port;
    uint64_t chance;
    pthread_t thread;
} provider;

static atomic_uchar executed[CALLS];

/* Generates random numbers (splitmix64). */
static uint64_t next(uint64_t *chance)
{
    uint64_t z = (*chance += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* What a provider does with the next request on a connection. It then closes the connection, except
 * after ANSWERS. */
typedef enum fate {
    READS_NOTHING, /* does not read the request */
    READS_A_PART,
    READS_ALL,
    ANSWERS_A_PART,
    ANSWERS_AND_ENDS,
    ANSWERS, /* and keeps the connection open */
    FATES = ANSWERS + 4
} fate;

static void end(int fd, bool resets)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (resets)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

/* Returns the length of head and body of a request, or 0 if its head is not complete. */
static size_t length_of(const char *request)
{
    const char *end_of_head = strstr(request, "\r\n\r\n"),
               *length = strstr(request, "\r\nContent-Length: ");
    if (end_of_head == NULL || length == NULL)
        return 0;
    return (size_t)(end_of_head + 4 - request) +
           (size_t)atoi(length + strlen("\r\nContent-Length: "));
}

/* Reads at most `most` bytes of one request. Returns SIZE_MAX if the request is complete, otherwise
 * the number of bytes read; less than `most` means that the client has closed the connection. */
static size_t read_request(int fd, char *request, size_t most)
{
    size_t len = 0, whole = 0;
    while (len < most && (whole == 0 || len < whole)) {
        size_t left = (whole > 0 && whole < most ? whole : most) - len;
        ssize_t more = recv(fd, request + len, left, 0);
        if (more <= 0)
            break;
        len += (size_t)more;
        request[len] = '\0';
        whole = length_of(request);
    }
    return whole > 0 && len == whole ? SIZE_MAX : len;
}

static void answer(int fd, const char *request, bool is_whole)
{
    char reply[256], body[128];
    const char *id = strstr(request, "\"id\":");
    assert(id != NULL);
    int len =
        snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":7}", atoi(id + 5));
    len =
        snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len, body);
    (void)!send(fd, reply, (size_t)(is_whole ? len : len - 5), MSG_NOSIGNAL);
}

/* Handles one request. Returns false if it has closed the connection. */
static bool serve_one(provider *self, int fd)
{
    char request[REQUEST_MAX + 1] = "";
    fate found = (fate)(next(&self->chance) % FATES);
    bool resets = next(&self->chance) % 2 == 0;
    if (found == READS_NOTHING) {
        end(fd, resets);
        return false;
    }
    size_t most = found == READS_A_PART ? 1 + (size_t)(next(&self->chance) % 150) : REQUEST_MAX;
    if (read_request(fd, request, most) == SIZE_MAX) {
        const char *number = strstr(request, "\"params\":[");
        assert(number != NULL);
        atomic_fetch_add(&executed[atoi(number + strlen("\"params\":["))], 1);
        if (found >= ANSWERS_A_PART)
            answer(fd, request, found != ANSWERS_A_PART);
        if (found >= ANSWERS)
            return true;
    }
    end(fd, resets);
    return false;
}

static void *provide(void *arg)
{
    provider *self = arg;
    int fd;
    while ((fd = accept(self->listener, NULL, NULL)) >= 0)
        while (serve_one(self, fd))
            ;
    return NULL;
}

static void start(provider *self, uint64_t seed)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    self->chance = seed;
    self->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(self->listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(self->listener, 64), 0);
    assert_int_equal(getsockname(self->listener, (struct sockaddr *)&at, &size), 0);
    self->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&self->thread, NULL, provide, self), 0);
}

static void stop(provider *self)
{
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
}

static dubboc_client *client_of(const provider *providers)
{
    dubboc_client *client = NULL;
    dubboc_error err;
    char registry[256];
    snprintf(registry, sizeof registry,
        "static:jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y",
        providers[0].port, providers[1].port);
    const dubboc_client_options options = {
        .size = sizeof options, .registry = registry, .retries = 5};
    /* these providers serve one connection at a time, so that a probe would block them */
    assert_int_equal(setenv("DUBBOC_CLIENT_HEALTH_PROBE", "none", 1), 0);
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    return client;
}

static void check(int i, dubboc_status status, const dubboc_error *err, uint64_t seed)
{
    int times = atomic_load(&executed[i]);
    if (times > 1)
        fail_msg("call %d was executed %d times (seed %llu)", i, times, (unsigned long long)seed);
    if (status == DUBBOC_OK && times != 1)
        fail_msg("call %d was answered, and not executed (seed %llu)", i, (unsigned long long)seed);
    if (err->execution == DUBBOC_NOT_EXECUTED && times != 0)
        fail_msg("call %d is said not to have been executed, and was: %s (seed %llu)", i, err->text,
            (unsigned long long)seed);
}

static void no_call_runs_twice_or_is_reported_wrongly_when_connections_are_dropped(void **state)
{
    (void)state;
    provider providers[PROVIDERS];
    uint64_t seed = (uint64_t)getpid();
    int ended[DUBBOC_ANSWERED + 1] = {0};
    dubboc_client_stats stats = {.size = sizeof stats};
    for (int i = 0; i < PROVIDERS; i++)
        start(&providers[i], seed + (uint64_t)i);
    dubboc_client *client = client_of(providers);
    for (int i = 0; i < CALLS; i++) {
        char params[32];
        dubboc_error err;
        int len = snprintf(params, sizeof params, "[%d]", i);
        const dubboc_call_options options = {.size = sizeof options, .timeout_ms = 10000};
        dubboc_status status = dubboc_call_raw(
            client, "x.Y", "m", (dubboc_slice){params, (size_t)len}, &options, NULL, &err);
        ended[err.execution]++;
        check(i, status, &err, seed);
    }
    dubboc_client_get_stats(client, &stats);
    dubboc_client_free(client);
    for (int i = 0; i < PROVIDERS; i++)
        stop(&providers[i]);
    for (int i = 0; i < CALLS; i++) /* each call was executed at most once */
        assert_in_range(atomic_load(&executed[i]), 0, 1);
    /* else too few calls to prove anything */
    assert_in_range(ended[DUBBOC_ANSWERED], CALLS / 10, CALLS);
    assert_in_range(ended[DUBBOC_MAYBE_EXECUTED], CALLS / 10, CALLS);
    assert_in_range(stats.connections, CALLS / 10, CALLS * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_runs_twice_or_is_reported_wrongly_when_connections_are_dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
