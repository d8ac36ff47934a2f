/* Requests that wait for memory for their body (http_server_body.h), and slow senders that are cut
 * off to free memory for them. All functions are called on the loop's thread. */
#ifndef TRANSPORT_HTTP_SERVER_BODY_WAIT_H
#define TRANSPORT_HTTP_SERVER_BODY_WAIT_H

#include "transport/http_server_request_pool.h"

typedef enum http_server_body_room {
    HTTP_SERVER_BODY_HAS_ROOM,
    HTTP_SERVER_BODY_MUST_WAIT,    /* The connection is suspended until the wait ends. */
    HTTP_SERVER_BODY_NEVER_COMES,  /* The peer has gone without sending the whole body. */
    HTTP_SERVER_BODY_HAS_NO_MEMORY /* malloc() or mmap() failed. */
} http_server_body_room;

/* Makes room for a body of `bytes` in total. To be called in libmicrohttpd's access callback only.
 * If the server's memory for bodies is not enough, the request enters the stage WAITING and its
 * connection is suspended. It is resumed in the stage GRANTED or REFUSED. */
http_server_body_room http_server_body_wait_make_room(http_server_request *request, size_t bytes);

/* Resumes the requests that were granted their memory. */
void http_server_body_wait_take_granted(http_server_request_pool *pool);

/* To be called when the peer of a request in WAITING has closed its side. Resumes the request as
 * REFUSED if its body can never be complete. */
void http_server_body_wait_departed(http_server_request *request);

/* Resumes as REFUSED the requests that have waited for too long. */
void http_server_body_wait_end_overdue(http_server_request_pool *pool);

/* To be called when the loop ends: resumes every waiting request, as GRANTED or REFUSED. */
void http_server_body_wait_end_all(http_server_request_pool *pool);

/* While requests of any loop wait for memory, cuts off requests of this loop whose bodies come too
 * slowly. To be called in every turn, and not later than at pool->make_way_ns. */
void http_server_body_wait_make_way(http_server_request_pool *pool);

#endif
