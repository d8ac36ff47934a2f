/* The same exchanges over TLS, with a peer in Python. What differs from plain sockets is how bytes move and how an idle connection is looked at. */
#include "tests/transport/client_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct tls_peer {
    FILE *out;
    int in; /* closing it ends the peer */
    pid_t pid;
    char url[64];
    char folder[4096];
    char ca_file[4200];
} tls_peer;

static tls_peer peer;

static void run_peer(const int in[2], const int out[2])
{
    char script[4200];
    snprintf(script, sizeof script, "%s/peer.py", peer.folder);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    close(out[0]);
    execlp("python3", "python3", script, (char *)NULL);
    _exit(127);
}

static int start_peer(void **state)
{
    (void)state;
    int in[2], out[2], port = 0;
    const char *source = getenv("top_srcdir");
    snprintf(peer.folder, sizeof peer.folder, "%s/tests/transport/tls", source != NULL ? source : ".");
    snprintf(peer.ca_file, sizeof peer.ca_file, "%s/certificate.pem", peer.folder);
    if (pipe(in) != 0 || pipe(out) != 0)
        return -1;
    peer.pid = fork();
    if (peer.pid == 0)
        run_peer(in, out);
    close(in[0]);
    close(out[1]);
    peer.in = in[1];
    peer.out = fdopen(out[0], "r");
    if (peer.out == NULL || fscanf(peer.out, "%d", &port) != 1)
        return -1;
    snprintf(peer.url, sizeof peer.url, "https://localhost:%d", port);
    return 0;
}

static int end_peer(void **state)
{
    (void)state;
    close(peer.in);
    fclose(peer.out);
    waitpid(peer.pid, NULL, 0);
    return 0;
}

static fixture start_tls(void)
{
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = peer.ca_file;
    return start_without_peer(&settings, peer.url);
}

static dubboc_status post_to(fixture *f, http_connection *connection, const char *path, dubboc_slice body)
{
    buffer_printf(
        http_connection_request(connection), "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", path, body.len);
    http_exchange_begin(connection, body);
    return drive(connection, deadline_in_ms(10000), &f->err);
}

static void one_connection_serves_many_exchanges(void **state)
{
    (void)state;
    fixture f = start_tls();
    for (int i = 0; i < 5; i++) {
        http_connection *connection = take(&f);
        assert_status(DUBBOC_OK, post_to(&f, connection, "/echo", slice_of("hello")), &f.err);
        assert_body(connection, "hello");
        http_connection_give_back(connection);
    }
    assert_int_equal(http_client_connections_opened(f.client), 1);
    end(&f);
}

/* More than a TLS record and more than a socket takes at once, both ways. */
static void big_bodies_arrive_whole(void **state)
{
    (void)state;
    fixture f = start_tls();
    size_t len = 1000000;
    char *body = malloc(len);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 23);
    http_connection *connection = take(&f);
    assert_status(DUBBOC_OK, post_to(&f, connection, "/echo", slice_make(body, len)), &f.err);
    assert_int_equal(http_exchange_reply(connection)->body.len, len);
    assert_memory_equal(http_exchange_reply(connection)->body.at, body, len);
    http_connection_give_back(connection);
    free(body);
    end(&f);
}

static void an_idle_connection_that_was_closed_is_not_used(void **state)
{
    (void)state;
    fixture f = start_tls();
    for (int i = 0; i < 3; i++) {
        http_connection *connection = take(&f);
        assert_status(DUBBOC_OK, post_to(&f, connection, "/close", slice_of("x")), &f.err);
        /* Its end is there, or this waits for it. */
        assert_int_equal(http_connection_wait(connection, HTTP_WANT_READ, deadline_in_ms(5000)), DUBBOC_OK);
        http_connection_give_back(connection);
    }
    assert_int_equal(http_client_connections_opened(f.client), 3);
    end(&f);
}

static void a_reset_is_broken_and_raises_no_signal(void **state)
{
    (void)state;
    fixture f = start_tls();
    for (int i = 0; i < 3; i++) {
        http_connection *connection = take(&f);
        assert_status(DUBBOC_E_BROKEN, post_to(&f, connection, "/reset", slice_of("x")), &f.err);
        http_connection_give_back(connection);
    }
    assert_int_equal(http_client_connections_opened(f.client), 3);
    end(&f);
}

/* Both are what a configuration without tls_ca_file may give. */
static void a_peer_nobody_vouches_for_is_refused(void **state)
{
    (void)state;
    static const char *const system_authorities[] = {NULL, ""};
    for (size_t i = 0; i < 2; i++) {
        http_client_settings settings = usual_settings();
        settings.tls_ca_file = system_authorities[i];
        fixture f = start_without_peer(&settings, peer.url);
        http_connection *connection = NULL;
        assert_status(DUBBOC_E_CONNECT, http_endpoint_take(f.endpoint, false, deadline_in_ms(5000), &connection, &f.err), &f.err);
        assert_contains(f.err.text, "certificate");
        assert_null(strstr(f.err.text, "certificate file"));
        end(&f);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_DFL); /* it would end this program */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_many_exchanges),
        cmocka_unit_test(big_bodies_arrive_whole),
        cmocka_unit_test(an_idle_connection_that_was_closed_is_not_used),
        cmocka_unit_test(a_reset_is_broken_and_raises_no_signal),
        cmocka_unit_test(a_peer_nobody_vouches_for_is_refused),
    };
    return cmocka_run_group_tests(tests, start_peer, end_peer);
}
