/* One request and its reply on a connection, as a machine that never blocks. A synchronous caller
 * drives it with http_client_connection_wait(), an event loop with its own poll. */
#ifndef TRANSPORT_HTTP_CLIENT_EXCHANGE_H
#define TRANSPORT_HTTP_CLIENT_EXCHANGE_H

#include "transport/http_client_connection.h"

/* Where to write the request: head, empty line, body. It is empty when the connection is taken, and
 * its memory is used again. */
buffer *http_client_connection_request(http_client_connection *connection);

/* Starts the exchange of what stands in http_client_connection_request(). */
void http_client_exchange_begin(http_client_connection *connection);

typedef enum http_client_step {
    HTTP_CLIENT_WANT_READ,
    HTTP_CLIENT_WANT_WRITE, /* or read: a peer may answer before it has taken the whole request */
    HTTP_CLIENT_DONE,       /* http_client_exchange_reply() */
    HTTP_CLIENT_FAILED      /* http_client_exchange_failure() */
} http_client_step;

/* Goes on as far as it can without blocking, but moves 1 MiB at most, so that the caller can look
 * at its deadline however much the peer sends or takes. */
http_client_step http_client_exchange_step(http_client_connection *connection);

/* Blocks the calling thread until the next step is worth taking: until the socket is ready for what
 * step wanted, or at once when that step did not read all that had come. DUBBOC_E_TIMEOUT when the
 * deadline has passed, DUBBOC_E_CLOSED at stop, also when the socket is ready. */
dubboc_status http_client_connection_wait(
    http_client_connection *connection, http_client_step wanted, int64_t deadline_ns);

/* The descriptor, for an event loop. */
int http_client_connection_fd(const http_client_connection *connection);

/* Whether it had carried an exchange before this one, and how many bytes of the request the system
 * has accepted (0: certainly not executed). */
bool http_client_connection_is_reused(const http_client_connection *connection);
size_t http_client_exchange_bytes_sent(const http_client_connection *connection);
size_t http_client_exchange_bytes_received(const http_client_connection *connection);

/* After HTTP_CLIENT_DONE; borrowed until the connection is given back. */
const http_client_reply *http_client_exchange_reply(const http_client_connection *connection);

/* After HTTP_CLIENT_DONE: what came is no answer to what was asked, so nobody knows to which
 * request the next reply would belong. The reply stays; the connection is closed when it is given
 * back. */
void http_client_exchange_distrust(http_client_connection *connection);

/* After HTTP_CLIENT_FAILED: DUBBOC_E_BROKEN, DUBBOC_E_PROTOCOL, DUBBOC_E_TOO_BIG or
 * DUBBOC_E_NO_MEMORY, err says what happened. */
dubboc_status http_client_exchange_failure(
    const http_client_connection *connection, dubboc_error *err);

/* --- for the pool --- */

/* Before a connection is handed out. */
void http_client_exchange_prepare(http_client_connection *connection);

/* Whether the last exchange left the connection fit for another. */
bool http_client_exchange_allows_reuse(const http_client_connection *connection);

#endif
