/* Newcomers: accepting them, the ceilings, making room, refusing. Loop's thread, all of it. */
#ifndef TRANSPORT_HTTP_SERVER_ACCEPT_H
#define TRANSPORT_HTTP_SERVER_ACCEPT_H

#include "transport/http_server_connection.h"

/* How many newcomers are counted beyond the ceiling while loops make room for them. Any further one
 * gets 503. */
#define HTTP_SERVER_OVER_MAX 64

typedef enum http_server_accepted {
    HTTP_SERVER_ACCEPTED_ONE,     /* A newcomer was seen, and there may be more. */
    HTTP_SERVER_ACCEPTED_NOTHING, /* There is no newcomer, or the server has failed. */
    HTTP_SERVER_ACCEPTED_ERROR    /* errno: accept again later. */
} http_server_accepted;

/* Accepts one newcomer. *conn: it has got a place on this loop, which must take it; NULL: nobody
 * has, because it was refused, has gone already, or was handed to another loop. */
http_server_accepted http_server_accept_next(
    http_server_connection_table *table, http_server_connection **conn);

/* Gives a place to a connection that another loop has handed over. Returns it if this loop must
 * take it; NULL: it was refused or handed on. */
http_server_connection *http_server_accept_arrived(
    http_server_connection_table *table, http_server_connection *conn);

#endif
