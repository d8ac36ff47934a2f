/* Opening connections without blocking: how many at a time, how an opening ends, and who may use
 * the TLS connections that come of it. */
#include "tests/support/names.h"
#include "tests/transport/client_fixture.h"
#include "tests/transport/tls_peer.h"

#include "transport/http_client_opener.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIMIT_MS 5000

static atomic_int connects; /* how often connect() was called */

__attribute__((visibility("default"))) /* exported for libcurl */
int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    int (*next)(int, __CONST_SOCKADDR_ARG, socklen_t);
    *(void **)&next = dlsym(RTLD_NEXT, "connect");
    atomic_fetch_add(&connects, 1);
    return next(fd, address, len);
}

static int64_t added_ns; /* what the test adds to the clock; only its own thread reads it */

static int64_t test_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec + added_ns;
}

/* A port on which the system accepts connections, and nobody answers. */
typedef struct silent_port {
    int fd;
    char url[64];
} silent_port;

static silent_port listen_silently(const char *scheme)
{
    silent_port made = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    assert_true(made.fd >= 0);
    assert_int_equal(0, bind(made.fd, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(0, listen(made.fd, 256));
    assert_int_equal(0, getsockname(made.fd, (struct sockaddr *)&address, &len));
    snprintf(made.url, sizeof made.url, "%s://127.0.0.1:%d", scheme, ntohs(address.sin_port));
    return made;
}

/* --- openings as a call makes them --- */

#define OPENINGS_MAX 128

/* How openings have ended. */
typedef struct seen {
    int ends;
    dubboc_status status;                              /* of the last one */
    dubboc_error err;                                  /* of the last one that failed */
    http_client_connection *connections[OPENINGS_MAX]; /* by their ends; NULL: it failed */
} seen;

static void on_opened(
    void *arg, dubboc_status status, http_client_connection *opened, const dubboc_error *err)
{
    seen *self = arg;
    assert_true(self->ends < OPENINGS_MAX);
    self->connections[self->ends++] = opened;
    self->status = status;
    if (err != NULL)
        self->err = *err;
}

typedef struct opener_fixture {
    fixture f;
    http_client_opener *opener;
    seen seen;
} opener_fixture;

static void opener_begin(
    opener_fixture *self, const http_client_settings *settings, const char *url)
{
    *self = (opener_fixture){.f = start_without_peer(settings, url)};
    assert_status(DUBBOC_OK, http_client_opener_new(self->f.client, &self->opener, &self->f.err),
        &self->f.err);
}

/* The pool keeps connections of the opener, which must close them itself. */
static void opener_end(opener_fixture *self)
{
    for (int i = 0; i < self->seen.ends; i++)
        if (self->seen.connections[i] != NULL)
            http_client_connection_give_back(self->seen.connections[i]);
    http_client_endpoint_unref(self->f.endpoint);
    http_client_opener_free(self->opener);
    http_client_free(self->f.client);
    stop_signal_fini(self->f.stop);
}

static http_client_opening *opener_open(opener_fixture *self, int64_t deadline_ns)
{
    http_client_connection *none = NULL;
    assert_int_equal(HTTP_CLIENT_TAKEN_PLACE,
        http_client_endpoint_take(self->f.endpoint, http_client_opener_owner(self->opener), &none));
    http_client_opening *opening = http_client_opener_begin(
        self->opener, self->f.endpoint, deadline_ns, on_opened, &self->seen);
    assert_non_null(opening);
    return opening;
}

/* Steps as an event loop does, until so many openings have ended. */
static void opener_run(opener_fixture *self, int ends)
{
    int64_t limit_ns = deadline_in_ms(LIMIT_MS);
    while (self->seen.ends < ends) {
        int64_t due_ns = http_client_opener_step(self->opener);
        struct pollfd fd = {.fd = http_client_opener_fd(self->opener), .events = POLLIN};
        assert_false(deadline_is_over(limit_ns));
        if (self->seen.ends < ends)
            poll(&fd, 1, deadline_poll_ms(deadline_min(due_ns, limit_ns)));
    }
}

/* Whether the place of an opening that has ended can be taken again. */
static bool has_place(opener_fixture *self)
{
    http_client_connection *none = NULL;
    if (http_client_endpoint_take(self->f.endpoint, NULL, &none) != HTTP_CLIENT_TAKEN_PLACE)
        return false;
    http_client_endpoint_free_place(self->f.endpoint);
    return true;
}

static http_client_settings settings_for_one(void)
{
    http_client_settings settings = usual_settings();
    settings.pool_size = 1;
    return settings;
}

/* --- how many, and how they end --- */

static void at_most_64_connects_are_begun_in_a_step(void **state)
{
    (void)state;
    enum { OPENINGS = 100 };
    silent_port port = listen_silently("http");
    http_client_settings settings = usual_settings();
    opener_fixture self;
    settings.pool_size = OPENINGS;
    opener_begin(&self, &settings, port.url);
    int before = atomic_load(&connects);
    for (int i = 0; i < OPENINGS; i++)
        opener_open(&self, deadline_in_ms(LIMIT_MS));
    assert_int_equal(before, atomic_load(&connects)); /* nothing is done outside a step */
    assert_true(http_client_opener_step(self.opener) <= clock_now_ns());
    assert_int_equal(before + OPENER_BEGINS_MAX, atomic_load(&connects));
    opener_run(&self, OPENINGS);
    assert_int_equal(before + OPENINGS, atomic_load(&connects));
    assert_int_equal(OPENINGS, http_client_connections_opened(self.f.client));
    opener_end(&self);
    close(port.fd);
}

static void a_refused_connection_gives_its_place_back(void **state)
{
    (void)state;
    silent_port port = listen_silently("http");
    http_client_settings settings = settings_for_one();
    opener_fixture self;
    close(port.fd);
    opener_begin(&self, &settings, port.url);
    opener_open(&self, deadline_in_ms(LIMIT_MS));
    opener_run(&self, 1);
    assert_status(DUBBOC_E_CONNECT, self.seen.status, &self.seen.err);
    assert_contains(self.seen.err.text, "Connection refused");
    assert_true(has_place(&self));
    opener_end(&self);
}

/* curl may close a socket before it reports that it does not need it any more. If the callback
 * returned an error then, curl would fail all other connections that are being opened. */
static void cancelling_an_opening_does_not_fail_other_openings(void **state)
{
    (void)state;
    silent_port refusing = listen_silently("http"), silent = listen_silently("https");
    http_client_settings settings = settings_for_one();
    opener_fixture self;
    http_client_endpoint *first;
    close(refusing.fd);
    opener_begin(&self, &settings, silent.url);
    http_client_opening *other = opener_open(&self, DEADLINE_NEVER);
    first = self.f.endpoint;
    assert_status(DUBBOC_OK,
        http_client_endpoint_new(self.f.client, refusing.url, &self.f.endpoint, &self.f.err),
        &self.f.err);
    http_client_opening *refused = opener_open(&self, DEADLINE_NEVER);
    http_client_opener_step(self.opener);
    assert_int_equal(0, self.seen.ends); /* curl has not noticed yet that one was refused */
    http_client_opening_cancel(refused);
    for (int i = 0; i < 5; i++)
        http_client_opener_step(self.opener);
    assert_int_equal(0, self.seen.ends);
    http_client_opening_cancel(other);
    http_client_endpoint_unref(first);
    opener_end(&self);
    close(silent.fd);
}

static void the_end_of_a_cancelled_opening_is_not_reported(void **state)
{
    (void)state;
    silent_port port = listen_silently("https");
    http_client_settings settings = settings_for_one();
    opener_fixture self;
    opener_begin(&self, &settings, port.url);
    for (int steps = 0; steps < 3; steps++) { /* before it is begun, and while TLS waits */
        http_client_opening *opening = opener_open(&self, DEADLINE_NEVER);
        for (int i = 0; i < steps; i++)
            http_client_opener_step(self.opener);
        http_client_opening_cancel(opening);
        assert_true(has_place(&self));
    }
    http_client_opener_step(self.opener);
    assert_int_equal(0, self.seen.ends);
    opener_end(&self);
    close(port.fd);
}

/* The peer accepts and says nothing, so that TLS never comes about. */
static void an_opening_ends_at_its_deadline_or_at_the_connect_timeout(void **state)
{
    (void)state;
    silent_port port = listen_silently("https");
    http_client_settings settings = settings_for_one();
    opener_fixture self;
    clock_set_source(test_clock);
    settings.connect_timeout_ms = 60000;
    opener_begin(&self, &settings, port.url);
    const struct {
        int deadline_ms;
        dubboc_status status;
        const char *text;
    } rows[] = {{50000, DUBBOC_E_TIMEOUT, "the deadline passed while connecting"},
        {90000, DUBBOC_E_CONNECT, "not connected within 60000 ms"}};
    for (int i = 0; i < 2; i++) {
        opener_open(&self, deadline_in_ms(rows[i].deadline_ms));
        int64_t due_ns = http_client_opener_step(self.opener);
        assert_int_equal(i, self.seen.ends);
        assert_true(due_ns <= deadline_in_ms(60000));
        added_ns += 60001 * NS_PER_MS;
        http_client_opener_step(self.opener);
        assert_int_equal(i + 1, self.seen.ends);
        assert_status(rows[i].status, self.seen.status, &self.seen.err);
        assert_contains(self.seen.err.text, rows[i].text);
        assert_true(has_place(&self));
    }
    opener_end(&self);
    clock_set_source(NULL);
    close(port.fd);
}

/* --- names --- */

static bool asks(void *unused)
{
    (void)unused;
    return names_waiting() > 0;
}

static void an_opening_waits_for_its_name_without_blocking(void **state)
{
    (void)state;
    http_client_settings settings = settings_for_one();
    opener_fixture self;
    names_let_go(false);
    opener_begin(&self, &settings, "http://slow.invalid:1");
    for (int round = 0; round < 2; round++) {
        http_client_opening *opening = opener_open(&self, deadline_in_ms(LIMIT_MS));
        http_client_opener_step(self.opener);
        assert_true(test_wait_for(asks, NULL, LIMIT_MS));
        http_client_opener_step(self.opener);
        assert_int_equal(0, self.seen.ends);
        if (round == 0)
            http_client_opening_cancel(opening);
    }
    names_let_go(true);
    opener_run(&self, 1);
    assert_status(DUBBOC_E_CONNECT, self.seen.status, &self.seen.err);
    assert_contains(self.seen.err.text, "cannot resolve the name slow.invalid");
    assert_true(has_place(&self));
    opener_end(&self);
}

/* --- TLS --- */

static tls_peer peer;

static http_client_settings settings_for_tls(void)
{
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = peer.ca_file;
    return settings;
}

static http_client_connection *opener_take_tls(opener_fixture *self)
{
    int ends = self->seen.ends;
    opener_open(self, deadline_in_ms(LIMIT_MS));
    opener_run(self, ends + 1);
    assert_status(DUBBOC_OK, self->seen.status, &self->seen.err);
    http_client_connection *taken = self->seen.connections[ends];
    self->seen.connections[ends] = NULL;
    return taken;
}

static void exchange(opener_fixture *self, http_client_connection *connection)
{
    buffer_append_text(http_client_connection_request(connection),
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    http_client_exchange_begin(connection);
    assert_status(
        DUBBOC_OK, drive(connection, deadline_in_ms(LIMIT_MS), &self->f.err), &self->f.err);
    assert_body(connection, "hello");
}

static void a_tls_connection_is_used_again_by_its_opener_only(void **state)
{
    (void)state;
    http_client_settings settings = settings_for_tls();
    opener_fixture self;
    http_client_connection *taken = NULL;
    opener_begin(&self, &settings, peer.url);
    http_client_connection *opened = opener_take_tls(&self);
    exchange(&self, opened);
    http_client_connection_give_back(opened);
    assert_int_equal(
        HTTP_CLIENT_TAKEN_PLACE, http_client_endpoint_take(self.f.endpoint, NULL, &taken));
    http_client_endpoint_free_place(self.f.endpoint);
    opener_end(&self);
}

static void an_opener_reuses_its_idle_tls_connection(void **state)
{
    (void)state;
    http_client_settings settings = settings_for_tls();
    opener_fixture self;
    http_client_connection *taken = NULL;
    opener_begin(&self, &settings, peer.url);
    http_client_connection *opened = opener_take_tls(&self);
    exchange(&self, opened);
    http_client_connection_give_back(opened);
    assert_int_equal(HTTP_CLIENT_TAKEN_CONNECTION,
        http_client_endpoint_take(self.f.endpoint, http_client_opener_owner(self.opener), &taken));
    assert_ptr_equal(opened, taken);
    exchange(&self, taken);
    assert_int_equal(1, http_client_connections_opened(self.f.client));
    http_client_connection_give_back(taken);
    opener_end(&self);
}

static void *close_it(void *connection)
{
    http_client_connection_drop(connection);
    return NULL;
}

/* Only the opener's thread may use libcurl's multi handle: TSan reports it otherwise. */
static void a_tls_connection_is_closed_only_by_the_thread_of_its_opener(void **state)
{
    (void)state;
    http_client_settings settings = settings_for_tls();
    opener_fixture self;
    pthread_t thread;
    opener_begin(&self, &settings, peer.url);
    http_client_connection *opened = opener_take_tls(&self);
    struct pollfd fd = {.fd = http_client_opener_fd(self.opener), .events = POLLIN};
    assert_int_equal(0, pthread_create(&thread, NULL, close_it, opened));
    assert_int_equal(1, poll(&fd, 1, LIMIT_MS)); /* the opener is told */
    http_client_opener_step(self.opener);
    pthread_join(thread, NULL);
    http_client_endpoint_free_place(self.f.endpoint);
    opener_end(&self);
}

static int start_peer(void **state)
{
    (void)state;
    return tls_peer_start(&peer);
}

static int end_peer(void **state)
{
    (void)state;
    return tls_peer_end(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_64_connects_are_begun_in_a_step),
        cmocka_unit_test(a_refused_connection_gives_its_place_back),
        cmocka_unit_test(cancelling_an_opening_does_not_fail_other_openings),
        cmocka_unit_test(the_end_of_a_cancelled_opening_is_not_reported),
        cmocka_unit_test(an_opening_ends_at_its_deadline_or_at_the_connect_timeout),
        cmocka_unit_test(an_opening_waits_for_its_name_without_blocking),
        cmocka_unit_test(a_tls_connection_is_used_again_by_its_opener_only),
        cmocka_unit_test(an_opener_reuses_its_idle_tls_connection),
        cmocka_unit_test(a_tls_connection_is_closed_only_by_the_thread_of_its_opener),
    };
    return cmocka_run_group_tests(tests, start_peer, end_peer);
}
