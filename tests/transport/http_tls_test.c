/* Exchanges over TLS, with a peer in Python. TLS differs from plain sockets in how bytes are moved
 * and how an idle connection is checked. */
#include "tests/transport/client_fixture.h"
#include "tests/transport/tls_peer.h"

#include "base/error.h"
#include "transport/http_client_trust.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Exports a function, so that the shared libraries call it instead of libc's. */
#define EXPORTED __attribute__((visibility("default")))

/* Counts how often watched_file is opened. OpenSSL opens a file of authorities with fopen() or
 * fopen64(). */
static const char *watched_file;
static atomic_int watched_opens;
static atomic_int failing_opens; /* this many opens will still fail with EMFILE */

static FILE *open_watched(const char *path, const char *mode, const char *function)
{
    FILE *(*next)(const char *, const char *);
    *(void **)&next = dlsym(RTLD_NEXT, function);
    if (watched_file != NULL && strcmp(path, watched_file) == 0)
        atomic_fetch_add(&watched_opens, 1);
    if (watched_file != NULL && strcmp(path, watched_file) == 0 &&
        atomic_load(&failing_opens) > 0) {
        atomic_fetch_sub(&failing_opens, 1);
        errno = EMFILE;
        return NULL;
    }
    return next(path, mode);
}

EXPORTED FILE *fopen(const char *path, const char *mode)
{
    return open_watched(path, mode, "fopen");
}

EXPORTED FILE *fopen64(const char *path, const char *mode)
{
    return open_watched(path, mode, "fopen64");
}

/* Counts look-ups in the system's folder of authorities. OpenSSL looks there for each authority
 * that it does not know yet. */
static atomic_int looks_into_system;

static int look(const char *path, void *into, const char *function)
{
    int (*next)(const char *, void *);
    *(void **)&next = dlsym(RTLD_NEXT, function);
    const char *folder = curl_version_info(CURLVERSION_NOW)->capath;
    if (folder != NULL && strncmp(path, folder, strlen(folder)) == 0)
        atomic_fetch_add(&looks_into_system, 1);
    return next(path, into);
}

EXPORTED int stat(const char *restrict path, struct stat *restrict into)
{
    return look(path, into, "stat");
}

EXPORTED int stat64(const char *restrict path, struct stat64 *restrict into)
{
    return look(path, into, "stat64");
}

/* If true, getaddrinfo() returns two addresses, and the first one cannot be reached. */
static atomic_bool has_unreachable_address;
static atomic_int unreached;

EXPORTED int getaddrinfo(const char *restrict name, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!atomic_load(&has_unreachable_address))
        return next(name, service, hints, found);
    const struct addrinfo only = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *reachable;
    int result = next("127.0.0.1", service, &only, &reachable);
    if (result != 0)
        return result;
    result = next("127.0.0.2", service, &only, found);
    if (result == 0)
        (*found)->ai_next = reachable;
    else
        freeaddrinfo(reachable);
    return result;
}

static bool is_unreachable(__CONST_SOCKADDR_ARG address)
{
    const struct sockaddr_in *place = address.__sockaddr_in__;
    return atomic_load(&has_unreachable_address) && place->sin_family == AF_INET &&
           place->sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1);
}

EXPORTED int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    int (*next)(int, __CONST_SOCKADDR_ARG, socklen_t);
    *(void **)&next = dlsym(RTLD_NEXT, "connect");
    if (!is_unreachable(address))
        return next(fd, address, len);
    atomic_fetch_add(&unreached, 1);
    errno = ENETUNREACH;
    return -1;
}

static void watch_file(const char *path)
{
    watched_file = path;
    atomic_store(&watched_opens, 0);
}

static tls_peer peer;

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

static fixture start_tls(void)
{
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = peer.ca_file;
    return start_without_peer(&settings, peer.url);
}

static dubboc_status post_to(
    fixture *f, http_client_connection *connection, const char *path, dubboc_slice body)
{
    buffer_printf(http_client_connection_request(connection),
        "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", path, body.len);
    buffer_append_slice(http_client_connection_request(connection), body);
    http_client_exchange_begin(connection);
    return drive(connection, deadline_in_ms(10000), &f->err);
}

static void one_connection_serves_many_exchanges(void **state)
{
    (void)state;
    fixture f = start_tls();
    for (int i = 0; i < 5; i++) {
        http_client_connection *connection = take(&f);
        assert_status(DUBBOC_OK, post_to(&f, connection, "/echo", slice_of("hello")), &f.err);
        assert_body(connection, "hello");
        http_client_connection_give_back(connection);
    }
    assert_int_equal(http_client_connections_opened(f.client), 1);
    end(&f);
}

/* Both bodies are larger than a TLS record and larger than a socket accepts at once. */
static void big_bodies_arrive_whole(void **state)
{
    (void)state;
    fixture f = start_tls();
    size_t len = 1000000;
    char *body = malloc(len);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 23);
    http_client_connection *connection = take(&f);
    assert_status(DUBBOC_OK, post_to(&f, connection, "/echo", slice_make(body, len)), &f.err);
    assert_int_equal(http_client_exchange_reply(connection)->body.len, len);
    assert_memory_equal(http_client_exchange_reply(connection)->body.at, body, len);
    http_client_connection_give_back(connection);
    free(body);
    end(&f);
}

static void an_idle_connection_that_was_closed_is_not_used(void **state)
{
    (void)state;
    fixture f = start_tls();
    for (int i = 0; i < 3; i++) {
        http_client_connection *connection = take(&f);
        assert_status(DUBBOC_OK, post_to(&f, connection, "/close", slice_of("x")), &f.err);
        /* Waits until the peer has closed the connection. */
        assert_int_equal(
            http_client_connection_wait(connection, HTTP_CLIENT_WANT_READ, deadline_in_ms(5000)),
            DUBBOC_OK);
        http_client_connection_give_back(connection);
    }
    assert_int_equal(http_client_connections_opened(f.client), 3);
    end(&f);
}

static void a_reset_fails_with_e_broken_and_raises_no_signal(void **state)
{
    (void)state;
    fixture f = start_tls();
    for (int i = 0; i < 3; i++) {
        http_client_connection *connection = take(&f);
        assert_status(DUBBOC_E_BROKEN, post_to(&f, connection, "/reset", slice_of("x")), &f.err);
        http_client_connection_give_back(connection);
    }
    assert_int_equal(http_client_connections_opened(f.client), 3);
    end(&f);
}

/* Makes three connections idle. Sends a request to path on one of them, which the peer breaks.
 * Returns whether the next call uses a connection that was idle before. */
static bool idle_ones_outlast(fixture *f, const char *path)
{
    http_client_connection *connections[3];
    for (int i = 0; i < 3; i++) {
        connections[i] = take(f);
        assert_status(DUBBOC_OK, post_to(f, connections[i], "/echo", slice_of("hello")), &f->err);
    }
    for (int i = 0; i < 3; i++)
        http_client_connection_give_back(connections[i]);
    http_client_connection *connection = take(f);
    assert_true(http_client_connection_is_reused(connection));
    assert_status(DUBBOC_E_BROKEN, post_to(f, connection, path, slice_of("x")), &f->err);
    http_client_connection_give_back(connection);
    connection = take(f);
    bool is_reused = http_client_connection_is_reused(connection);
    http_client_connection_give_back(connection);
    return is_reused;
}

static void a_reset_closes_the_connections_that_were_idle_before(void **state)
{
    (void)state;
    fixture f = start_tls();
    assert_false(idle_ones_outlast(&f, "/reset"));
    end(&f);
}

/* libcurl still reports the system's error for the address that could not be reached. The host name
 * is not localhost, because libcurl knows the addresses of localhost without getaddrinfo(). */
static void an_error_of_tls_does_not_count_as_a_lost_host(void **state)
{
    (void)state;
    static const char *const paths[] = {"/garbage", "/reset"};
    char url[64];
    snprintf(url, sizeof url, "https://peer.example%s", strrchr(peer.url, ':'));
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = peer.ca_file;
    for (size_t i = 0; i < 2; i++) {
        fixture f = start_without_peer(&settings, url);
        atomic_store(&unreached, 0);
        atomic_store(&has_unreachable_address, true);
        assert_int_equal(idle_ones_outlast(&f, paths[i]), i == 0);
        atomic_store(&has_unreachable_address, false);
        assert_in_range(atomic_load(&unreached), 3, 4);
        end(&f);
    }
}

static void begin_post_to(http_client_connection *connection, const char *path)
{
    buffer_printf(http_client_connection_request(connection),
        "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", path);
    http_client_exchange_begin(connection);
}

/* The peer sends faster than the client reads, so there is always more to read. */
static void a_flood_outlasts_neither_the_deadline_nor_the_stop(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        http_client_settings settings = usual_settings();
        settings.tls_ca_file = peer.ca_file;
        settings.reply_max_bytes = (size_t)1 << 40;
        fixture f = start_without_peer(&settings, peer.url);
        http_client_connection *connection = take(&f);
        begin_post_to(connection, "/flood");
        while (http_client_exchange_bytes_received(connection) < 1 << 20) {
            http_client_step step = http_client_exchange_step(connection);
            assert_int_equal(step, HTTP_CLIENT_WANT_READ);
            assert_int_equal(
                http_client_connection_wait(connection, step, deadline_in_ms(5000)), DUBBOC_OK);
        }
        if (i == 0) {
            assert_int_equal(drive(connection, deadline_in_ms(50), &f.err), DUBBOC_E_TIMEOUT);
        } else {
            stop_signal_give(f.stop);
            assert_int_equal(drive(connection, deadline_in_ms(5000), &f.err), DUBBOC_E_CLOSED);
        }
        http_client_connection_give_back(connection);
        end(&f);
    }
}

static bool has_many_unread_records(void *arg)
{
    int unread = 0;
    return ioctl(http_client_connection_fd(arg), FIONREAD, &unread) == 0 && unread > 1000 * 22;
}

/* A step reads a bounded number of records, even if they are small. The client reads the remaining
 * records later, even if its socket is no longer readable. */
static void records_of_one_byte_do_not_block_a_step(void **state)
{
    (void)state;
    fixture f = start_tls();
    http_client_connection *connection = take(&f);
    begin_post_to(connection, "/crumbs");
    assert_int_equal(http_client_exchange_step(connection), HTTP_CLIENT_WANT_READ);
    assert_true(test_wait_for(has_many_unread_records, connection, 10000));
    assert_int_equal(http_client_exchange_step(connection), HTTP_CLIENT_WANT_READ);
    assert_in_range(http_client_exchange_bytes_received(connection), 1, 500);
    assert_status(DUBBOC_OK, drive(connection, deadline_in_ms(10000), &f.err), &f.err);
    assert_int_equal(http_client_exchange_reply(connection)->body.len, 2000);
    http_client_connection_give_back(connection);
    end(&f);
}

/* The request is much larger than the socket buffers, and the peer reads it as it arrives. */
static void a_step_sends_a_bounded_part_of_a_big_request(void **state)
{
    (void)state;
    fixture f = start_tls();
    size_t len = (size_t)8 << 20, before = 0;
    char *body = calloc(1, len);
    assert_non_null(body);
    http_client_connection *connection = take(&f);
    buffer_printf(http_client_connection_request(connection),
        "POST /close HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", len);
    buffer_append_slice(http_client_connection_request(connection), slice_make(body, len));
    http_client_exchange_begin(connection);
    http_client_step step;
    while ((step = http_client_exchange_step(connection)) == HTTP_CLIENT_WANT_WRITE) {
        size_t sent = http_client_exchange_bytes_sent(connection);
        assert_in_range(sent - before, 0, (1 << 20) + 16384);
        before = sent;
        assert_int_equal(
            http_client_connection_wait(connection, step, deadline_in_ms(10000)), DUBBOC_OK);
    }
    assert_int_equal(step, HTTP_CLIENT_WANT_READ);
    assert_status(DUBBOC_OK, drive(connection, deadline_in_ms(10000), &f.err), &f.err);
    assert_body(connection, "ok");
    http_client_connection_give_back(connection);
    free(body);
    end(&f);
}

/* --- which authorities are trusted */

/* Connects and leaves no idle connection, so that the next call opens a new one. */
static dubboc_status connect_to_peer(fixture *f)
{
    http_client_connection *connection = NULL;
    dubboc_status status = take_from(f->endpoint, deadline_in_ms(10000), &connection, &f->err);
    if (status != DUBBOC_OK)
        return status;
    http_client_connection_drop(connection);
    http_client_endpoint_free_place(f->endpoint);
    return status;
}

static void *connect_in_thread(void *arg)
{
    fixture own = *(fixture *)arg;
    return (void *)(intptr_t)connect_to_peer(&own);
}

/* The authorities are read only once, because reading those of a usual system takes some 20 ms of
 * CPU. */
static void the_ca_file_is_read_once_per_client(void **state)
{
    (void)state;
    if (!http_client_trust_is_shared())
        skip(); /* libcurl reads the authorities itself */
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    fixture f = start_tls();
    watch_file(peer.ca_file);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, connect_in_thread, &f), 0);
    for (int i = 0; i < THREADS; i++) {
        void *status;
        pthread_join(threads[i], &status);
        assert_int_equal((intptr_t)status, DUBBOC_OK);
    }
    assert_status(DUBBOC_OK, connect_to_peer(&f), &f.err);
    assert_int_equal(http_client_connections_opened(f.client), THREADS + 1);
    assert_int_equal(atomic_load(&watched_opens), 1);
    watch_file(NULL);
    end(&f);
}

/* Replaces the file path by a copy of the peer's file name. If name is "", path becomes empty. */
static void authorities_become(const char *path, const char *name)
{
    char from[4400], beside[64], text[8192];
    size_t len = 0;
    if (name[0] != '\0') {
        snprintf(from, sizeof from, "%s/%s", peer.folder, name);
        FILE *source = fopen(from, "r");
        assert_non_null(source);
        len = fread(text, 1, sizeof text, source);
        fclose(source);
    }
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
    assert_int_equal(rename(beside, path), 0);
}

static void a_changed_ca_file_is_used_from_the_next_connection_on(void **state)
{
    (void)state;
    if (!http_client_trust_is_shared())
        skip(); /* libcurl reads the authorities itself */
    char folder[] = "/tmp/dubboc-test-XXXXXX", path[48];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = path;
    fixture f = start_without_peer(&settings, peer.url);
    assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
    assert_contains(f.err.text, path);
    assert_contains(f.err.text, "No such file");
    authorities_become(path, "stranger.pem");
    assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
    assert_contains(f.err.text, "certificate");
    authorities_become(path, "certificate.pem");
    assert_status(DUBBOC_OK, connect_to_peer(&f), &f.err);
    authorities_become(path, ""); /* an empty file: the previous authorities stay in use */
    assert_status(DUBBOC_OK, connect_to_peer(&f), &f.err);
    assert_int_equal(unlink(path), 0);
    assert_status(DUBBOC_OK, connect_to_peer(&f), &f.err);
    authorities_become(path, "stranger.pem");
    assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
    end(&f);
    unlink(path);
    rmdir(folder);
}

static void an_invalid_ca_file_is_read_once_and_one_that_did_not_open_is_tried_again(void **state)
{
    (void)state;
    if (!http_client_trust_is_shared())
        skip(); /* libcurl reads the authorities itself */
    char folder[] = "/tmp/dubboc-test-XXXXXX", path[48];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    authorities_become(path, "");
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = path;
    fixture f = start_without_peer(&settings, peer.url);
    watch_file(path);
    for (int i = 0; i < 3; i++) {
        error_clear(&f.err);
        assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
        assert_contains(f.err.text, path);
    }
    assert_int_equal(atomic_load(&watched_opens), 1);
    watch_file(NULL);
    authorities_become(path, "certificate.pem");
    watch_file(path);
    atomic_store(&failing_opens, 1);
    assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
    assert_contains(f.err.text, "Too many open files");
    assert_status(DUBBOC_OK, connect_to_peer(&f), &f.err);
    watch_file(NULL);
    end(&f);
    unlink(path);
    rmdir(folder);
}

static void a_ca_file_replaces_the_certificate_authorities_of_the_system(void **state)
{
    (void)state;
    http_client_settings settings = usual_settings();
    char path[4200];
    snprintf(path, sizeof path, "%s/stranger.pem", peer.folder);
    settings.tls_ca_file = path;
    fixture f = start_without_peer(&settings, peer.url);
    atomic_store(&looks_into_system, 0);
    assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
    assert_int_equal(atomic_load(&looks_into_system), 0);
    end(&f);
}

static void a_ca_file_without_certificates_is_reported(void **state)
{
    (void)state;
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = "/dev/null";
    fixture f = start_without_peer(&settings, peer.url);
    assert_status(DUBBOC_E_CONNECT, connect_to_peer(&f), &f.err);
    assert_contains(f.err.text, "/dev/null");
    end(&f);
}

/* Without tls_ca_file the setting is NULL or "". Both select the system's authorities. */
static void a_peer_without_a_trusted_certificate_is_refused(void **state)
{
    (void)state;
    static const char *const system_authorities[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        http_client_settings settings = usual_settings();
        settings.tls_ca_file = system_authorities[i];
        fixture f = start_without_peer(&settings, peer.url);
        http_client_connection *connection = NULL;
        assert_status(DUBBOC_E_CONNECT,
            take_from(f.endpoint, deadline_in_ms(5000), &connection, &f.err), &f.err);
        assert_contains(f.err.text, "certificate");
        assert_null(strstr(f.err.text, "certificate file"));
        end(&f);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_DFL); /* a SIGPIPE would end this program and fail the test */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_many_exchanges),
        cmocka_unit_test(big_bodies_arrive_whole),
        cmocka_unit_test(an_idle_connection_that_was_closed_is_not_used),
        cmocka_unit_test(a_reset_fails_with_e_broken_and_raises_no_signal),
        cmocka_unit_test(a_reset_closes_the_connections_that_were_idle_before),
        cmocka_unit_test(an_error_of_tls_does_not_count_as_a_lost_host),
        cmocka_unit_test(a_flood_outlasts_neither_the_deadline_nor_the_stop),
        cmocka_unit_test(records_of_one_byte_do_not_block_a_step),
        cmocka_unit_test(a_step_sends_a_bounded_part_of_a_big_request),
        cmocka_unit_test(the_ca_file_is_read_once_per_client),
        cmocka_unit_test(a_changed_ca_file_is_used_from_the_next_connection_on),
        cmocka_unit_test(an_invalid_ca_file_is_read_once_and_one_that_did_not_open_is_tried_again),
        cmocka_unit_test(a_ca_file_replaces_the_certificate_authorities_of_the_system),
        cmocka_unit_test(a_ca_file_without_certificates_is_reported),
        cmocka_unit_test(a_peer_without_a_trusted_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, start_peer, end_peer);
}
