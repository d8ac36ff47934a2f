/* Reused request objects, and what the requests of one loop share. */
#ifndef TRANSPORT_HTTP_SERVER_REQUEST_POOL_H
#define TRANSPORT_HTTP_SERVER_REQUEST_POOL_H

#include "base/buffer.h"
#include "transport/http_server_body.h"
#include "transport/http_server_connection.h"
#include "transport/http_server_response.h"

struct MHD_Connection;

/* The progress of a request. In the stages before HANDLING on_request has not been called. */
typedef enum http_server_stage {
    HTTP_SERVER_STAGE_LINE, /* The headers are being read. */
    HTTP_SERVER_STAGE_BODY, /* The body is being read. */
    /* Suspended until there is memory for the body, or for its next part. */
    HTTP_SERVER_STAGE_WAITING,
    HTTP_SERVER_STAGE_GRANTED,  /* There is memory; libmicrohttpd has not called back yet. */
    HTTP_SERVER_STAGE_REFUSED,  /* There is no memory; libmicrohttpd has not called back yet. */
    HTTP_SERVER_STAGE_HANDLING, /* on_request runs. */
    HTTP_SERVER_STAGE_HELD,     /* Held; its connection is suspended, or will be at once. */
    HTTP_SERVER_STAGE_ANSWERED, /* It has an answer, which libmicrohttpd has not been given yet. */
    HTTP_SERVER_STAGE_SENDING   /* libmicrohttpd has the answer. */
} http_server_stage;

typedef struct http_server_request_pool http_server_request_pool;

/* Used by the loop's thread. While the request is held, the thread that holds it uses out and body
 * and writes the answer; pushing the request onto mailbox.results makes these writes visible to the
 * loop. */
struct http_server_request {
    /* Must be the first member. Links the request in mailbox.results, mailbox.granted, or
     * spares. */
    http_server_handoff handoff;

    http_server_request_pool *pool;
    http_server_connection *conn;
    struct MHD_Connection *connection;
    http_server_stage stage;

    const char *raw_target; /* In libmicrohttpd's memory. */
    const char *method;     /* In libmicrohttpd's memory. */
    buffer target;          /* A copy of raw_target from before libmicrohttpd split it. */
    dubboc_slice path;      /* A part of target. */
    dubboc_slice query;     /* A part of target. */
    int64_t received_ns;    /* When the headers were complete. */
    bool is_chunked;
    bool wants_close; /* The connection must end after the answer, whatever the owner says. */

    http_server_body body;
    size_t body_bytes;    /* The Content-Length; 0: chunked, or no body. */
    memory_waiter waiter; /* In use in the stage WAITING. */
    int64_t body_used_ns; /* For WAITING: how much of the time for the body had passed before. */

    /* The answer. Its response object is either response, which is owned, or ready, which is
     * borrowed from the pool's cache of ready-made responses. */
    buffer out;
    struct MHD_Response *response;
    http_server_ready *ready;
    int status;
};

struct http_server_request_pool {
    http_server_connection_table *table;
    http_server_ready_cache ready;

    /* libmicrohttpd has called its panic function and must not be called any more. */
    bool is_daemon_dead;

    /* When to look again for bodies that come too slowly while others wait for memory;
     * DEADLINE_NEVER: no request waits. */
    int64_t make_way_ns;

    http_server_request *spares; /* Objects for reuse. */
    int spare_count;
};

void http_server_request_pool_init(
    http_server_request_pool *pool, http_server_connection_table *table);

/* No request may be in use. */
void http_server_request_pool_fini(http_server_request_pool *pool);

/* Takes a request object, which then counts in mailbox.requests. NULL: no memory. */
http_server_request *http_server_request_pool_take(http_server_request_pool *pool);

/* Gives a request object back when the request has ended, and frees what it holds. */
void http_server_request_pool_give_back(http_server_request *request);

#endif
