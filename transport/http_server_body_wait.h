/* Requests that wait for memory for their body (http_server_body.h), and senders that make way for
 * them. Loop's thread, all of it. */
#ifndef TRANSPORT_HTTP_SERVER_BODY_WAIT_H
#define TRANSPORT_HTTP_SERVER_BODY_WAIT_H

#include "transport/http_server_request_pool.h"

typedef enum http_server_body_room {
    HTTP_SERVER_BODY_HAS_ROOM,
    HTTP_SERVER_BODY_MUST_WAIT,    /* The connection is suspended; see below how that ends. */
    HTTP_SERVER_BODY_NEVER_COMES,  /* The peer has gone before it had sent all of it. */
    HTTP_SERVER_BODY_HAS_NO_MEMORY /* malloc() or mmap() has failed. */
} http_server_body_room;

/* Makes room for a body of that size in all. In libmicrohttpd's access callback only. If there is
 * not enough of the server's memory for bodies, the request becomes WAITING and its connection is
 * suspended. It is resumed as GRANTED or as REFUSED. */
http_server_body_room http_server_body_wait_make_room(http_server_request *request, size_t bytes);

/* Resumes requests that have got the memory they waited for. */
void http_server_body_wait_take_granted(http_server_request_pool *pool);

/* The peer of a request in WAITING has closed its side: resumes it, as REFUSED, if its body can
 * never be complete. */
void http_server_body_wait_departed(http_server_request *request);

/* Resumes requests, as REFUSED, that have waited for too long. */
void http_server_body_wait_end_overdue(http_server_request_pool *pool);

/* The loop ends: resumes every request that waits, as GRANTED or REFUSED. */
void http_server_body_wait_end_all(http_server_request_pool *pool);

/* While requests of any loop wait for memory: cuts those of this loop off, now and then, whose
 * bodies come too slowly. To be called in every turn, and not later than at pool->make_way_ns. */
void http_server_body_wait_make_way(http_server_request_pool *pool);

#endif
