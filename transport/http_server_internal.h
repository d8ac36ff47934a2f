/* The server object, for http_server.c and for tests that need its internals. */
#ifndef TRANSPORT_HTTP_SERVER_INTERNAL_H
#define TRANSPORT_HTTP_SERVER_INTERNAL_H

#include "transport/http_server_loop.h"
#include "transport/http_server_shared.h"

struct http_server {
    http_server_shared shared;
    http_server_loop *loops; /* shared.loop_count loops; NULL: not started. */
};

#endif
