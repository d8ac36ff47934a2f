/* New connections: accepting them, applying the ceilings, making room, and refusing. All functions
 * are called on the loop's thread. */
#ifndef TRANSPORT_HTTP_SERVER_ACCEPT_H
#define TRANSPORT_HTTP_SERVER_ACCEPT_H

#include "transport/http_server_connection.h"

/* There may be this many connections above the ceiling, because a newcomer is counted before a loop
 * has ended another connection for it. A newcomer beyond that gets 503. */
#define HTTP_SERVER_OVER_MAX 64

typedef enum http_server_accepted {
    HTTP_SERVER_ACCEPTED_ONE,     /* A newcomer was seen, and there may be more. */
    HTTP_SERVER_ACCEPTED_NOTHING, /* There is no newcomer, or the server has failed. */
    HTTP_SERVER_ACCEPTED_ERROR    /* See errno; accept again later. */
} http_server_accepted;

/* Accepts one newcomer. *conn: this loop must take it. *conn NULL: there is nothing to take,
 * because the newcomer was refused, has gone already, or was handed to another loop. */
http_server_accepted http_server_accept_next(
    http_server_connection_table *table, http_server_connection **conn);

/* Handles a connection that another loop has handed over. Returns the connection if this loop must
 * take it. NULL: the connection was refused or handed on. */
http_server_connection *http_server_accept_arrived(
    http_server_connection_table *table, http_server_connection *conn);

#endif
