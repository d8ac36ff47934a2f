#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "transport/http_client.h"

/* --- the domain's words ---------------------------------------------------------------------------------------------------------------------- */

typedef struct fixture {
    http_client *client;
    http_endpoint *endpoint;
    scripted_peer *peer;
    dubboc_error err;
} fixture;

static http_client_settings usual_settings(void)
{
    return (http_client_settings){.pool_size = 128, .pool_idle_ms = 20000, .pool_ttl_ms = -1, .connect_timeout_ms = 5000,
        .reply_max_bytes = 1 << 20};
}

static void open_client(fixture *f, const http_client_settings *settings, const char *url)
{
    assert_status(DUBBOC_OK, http_client_new(settings, &f->client, &f->err), &f->err);
    assert_status(DUBBOC_OK, http_endpoint_new(f->client, url, &f->endpoint, &f->err), &f->err);
}

static fixture start_with(const http_client_settings *settings, const peer_script *scripts, size_t count)
{
    fixture f = {0};
    f.peer = scripted_peer_new(scripts, count);
    open_client(&f, settings, scripted_peer_url(f.peer));
    return f;
}

static fixture start(const peer_script *scripts, size_t count)
{
    http_client_settings settings = usual_settings();
    return start_with(&settings, scripts, count);
}

static void end(fixture *f)
{
    http_endpoint_unref(f->endpoint);
    http_client_free(f->client);
    scripted_peer_free(f->peer);
}

static http_connection *take(fixture *f)
{
    http_connection *connection = NULL;
    assert_status(DUBBOC_OK, http_endpoint_take(f->endpoint, false, deadline_in_ms(5000), &connection, &f->err), &f->err);
    return connection;
}

static void write_post(http_connection *connection, const char *body_in_head, size_t body_after)
{
    buffer *request = http_connection_request(connection);
    buffer_printf(request, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s", strlen(body_in_head) + body_after, body_in_head);
}

/* Drives the exchange as a synchronous caller does. DUBBOC_OK: a reply is there. */
static dubboc_status drive(http_connection *connection, int64_t deadline_ns, dubboc_error *err)
{
    for (;;) {
        http_step step = http_exchange_step(connection);
        if (step == HTTP_DONE)
            return DUBBOC_OK;
        if (step == HTTP_FAILED)
            return http_exchange_failure(connection, err);
        dubboc_status status = http_connection_wait(connection, step, deadline_ns);
        if (status != DUBBOC_OK)
            return status;
    }
}

static dubboc_status post(fixture *f, http_connection *connection)
{
    write_post(connection, "{}", 0);
    http_exchange_begin(connection, (dubboc_slice){0});
    return drive(connection, deadline_in_ms(5000), &f->err);
}

static void assert_body(const http_connection *connection, const char *body)
{
    const http_reply *reply = http_exchange_reply(connection);
    if (reply->body.len == strlen(body) && memcmp(reply->body.at, body, reply->body.len) == 0)
        return;
    print_error("\"%.*s\" is not \"%s\"\n", (int)reply->body.len, reply->body.at, body);
    fail();
}

static void call_well(fixture *f)
{
    http_connection *connection = take(f);
    assert_status(DUBBOC_OK, post(f, connection), &f->err);
    assert_body(connection, "ok");
    http_connection_give_back(connection);
}

/* --- exchanges ----------------------------------------------------------------------------------------------------------------------------- */

static const peer_script answers_all = {{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}};

static void one_connection_serves_many_exchanges(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    for (int i = 0; i < 10; i++)
        call_well(&f);
    assert_int_equal(scripted_peer_connections(f.peer), 1);
    assert_int_equal(scripted_peer_requests(f.peer), 10);
    assert_int_equal(http_client_connections_opened(f.client), 1);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_many_exchanges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
