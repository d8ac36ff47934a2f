/* The HTTP server of a provider: one listening socket, and N event loops. Each loop accepts
 * connections and drives its own libmicrohttpd daemon.
 *
 * The server knows nothing of JSON-RPC. It calls on_request on a loop's thread for every complete
 * request: the body has been read, and the headers have been checked against request smuggling
 * (libraries.md M3). The owner of the server answers the request there, or holds it and answers it
 * later from any thread (http_server_request.h). Absolute deadlines end slow peers (libraries.md
 * M2), and every resource has a ceiling. Only this folder includes microhttpd.h.
 *
 * The files, from the lowest layer to the highest; each uses only files above it in this list:
 *
 *   http_server_types.h       settings, and the other types that the owner uses
 *   http_server_handoff       lock-free stacks by which threads hand objects to a loop
 *   http_server_shares        how many connections each client address has
 *   http_server_shared        what all loops share: counters, ceilings, failure, mailboxes
 *   http_server_response      answers: libmicrohttpd's response objects, ready-made ones, refusals
 *   http_server_connection    a connection: its phase, the deadline of the phase, its end
 *   http_server_guard         refuses requests whose framing or headers are ambiguous
 *   http_server_body          the body of a request, and the memory that it is charged for
 *   http_server_request_pool  reused request objects, and what the requests of a loop share
 *   http_server_request       a request as on_request sees it, and answering it
 *   http_server_body_wait     requests that wait for memory for their body
 *   http_server_incoming      libmicrohttpd's callbacks while a request comes in
 *   http_server_accept        new connections: accepting, ceilings, making room, refusing
 *   http_server_daemon        the libmicrohttpd daemon of a loop, and surviving its panic
 *   http_server_loop          one event loop: its turns, its start and its end
 *   http_server               the server: listening, starting, draining, ending */
#ifndef TRANSPORT_HTTP_SERVER_H
#define TRANSPORT_HTTP_SERVER_H

#include <stdbool.h>

#include "transport/http_server_request.h"
#include "transport/http_server_types.h"
#include <dubboc/error.h>

typedef struct http_server http_server;

/* Binds and listens; accepts nothing yet.
 *
 * - DUBBOC_E_SYSTEM: err names the address and the reason ("127.0.0.1:10000: address already in
 *   use; ...").
 * - DUBBOC_E_ARGUMENT: ip is not an IP address.
 * - DUBBOC_E_UNSUPPORTED: ip is a unix socket.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_server_open(
    const http_server_settings *settings, http_server **server, dubboc_error *err);

/* Starts accepting and serving, and starts the loops' threads if settings.loops > 0.
 *
 * - DUBBOC_E_SYSTEM: no thread or no descriptor.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_server_start(http_server *server, dubboc_error *err);

/* The bound address as "ip:port" ("[::]:10000" for all addresses). Borrowed. */
const char *http_server_address(const http_server *server);

/* For settings.loops = 0: see dubboc_server_fd() and dubboc_server_step(). on_request is called
 * inside http_server_step(). */
int http_server_fd(const http_server *server);
dubboc_status http_server_step(http_server *server, int timeout_ms, dubboc_error *err);

/* Lets the server fail because a system call of the owner has failed with that errno, and the owner
 * cannot go on without it. Only the first failure counts. Any thread that holds no lock. */
void http_server_fail_call(http_server *server, const char *call, int error);

/* Why the server has failed; NULL: it has not failed. Any thread. */
const char *http_server_problem(const http_server *server);

/* Starts draining: no new connection is accepted, every answer says Connection: close, and idle
 * connections are closed. Returns at once. Any thread. */
void http_server_drain(http_server *server);

/* How many connections are open. Any thread. */
int http_server_connections(const http_server *server);

/* How many requests have begun and are not answered to the last byte. Any thread. */
int http_server_requests(const http_server *server);

/* After http_server_drain(): whether everything that had arrived before has been read, and no
 * request is in progress. Any thread. */
bool http_server_is_drained(const http_server *server);

/* Ends every connection, stops the threads and frees the server. An incomplete request gets 503
 * with Dubboc-Not-Executed: 1. The owner must have answered every held request before; a request
 * that is still held is answered with 503 here, and must not be touched afterwards. NULL is
 * accepted. */
void http_server_free(http_server *server);

#endif
