#include "tests/transport/client_fixture.h"

#include "base/error.h"

const peer_script answers_all = {{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}};

/* Only one fixture exists at a time. */
static stop_signal fixture_stop;

http_client_settings usual_settings(void)
{
    return (http_client_settings){.stop = &fixture_stop,
        .pool_size = 128,
        .pool_idle_ms = 20000,
        .pool_ttl_ms = -1,
        .dns_ttl_ms = 10000,
        .connect_timeout_ms = 5000,
        .reply_max_bytes = 1 << 20};
}

fixture start_without_peer(const http_client_settings *settings, const char *url)
{
    fixture f = {.stop = &fixture_stop};
    assert_true(stop_signal_init(f.stop));
    assert_status(DUBBOC_OK, http_client_new(settings, &f.client, &f.err), &f.err);
    assert_status(DUBBOC_OK, http_client_endpoint_new(f.client, url, &f.endpoint, &f.err), &f.err);
    return f;
}

fixture start_with(const http_client_settings *settings, const peer_script *scripts, size_t count)
{
    scripted_peer *peer = scripted_peer_new(scripts, count);
    fixture f = start_without_peer(settings, scripted_peer_url(peer));
    f.peer = peer;
    return f;
}

fixture start(const peer_script *scripts, size_t count)
{
    http_client_settings settings = usual_settings();
    return start_with(&settings, scripts, count);
}

void end(fixture *f)
{
    http_client_endpoint_unref(f->endpoint);
    http_client_free(f->client);
    stop_signal_fini(f->stop);
    scripted_peer_free(f->peer);
}

/* Waits in the endpoint's queue. false: nothing was granted. */
static bool wait_for_grant(
    http_client_endpoint *endpoint, int64_t deadline_ns, http_client_connection **connection)
{
    thread_waiter thread;
    http_client_queuer queuer;
    http_client_endpoint *granting;
    thread_waiter_init(&thread);
    http_client_queuer_init(&queuer, &thread.waiter, NULL, waiter_take_ticket());
    http_client_queuer_select_begin(&queuer, 1);
    (void)http_client_queuer_join(&queuer, endpoint);
    http_client_queuer_select_end(&queuer);
    if (!http_client_queuer_is_served(&queuer))
        stop_signal_block(&fixture_stop, &thread, deadline_ns);
    return http_client_queuer_leave(&queuer, &granting, connection);
}

dubboc_status take_from(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err)
{
    for (;;) {
        if (stop_signal_is_given(&fixture_stop))
            return error_set(err, DUBBOC_E_CLOSED, "stopped");
        http_client_taken taken = http_client_endpoint_take(endpoint, NULL, connection);
        if (taken == HTTP_CLIENT_TAKEN_NOTHING && wait_for_grant(endpoint, deadline_ns, connection))
            taken = *connection != NULL ? HTTP_CLIENT_TAKEN_CONNECTION : HTTP_CLIENT_TAKEN_PLACE;
        if (taken == HTTP_CLIENT_TAKEN_CONNECTION)
            return DUBBOC_OK;
        if (taken == HTTP_CLIENT_TAKEN_PLACE)
            return http_client_endpoint_open(endpoint, deadline_ns, connection, err);
        if (deadline_is_over(deadline_ns))
            return error_set(err, DUBBOC_E_BUSY, "all connections in use until the deadline");
    }
}

http_client_connection *take(fixture *f)
{
    http_client_connection *connection = NULL;
    assert_status(
        DUBBOC_OK, take_from(f->endpoint, deadline_in_ms(5000), &connection, &f->err), &f->err);
    return connection;
}

void begin_post(http_client_connection *connection)
{
    buffer_append_text(http_client_connection_request(connection),
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    http_client_exchange_begin(connection);
}

dubboc_status drive(http_client_connection *connection, int64_t deadline_ns, dubboc_error *err)
{
    for (;;) {
        http_client_step step = http_client_exchange_step(connection);
        if (step == HTTP_CLIENT_DONE)
            return DUBBOC_OK;
        if (step == HTTP_CLIENT_FAILED)
            return http_client_exchange_failure(connection, err);
        dubboc_status status = http_client_connection_wait(connection, step, deadline_ns);
        if (status != DUBBOC_OK)
            return status;
    }
}

dubboc_status post(fixture *f, http_client_connection *connection)
{
    begin_post(connection);
    return drive(connection, deadline_in_ms(5000), &f->err);
}

void assert_body(const http_client_connection *connection, const char *body)
{
    const http_client_reply *reply = http_client_exchange_reply(connection);
    if (reply->body.len == strlen(body) && memcmp(reply->body.at, body, reply->body.len) == 0)
        return;
    print_error("\"%.*s\" is not \"%s\"\n", (int)reply->body.len, reply->body.at, body);
    fail();
}

void call_well(fixture *f)
{
    http_client_connection *connection = take(f);
    assert_status(DUBBOC_OK, post(f, connection), &f->err);
    assert_body(connection, "ok");
    http_client_connection_give_back(connection);
}
