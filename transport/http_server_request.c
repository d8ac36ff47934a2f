/* Answering a request. A held request suspends its connection, so libmicrohttpd does not touch it.
 * The thread that answers it only pushes it onto the results of its loop. So a request is always
 * freed in the same place and by the same thread, whatever happens to its connection (libraries.md
 * M7, M8). */
#include "transport/http_server_request.h"

#include <assert.h>
#include <poll.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "transport/http_server_request_pool.h"

#define ANSWER_HEADERS_MAX 8

dubboc_slice http_server_request_method(const http_server_request *request)
{
    return slice_of(request->method);
}

dubboc_slice http_server_request_path(const http_server_request *request)
{
    return request->path;
}

dubboc_slice http_server_request_query(const http_server_request *request)
{
    return request->query;
}

dubboc_slice http_server_request_body(const http_server_request *request)
{
    return http_server_body_slice(&request->body);
}

const char *http_server_request_header(const http_server_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_server_request_peer(const http_server_request *request)
{
    return request->conn->peer;
}

int64_t http_server_request_received_ns(const http_server_request *request)
{
    return request->received_ns;
}

buffer *http_server_request_out(http_server_request *request)
{
    return &request->out;
}

void http_server_request_hold(http_server_request *request)
{
    assert(request->stage == HTTP_SERVER_STAGE_HANDLING);
    request->stage = HTTP_SERVER_STAGE_HELD;
}

void http_server_request_drop_body(http_server_request *request)
{
    http_server_body_empty(&request->body, &request->pool->table->shared->bodies);
}

bool http_server_request_is_gone(const http_server_request *request)
{
    struct pollfd look = {.fd = request->conn->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Makes the response object. On failure response and ready stay NULL. */
static void request_make_response(http_server_request *request, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close)
{
    http_server_request_pool *pool = request->pool;
    bool is_held = request->stage == HTTP_SERVER_STAGE_HELD;
    dubboc_slice body = buffer_slice(&request->out);
    if (request->out.status != DUBBOC_OK)
        return;
    /* ready-made responses belong to the loop's thread */
    if (!is_held && header_count == 0 && !close)
        request->ready = http_server_ready_lend(&pool->ready, content_type, body);
    if (request->ready == NULL)
        request->response = http_server_response_new(body, clock_wall_ms() / 1000, content_type,
            headers, header_count, close ? NULL : pool->table->shared->keep_alive);
}

void http_server_request_answer(http_server_request *request, int status, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close)
{
    bool is_held = request->stage == HTTP_SERVER_STAGE_HELD;
    assert((is_held || request->stage == HTTP_SERVER_STAGE_HANDLING) &&
           header_count <= ANSWER_HEADERS_MAX);
    http_server_connection_table *table = request->pool->table;
    close = close || request->wants_close ||
            atomic_load_explicit(&table->shared->is_draining, memory_order_relaxed);
    request->status = status;
    request_make_response(request, content_type, headers, header_count, close);
    /* Free the memory now, because a slow peer may take long to read the answer. */
    http_server_request_drop_body(request);
    if (!is_held)
        request->stage = HTTP_SERVER_STAGE_ANSWERED;
    else if (http_server_handoff_push(&table->mailbox->results, &request->handoff))
        http_server_shared_wake(table->shared, table->mailbox);
}
