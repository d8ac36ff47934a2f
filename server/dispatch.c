/* How a request is served: body, envelope, handler, reply.
 *
 * The loop that has read a request looks at it once: path, HTTP method, content type, envelope,
 * JSON-RPC method. It answers an invalid request itself. It also runs a non-blocking method, whose
 * reply goes straight into the buffer of the HTTP request: nothing is queued or copied. Every other
 * request is held and given to a worker. All requests of a batch run there in order, one after the
 * other; an invalid request gets its own error and does not affect the others.
 *
 * A large body is not even parsed on the loop, because parsing 8 MB of JSON takes longer than a
 * thousand small calls. A worker parses it, whatever its method is. */
#include "server/dispatch.h"

#include <assert.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sized.h"
#include "server/invoke.h"
#include "server/reply.h"
#include "server/request.h"

/* --- what a request asks for --- */

static bool content_type_ends(dubboc_slice text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && slice_is_nocase(slice_make(text.at + text.len - len, len), end);
}

/* Whether a content type certainly does not carry JSON-RPC. Unknown types are accepted, because
 * many clients send something odd (curl -d, clients written by hand). But types that a browser
 * sends on its own (text/plain, forms) must not reach a handler, because of cross-site requests,
 * and XML, Java serialization and gRPC are meant for another server. */
static bool content_type_is_foreign(const char *content_type)
{
    static const char *const foreign[] = {"application/x-www-form-urlencoded", "application/xml",
        "application/x-java-serialized-object", "application/grpc", "application/pdf",
        "application/zip"};
    static const char *const foreign_kinds[] = {
        "text", "multipart", "image", "audio", "video", "font"};
    if (content_type == NULL || strcmp(content_type, "application/json") == 0)
        return false;
    dubboc_slice type, kind, rest;
    slice_cut(slice_of(content_type), ';', &type, &rest);
    type = slice_trim(type);
    if (content_type_ends(type, "json"))
        return false;
    slice_cut(type, '/', &kind, &rest);
    for (size_t i = 0; i < sizeof foreign_kinds / sizeof foreign_kinds[0]; i++)
        if (slice_is_nocase(kind, foreign_kinds[i]))
            return true;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (slice_is_nocase(type, foreign[i]))
            return true;
    return content_type_ends(type, "+xml");
}

/* Refuses a body that is not JSON, or a batch that is too big. */
static void exchange_refuse_message(exchange *ex, dubboc_status status)
{
    turned_away_add(ex->serving->turned_away, TURNED_AWAY_INVALID);
    dubboc_error err;
    buffer *out = http_server_request_out(ex->incoming);
    jsonrpc_message again;
    /* parse the body again, this time with the error text */
    dubboc_status second =
        jsonrpc_read_message(http_server_request_body(ex->incoming), &again, &err);
    assert(second == status);
    (void)second;
    reply_write_error(out, reply_null_id,
        status == DUBBOC_E_TOO_BIG ? JSONRPC_INVALID_REQUEST : JSONRPC_PARSE_ERROR, err.text);
    reply_send(ex->incoming, false);
}

/* Whether the HTTP method and content type allow a call. If not, answers the request and returns
 * false. */
static bool exchange_accepts_http(exchange *ex)
{
    dubboc_slice method = http_server_request_method(ex->incoming);
    if (!slice_is(method, "POST")) {
        static const http_server_answer_header allow = {"Allow", "POST"};
        turned_away_add(ex->serving->turned_away, TURNED_AWAY_INVALID);
        reply_send_text(ex->incoming, 405, &allow,
            "%.*s is not supported here: send JSON-RPC calls by POST\n", method);
        return false;
    }
    const char *content_type = http_server_request_header(ex->incoming, "Content-Type");
    if (!content_type_is_foreign(content_type))
        return true;
    turned_away_add(ex->serving->turned_away, TURNED_AWAY_INVALID);
    reply_send_text(ex->incoming, 415, NULL,
        "content type %.*s is not supported: send application/json\n", slice_of(content_type));
    return false;
}

static const service_method *exchange_find_method(const exchange *ex, const jsonrpc_request *rpc)
{
    return ex->service != NULL && rpc->fault == 0 ? service_find_method(ex->service, rpc->method)
                                                  : NULL;
}

/* Parses the envelope. If the body cannot be parsed, answers the request and returns false. */
static bool exchange_read(exchange *ex)
{
    dubboc_slice body = http_server_request_body(ex->incoming);
    dubboc_status status = jsonrpc_read_message(body, &ex->message, NULL);
    if (status != DUBBOC_OK) {
        exchange_refuse_message(ex, status);
        return false;
    }
    ex->kind = ex->message.is_batch ? EXCHANGE_BATCH : EXCHANGE_SINGLE;
    if (ex->message.is_batch)
        return true;
    bool has_one = jsonrpc_next(&ex->message, &ex->single);
    assert(has_one);
    (void)has_one;
    ex->method = exchange_find_method(ex, &ex->single);
    return true;
}

static bool exchange_may_block(const exchange *ex)
{
    if (ex->kind == EXCHANGE_BATCH)
        return ex->service != NULL && ex->service->has_blocking;
    return ex->method != NULL && (ex->method->flags & DUBBOC_NONBLOCKING) == 0;
}

/* --- one exchange --- */

static void exchange_finish(exchange *ex)
{
    if (ex->parked != NULL)
        parked_release(ex->parked);
    else
        reply_send(ex->incoming, ex->is_executed);
}

/* How many answers the handlers of the exchange have deferred so far. */
static size_t exchange_holes(const exchange *ex)
{
    return ex->parked != NULL ? parked_count(ex->parked) : 0;
}

/* Runs one element of a batch. The line end of its reply is removed. If the reply does not fit into
 * the buffer, an error reply takes its place, so that the other replies stay valid. */
static void batch_run_element(
    exchange *ex, const jsonrpc_request *rpc, int64_t deadline_ns, size_t *answers, buffer *out)
{
    size_t mark = out->len, holes = exchange_holes(ex);
    if (*answers > 0)
        buffer_append_char(out, ',');
    size_t start = out->len;
    const service_method *method = exchange_find_method(ex, rpc);
    if (method != NULL && deadline_is_over(deadline_ns)) {
        turned_away_add(ex->serving->turned_away, TURNED_AWAY_REFUSED);
        if (rpc->id.at != NULL)
            reply_write_error(
                out, rpc->id, JSONRPC_SERVER_ERROR, "the deadline passed before the call began");
    } else {
        invoke(ex, rpc, method, out);
    }
    if (out->status == DUBBOC_OK && out->len == start && exchange_holes(ex) == holes) {
        out->len = mark;
        return;
    }
    if (out->len > start && out->data[out->len - 1] == '\n')
        out->len--;
    ++*answers;
}

static void batch_run(exchange *ex)
{
    buffer *out = http_server_request_out(ex->incoming);
    int64_t deadline_ns = exchange_deadline_ns(ex);
    jsonrpc_request rpc;
    size_t answers = 0;
    buffer_append_char(out, '[');
    while (out->status == DUBBOC_OK && jsonrpc_next(&ex->message, &rpc)) {
        /* An empty batch is answered by one object (JSON-RPC 2.0, section 6). */
        if (!ex->message.is_batch) {
            buffer_clear(out);
            invoke(ex, &rpc, NULL, out);
            break;
        }
        batch_run_element(ex, &rpc, deadline_ns, &answers, out);
    }
    if (answers > 0)
        buffer_append(out, "]\n", 2);
    else if (ex->message.is_batch && out->status == DUBBOC_OK)
        buffer_clear(out);
    exchange_finish(ex);
}

static void exchange_run_calls(exchange *ex)
{
    if (ex->kind == EXCHANGE_BATCH) {
        batch_run(ex);
        return;
    }
    invoke(ex, &ex->single, ex->method, http_server_request_out(ex->incoming));
    if (ex->is_refused)
        reply_send_refusal(ex->incoming);
    else
        exchange_finish(ex);
}

/* To be called when the fallback handler has declined the request (status 0): treats the request as
 * if there were no fallback handler. */
static void fallback_decline(exchange *ex)
{
    ex->is_executed = false;
    if (exchange_accepts_http(ex) && exchange_read(ex))
        exchange_run_calls(ex);
}

static void fallback_answer(exchange *ex, const dubboc_http_answer *answer)
{
    buffer *out = http_server_request_out(ex->incoming);
    buffer_append(out, answer->body.data, answer->body.len);
    if (out->status == DUBBOC_OK)
        http_server_request_answer(
            ex->incoming, answer->status, answer->content_type, NULL, 0, false);
    else
        reply_send_no_memory(ex->incoming, true);
}

static void fallback_conclude(exchange *ex, const dubboc_http_answer *given)
{
    dubboc_http_answer own;
    dubboc_error err;
    if (SIZED_READ(dubboc_http_answer, given, &own, &err) != DUBBOC_OK)
        reply_send_text(
            ex->incoming, 500, NULL, "the handler's answer: %.*s\n", slice_of(err.text));
    else if (own.status == 0)
        fallback_decline(ex);
    else
        fallback_answer(ex, &own);
}

static void fallback_run(exchange *ex)
{
    const serving *server = ex->serving;
    dubboc_request request = {.exchange = ex};
    dubboc_http_answer answer = {
        .size = sizeof answer, .status = 404, .content_type = "text/plain"};
    char *method = mem_dup_slice(http_server_request_method(ex->incoming));
    char *path = mem_dup_slice(http_server_request_path(ex->incoming));
    if (method == NULL || path == NULL) {
        reply_send_no_memory(ex->incoming, false);
        goto done;
    }
    ex->is_executed = true;
    server->fallback(&request, method, path, http_server_request_body(ex->incoming), &answer,
        server->fallback_arg);
    fallback_conclude(ex, &answer);
done:
    dubboc_text_free(&answer.body);
    failure_clear(&request.failure);
    free(method);
    free(path);
}

static void exchange_run(exchange *ex)
{
    if (ex->kind == EXCHANGE_FALLBACK)
        fallback_run(ex);
    else if (ex->kind != EXCHANGE_UNREAD || exchange_read(ex))
        exchange_run_calls(ex);
}

/* --- handing a request to a worker --- */

/* Refuses a request that has not been started: answers with 503 and Dubboc-Not-Executed: 1. text is
 * the message of the error. */
static void exchange_refuse(exchange *ex, const char *text)
{
    turned_away_add(ex->serving->turned_away, TURNED_AWAY_REFUSED);
    bool is_call = ex->kind == EXCHANGE_SINGLE && ex->single.id.at != NULL;
    reply_write_error(http_server_request_out(ex->incoming),
        is_call ? ex->single.id : reply_null_id, JSONRPC_SERVER_ERROR, text);
    reply_send_refusal(ex->incoming);
}

/* An exchange that waits for a worker. */
typedef struct queued_exchange {
    work work;
    exchange ex;
} queued_exchange;

static queued_exchange *queued_of(work *taken)
{
    return (queued_exchange *)((char *)taken - offsetof(queued_exchange, work));
}

static const char *work_refusal_text(const work *refused)
{
    switch (refused->refusal) {
    case WORK_QUEUE_FULL:
        return "the server is busy: its queue is full";
    case WORK_TOO_LATE:
        return "the server is busy: no worker was free in time for the caller's Timeout";
    case WORK_QUEUED_TOO_LONG:
        return "the server is busy: no worker was free within [server] queue_time";
    case WORK_POOL_STOPPED:
        break;
    }
    return "the server is stopping";
}

void dispatch_refuse(work *taken)
{
    queued_exchange *queued = queued_of(taken);
    exchange_refuse(&queued->ex, work_refusal_text(taken));
    free(queued);
}

void dispatch_run(work *taken)
{
    queued_exchange *queued = queued_of(taken);
    if (http_server_request_is_gone(queued->ex.incoming)) {
        exchange_refuse(&queued->ex, "the caller has closed the connection");
    } else {
        exchange_run(&queued->ex);
        if (taken->cost != NULL)
            work_cost_note(taken->cost, clock_now_ns() - taken->started_ns);
    }
    free(queued);
}

/* The time by which the exchange must be started. Without a Timeout header, the queue time counts
 * from now and not from the arrival of the request: reading a slow body is not waiting for a
 * worker. */
static int64_t exchange_start_by_ns(exchange *ex)
{
    int64_t deadline_ns = exchange_deadline_ns(ex);
    return deadline_ns != DEADLINE_NEVER ? deadline_ns
                                         : clock_now_ns() + ex->serving->queue_time_ns;
}

static void exchange_submit(exchange *ex)
{
    queued_exchange *queued = MEM_NEW(queued_exchange);
    if (queued == NULL) {
        exchange_refuse(ex, "out of memory");
        return;
    }
    exchange_hold(ex);
    queued->work.deadline_ns = exchange_deadline_ns(ex);
    queued->work.start_by_ns = exchange_start_by_ns(ex);
    queued->work.cost = ex->method != NULL ? ex->method->cost : NULL;
    queued->ex = *ex;
    queued->ex.is_on_worker = true;
    workers_push(ex->serving->workers, &queued->work);
}

static void exchange_run_or_submit(exchange *ex, bool may_block)
{
    if (may_block && ex->serving->workers != NULL)
        exchange_submit(ex);
    else
        exchange_run(ex);
}

/* --- entry --- */

void dispatch_request(serving *self, http_server_request *incoming)
{
    exchange ex;
    ex.serving = self;
    ex.incoming = incoming;
    ex.service = services_find_path(&self->services, http_server_request_path(incoming));
    ex.is_held = ex.is_executed = ex.is_on_worker = ex.is_refused = false;
    ex.method = NULL;
    ex.deadline_ns = 0;
    ex.parked = NULL;
    if (ex.service != NULL)
        call_watch_note(&self->calls);
    if (ex.service == NULL && self->fallback != NULL) {
        ex.kind = EXCHANGE_FALLBACK;
        exchange_run_or_submit(&ex, true);
        return;
    }
    if (!exchange_accepts_http(&ex))
        return;
    if (self->workers != NULL &&
        http_server_request_body(incoming).len > EXCHANGE_LARGE_BODY_BYTES) {
        ex.kind = EXCHANGE_UNREAD;
        exchange_submit(&ex);
    } else if (exchange_read(&ex)) {
        exchange_run_or_submit(&ex, exchange_may_block(&ex));
    }
}
