/* One request and its reply on a connection, as a state machine that never blocks: call
 * http_client_exchange_step() until it returns HTTP_CLIENT_DONE or HTTP_CLIENT_FAILED, and wait in
 * between for what it asks for. A synchronous caller waits with http_client_connection_wait(), an
 * event loop with its own poll. */
#ifndef TRANSPORT_HTTP_CLIENT_EXCHANGE_H
#define TRANSPORT_HTTP_CLIENT_EXCHANGE_H

#include "transport/http_client_connection.h"

/* The buffer to write the request into: head, empty line, body. It is empty when the connection is
 * taken, and is reused for every request. */
buffer *http_client_connection_request(http_client_connection *connection);

/* Starts the exchange. The request is the content of http_client_connection_request(). */
void http_client_exchange_begin(http_client_connection *connection);

typedef enum http_client_step {
    HTTP_CLIENT_WANT_READ,
    /* Wait until readable or writable: a peer may answer before it has read the whole request. */
    HTTP_CLIENT_WANT_WRITE,
    HTTP_CLIENT_DONE,  /* See http_client_exchange_reply(). */
    HTTP_CLIENT_FAILED /* See http_client_exchange_failure(). */
} http_client_step;

/* Sends and receives as much as possible without blocking, but at most 1 MiB, so that the caller
 * can check its deadline however fast the peer is. */
http_client_step http_client_exchange_step(http_client_connection *connection);

/* Blocks the calling thread until the next step has something to do: until the socket is ready for
 * what the last step wanted, or not at all if that step left received bytes unread. Returns
 * DUBBOC_E_TIMEOUT once the deadline has passed and DUBBOC_E_CLOSED once the client is stopping,
 * even if the socket is ready; DUBBOC_E_NO_MEMORY if poll() has no memory. */
dubboc_status http_client_connection_wait(
    http_client_connection *connection, http_client_step wanted, int64_t deadline_ns);

/* For an event loop: whether the last step stopped before it had moved all the bytes that it could.
 * Then take the next step without waiting for the socket. */
bool http_client_exchange_is_cut_short(const http_client_connection *connection);

/* The descriptor, for an event loop. Borrowed. */
int http_client_connection_fd(const http_client_connection *connection);

/* Whether the connection carried an exchange before this one. */
bool http_client_connection_is_reused(const http_client_connection *connection);

/* How many bytes of the request the system has accepted (0: the provider cannot have executed the
 * request), and how many bytes of the reply have arrived. */
size_t http_client_exchange_bytes_sent(const http_client_connection *connection);
size_t http_client_exchange_bytes_received(const http_client_connection *connection);

/* The reply, after HTTP_CLIENT_DONE. Borrowed until the connection is given back. */
const http_client_reply *http_client_exchange_reply(const http_client_connection *connection);

/* Marks the connection as not reusable, because the reply does not match the request: the next
 * reply could then belong to another request too. The reply stays valid. The connection is closed
 * when it is given back. After HTTP_CLIENT_DONE only. */
void http_client_exchange_distrust(http_client_connection *connection);

/* The reason, after HTTP_CLIENT_FAILED: returns and puts into err DUBBOC_E_BROKEN,
 * DUBBOC_E_PROTOCOL, DUBBOC_E_TOO_BIG or DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_exchange_failure(
    const http_client_connection *connection, dubboc_error *err);

/* --- for the pool --- */

/* Resets the exchange. To be called before a connection is handed out. */
void http_client_exchange_prepare(http_client_connection *connection);

/* Whether the connection may carry another exchange. */
bool http_client_exchange_allows_reuse(const http_client_connection *connection);

#endif
