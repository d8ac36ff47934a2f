/* From a body to handlers to replies.
 *
 * A request is looked at once, on the loop that read it: path, HTTP method, content type,
 * envelope, method. What is wrong is answered there, and a non-blocking method runs there,
 * straight into the request's own buffer: nothing is queued and nothing is copied. Everything else
 * is held and goes to a worker as one piece; the requests of a batch run there one after the
 * other, in order, and a bad one among them gets its own error and hinders no other.
 *
 * A large body is not even looked at on the loop, because to read 8 MB of JSON takes longer than a
 * thousand small calls: it goes to a worker unread, whatever its method. The tree of its params
 * can take forty times the memory of its text, so it is measured before it is built and charged to
 * the server's budget for trees. A tree that could never fit is an error that says so. One that
 * does not fit now waits on its worker, for a second and within the caller's deadline, and is then
 * refused as not executed. At most half of the workers wait so, lest small calls find none.
 *
 * Errors of JSON-RPC have HTTP status 200 (wire.md P10): consumers of every kind give up on the
 * body of any other. */
#include "server/dispatch.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "server/handler_failure.h"
#include "server/server.h"

#define NAMED_BYTES_MAX 256u                 /* of a path or method that an error names */
#define NOT_FOUND_BYTES_MAX 1024u            /* of the text that names what was not found */
#define LARGE_BODY_BYTES ((size_t)64 * 1024) /* a larger body is read by a worker */
#define TREE_FREE_BYTES ((size_t)8 * 1024)   /* a tree of so much text is not charged for */
#define TREE_WAIT_NS NS_PER_S                /* for memory for a tree */
#define SCRATCH_KEEP_BYTES (64u * 1024)      /* of a raw result, for the next one */

static const char json_type[] = "application/json";
static const http_server_answer_header not_executed = {"Dubboc-Not-Executed", "1"};
static const dubboc_slice null_id = {"null", 4};

/* --- writing replies --- */

/* Takes back what was written since mark, a failure too. */
static void roll_back(buffer *out, size_t mark)
{
    out->len = mark;
    out->status = DUBBOC_OK;
}

static void write_error(buffer *out, dubboc_slice id, int code, const char *text)
{
    jsonrpc_write_error(out, id, code, slice_of(text), NULL);
}

/* In place of a reply that began at mark. */
static void replace_by_error(
    buffer *out, size_t mark, const service_method *method, dubboc_slice id, const char *text)
{
    roll_back(out, mark);
    write_error(out, id, JSONRPC_INTERNAL_ERROR, text);
    handler_failure_log(method, text);
}

void dispatch_write_tree(
    buffer *out, const service_method *method, dubboc_slice id, const cJSON *result)
{
    size_t mark = out->len;
    if (out->status != DUBBOC_OK) /* before us: not ours to take back */
        return;
    jsonrpc_begin_result(out, id);
    dubboc_status status = DUBBOC_OK;
    if (result == NULL)
        buffer_append(out, "null", 4);
    else
        status = json_write(out, result, NULL);
    jsonrpc_end_result(out);
    if (status == DUBBOC_OK && out->status == DUBBOC_OK)
        return;
    dubboc_error err;
    roll_back(out, mark);
    if (result != NULL && json_write(out, result, &err) != DUBBOC_OK) /* once more, for the words */
        error_prefix(&err, err.status, "the result cannot be written");
    else
        error_set(&err, DUBBOC_E_TOO_BIG, "the result cannot be written: no memory, or too big");
    replace_by_error(out, mark, method, id, err.text);
}

void dispatch_write_raw(
    buffer *out, const service_method *method, dubboc_slice id, dubboc_slice result, bool checks)
{
    size_t mark = out->len;
    dubboc_error err;
    json_value value;
    if (out->status != DUBBOC_OK)
        return;
    if (result.len > 0 && checks && json_check(result, &value, &err) != DUBBOC_OK) {
        error_prefix(&err, err.status, "the handler's result");
        replace_by_error(out, mark, method, id, err.text);
        return;
    }
    jsonrpc_begin_result(out, id);
    buffer_append_slice(out, result.len > 0 ? result : slice_make("null", 4));
    jsonrpc_end_result(out);
    if (out->status != DUBBOC_OK)
        replace_by_error(
            out, mark, method, id, "the result cannot be written: no memory, or too big");
}

/* Nothing can be said but the status. A consumer believes "not executed" of a 503, not of a 500. */
static void answer_without_memory(http_server_request *incoming, bool is_executed)
{
    http_server_request_answer(
        incoming, is_executed ? 500 : 503, NULL, &not_executed, is_executed ? 0 : 1, true);
}

void dispatch_answer(http_server_request *incoming, bool is_executed)
{
    buffer *out = http_server_request_out(incoming);
    if (out->status != DUBBOC_OK) {
        buffer_clear(out);
        write_error(
            out, null_id, JSONRPC_INTERNAL_ERROR, "no memory for the answer, or it is too big");
    }
    if (out->status != DUBBOC_OK) { /* not even for that */
        buffer_clear(out);
        answer_without_memory(incoming, is_executed);
        return;
    }
    http_server_request_answer(incoming, 200, out->len > 0 ? json_type : NULL, NULL, 0, false);
}

/* Answers with plain words instead of JSON. */
static void answer_text(http_server_request *incoming, int status,
    const http_server_answer_header *header, const char *format, dubboc_slice what)
{
    buffer *out = http_server_request_out(incoming);
    what = utf8_cut(what, NAMED_BYTES_MAX);
    buffer_printf(out, format, SLICE_ARGS(what));
    if (out->status != DUBBOC_OK)
        buffer_clear(out);
    http_server_request_answer(
        incoming, status, "text/plain; charset=utf-8", header, header != NULL ? 1 : 0, false);
}

/* --- one request --- */

/* The memory of raw results: one text a thread, because a fresh one for each call would cost more
 * than the call. */
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static bool has_scratch_key;

static void free_scratch(void *value)
{
    dubboc_text_free(value);
    free(value);
}

static void make_scratch_key(void)
{
    has_scratch_key = pthread_key_create(&scratch_key, free_scratch) == 0;
}

/* NULL: no memory. While it is taken the thread has none, so that a handler that steps another
 * server on this thread gets its own. */
static dubboc_text *take_scratch(void)
{
    pthread_once(&scratch_once, make_scratch_key);
    dubboc_text *scratch = has_scratch_key ? pthread_getspecific(scratch_key) : NULL;
    if (scratch == NULL)
        return MEM_NEW(dubboc_text);
    pthread_setspecific(scratch_key, NULL);
    return scratch;
}

static void give_back_scratch(dubboc_text *scratch)
{
    if (scratch->capacity > SCRATCH_KEEP_BYTES)
        dubboc_text_free(scratch);
    scratch->len = 0;
    if (!has_scratch_key || pthread_getspecific(scratch_key) != NULL ||
        pthread_setspecific(scratch_key, scratch) != 0)
        free_scratch(scratch);
}

/* Whether an answer is to be written now: not for a notification, and not when the handler has
 * deferred. */
static bool wants_answer(const dubboc_request *request)
{
    return request->id.at != NULL && !request->is_deferred;
}

/* The answer for a handler that has not returned DUBBOC_OK, if one is wanted. */
static void write_failure(const dubboc_request *request, dubboc_status status, buffer *out)
{
    static const char undecided[] = "the handler said that it deferred, but has not";
    if (status != DUBBOC_DEFERRED) {
        note_write_error(&request->note, status, request->method, request->id, out);
        return;
    }
    handler_failure_log(request->method, undecided);
    if (request->id.at != NULL)
        write_error(out, request->id, JSONRPC_INTERNAL_ERROR, undecided);
}

static void call_raw(dubboc_request *request, dubboc_slice params, buffer *out)
{
    dubboc_text *result = take_scratch();
    if (result == NULL) {
        write_failure(request, DUBBOC_E_NO_MEMORY, out);
        return;
    }
    const service_method *method = request->method;
    dubboc_status status = method->raw(request, params, result, method->arg);
    assert(!request->is_deferred || status == DUBBOC_DEFERRED);
    if (status == DUBBOC_OK && wants_answer(request))
        dispatch_write_raw(out, method, request->id, slice_make(result->data, result->len),
            request->exchange->server->checks_raw);
    else if (status != DUBBOC_OK && !request->is_deferred)
        write_failure(request, status, out);
    give_back_scratch(result);
}

/* --- memory for trees --- */

/* Params so small are built without asking: on a loop, which must not wait, no others occur. */
static bool tree_is_free(const exchange *ex, size_t text_bytes)
{
    return text_bytes <= (ex->is_on_worker ? TREE_FREE_BYTES : LARGE_BODY_BYTES);
}

static bool tree_take(exchange *ex, size_t bytes)
{
    dubboc_server *server = ex->server;
    size_t waiters_max = ex->is_on_worker ? (size_t)server->worker_count / 2 : 0;
    int64_t until_ns = deadline_min(clock_now_ns() + TREE_WAIT_NS, exchange_deadline_ns(ex));
    return memory_budget_wait(&server->trees, bytes, waiters_max, until_ns);
}

/* Takes memory for the tree of that text from the budget. *bytes: how much. Else notes an error. */
static dubboc_status tree_charge(dubboc_request *request, dubboc_slice text, size_t *bytes)
{
    exchange *ex = request->exchange;
    *bytes = 0;
    if (tree_is_free(ex, text.len))
        return DUBBOC_OK;
    json_tree_cost cost = json_tree_cost_of(text);
    size_t max_bytes = ex->server->trees.max_bytes;
    if (cost.values > JSON_TREE_VALUES_MAX)
        return dubboc_request_fail(request, JSONRPC_INVALID_PARAMS, NULL,
            "params: %zu values, more than %u make no tree, "
            "use the raw form",
            cost.values, JSON_TREE_VALUES_MAX);
    if (cost.bytes > max_bytes)
        return dubboc_request_fail(request, JSONRPC_INVALID_PARAMS, NULL,
            "params: %zu values take %zu bytes as a tree, "
            "more than half of [server] memory_max (%zu), use the raw form",
            cost.values, cost.bytes, max_bytes);
    if (tree_take(ex, cost.bytes)) {
        *bytes = cost.bytes;
        return DUBBOC_OK;
    }
    ex->is_refused = true;
    return dubboc_request_fail(request, JSONRPC_SERVER_ERROR, NULL,
        "the server is busy: "
        "no memory for the params ([server] memory_max)");
}

static void tree_free(exchange *ex, cJSON *tree, size_t charged)
{
    cJSON_Delete(tree);
    if (charged == 0)
        return;
    mem_freed(charged);
    memory_budget_give_back(&ex->server->trees, charged);
}

/* The params as a tree; NULL: none. */
static dubboc_status build_params(dubboc_request *request, dubboc_slice text, cJSON **params)
{
    *params = NULL;
    if (text.len == 0)
        return DUBBOC_OK;
    dubboc_error err;
    dubboc_status status = json_build(text, params, &err);
    if (status == DUBBOC_OK || status == DUBBOC_E_NO_MEMORY)
        return status;
    return dubboc_request_fail(request, JSONRPC_INVALID_PARAMS, NULL, "params: %s", err.text);
}

static void call_json(dubboc_request *request, dubboc_slice text, buffer *out)
{
    const service_method *method = request->method;
    cJSON *params = NULL, *result = NULL;
    size_t charged;
    dubboc_status status = tree_charge(request, text, &charged);
    if (status == DUBBOC_OK)
        status = build_params(request, text, &params);
    request->params = params;
    if (status == DUBBOC_OK)
        status = method->json(request, params, &result, method->arg);
    assert(!request->is_deferred || status == DUBBOC_DEFERRED);
    if (status == DUBBOC_OK && wants_answer(request))
        dispatch_write_tree(out, method, request->id, result);
    else if (status != DUBBOC_OK && !request->is_deferred)
        write_failure(request, status, out);
    request->params = NULL;
    tree_free(request->exchange, params, charged);
    cJSON_Delete(result);
}

/* "service x has no method y" or "no service at /z"; every error answer names what was asked
 * for. */
static void write_not_found(const exchange *ex, const jsonrpc_request *rpc, buffer *out)
{
    dubboc_slice path = http_server_request_path(ex->incoming);
    buffer name, text;
    buffer_init(&name, rpc->method.len);
    buffer_init(&text, NOT_FOUND_BYTES_MAX);
    json_string_decode(rpc->method, &name);
    dubboc_slice asked =
        utf8_cut(name.len > 0 ? buffer_slice(&name) : slice_of(""), NAMED_BYTES_MAX);
    path = utf8_cut(path, NAMED_BYTES_MAX);
    if (ex->service == NULL)
        buffer_printf(&text, "no service at %.*s", SLICE_ARGS(path));
    else
        buffer_printf(&text, "service %s has no method ", ex->service->interface);
    if (ex->service != NULL)
        buffer_append_slice(&text, asked); /* which may hold a NUL character */
    dubboc_slice shown =
        text.status == DUBBOC_OK ? buffer_slice(&text) : slice_of("no such method");
    jsonrpc_write_error(out, rpc->id, JSONRPC_METHOD_NOT_FOUND, shown, NULL);
    buffer_fini(&text);
    buffer_fini(&name);
}

/* Executes one request and appends its answer, if it wants one and has one yet. */
static void serve(
    exchange *ex, const jsonrpc_request *rpc, const service_method *method, buffer *out)
{
    if (rpc->fault != 0) {
        write_error(out, rpc->id.at != NULL ? rpc->id : null_id, rpc->fault, rpc->fault_text);
        return;
    }
    if (method == NULL) {
        if (rpc->id.at != NULL)
            write_not_found(ex, rpc, out);
        return;
    }
    ex->is_executed = true;
    dubboc_request request = {.exchange = ex, .method = method, .id = rpc->id};
    dubboc_slice params = rpc->params.kind != JSON_NONE ? rpc->params.text : slice_make(NULL, 0);
    if (method->raw != NULL)
        call_raw(&request, params, out);
    else
        call_json(&request, params, out);
    if (request.note.kind != NOTE_NONE)
        note_clear(&request.note);
}

static const service_method *find_method(const exchange *ex, const jsonrpc_request *rpc)
{
    return ex->service != NULL && rpc->fault == 0 ? service_find_method(ex->service, rpc->method)
                                                  : NULL;
}

/* --- what a request asks for --- */

static bool ends_with_nocase(dubboc_slice text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && slice_is_nocase(slice_make(text.at + text.len - len, len), end);
}

/* Whether a content type is surely none of ours. Callers are sloppy (curl -d, and half of all
 * hand-made clients, send something), but what a browser sends without asking (text/plain, forms)
 * must not reach a handler, and XML, Java serialization and gRPC want another server. */
static bool is_foreign_type(const char *content_type)
{
    static const char *const foreign[] = {"application/x-www-form-urlencoded", "application/xml",
        "application/x-java-serialized-object", "application/grpc", "application/pdf",
        "application/zip"};
    static const char *const foreign_kinds[] = {
        "text", "multipart", "image", "audio", "video", "font"};
    if (content_type == NULL)
        return false;
    dubboc_slice type, kind, rest;
    slice_cut(slice_of(content_type), ';', &type, &rest);
    type = slice_trim(type);
    slice_cut(type, '/', &kind, &rest);
    if (ends_with_nocase(type, "json"))
        return false;
    for (size_t i = 0; i < sizeof foreign_kinds / sizeof foreign_kinds[0]; i++)
        if (slice_is_nocase(kind, foreign_kinds[i]))
            return true;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (slice_is_nocase(type, foreign[i]))
            return true;
    return ends_with_nocase(type, "+xml");
}

/* A body that is no JSON, or a batch that is too big. */
static void refuse_message(exchange *ex, dubboc_status status)
{
    dubboc_error err;
    buffer *out = http_server_request_out(ex->incoming);
    jsonrpc_message again;
    /* once more, for the words */
    dubboc_status second =
        jsonrpc_read_message(http_server_request_body(ex->incoming), &again, &err);
    assert(second == status);
    (void)second;
    write_error(out, null_id,
        status == DUBBOC_E_TOO_BIG ? JSONRPC_INVALID_REQUEST : JSONRPC_PARSE_ERROR, err.text);
    dispatch_answer(ex->incoming, false);
}

/* A plain HTTP matter stands in the way of a call: it is answered here, and false returned. */
static bool exchange_accepts_http(exchange *ex)
{
    dubboc_slice method = http_server_request_method(ex->incoming);
    if (!slice_is(method, "POST")) {
        static const http_server_answer_header allow = {"Allow", "POST"};
        answer_text(ex->incoming, 405, &allow,
            "%.*s is not possible here: JSON-RPC calls are sent by POST\n", method);
        return false;
    }
    const char *content_type = http_server_request_header(ex->incoming, "Content-Type");
    if (!is_foreign_type(content_type))
        return true;
    answer_text(ex->incoming, 415, NULL,
        "content type %.*s is not understood: send application/json\n", slice_of(content_type));
    return false;
}

/* Reads the envelope. A body that cannot be read is answered here, and false returned. */
static bool exchange_read(exchange *ex)
{
    dubboc_slice body = http_server_request_body(ex->incoming);
    dubboc_status status = jsonrpc_read_message(body, &ex->message, NULL);
    if (status != DUBBOC_OK) {
        refuse_message(ex, status);
        return false;
    }
    ex->kind = ex->message.is_batch ? EXCHANGE_BATCH : EXCHANGE_SINGLE;
    if (ex->message.is_batch)
        return true;
    bool has_one = jsonrpc_next(&ex->message, &ex->single);
    assert(has_one);
    (void)has_one;
    ex->method = find_method(ex, &ex->single);
    return true;
}

static bool exchange_may_block(const exchange *ex)
{
    if (ex->kind == EXCHANGE_BATCH)
        return ex->service != NULL && ex->service->has_blocking;
    return ex->method != NULL && (ex->method->flags & DUBBOC_NONBLOCKING) == 0;
}

/* --- one exchange --- */

static void finish(exchange *ex)
{
    if (ex->parked != NULL)
        parked_release(ex->parked);
    else
        dispatch_answer(ex->incoming, ex->is_executed);
}

static size_t parked_holes(const exchange *ex)
{
    return ex->parked != NULL ? parked_count(ex->parked) : 0;
}

/* One element of a batch. A reply's own line end is left out. An answer that fails for want of room
 * is replaced by an error, so that the others keep their place. */
static void serve_element(
    exchange *ex, const jsonrpc_request *rpc, int64_t deadline_ns, size_t *answers, buffer *out)
{
    size_t mark = out->len, holes = parked_holes(ex);
    if (*answers > 0)
        buffer_append_char(out, ',');
    size_t start = out->len;
    const service_method *method = find_method(ex, rpc);
    if (method != NULL && deadline_is_over(deadline_ns)) {
        if (rpc->id.at != NULL)
            write_error(
                out, rpc->id, JSONRPC_SERVER_ERROR, "the deadline passed before it was started");
    } else {
        serve(ex, rpc, method, out);
    }
    if (out->status == DUBBOC_OK && out->len == start && parked_holes(ex) == holes) {
        out->len = mark;
        return;
    }
    if (out->len > start && out->data[out->len - 1] == '\n')
        out->len--;
    ++*answers;
}

static void run_batch(exchange *ex)
{
    buffer *out = http_server_request_out(ex->incoming);
    int64_t deadline_ns = exchange_deadline_ns(ex);
    jsonrpc_request rpc;
    size_t answers = 0;
    buffer_append_char(out, '[');
    while (out->status == DUBBOC_OK && jsonrpc_next(&ex->message, &rpc)) {
        if (!ex->message.is_batch) { /* an empty one is answered by one object (specification,
                                        section 6) */
            buffer_clear(out);
            serve(ex, &rpc, NULL, out);
            break;
        }
        serve_element(ex, &rpc, deadline_ns, &answers, out);
    }
    if (answers > 0)
        buffer_append(out, "]\n", 2);
    else if (ex->message.is_batch && out->status == DUBBOC_OK)
        buffer_clear(out);
    finish(ex);
}

/* The answer, if one is wanted, stands in the request's buffer. */
static void answer_refused(exchange *ex)
{
    const buffer *out = http_server_request_out(ex->incoming);
    const char *type = out->len > 0 ? json_type : NULL;
    if (out->status == DUBBOC_OK)
        http_server_request_answer(ex->incoming, 503, type, &not_executed, 1, false);
    else
        answer_without_memory(ex->incoming, false);
}

static void run_calls(exchange *ex)
{
    if (ex->kind == EXCHANGE_BATCH) {
        run_batch(ex);
        return;
    }
    serve(ex, &ex->single, ex->method, http_server_request_out(ex->incoming));
    if (ex->is_refused)
        answer_refused(ex);
    else
        finish(ex);
}

/* The fallback handler has said "not mine": the request gets what it would get without one. */
static void run_unclaimed(exchange *ex)
{
    ex->is_executed = false;
    if (exchange_accepts_http(ex) && exchange_read(ex))
        run_calls(ex);
}

static void answer_as_fallback_says(exchange *ex, const dubboc_http_answer *answer)
{
    buffer *out = http_server_request_out(ex->incoming);
    buffer_append(out, answer->body.data, answer->body.len);
    if (out->status == DUBBOC_OK) {
        http_server_request_answer(
            ex->incoming, answer->status, answer->content_type, NULL, 0, false);
        return;
    }
    buffer_clear(out);
    answer_without_memory(ex->incoming, true);
}

static void run_fallback(exchange *ex)
{
    dubboc_server *server = ex->server;
    dubboc_request request = {.exchange = ex};
    dubboc_http_answer answer = {.status = 404, .content_type = "text/plain"};
    char *method = mem_dup_slice(http_server_request_method(ex->incoming));
    char *path = mem_dup_slice(http_server_request_path(ex->incoming));
    if (method == NULL || path == NULL) {
        answer_without_memory(ex->incoming, false);
        goto done;
    }
    ex->is_executed = true;
    server->fallback(&request, method, path, http_server_request_body(ex->incoming), &answer,
        server->fallback_arg);
    if (answer.status == 0)
        run_unclaimed(ex);
    else
        answer_as_fallback_says(ex, &answer);
done:
    dubboc_text_free(&answer.body);
    note_clear(&request.note);
    free(method);
    free(path);
}

static void run(exchange *ex)
{
    if (ex->kind == EXCHANGE_FALLBACK)
        run_fallback(ex);
    else if (ex->kind != EXCHANGE_UNREAD || exchange_read(ex))
        run_calls(ex);
}

/* --- to a worker and there --- */

void exchange_hold(exchange *self)
{
    if (!self->is_held)
        http_server_request_hold(self->incoming);
    self->is_held = true;
}

/* Answers one that has not been started and never will be. */
static void answer_not_executed(exchange *ex, int http_status, const char *text)
{
    buffer *out = http_server_request_out(ex->incoming);
    bool is_call = ex->kind == EXCHANGE_SINGLE && ex->single.id.at != NULL;
    write_error(out, is_call ? ex->single.id : null_id, JSONRPC_SERVER_ERROR, text);
    if (out->status != DUBBOC_OK)
        buffer_clear(out);
    http_server_request_answer(ex->incoming, http_status, json_type, &not_executed, 1, false);
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

static const char *refusal_text(const work *refused)
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
    answer_not_executed(&queued->ex, 503, refusal_text(taken));
    free(queued);
}

void dispatch_run(work *taken)
{
    queued_exchange *queued = queued_of(taken);
    if (http_server_request_is_gone(queued->ex.incoming)) {
        answer_not_executed(&queued->ex, 503, "the caller has gone");
    } else {
        run(&queued->ex);
        if (taken->cost != NULL)
            work_cost_note(taken->cost, clock_now_ns() - taken->started_ns);
    }
    free(queued);
}

/* Where no Timeout header says it, from now: the time that a slow body took was not spent waiting
 * for a worker. */
static int64_t exchange_start_by_ns(exchange *ex)
{
    int64_t deadline_ns = exchange_deadline_ns(ex);
    return deadline_ns != DEADLINE_NEVER ? deadline_ns : clock_now_ns() + ex->server->queue_time_ns;
}

static void submit(exchange *ex)
{
    queued_exchange *queued = MEM_NEW(queued_exchange);
    if (queued == NULL) {
        answer_not_executed(ex, 503, "no memory for more work");
        return;
    }
    exchange_hold(ex);
    queued->work.deadline_ns = exchange_deadline_ns(ex);
    queued->work.start_by_ns = exchange_start_by_ns(ex);
    queued->work.cost = ex->method != NULL ? ex->method->cost : NULL;
    queued->ex = *ex;
    queued->ex.is_on_worker = true;
    workers_push(ex->server->workers, &queued->work);
}

static void run_or_submit(exchange *ex, bool may_block)
{
    if (may_block && ex->server->workers != NULL)
        submit(ex);
    else
        run(ex);
}

/* --- the way in --- */

void dispatch_on_request(void *arg, http_server_request *incoming)
{
    exchange ex;
    ex.server = arg;
    ex.incoming = incoming;
    ex.service = services_find_path(&ex.server->services, http_server_request_path(incoming));
    ex.is_held = ex.is_executed = ex.is_on_worker = ex.is_refused = false;
    ex.method = NULL;
    ex.deadline_ns = 0;
    ex.parked = NULL;
    if (ex.service != NULL)
        call_watch_note(&ex.server->calls);
    if (ex.service == NULL && ex.server->fallback != NULL) {
        ex.kind = EXCHANGE_FALLBACK;
        run_or_submit(&ex, true);
        return;
    }
    if (!exchange_accepts_http(&ex))
        return;
    if (ex.server->workers != NULL && http_server_request_body(incoming).len > LARGE_BODY_BYTES) {
        ex.kind = EXCHANGE_UNREAD;
        submit(&ex);
    } else if (exchange_read(&ex)) {
        run_or_submit(&ex, exchange_may_block(&ex));
    }
}
