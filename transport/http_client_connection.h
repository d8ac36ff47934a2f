/* One connection of the HTTP client: opening it, and sending and receiving bytes without blocking.
 * http_client_exchange.h says what is sent on a connection, http_client_pool.h which caller uses
 * it. */
#ifndef TRANSPORT_HTTP_CLIENT_CONNECTION_H
#define TRANSPORT_HTTP_CLIENT_CONNECTION_H

#include <sys/uio.h>

#include "base/buffer.h"
#include "transport/http_client_reply.h"
#include "transport/http_client_target.h"

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

/* The owner of connections that only one thread may use. */
typedef struct http_client_owner http_client_owner;
struct http_client_owner {
    /* Closes and frees a connection of this owner, perhaps later and in its own thread. Any thread;
     * does not block. */
    void (*close)(http_client_owner *self, http_client_connection *connection);
};

/* The fields are private to the files http_client*.c. */
struct http_client_connection {
    const http_client_target *target; /* borrowed from the endpoint */
    const http_client_io *io;
    int fd;
    void *curl;         /* TLS: the CURL handle, which owns fd. NULL: no TLS, and fd is ours. */
    long connect_errno; /* TLS: the value of CURLINFO_OS_ERRNO after connecting */
    int64_t opened_ns;  /* when it was connected */
    http_client_owner *owner; /* TLS: the opener that opened it. NULL: any thread may use it. */
    uint64_t serial;          /* different for each connection of the client; not 0 */
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
    /* The last step stopped before it had moved all the bytes that it could. Do not wait for the
     * socket then: poll() does not report bytes that are in curl's buffer, and an edge-triggered
     * event loop has already been notified of the bytes in the socket. */
    bool is_cut_short;
    http_client_reader reader;
    dubboc_status status; /* valid in HTTP_CLIENT_PHASE_FAILED, with problem */
    const char *problem;
};

/* Creates a connection that is not connected yet. NULL: no memory. */
http_client_connection *http_client_connection_new(const http_client_target *target);

/* Makes the connection a connected one. The connection takes ownership of the socket, or of the
 * CURL handle that owns fd. */
void http_client_connection_use_socket(http_client_connection *connection, int fd);
void http_client_connection_use_tls(http_client_connection *connection, void *curl, int fd);

/* Closes and frees. */
void http_client_connection_close(http_client_connection *connection);

#endif
