/* The destination of the connections of an endpoint. It does not change once it is made. */
#ifndef TRANSPORT_HTTP_CLIENT_TARGET_H
#define TRANSPORT_HTTP_CLIENT_TARGET_H

#include "transport/http_client.h"

typedef struct http_client_target {
    http_client *client;
    char *url;  /* scheme://host:port/ */
    char *host; /* host:port, for the Host header and for error texts */
    char *name; /* the host, if it must be resolved; NULL: the host is an IP address */
    uint16_t port;
    bool is_tls;
} http_client_target;

/* url is "http://host:port" or "https://host:port"; what follows is ignored. DUBBOC_E_ARGUMENT: url
 * is not such a URL. DUBBOC_E_UNSUPPORTED: url names a unix socket. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_target_init(
    http_client_target *self, http_client *client, const char *url, dubboc_error *err);
void http_client_target_fini(http_client_target *self);

#endif
