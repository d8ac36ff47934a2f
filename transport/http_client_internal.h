/* What the files of the HTTP client share: http_client.c (settings, stop), http_client_pool.c (who
 * gets which connection), http_client_connect.c (how one comes about, and its bytes),
 * http_client_exchange.c (request and reply). */
#ifndef TRANSPORT_HTTP_CLIENT_INTERNAL_H
#define TRANSPORT_HTTP_CLIENT_INTERNAL_H

#include <stdatomic.h>
#include <sys/uio.h>

#include "base/condition.h"
#include "base/mutex.h"
#include "base/wake.h"
#include "transport/http_client.h"
#include "transport/http_client_trust.h"

struct http_client {
    http_client_settings settings; /* its texts are copies */
    wake stop;                     /* signalled once, for ever */
    atomic_bool is_stopping;
    atomic_ullong connections_opened;
    http_client_trust trust;
    mutex lock; /* the list below; taken before an endpoint's */
    http_client_endpoint *endpoints;
};

/* How bytes move on a connection: plain socket or TLS. Neither blocks, neither raises SIGPIPE. */
typedef enum http_client_io_result {
    HTTP_CLIENT_IO_OK,    /* *done > 0 */
    HTTP_CLIENT_IO_AGAIN, /* not now */
    HTTP_CLIENT_IO_END,   /* receive: the peer has closed in order */
    HTTP_CLIENT_IO_BROKEN /* *problem: fixed or static words */
} http_client_io_result;

typedef struct http_client_io {
    http_client_io_result (*send)(http_client_connection *connection, const struct iovec *pieces,
        int count, size_t *done, const char **problem);
    http_client_io_result (*receive)(http_client_connection *connection, char *room, size_t size,
        size_t *done, const char **problem);
    /* open, and the peer has said nothing nobody asked for */
    bool (*is_quiet)(http_client_connection *connection);
    /* received bytes may wait where poll() does not see them */
    bool may_hold_bytes;
} http_client_io;

typedef enum http_client_phase {
    HTTP_CLIENT_PHASE_READY, /* no exchange begun */
    HTTP_CLIENT_PHASE_SENDING,
    HTTP_CLIENT_PHASE_RECEIVING,
    HTTP_CLIENT_PHASE_DONE,
    HTTP_CLIENT_PHASE_FAILED
} http_client_phase;

struct http_client_connection {
    http_client_endpoint *endpoint;
    const http_client_io *io;
    int fd;
    void *curl; /* TLS: the CURL handle, which owns fd; NULL: fd is ours */
    http_client_connection *newer, *older; /* among the idle ones */
    int64_t opened_ns;
    int64_t taken_ns;      /* by whoever uses it now */
    int64_t idle_since_ns; /* idle: when it was given back */
    int64_t use_until_ns;  /* idle: not to be used from then on */
    long connect_errno;    /* TLS: the system's error that connecting left behind in curl */
    bool lost_host;     /* broken by an error that says that the host, or the way to it, is gone */
    uint64_t exchanges; /* begun */
    http_client_phase phase;
    buffer request;
    dubboc_slice body;
    size_t sent;
    size_t received;
    bool may_hold_bytes; /* TLS: the last step ended before all was read, so do not wait for the
                            socket, which may have nothing more to show */
    http_client_reader reader;
    dubboc_status status; /* HTTP_CLIENT_PHASE_FAILED */
    const char *problem;
};

/* A thread (later: an asynchronous call) that waits for a connection to come free. What it waits
 * for is given to it, so nobody overtakes. */
typedef struct pool_waiter {
    struct pool_waiter *next;
    condition wakeup;
    bool is_fresh;   /* wants a place for a new one only */
    bool is_granted; /* connection, or, if that is NULL, the place to open one */
    http_client_connection *connection;
} pool_waiter;

struct http_client_endpoint {
    http_client *client;
    char *url;  /* scheme://host:port/ */
    char *host; /* host:port */
    bool is_tls;
    http_client_endpoint *next, *previous; /* client's list */
    mutex lock;                            /* all below */
    int references;
    atomic_int busy;                         /* in use or being opened; read without the lock */
    int connections;                         /* in use, idle, being opened */
    http_client_connection *newest, *oldest; /* idle */
    pool_waiter *first_waiter, *last_waiter;
};

/* Blocks until connected. Errors as http_client_endpoint_take(). Its place in the pool is the
 * caller's business. */
dubboc_status http_client_connection_open(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Closes and frees; its place in the pool is the caller's business. */
void http_client_connection_close(http_client_connection *connection);

/* Wakes the waiters of an endpoint, since the client stops. */
void http_client_endpoint_wake_waiters(http_client_endpoint *endpoint);

/* How many wait for a connection now. Tests look at it. */
int http_client_endpoint_waiters(http_client_endpoint *endpoint);

/* Before a connection is handed out. */
void http_client_exchange_prepare(http_client_connection *connection);

/* Whether the last exchange left the connection fit for another. */
bool http_client_exchange_allows_reuse(const http_client_connection *connection);

#endif
