/* Counts the connections of each client, so that no client gets more than its share. A client is an
 * IPv4 address, or the /64 network of an IPv6 address. */
#ifndef TRANSPORT_HTTP_SERVER_SHARES_H
#define TRANSPORT_HTTP_SERVER_SHARES_H

#include <stdbool.h>

#include "base/map.h"
#include "base/mutex.h"

struct sockaddr_storage;

/* The connections of one client. */
typedef struct http_server_share http_server_share;

typedef struct http_server_shares {
    mutex lock;
    /* Guarded by lock: */
    map *by_client; /* Maps the bytes of the address to its http_server_share. */
    /* Constant: */
    int connections_max; /* The ceiling for one client. */
} http_server_shares;

/* false: no memory. http_server_shares_fini() must be called in any case. */
bool http_server_shares_init(http_server_shares *self, int connections_max);
void http_server_shares_fini(http_server_shares *self);

/* Counts one more connection from that address. NULL: the client has reached its ceiling, or there
 * is no memory. Any thread. */
http_server_share *http_server_shares_take(
    http_server_shares *self, const struct sockaddr_storage *from);

/* Stops counting a connection. Any thread. */
void http_server_shares_give_back(http_server_shares *self, http_server_share *share);

#endif
