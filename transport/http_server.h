/* The HTTP side of a provider: one listening socket, our own accept, and N event loops that each
 * drive a libmicrohttpd daemon by hand.
 *
 * It knows nothing of JSON-RPC. Each complete request (body read, headers guarded against
 * smuggling: libraries.md M3) is given to on_request on the loop's thread; it is answered there, or
 * held and answered later from any thread (http_server_request.h). Absolute deadlines end slow
 * peers (libraries.md M2), ceilings hold everywhere, and nothing is answered twice. Only this
 * folder includes microhttpd.h.
 *
 * The files, from the bottom to the top; each uses only those above it in this list:
 *
 *   http_server_types.h       settings, and what else the owner shares with the server
 *   http_server_handoff       stacks by which threads hand things to a loop
 *   http_server_shares        how many connections each client address has
 *   http_server_shared        what all loops share: counters, ceilings, failure, mailboxes
 *   http_server_response      answers: libmicrohttpd's response objects, ready-made ones, refusals
 *   http_server_connection    a connection: its phase, the deadline of the phase, its end
 *   http_server_guard         whether a request's framing and headers are beyond doubt
 *   http_server_body          the bytes of a body, and what they are charged for
 *   http_server_request_pool  request objects, and what the requests of a loop share
 *   http_server_request       what on_request sees of a request, and answering it
 *   http_server_body_wait     requests that wait for memory for their body
 *   http_server_incoming      what libmicrohttpd calls while a request comes in
 *   http_server_accept        newcomers: accept, ceilings, making room, refusing
 *   http_server_daemon        the libmicrohttpd daemon of a loop, which may give up
 *   http_server_loop          one event loop: its turns, its life, its end
 *   http_server               the life of the server: listening, starting, draining, ending */
#ifndef TRANSPORT_HTTP_SERVER_H
#define TRANSPORT_HTTP_SERVER_H

#include <stdbool.h>

#include "transport/http_server_request.h"
#include "transport/http_server_types.h"
#include <dubboc/error.h>

typedef struct http_server http_server;

/* Binds and listens; nothing is accepted yet. DUBBOC_E_SYSTEM: err names the address and the reason
 * ("127.0.0.1:10000: address already in use; ..."). DUBBOC_E_ARGUMENT: ip is not an IP address.
 * DUBBOC_E_UNSUPPORTED: ip is a unix socket. DUBBOC_E_NO_MEMORY. */
dubboc_status http_server_open(
    const http_server_settings *settings, http_server **server, dubboc_error *err);

/* Accepts and serves from now on, and starts the loops' threads (settings.loops > 0).
 * DUBBOC_E_SYSTEM: no thread or no descriptor. */
dubboc_status http_server_start(http_server *server, dubboc_error *err);

/* "ip:port" as bound ("[::]:10000" for all addresses). Borrowed. */
const char *http_server_address(const http_server *server);

/* For loops = 0: see dubboc_server_fd() and dubboc_server_step(). on_request runs inside step. */
int http_server_fd(const http_server *server);
dubboc_status http_server_step(http_server *server, int timeout_ms, dubboc_error *err);

/* The owner's system call has failed with that errno, and the server cannot go on: it fails as if
 * the call had been its own. Only the first failure counts. Any thread that holds no lock. */
void http_server_fail_call(http_server *server, const char *call, int error);

/* Why the server has failed; NULL: it has not. Any thread. */
const char *http_server_problem(const http_server *server);

/* From now on there is no new connection, every answer says Connection: close, and idle connections
 * are closed. Any thread; returns at once. */
void http_server_drain(http_server *server);

/* How many connections are open, and how many requests have begun and are not answered to the last
 * byte. Any thread. */
int http_server_connections(const http_server *server);
int http_server_requests(const http_server *server);

/* After http_server_drain(): whether everything that had come by then has been looked at, and no
 * request is under way. Any thread. */
bool http_server_is_drained(const http_server *server);

/* Ends every connection, stops the threads, frees all. A request that is not complete gets 503 with
 * Dubboc-Not-Executed: 1. The owner must have answered every held request by then; one that was not
 * is answered with 503 here, and must not be touched afterwards. NULL is accepted. */
void http_server_free(http_server *server);

#endif
