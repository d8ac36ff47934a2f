/* Request objects, which are used again, and what the requests of one loop share. */
#ifndef TRANSPORT_HTTP_SERVER_REQUEST_POOL_H
#define TRANSPORT_HTTP_SERVER_REQUEST_POOL_H

#include "base/buffer.h"
#include "transport/http_server_body.h"
#include "transport/http_server_connection.h"
#include "transport/http_server_response.h"

struct MHD_Connection;

/* How far a request has come. on_request has not been called in those before HANDLING. */
typedef enum http_server_stage {
    HTTP_SERVER_STAGE_LINE,     /* The headers are being read. */
    HTTP_SERVER_STAGE_BODY,     /* The body is being read. */
    HTTP_SERVER_STAGE_WAITING,  /* Suspended until there is memory for the body, or for more. */
    HTTP_SERVER_STAGE_GRANTED,  /* There is memory; libmicrohttpd has not called back yet. */
    HTTP_SERVER_STAGE_REFUSED,  /* There is no memory; libmicrohttpd has not called back yet. */
    HTTP_SERVER_STAGE_HANDLING, /* on_request runs. */
    HTTP_SERVER_STAGE_HELD,     /* Held: its connection is, or is about to be, suspended. */
    HTTP_SERVER_STAGE_ANSWERED, /* There is an answer, which libmicrohttpd does not have yet. */
    HTTP_SERVER_STAGE_SENDING   /* libmicrohttpd has the answer. */
} http_server_stage;

typedef struct http_server_request_pool http_server_request_pool;

/* Used by the loop's thread. While it is held, the thread that holds it uses out and body, and
 * writes the answer; the handoff to the loop's results publishes what it wrote. */
struct http_server_request {
    /* First. Links it while it is among its loop's results, granted ones, or spares. */
    http_server_handoff handoff;

    http_server_request_pool *pool;
    http_server_connection *conn;
    struct MHD_Connection *connection;
    http_server_stage stage;

    const char *raw_target; /* In libmicrohttpd's memory. */
    const char *method;     /* In libmicrohttpd's memory. */
    buffer target;          /* A copy of raw_target from before libmicrohttpd took it apart. */
    dubboc_slice path;      /* In target. */
    dubboc_slice query;     /* In target. */
    int64_t received_ns;    /* When the headers were complete. */
    bool is_chunked;
    bool wants_close; /* The connection ends after the answer, whatever the owner says. */

    http_server_body body;
    size_t body_bytes;    /* By Content-Length; 0: chunked, or no body. */
    memory_waiter waiter; /* In WAITING. */
    int64_t body_used_ns; /* In WAITING: how much of the time for the body had passed before. */

    /* The answer. Its object is one of response, which is ours, and ready, which is lent. */
    buffer out;
    struct MHD_Response *response;
    http_server_ready *ready;
    int status;
};

struct http_server_request_pool {
    http_server_connection_table *table;
    http_server_ready_cache ready;

    /* libmicrohttpd has given up: it must not be called any more. */
    bool is_daemon_dead;

    /* When to look again for bodies that come too slowly while others wait for memory;
     * DEADLINE_NEVER: nobody waits. */
    int64_t make_way_ns;

    http_server_request *spares; /* Objects to be used again. */
    int spare_count;
};

void http_server_request_pool_init(
    http_server_request_pool *pool, http_server_connection_table *table);

/* No request may be in use. */
void http_server_request_pool_fini(http_server_request_pool *pool);

/* A request that has begun: it counts among the loop's requests. NULL: no memory. */
http_server_request *http_server_request_pool_take(http_server_request_pool *pool);

/* The request has ended: frees what it holds. */
void http_server_request_pool_give_back(http_server_request *request);

#endif
