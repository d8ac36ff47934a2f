/* One connection of the HTTP client: opening it, and sending and receiving bytes without blocking.
 * http_client_exchange.h says what is sent on a connection, http_client_pool.h which caller uses
 * it. */
#ifndef TRANSPORT_HTTP_CLIENT_CONNECTION_H
#define TRANSPORT_HTTP_CLIENT_CONNECTION_H

#include <sys/uio.h>

#include "base/buffer.h"
#include "transport/http_client.h"
#include "transport/http_client_reply.h"

typedef struct http_client_connection http_client_connection;

/* The result of sending or receiving. A connection is a plain socket or TLS; neither kind blocks,
 * and neither raises SIGPIPE. */
typedef enum http_client_io_result {
    HTTP_CLIENT_IO_OK,    /* *done bytes were moved, at least 1 */
    HTTP_CLIENT_IO_AGAIN, /* nothing can be moved now; wait for the socket */
    HTTP_CLIENT_IO_END,   /* receive only: the peer has closed the connection in an orderly way */
    HTTP_CLIENT_IO_BROKEN /* failed; *problem is a static text with the reason */
} http_client_io_result;

typedef struct http_client_io {
    http_client_io_result (*send)(
        http_client_connection *connection, dubboc_slice bytes, size_t *done, const char **problem);
    http_client_io_result (*receive)(http_client_connection *connection, char *room, size_t size,
        size_t *done, const char **problem);
    /* Whether the connection is open and the peer has sent nothing. To be called between exchanges,
     * when nothing may arrive. May read and discard one byte: do not use the connection if
     * false. */
    bool (*is_quiet)(http_client_connection *connection);
    /* true for TLS: received bytes may be buffered where poll() does not see them. */
    bool may_hold_bytes;
} http_client_io;

typedef enum http_client_phase {
    HTTP_CLIENT_PHASE_READY, /* no exchange has begun */
    HTTP_CLIENT_PHASE_SENDING,
    HTTP_CLIENT_PHASE_RECEIVING,
    HTTP_CLIENT_PHASE_DONE,
    HTTP_CLIENT_PHASE_FAILED
} http_client_phase;

/* The destination of connections. Does not change once it is made. */
typedef struct http_client_target {
    http_client *client;
    char *url;  /* scheme://host:port/ */
    char *host; /* host:port, for the Host header and for error texts */
    bool is_tls;
} http_client_target;

/* The fields are private to the files http_client*.c. */
struct http_client_connection {
    const http_client_target *target; /* borrowed from the endpoint */
    const http_client_io *io;
    int fd;
    void *curl;         /* TLS: the CURL handle, which owns fd. NULL: no TLS, and fd is ours. */
    long connect_errno; /* TLS: the value of CURLINFO_OS_ERRNO after connecting */
    int64_t opened_ns;  /* when it was connected */
    /* The connection broke with an error that says that the host, or the route to it, is gone. */
    bool lost_host;

    /* Fields of the pool: */
    struct http_client_endpoint *endpoint;
    http_client_connection *newer, *older; /* neighbours in the list of idle connections */
    int64_t taken_ns;                      /* when the present caller took it */
    int64_t idle_since_ns;                 /* when it was given back; valid while it is idle */
    int64_t use_until_ns; /* when it must no longer be used; valid while it is idle */

    /* Fields of the exchange: */
    uint64_t exchanges; /* how many exchanges have begun on this connection */
    http_client_phase phase;
    buffer request;  /* the whole request: head and body */
    size_t sent;     /* how many bytes of request the system has accepted */
    size_t received; /* bytes of the reply */
    /* TLS: the last step stopped before it had read everything. Do not wait for the socket then:
     * the remaining bytes may be in curl's buffer, and poll() would not report them. */
    bool may_hold_bytes;
    http_client_reader reader;
    dubboc_status status; /* valid in HTTP_CLIENT_PHASE_FAILED, with problem */
    const char *problem;
};

/* Opens a connection; blocks until it is open. The caller owns *connection and must call
 * http_client_connection_close().
 *
 * - DUBBOC_E_CONNECT: refused, unreachable, name not resolved, or TLS failed; err names the address
 *   and the reason.
 * - DUBBOC_E_TIMEOUT: the deadline passed before it was open.
 * - DUBBOC_E_CLOSED: the client is stopping.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_connection_open(const http_client_target *target, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Closes and frees. */
void http_client_connection_close(http_client_connection *connection);

#endif
