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

/* Answers every request with "ok". */
extern const peer_script answers_all;

/* With the stop signal of the next fixture. */
http_client_settings usual_settings(void);
fixture start_with(const http_client_settings *settings, const peer_script *scripts, size_t count);
fixture start(const peer_script *scripts, size_t count);
fixture start_without_peer(const http_client_settings *settings, const char *url);
void end(fixture *f);

/* Takes a connection as a synchronous call does that knows of one endpoint only: waits in its queue
 * when it is full. DUBBOC_E_BUSY at the deadline, DUBBOC_E_CLOSED at stop, else as
 * http_client_connection_open(). */
dubboc_status take_from(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Takes a connection within 5 s, which must succeed. */
http_client_connection *take(fixture *f);

/* Writes a POST, begins its exchange (body {}), and drives it as a synchronous caller does.
 * DUBBOC_OK: a reply is there. */
void begin_post(http_client_connection *connection);
dubboc_status drive(http_client_connection *connection, int64_t deadline_ns, dubboc_error *err);
dubboc_status post(fixture *f, http_client_connection *connection);

void assert_body(const http_client_connection *connection, const char *body);

/* A whole call that must end with "ok". */
void call_well(fixture *f);

#endif
