/* What all endpoints of a client share. The rest of the library:
 *
 * - http_client_pool.h: endpoints (one address and its connections), who gets which connection;
 * - http_client_exchange.h: one request and its reply on a connection;
 * - http_client_connection.h: how a connection comes about, and how its bytes move.
 *
 * libcurl opens and secures the connections (CURLOPT_CONNECT_ONLY: names, Happy Eyeballs, proxies
 * and TLS are its business). The exchange on them is ours: a machine that never blocks writes the
 * request and reads the reply, so that it is known exactly which bytes left (at most once) and a
 * call costs little. No lock is held across I/O. Only this folder includes curl.h. */
#ifndef TRANSPORT_HTTP_CLIENT_H
#define TRANSPORT_HTTP_CLIENT_H

#include <stdatomic.h>

#include <dubboc/error.h>

#include "base/mutex.h"
#include "base/stop_signal.h"
#include "transport/http_client_trust.h"

typedef struct http_client_settings {
    stop_signal *stop;    /* ends every wait, with DUBBOC_E_CLOSED; borrowed, outlives the client */
    int pool_size;        /* connections to one endpoint, in use and idle */
    int64_t pool_idle_ms; /* an idle connection older than this is closed; below the peers' idle
                             time-outs, because they close in the middle of a request otherwise */
    int64_t pool_ttl_ms;  /* a connection older than this is not used again; < 0: no limit */
    int64_t connect_timeout_ms;
    const char *connect_timeout_origin; /* who set it, for error texts; NULL: not said */
    const char *proxy_origin;           /* the same of the proxy */
    size_t reply_max_bytes;
    const char *proxy;       /* NULL or "": none; the environment's proxies are never used */
    const char *tls_ca_file; /* only the authorities in it are trusted; NULL or "": the system's */
} http_client_settings;

/* The fields are for the files of this library. */
typedef struct http_client {
    http_client_settings settings; /* its texts are copies */
    atomic_ullong connections_opened;
    http_client_trust trust;
    mutex lock; /* guards the list below; taken before an endpoint's lock */
    struct http_client_endpoint *endpoints;
} http_client;

/* DUBBOC_E_SYSTEM: libcurl does not start. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_new(
    const http_client_settings *settings, http_client **client, dubboc_error *err);

/* After the last endpoint is gone. NULL is accepted. */
void http_client_free(http_client *client);

/* How many connections one endpoint may have. */
static inline int http_client_pool_size(const http_client *client)
{
    return client->settings.pool_size;
}

static inline uint64_t http_client_connections_opened(const http_client *client)
{
    return atomic_load_explicit(&client->connections_opened, memory_order_relaxed);
}

#endif
