/* The HTTP side of a provider: one listening socket, our own accept, N event loops that each drive
 * a libmicrohttpd daemon by hand.
 *
 * It knows nothing of JSON-RPC. Each complete request (body read, headers guarded against
 * smuggling: traps M3) is given to on_request on the loop's thread; it is answered there, or held
 * and answered later from any thread. Absolute deadlines end slow peers (traps M2), ceilings hold
 * everywhere, and nothing is answered twice. Only this folder includes microhttpd.h. */
#ifndef TRANSPORT_HTTP_SERVER_H
#define TRANSPORT_HTTP_SERVER_H

#include "base/buffer.h"
#include <dubboc/error.h>

typedef struct http_server http_server;
typedef struct http_server_request
    http_server_request; /* one request, from its last byte to its answer */

typedef struct http_server_settings {
    const char
        *ip;   /* listen there; NULL or "": all addresses (IPv4 and IPv6 where there is IPv6) */
    int port;  /* 0: any free one */
    int loops; /* event loop threads; 0: none, http_server_step() does it all */
    size_t body_max_bytes;
    /* For the bodies of all requests that are not answered yet, 8 KiB of each not counted; at least
     * body_max_bytes. A body is counted before it is read. Where it does not fit the request waits,
     * first come, first served, for at most 1 s, which is not part of body_timeout_ms; then it gets
     * 503 with Dubboc-Not-Executed: 1. While somebody waits, a body that comes too slowly to be
     * complete in time is cut off early. 0: no ceiling. */
    size_t memory_max_bytes;
    /* In total, at least 1; checked against RLIMIT_NOFILE at open, and lowered with a log line.
     * When it is reached, a newcomer takes the place of the connection that has been idle for
     * longest, else of the slowest sender of a request (0.1 s at least), else it gets 503 with
     * Dubboc-Not-Executed: 1. */
    int connections_max;
    int connections_per_address_max; /* an IPv4 address, or the /64 network of an IPv6 one; beyond
                                        it the same 503 */
    /* The four time-outs; 0 or less: none. A request that is cut off before on_request gets 408
     * with Dubboc-Not-Executed: 1. */
    int64_t header_timeout_ms; /* absolute: from accept, or the request's first line, to the end of
                                  its headers */
    int64_t body_timeout_ms;   /* absolute: from the headers to the end of the body */
    int64_t answer_timeout_ms; /* absolute: from on_request's answer to its last byte taken by the
                                  peer */
    int64_t idle_timeout_ms;   /* absolute: between two requests of a connection */
    void (*on_request)(void *arg, http_server_request *request);
    /* The server has failed and ends its connections and loops, because a system call failed
     * without which it cannot go on; problem names it. Once, on the thread that has found out; it
     * must not wait for the server. NULL: nobody is told. */
    void (*on_failure)(void *arg, const char *problem);
    void *arg;
} http_server_settings;

/* Binds and listens; nothing is accepted yet. DUBBOC_E_SYSTEM: err names address and reason
 * ("127.0.0.1:10000: address already in use; ...").
 * DUBBOC_E_ARGUMENT: ip is no address. DUBBOC_E_NO_MEMORY. */
dubboc_status http_server_open(
    const http_server_settings *settings, http_server **server, dubboc_error *err);

/* Accepts and serves from now on: starts the loops' threads (settings.loops > 0). DUBBOC_E_SYSTEM:
 * no thread, no descriptor. */
dubboc_status http_server_start(http_server *server, dubboc_error *err);

/* "ip:port" as bound ("[::]:10000" for all). Borrowed. */
const char *http_server_address(const http_server *server);

/* loops = 0: see dubboc_server_fd() and dubboc_server_step(). on_request runs inside step. */
int http_server_fd(const http_server *server);
dubboc_status http_server_step(http_server *server, int timeout_ms, dubboc_error *err);

/* Ends the server because of an error that leaves nothing else to do: logs it, tells the owner, and
 * lets the loops end. Only the first one counts. Any thread that holds no lock. The second form is
 * for a system call that has failed with that errno. */
void http_server_fail(http_server *server, const char *problem);
void http_server_fail_call(http_server *server, const char *call, int error);

/* Why the server has failed, NULL: it has not. Any thread. */
const char *http_server_problem(const http_server *server);

/* From now on: no new connection, every answer says Connection: close, idle connections are closed.
 * Any thread, returns at once. */
void http_server_drain(http_server *server);

/* Connections that are open, and requests whose first line has come and that are not answered to
 * the last byte. Any thread. */
int http_server_connections(const http_server *server);
int http_server_requests(const http_server *server);

/* After http_server_drain(): everything that had come by then has been looked at, and no request is
 * under way. Any thread. */
bool http_server_is_drained(const http_server *server);

/* Ends every connection, stops the threads, frees all. A request that has not come to its end gets
 * 503 with Dubboc-Not-Executed: 1. Every held request must have been answered or abandoned by then
 * (its owner sees to it; an answer given to a request whose connection ended goes nowhere and is
 * harmless, but not after this); one that was not is answered with 503 here. NULL is accepted. */
void http_server_free(http_server *server);

/* --- a request: on the loop's thread until it is held, then on the thread that holds it --- */

dubboc_slice http_server_request_method(const http_server_request *request);
/* without query, not unescaped, with its leading / */
dubboc_slice http_server_request_path(const http_server_request *request);
dubboc_slice http_server_request_query(
    const http_server_request *request); /* without the ?, may be empty */
dubboc_slice http_server_request_body(const http_server_request *request);
const char *http_server_request_header(
    /* first of that name, any case; NULL: none; stays valid while held */
    const http_server_request *request, const char *name);
const char *http_server_request_peer(const http_server_request *request); /* "ip:port" */
/* when its headers were complete, clock_now_ns() */
int64_t http_server_request_received_ns(const http_server_request *request);

/* A place for the owner's own state of this request; starts NULL. */
void http_server_request_set_state(http_server_request *request, void *state);
void *http_server_request_state(const http_server_request *request);

/* The buffer to build the answer's body in: empty, reused between requests of one loop, ceiling as
 * generous as memory allows (256 MiB). */
buffer *http_server_request_out(http_server_request *request);

/* Keeps the request beyond on_request's return: it must be answered exactly once, from any thread.
 * Its accessors stay valid until then. */
void http_server_request_hold(http_server_request *request);

/* Gives the body's memory back now, because nobody reads it any more and the answer may take long.
 * The body is empty from then on. */
void http_server_request_drop_body(http_server_request *request);

/* Whether the peer has closed its side meanwhile (a look at the socket, no more): then work for it
 * is in vain. */
bool http_server_request_is_gone(const http_server_request *request);

typedef struct http_server_answer_header {
    const char *name;
    const char *value;
} http_server_answer_header;

/* Answers with the bytes in http_server_request_out(). content_type NULL: none. headers: copied (at
 * most 8). close: end the connection after it. The request must not be touched afterwards.
 * Content-Length, Date and Keep-Alive: timeout= (wire.md 12.3: below the idle time-out) are added
 * here. A HEAD answer has no body but its length. The connection also ends when the client wishes
 * it, while draining, and after a chunked request (its framing cannot be checked to the last byte).
 * When the answer cannot be made (the buffer has failed, no memory, a header with line ends, a
 * status that is not from 200 to 999) the client gets 500. */
void http_server_request_answer(http_server_request *request, int status, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close);

#endif
