/* The HTTP side of a consumer: pooled connections to one address, and one exchange at a time on
 * each.
 *
 * libcurl opens and secures the connections (CURLOPT_CONNECT_ONLY: names, Happy Eyeballs, proxies,
 * TLS are its business); the exchange on them is ours: the request is written and the reply read by
 * a non-blocking step machine, so that it is known exactly which bytes left (at most once) and a
 * call costs little. A synchronous caller drives the machine with http_client_connection_wait(); an
 * event loop may drive it with epoll. No lock is held across I/O. Only this folder
 * includes curl.h. */
#ifndef TRANSPORT_HTTP_CLIENT_H
#define TRANSPORT_HTTP_CLIENT_H

#include "base/buffer.h"
#include "transport/http_client_reply.h"
#include <dubboc/error.h>

/* what all endpoints share: settings, the stop signal, counters */
typedef struct http_client http_client;
typedef struct http_client_endpoint
    http_client_endpoint; /* one address and its pool; reference counted */
typedef struct http_client_connection
    http_client_connection; /* one connection, owned by whoever took it */

typedef struct http_client_settings {
    int pool_size;        /* connections to one endpoint, in use and idle */
    int64_t pool_idle_ms; /* an idle connection older than this is closed (below the peers' idle
                             time-outs: traps C9) */
    int64_t pool_ttl_ms;  /* a connection older than this is not used again; < 0: no limit */
    int64_t connect_timeout_ms;
    const char *connect_timeout_origin; /* who set it, for error texts; NULL: not said */
    const char *proxy_origin;           /* the same of the proxy */
    size_t reply_max_bytes;
    const char *proxy;       /* NULL or "": none, whatever the environment says (traps C8) */
    const char *tls_ca_file; /* only the authorities in it are trusted; NULL or "": the system's */
} http_client_settings;

dubboc_status http_client_new(
    const http_client_settings *settings, http_client **client, dubboc_error *err);

/* From now on every wait of every thread ends at once with DUBBOC_E_CLOSED, and no connection is
 * handed out. Any thread; once. */
void http_client_stop(http_client *client);

/* After the last endpoint is gone. NULL is accepted. */
void http_client_free(http_client *client);

uint64_t http_client_connections_opened(const http_client *client);

/* Closes the idle connections that are too old, of all endpoints. Taking one does so for its own;
 * this is for addresses that nobody calls any more, whose peers have long hung up. When to come
 * again. Any thread. */
int64_t http_client_close_stale(http_client *client);

/* url: "http://host:port" or https (anything after host:port is ignored). Starts with one
 * reference; opens nothing yet.
 * DUBBOC_E_ARGUMENT: no such URL. DUBBOC_E_UNSUPPORTED: a unix socket. */
dubboc_status http_client_endpoint_new(
    http_client *client, const char *url, http_client_endpoint **endpoint, dubboc_error *err);
void http_client_endpoint_ref(http_client_endpoint *endpoint);
/* the last one closes the idle connections; those in use end with give_back */
void http_client_endpoint_unref(http_client_endpoint *endpoint);
/* "host:port", for the Host header and for people */
const char *http_client_endpoint_host(const http_client_endpoint *endpoint);

/* Whether one of its connections is idle, or another one may be opened, at this moment: a hint for
 * choosing an endpoint, read without a lock. */
bool http_client_endpoint_has_room(const http_client_endpoint *endpoint);

/* --- taking a connection (blocking form; all of it ends at deadline_ns or at stop) --- */

/* An idle connection that is still alive (looked at: traps C2, C9), else a newly opened one, else
 * waits for one to be given back. fresh: never an idle one. *connection is the caller's until
 * http_client_connection_give_back().
 * DUBBOC_E_BUSY: none came free in time. DUBBOC_E_CONNECT: refused, unreachable, name or TLS; err
 * names address and reason.
 * DUBBOC_E_TIMEOUT: the deadline passed while connecting. DUBBOC_E_CLOSED. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_endpoint_take(http_client_endpoint *endpoint, bool fresh,
    int64_t deadline_ns, http_client_connection **connection, dubboc_error *err);

/* Back to the pool if the last exchange ended well and the reply allows it, else closed. If it
 * broke with ECONNRESET, ETIMEDOUT, EHOSTUNREACH or ENETUNREACH, the connections of this endpoint
 * that have been idle since before it was taken are closed too. NULL is accepted. */
void http_client_connection_give_back(http_client_connection *connection);

/* --- one exchange --- */

/* Where to write the request: head, empty line, body. Empty and reused; cleared by
 * http_client_connection_take and by the exchange's end. */
buffer *http_client_connection_request(http_client_connection *connection);

/* Starts the exchange of what stands in http_client_connection_request() (and of body, borrowed
 * until the end, sent after it; may be empty). */
void http_client_exchange_begin(http_client_connection *connection, dubboc_slice body);

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

/* After HTTP_CLIENT_DONE; borrowed until give_back. */
const http_client_reply *http_client_exchange_reply(const http_client_connection *connection);

/* After HTTP_CLIENT_DONE: what came is no answer to what was asked, so nobody knows to which
 * request the next reply would belong. The reply stays; the connection is closed by give_back. */
void http_client_exchange_distrust(http_client_connection *connection);

/* After HTTP_CLIENT_FAILED: DUBBOC_E_BROKEN, DUBBOC_E_PROTOCOL, DUBBOC_E_TOO_BIG or
 * DUBBOC_E_NO_MEMORY, err says what happened. */
dubboc_status http_client_exchange_failure(
    const http_client_connection *connection, dubboc_error *err);

#endif
