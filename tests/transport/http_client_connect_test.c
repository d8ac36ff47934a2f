/* How connections are opened, and why opening fails. */
#include "tests/support/names.h"
#include "tests/transport/client_fixture.h"

#include <stdatomic.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* curl rounds its times to milliseconds, so a time-out may end this many milliseconds early. */
#define CURL_ROUNDS_MS 1

/* --- helpers --- */

static dubboc_status take_and_give_back(
    http_client_endpoint *endpoint, int64_t timeout_ms, dubboc_error *err)
{
    http_client_connection *connection = NULL;
    dubboc_status status = take_from(endpoint, deadline_in_ms(timeout_ms), &connection, err);
    http_client_connection_give_back(connection);
    return status;
}

static dubboc_status take_from_url(
    const http_client_settings *settings, const char *url, int64_t timeout_ms, dubboc_error *err)
{
    fixture f = start_without_peer(settings, url);
    dubboc_status status = take_and_give_back(f.endpoint, timeout_ms, err);
    end(&f);
    return status;
}

/* A listening socket whose queue is full. The system drops new connections, so connect() hangs. */
typedef struct deaf_peer {
    int listener;
    int fillers[8];
    char url[64];
} deaf_peer;

static deaf_peer deaf_peer_open(void)
{
    deaf_peer peer = {0};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    peer.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(peer.listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(peer.listener, 0), 0);
    assert_int_equal(getsockname(peer.listener, (struct sockaddr *)&at, &size), 0);
    for (int i = 0; i < 8; i++) {
        peer.fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        int ignored = connect(peer.fillers[i], (struct sockaddr *)&at, size);
        (void)ignored;
    }
    snprintf(peer.url, sizeof peer.url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    return peer;
}

static void deaf_peer_close(deaf_peer *peer)
{
    for (int i = 0; i < 8; i++)
        close(peer->fillers[i]);
    close(peer->listener);
}

static int64_t ms_since(int64_t begin_ns)
{
    return (clock_now_ns() - begin_ns) / NS_PER_MS;
}

/* --- addresses --- */

static void an_endpoint_is_an_http_address_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
    } good[] = {{"http://127.0.0.1:80", "127.0.0.1:80"},
        {"http://a-b.c_d:65535/x/y?z", "a-b.c_d:65535"}, {"https://[::1]:8443/", "[::1]:8443"},
        {"http://[fe80::1%25eth0]:1#x", "[fe80::1%25eth0]:1"}, {"http://host", "host"},
        {"http://[::1]", "[::1]"}, {"http://[fe80::1%eth-0.1]:1", "[fe80::1%eth-0.1]:1"}};
    static const char *const bad[] = {"", "http://", "http:///x", "file:///etc/passwd",
        "ftp://host:21", "HTTP//host", "host:80", "http://host:0", "http://host:65536",
        "http://host:", "http://host:8x", "http://user@host:80", "http://user:pw@host:80",
        "http://ho st:80", "http://[::1:80", "http://[]:80", "http://::1:80",
        "http://host:80@evil:81", "http://host\\:80", "http://host%00:80", "http://[::1]x:80",
        "http://:80", "gopher://host:70", "http://[::g]:80", "http://[1.2.3.4]:80"};
    http_client_settings settings = usual_settings();
    http_client *client = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, http_client_new(&settings, &client, &err), &err);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        http_client_endpoint *endpoint = NULL;
        assert_status(
            DUBBOC_OK, http_client_endpoint_new(client, good[i].url, &endpoint, &err), &err);
        assert_string_equal(http_client_endpoint_host(endpoint), good[i].host);
        http_client_endpoint_unref(endpoint);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        http_client_endpoint *endpoint = NULL;
        dubboc_status status = http_client_endpoint_new(client, bad[i], &endpoint, &err);
        if (status != DUBBOC_E_ARGUMENT)
            print_error("%s is %s\n", bad[i], dubboc_status_name(status));
        assert_int_equal(status, DUBBOC_E_ARGUMENT);
        if (strchr(bad[i], '@') == NULL)
            assert_contains(err.text, bad[i]);
        assert_null(strstr(err.text, "user"));
        assert_null(endpoint);
    }
    http_client_endpoint *endpoint = NULL;
    dubboc_status status =
        http_client_endpoint_new(client, "http://unix:/run/x.sock:/a.B", &endpoint, &err);
    assert_status(DUBBOC_E_UNSUPPORTED, status, &err);
    assert_contains(err.text, "http://unix:/run/x.sock:/a.B: calling through a unix socket is not "
                              "in this release");
    http_client_free(client);
    http_client_free(NULL);
}

static void a_refused_connection_says_where_and_why(void **state)
{
    (void)state;
    dubboc_error err;
    http_client_settings settings = usual_settings();
    assert_status(
        DUBBOC_E_CONNECT, take_from_url(&settings, "http://127.0.0.1:1", 5000, &err), &err);
    assert_string_equal(err.text, "127.0.0.1:1: Connection refused");
}

static void an_unknown_host_name_is_reported(void **state)
{
    (void)state;
    dubboc_error err;
    http_client_settings settings = usual_settings();
    names_let_go(true);
    assert_status(DUBBOC_E_CONNECT,
        take_from_url(&settings, "http://slow.name.invalid:80", 5000, &err), &err);
    names_let_go(false);
    assert_contains(err.text, "slow.name.invalid");
    assert_contains(err.text, "resolve");
}

/* libraries.md C8: the client ignores the proxy variables of the environment. */
static void proxy_variables_of_the_environment_are_ignored(void **state)
{
    (void)state;
    static const char *const names[] = {
        "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], "http://127.0.0.1:1", 1);
    fixture f = start(&answers_all, 1);
    call_well(&f);
    end(&f);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static void connections_are_tunnelled_through_a_configured_proxy(void **state)
{
    (void)state;
    static const peer_script tunnel = {
        {PEER_READ, PEER_SEND("HTTP/1.1 200 Connection established\r\n\r\n"), PEER_READ,
            PEER_SEND(PEER_OK), PEER_HOLD}};
    scripted_peer *proxy = scripted_peer_new(&tunnel, 1);
    http_client_settings settings = usual_settings();
    settings.proxy = scripted_peer_url(proxy);
    setenv("no_proxy", "*", 1);
    fixture f = start_without_peer(&settings, "http://provider.invalid:20000");
    http_client_connection *connection = take(&f);
    char *seen = scripted_peer_last_request(proxy);
    assert_contains(seen, "CONNECT provider.invalid:20000 HTTP/1.1\r\n");
    free(seen);
    assert_status(DUBBOC_OK, post(&f, connection), &f.err);
    assert_body(connection, "ok");
    http_client_connection_give_back(connection);
    end(&f);
    unsetenv("no_proxy");
    scripted_peer_free(proxy);
}

/* --- time --- */

static void connecting_ends_at_the_deadline_or_after_the_connect_timeout(void **state)
{
    (void)state;
    deaf_peer peer = deaf_peer_open();
    dubboc_error err;
    http_client_settings settings = usual_settings();
    int64_t begin = clock_now_ns();
    assert_status(DUBBOC_E_TIMEOUT, take_from_url(&settings, peer.url, 100, &err), &err);
    assert_in_range(ms_since(begin), 100 - CURL_ROUNDS_MS, 900);
    settings.connect_timeout_ms = 100;
    settings.connect_timeout_origin = "app.ini:7";
    begin = clock_now_ns();
    assert_status(DUBBOC_E_CONNECT, take_from_url(&settings, peer.url, 5000, &err), &err);
    assert_in_range(ms_since(begin), 100 - CURL_ROUNDS_MS, 900);
    assert_contains(err.text, "not connected within 100 ms (app.ini:7)");
    deaf_peer_close(&peer);
}

static void no_connection_is_opened_after_the_deadline(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    assert_status(DUBBOC_E_TIMEOUT, take_and_give_back(f.endpoint, 0, &f.err), &f.err);
    assert_int_equal(http_client_connections_opened(f.client), 0);
    end(&f);
}

/* libraries.md C5: by default curl waits for its resolver thread beyond the time-out. */
static void slow_name_look_ups_do_not_outlast_the_deadline(void **state)
{
    (void)state;
    dubboc_error err;
    http_client_settings settings = usual_settings();
    int64_t begin = clock_now_ns();
    assert_status(
        DUBBOC_E_TIMEOUT, take_from_url(&settings, "http://slow.name.invalid:80", 100, &err), &err);
    assert_in_range(ms_since(begin), 100 - CURL_ROUNDS_MS, 900);
    names_let_go(true);
}

/* A clock that advances by a minute at each call, so that it is faster than any peer. */
static int64_t hasty_clock(void)
{
    /* atomic, because a thread that still looks up a name of an earlier case reads the clock, too
     */
    static _Atomic int64_t now_ns = 1000 * NS_PER_S;
    return atomic_fetch_add(&now_ns, 60 * NS_PER_S) + 60 * NS_PER_S;
}

/* The proxy refuses the tunnel and sends a very long body, so there is always more to read. */
static void a_proxy_that_keeps_talking_does_not_outlast_the_deadline(void **state)
{
    (void)state;
    static const peer_script talks = {
        {PEER_READ, PEER_SEND("HTTP/1.1 407 No\r\nContent-Length: 9999999999\r\n\r\n"),
            PEER_FLOOD("0123456789", 1000000)}};
    dubboc_error err;
    scripted_peer *proxy = scripted_peer_new(&talks, 1);
    http_client_settings settings = usual_settings();
    settings.proxy = scripted_peer_url(proxy);
    settings.connect_timeout_ms = 0;
    clock_set_source(hasty_clock);
    assert_status(DUBBOC_E_TIMEOUT,
        take_from_url(&settings, "http://provider.invalid:20000", 3600 * 1000, &err), &err);
    clock_set_source(NULL);
    scripted_peer_free(proxy);
}

typedef struct connecting {
    fixture f;
    pthread_t thread;
    dubboc_status status;
    dubboc_error err;
} connecting;

static void *connect_in_thread(void *arg)
{
    connecting *self = arg;
    self->status = take_and_give_back(self->f.endpoint, 20000, &self->err);
    return NULL;
}

/* libraries.md C10: curl calls its progress callback, which checks for the stop, once a second. */
static void stop_ends_a_connection_that_hangs(void **state)
{
    (void)state;
    deaf_peer peer = deaf_peer_open();
    http_client_settings settings = usual_settings();
    settings.connect_timeout_ms = 20000;
    connecting self = {.f = start_without_peer(&settings, peer.url)};
    assert_int_equal(pthread_create(&self.thread, NULL, connect_in_thread, &self), 0);
    poll(NULL, 0, 50); /* time for connect() to hang; without the hang, the test checks less */
    int64_t begin = clock_now_ns();
    stop_signal_give(self.f.stop);
    pthread_join(self.thread, NULL);
    assert_in_range(ms_since(begin), 0, 1500);
    assert_status(DUBBOC_E_CLOSED, self.status, &self.err);
    end(&self.f);
    deaf_peer_close(&peer);
}

int main(void)
{
    signal(SIGPIPE, SIG_DFL); /* a SIGPIPE would end this program and fail the test */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_is_an_http_address_and_nothing_else),
        cmocka_unit_test(a_refused_connection_says_where_and_why),
        cmocka_unit_test(an_unknown_host_name_is_reported),
        cmocka_unit_test(proxy_variables_of_the_environment_are_ignored),
        cmocka_unit_test(connections_are_tunnelled_through_a_configured_proxy),
        cmocka_unit_test(connecting_ends_at_the_deadline_or_after_the_connect_timeout),
        cmocka_unit_test(no_connection_is_opened_after_the_deadline),
        cmocka_unit_test(slow_name_look_ups_do_not_outlast_the_deadline),
        cmocka_unit_test(a_proxy_that_keeps_talking_does_not_outlast_the_deadline),
        cmocka_unit_test(stop_ends_a_connection_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
