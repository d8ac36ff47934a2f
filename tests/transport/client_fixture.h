/* A client, an endpoint and a scripted peer behind it, for the tests of the HTTP client. */
#ifndef TESTS_TRANSPORT_CLIENT_FIXTURE_H
#define TESTS_TRANSPORT_CLIENT_FIXTURE_H

#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "transport/http_client_exchange.h"
#include "transport/http_client_pool.h"

typedef struct fixture {
    stop_signal *stop;
    http_client *client;
    http_client_endpoint *endpoint;
    scripted_peer *peer; /* NULL: none */
    dubboc_error err;
} fixture;

/* Answers every request on a connection with "ok". */
extern const peer_script answers_all;

/* Settings that use the stop signal of the next fixture. */
http_client_settings usual_settings(void);
fixture start_with(const http_client_settings *settings, const peer_script *scripts, size_t count);
fixture start(const peer_script *scripts, size_t count);
fixture start_without_peer(const http_client_settings *settings, const char *url);
void end(fixture *f);

/* Takes a connection like a synchronous call that knows only one endpoint: waits in the endpoint's
 * queue if the endpoint is full. Returns DUBBOC_E_BUSY at the deadline, DUBBOC_E_CLOSED at stop,
 * otherwise the status of opening the connection. */
dubboc_status take_from(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Takes a connection within 5 s. Fails the test otherwise. */
http_client_connection *take(fixture *f);

/* begin_post() writes a POST with the body {} and begins its exchange. drive() runs the exchange
 * like a synchronous caller; DUBBOC_OK: the reply is complete. post() does both. */
void begin_post(http_client_connection *connection);
dubboc_status drive(http_client_connection *connection, int64_t deadline_ns, dubboc_error *err);
dubboc_status post(fixture *f, http_client_connection *connection);

void assert_body(const http_client_connection *connection, const char *body);

/* Makes a whole call, which must return "ok". */
void call_well(fixture *f);

#endif
