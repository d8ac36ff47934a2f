/* The path of a request through libmicrohttpd, in the order of its callbacks:
 *
 *   on_line       The request line has arrived: takes a request object, and copies the target
 *                 before libmicrohttpd splits it.
 *   on_access     Called first when the headers are complete: the guard checks them. Then called
 *                 for each piece of the body, which is copied into our buffer. Called once more
 *                 when the body is complete: on_request is called.
 *   on_completed  The answer is sent, or the connection broke: gives the request object back.
 *
 * A refusal is written directly to the socket, where libmicrohttpd has nothing to write at that
 * moment, and MHD_NO then ends the connection. This also works in the middle of a body, where
 * libmicrohttpd accepts no response, and all refusals look the same. */
#include "transport/http_server_incoming.h"

#include <assert.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "transport/http_server_body_wait.h"
#include "transport/http_server_guard.h"
#include "transport/http_server_request.h"

static const char no_memory_for_body[] = "the server is busy: [server] memory_max is in use";

static http_server_connection *incoming_connection(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

/* Removes "http://host:port" from an absolute target (RFC 9112 section 3.2.2). false: the host is
 * invalid. */
static bool incoming_cut_authority(dubboc_slice *target)
{
    dubboc_slice rest = slice_make(target->at + 7, target->len - 7);
    size_t len = 0;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    *target = slice_make(rest.at + len, rest.len - len);
    return address_is_host_header(slice_make(rest.at, len));
}

/* Sets path and query from the target, which is in origin form ("/path"), in absolute form
 * ("http://host/path", as sent to a proxy), or "*". false: the target is none of these. */
static bool incoming_split_target(http_server_request *request)
{
    dubboc_slice target = buffer_slice(&request->target);
    bool is_absolute = target.len > 7 && slice_is_nocase(slice_make(target.at, 7), "http://");
    if (is_absolute && !incoming_cut_authority(&target))
        return false;
    if (!is_absolute && !slice_starts_with(target, "/") && !slice_is(target, "*"))
        return false;
    slice_cut(target, '?', &request->path, &request->query);
    if (request->path.len == 0)
        request->path = slice_of("/");
    return true;
}

void *http_server_incoming_on_line(void *arg, const char *uri, struct MHD_Connection *connection)
{
    http_server_connection *conn = incoming_connection(connection);
    http_server_request *request = conn != NULL ? http_server_request_pool_take(arg) : NULL;
    if (request == NULL)
        return NULL;
    request->conn = conn;
    request->connection = connection;
    request->raw_target = uri;
    buffer_append_text(&request->target, uri);
    conn->request = request;
    if (conn->phase != HTTP_SERVER_PHASE_HEADER && !http_server_connection_is_over(conn))
        http_server_connection_enter(conn, HTTP_SERVER_PHASE_HEADER);
    return request;
}

static enum MHD_Result incoming_refuse(struct MHD_Connection *connection, const char *method,
    int status, const char *problem, http_server_executed executed)
{
    const http_server_connection *conn = incoming_connection(connection);
    if (conn == NULL)
        return MHD_NO;
    LOG_THROTTLED(DUBBOC_LOG_INFO, "transport", "request refused",
        "peer=%s status=%d reason=\"%s\"", conn->peer, status, problem);
    bool is_head = method != NULL && strcmp(method, "HEAD") == 0;
    http_server_response_refuse(conn->fd, status, problem, executed, is_head);
    return MHD_NO;
}

/* Like incoming_refuse(), for a request whose method is known and for which on_request was not
 * called. */
static enum MHD_Result incoming_refuse_request(
    const http_server_request *request, int status, const char *problem)
{
    return incoming_refuse(
        request->connection, request->method, status, problem, HTTP_SERVER_NOT_EXECUTED);
}

static enum MHD_Result incoming_make_room(http_server_request *request, size_t bytes)
{
    switch (http_server_body_wait_make_room(request, bytes)) {
    case HTTP_SERVER_BODY_NEVER_COMES:
        return MHD_NO;
    case HTTP_SERVER_BODY_HAS_NO_MEMORY:
        return incoming_refuse_request(request, 503, "out of memory");
    default:
        return MHD_YES;
    }
}

/* The first on_access call: the headers are complete. */
static enum MHD_Result incoming_begin(
    http_server_request *request, const char *method, const char *version)
{
    const http_server_connection_table *table = request->pool->table;
    http_server_guard guard = {
        .method = method,
        .version = version,
        .target = request->raw_target,
        .target_copy = buffer_slice(&request->target),
        .body_max_bytes = table->shared->settings.body_max_bytes,
        .checks_positions = table->shared->checks_positions,
    };
    request->method = method;
    http_server_guard_check(&guard, request->connection);
    if (request->target.status != DUBBOC_OK)
        return incoming_refuse_request(request, 503, "out of memory");
    if (guard.status == 0 && !incoming_split_target(request)) {
        guard.status = 400;
        guard.problem = "the request target is neither a path nor an http URL";
    }
    if (guard.status != 0)
        return incoming_refuse_request(request, guard.status, guard.problem);
    request->wants_close = guard.wants_close;
    request->is_chunked = guard.is_chunked;
    request->received_ns = table->now_ns;
    request->stage = HTTP_SERVER_STAGE_BODY;
    if (!guard.has_body)
        return MHD_YES;
    if (!http_server_connection_is_ending(request->conn))
        http_server_connection_enter(request->conn, HTTP_SERVER_PHASE_BODY);
    request->body_bytes = (size_t)guard.body_bytes;
    return incoming_make_room(request, request->body_bytes);
}

/* Takes a piece of the body. If the request must wait for memory, *size stays as it was, and
 * libmicrohttpd passes the same bytes again after the wait. */
static enum MHD_Result incoming_take_body(
    http_server_request *request, const char *data, size_t *size)
{
    http_server_body *body = &request->body;
    if (*size > body->max_bytes - body->len)
        return incoming_refuse_request(request, 413, "the body is larger than this server takes");
    if (*size > body->capacity - body->len) {
        enum MHD_Result result = incoming_make_room(request, body->len + *size);
        if (result != MHD_YES || request->stage == HTTP_SERVER_STAGE_WAITING)
            return result;
    }
    http_server_body_append(body, data, *size);
    *size = 0;
    return MHD_YES;
}

/* The first callback after a wait for memory: with *size 0 before the first byte of the body,
 * otherwise with the bytes that did not fit. */
static enum MHD_Result incoming_go_on(http_server_request *request, const char *data, size_t *size)
{
    request->stage = HTTP_SERVER_STAGE_BODY;
    if (*size > 0)
        return incoming_take_body(request, data, size);
    return incoming_make_room(request, request->body_bytes);
}

/* Gives the answer to libmicrohttpd. */
static enum MHD_Result incoming_queue_answer(http_server_request *request)
{
    http_server_connection *conn = request->conn;
    if (!http_server_connection_is_ending(conn))
        http_server_connection_enter(conn, HTTP_SERVER_PHASE_ANSWER);
    request->stage = HTTP_SERVER_STAGE_SENDING;
    struct MHD_Response *response =
        request->ready != NULL ? http_server_ready_response(request->ready) : request->response;
    bool is_final = request->status >= 200 && request->status <= 999;
    if (response == NULL || !is_final ||
        MHD_queue_response(request->connection, (unsigned)request->status, response) != MHD_YES)
        return incoming_refuse(request->connection, request->method, 500,
            "the answer cannot be made", HTTP_SERVER_MAYBE_EXECUTED);
    return MHD_YES;
}

/* The last on_access call before the answer: the body is complete. */
static enum MHD_Result incoming_handle(http_server_request *request)
{
    const http_server_settings *settings = &request->pool->table->shared->settings;
    const char *problem = NULL;
    if (request->is_chunked)
        problem = http_server_guard_check_trailers(request->connection);
    if (problem != NULL)
        return incoming_refuse_request(request, 400, problem);
    if (!http_server_connection_is_ending(request->conn))
        http_server_connection_enter(request->conn, HTTP_SERVER_PHASE_HANDLING);
    request->stage = HTTP_SERVER_STAGE_HANDLING;
    settings->on_request(settings->arg, request);
    if (request->stage == HTTP_SERVER_STAGE_HELD) {
        /* Another thread may have answered the request already, and have put it into
         * mailbox.results. */
        MHD_suspend_connection(request->connection);
        return MHD_YES;
    }
    assert(request->stage == HTTP_SERVER_STAGE_ANSWERED && "on_request must answer or hold");
    return incoming_queue_answer(request);
}

/* Whether the connection was cut or evicted while bytes of this request were still arriving. The
 * answer to its peer said that nothing was executed, so the request must not be handled. */
static bool incoming_is_unwanted(const http_server_request *request)
{
    return request->stage < HTTP_SERVER_STAGE_HANDLING &&
           http_server_connection_is_over(request->conn);
}

/* Whether the loop is ending. libmicrohttpd is run once more then, and may find a request that came
 * after the last turn. Nobody would handle it, and a request that were held now would stay
 * suspended (libraries.md M7). */
static bool incoming_is_too_late(const http_server_request *request)
{
    return request->stage < HTTP_SERVER_STAGE_HANDLING && request->pool->table->is_ending;
}

enum MHD_Result http_server_incoming_on_access(void *arg, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload_data,
    size_t *upload_data_size, void **state)
{
    (void)arg, (void)url;
    http_server_request *request = *state;
    if (request == NULL)
        return incoming_refuse(connection, method, 503, "out of memory", HTTP_SERVER_NOT_EXECUTED);
    if (incoming_is_too_late(request))
        return incoming_refuse(
            connection, method, 503, "the server is shut down", HTTP_SERVER_NOT_EXECUTED);
    if (incoming_is_unwanted(request))
        return MHD_NO;
    switch (request->stage) {
    case HTTP_SERVER_STAGE_LINE:
        return incoming_begin(request, method, version);
    case HTTP_SERVER_STAGE_BODY:
        return *upload_data_size > 0 ? incoming_take_body(request, upload_data, upload_data_size)
                                     : incoming_handle(request);
    case HTTP_SERVER_STAGE_GRANTED:
        return incoming_go_on(request, upload_data, upload_data_size);
    case HTTP_SERVER_STAGE_REFUSED:
        return incoming_refuse_request(request, 503, no_memory_for_body);
    case HTTP_SERVER_STAGE_ANSWERED:
        return incoming_queue_answer(request);
    default:
        return MHD_YES;
    }
}

void http_server_incoming_on_completed(
    void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how)
{
    (void)arg, (void)connection;
    http_server_request *request = *state;
    if (request == NULL)
        return;
    *state = NULL;
    http_server_connection *conn = request->conn;
    conn->request = NULL;
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK && !http_server_connection_is_over(conn))
        http_server_connection_enter(conn, HTTP_SERVER_PHASE_IDLE);
    /* This is done last, so that a thread that sees no request in progress finds the connection
     * idle. */
    http_server_request_pool_give_back(request);
}

void http_server_incoming_resume_answered(http_server_request_pool *pool)
{
    http_server_handoff *next;
    for (http_server_handoff *item = http_server_handoff_take(&pool->table->mailbox->results);
         item != NULL; item = next) {
        next = item->next;
        http_server_request *request = (http_server_request *)item;
        request->stage = HTTP_SERVER_STAGE_ANSWERED;
        if (!pool->is_daemon_dead)
            MHD_resume_connection(request->connection);
    }
}

static void incoming_give_up(http_server_request *request)
{
    buffer *out = http_server_request_out(request);
    buffer_clear(out);
    buffer_append_text(out, "the server is shut down\n");
    http_server_request_answer(request, 503, "text/plain", NULL, 0, true);
}

void http_server_incoming_give_up_held(http_server_request_pool *pool)
{
    const http_server_connection *conn = pool->table->phases[HTTP_SERVER_PHASE_HANDLING].head;
    /* First resume the requests that their owner has answered, so that they are not answered
     * twice. */
    http_server_incoming_resume_answered(pool);
    for (; conn != NULL; conn = conn->next) {
        if (conn->request != NULL && conn->request->stage == HTTP_SERVER_STAGE_HELD)
            incoming_give_up(conn->request);
    }
    http_server_incoming_resume_answered(pool);
}
