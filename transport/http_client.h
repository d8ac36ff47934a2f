/* The HTTP client: what all endpoints share. The other parts of it are:
 *
 * - http_client_pool.h: endpoints (one address and its connections), and which caller gets which
 *   connection;
 * - http_client_exchange.h: one request and its reply on a connection;
 * - http_client_reply.h: the parser for replies;
 * - http_client_connection.h: opening a connection, and moving its bytes;
 * - http_client_trust.h: the certificate authorities for https.
 *
 * libcurl opens the connections (CURLOPT_CONNECT_ONLY): it resolves names, races IPv6 against IPv4,
 * and handles proxies and TLS. The exchange of requests and replies is our own state machine, which
 * never blocks: it knows exactly which bytes were sent, so that a request is sent at most once, and
 * a call costs little. No lock is held across I/O. Only this folder includes curl.h. */
#ifndef TRANSPORT_HTTP_CLIENT_H
#define TRANSPORT_HTTP_CLIENT_H

#include <stdatomic.h>

#include <dubboc/error.h>

#include "base/mutex.h"
#include "base/stop_signal.h"
#include "transport/http_client_trust.h"

typedef struct http_client_settings {
    /* Ends every wait with DUBBOC_E_CLOSED. Borrowed; it must outlive the client. */
    stop_signal *stop;
    /* The ceiling of connections to one endpoint, in use and idle together. */
    int pool_size;
    /* A connection that has been idle for longer than this is closed. The value should be less than
     * the idle time-out of the peers, because a peer may otherwise close the connection just when a
     * request is sent. */
    int64_t pool_idle_ms;
    /* A connection older than this is not used again. Negative: no limit. */
    int64_t pool_ttl_ms;
    int64_t connect_timeout_ms;
    /* Where connect_timeout_ms was set, for error texts. NULL: unknown. */
    const char *connect_timeout_origin;
    /* Where proxy was set, for error texts. NULL: unknown. */
    const char *proxy_origin;
    /* The ceiling of the body of a reply. */
    size_t reply_max_bytes;
    int64_t dns_ttl_ms; /* the time for which the addresses of a host name are kept */
    /* NULL or "": no proxy. The environment's proxies are never used. */
    const char *proxy;
    /* Only the authorities in this file are trusted. NULL or "": the system's authorities. */
    const char *tls_ca_file;
} http_client_settings;

/* The fields are private to the files http_client*.c. */
typedef struct http_client {
    http_client_settings settings; /* the texts are copies */
    atomic_ullong connections_opened;
    /* Has its own lock. */
    http_client_trust trust;
    struct http_client_names *names;
    /* Guards the list below. Taken before the lock of an endpoint. */
    mutex lock;
    struct http_client_endpoint *endpoints;
} http_client;

/* Copies the settings.
 *
 * - DUBBOC_E_SYSTEM: libcurl does not start.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_new(
    const http_client_settings *settings, http_client **client, dubboc_error *err);

/* Every endpoint must have been freed before. NULL is accepted. */
void http_client_free(http_client *client);

/* The ceiling of connections to one endpoint. */
static inline int http_client_pool_size(const http_client *client)
{
    return client->settings.pool_size;
}

/* How many connections have been opened since the client was made. Any thread. */
static inline uint64_t http_client_connections_opened(const http_client *client)
{
    return atomic_load_explicit(&client->connections_opened, memory_order_relaxed);
}

#endif
