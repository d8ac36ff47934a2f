/* One connection: how it comes about, and how its bytes move. What is said on it is the business of
 * http_client_exchange.h, who may use it that of http_client_pool.h. */
#ifndef TRANSPORT_HTTP_CLIENT_CONNECTION_H
#define TRANSPORT_HTTP_CLIENT_CONNECTION_H

#include <sys/uio.h>

#include "base/buffer.h"
#include "transport/http_client.h"
#include "transport/http_client_reply.h"

typedef struct http_client_connection http_client_connection;

/* How bytes move on a connection: plain socket or TLS. Neither blocks, neither raises SIGPIPE. */
typedef enum http_client_io_result {
    HTTP_CLIENT_IO_OK,    /* *done > 0 */
    HTTP_CLIENT_IO_AGAIN, /* not now */
    HTTP_CLIENT_IO_END,   /* receive: the peer has closed in order */
    HTTP_CLIENT_IO_BROKEN /* *problem: fixed or static words */
} http_client_io_result;

typedef struct http_client_io {
    http_client_io_result (*send)(
        http_client_connection *connection, dubboc_slice bytes, size_t *done, const char **problem);
    http_client_io_result (*receive)(http_client_connection *connection, char *room, size_t size,
        size_t *done, const char **problem);
    /* Open, and the peer has said nothing that nobody asked for. */
    bool (*is_quiet)(http_client_connection *connection);
    bool may_hold_bytes; /* received bytes may wait where poll() does not see them */
} http_client_io;

typedef enum http_client_phase {
    HTTP_CLIENT_PHASE_READY, /* no exchange begun */
    HTTP_CLIENT_PHASE_SENDING,
    HTTP_CLIENT_PHASE_RECEIVING,
    HTTP_CLIENT_PHASE_DONE,
    HTTP_CLIENT_PHASE_FAILED
} http_client_phase;

/* Where connections lead. Constant. */
typedef struct http_client_target {
    http_client *client;
    char *url;  /* scheme://host:port/ */
    char *host; /* host:port, for the Host header and for people */
    bool is_tls;
} http_client_target;

/* The fields are for the files of this library. */
struct http_client_connection {
    const http_client_target *target; /* borrowed from the endpoint */
    const http_client_io *io;
    int fd;
    void *curl;         /* TLS: the CURL handle, which owns fd; NULL: fd is ours */
    long connect_errno; /* TLS: the system's error that connecting left behind in curl */
    int64_t opened_ns;
    bool lost_host; /* broken by an error that says that the host, or the way to it, is gone */

    /* the pool's */
    struct http_client_endpoint *endpoint;
    http_client_connection *newer, *older; /* among the idle ones */
    int64_t taken_ns;                      /* by whoever uses it now */
    int64_t idle_since_ns;                 /* idle: when it was given back */
    int64_t use_until_ns;                  /* idle: not to be used from then on */

    /* the exchange's */
    uint64_t exchanges; /* begun */
    http_client_phase phase;
    buffer request;
    size_t sent;
    size_t received;
    bool may_hold_bytes; /* TLS: the last step ended before all was read, so do not wait for the
                            socket, which may have nothing more to show */
    http_client_reader reader;
    dubboc_status status; /* HTTP_CLIENT_PHASE_FAILED */
    const char *problem;
};

/* Blocks until connected. *connection is the caller's until http_client_connection_close().
 * DUBBOC_E_CONNECT: refused, unreachable, name or TLS; err names address and reason.
 * DUBBOC_E_TIMEOUT: the deadline passed while connecting.
 * DUBBOC_E_CLOSED: the client stops.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_connection_open(const http_client_target *target, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Closes and frees. */
void http_client_connection_close(http_client_connection *connection);

#endif
