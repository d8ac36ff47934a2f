/* Runs the handler of one request and writes its reply.
 *
 * A raw handler gets the text of the params as received; the memory of its result is reused for the
 * next call of the same thread. A JSON handler gets a tree.
 *
 * A tree can take forty times the memory of its text. So the tree of large params is measured
 * before it is built, and charged to the server's budget for trees. A tree that exceeds the whole
 * budget is refused with an error that says so. A tree that does not fit at the moment waits on its
 * worker, for at most a second and not beyond the caller's deadline, and is then refused as not
 * executed. At most half of the workers may wait, so that small calls still find one. */
#include "server/invoke.h"

#include <assert.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "codec/json_scan.h"
#include "codec/json_build.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/serving.h"

/* the tree of a text up to this length is not charged */
#define TREE_FREE_BYTES ((size_t)8 * 1024)
/* how long a request waits for the memory of a tree */
#define TREE_WAIT_NS NS_PER_S
/* the largest memory of a raw result that is reused */
#define SCRATCH_KEEP_BYTES (64u * 1024)
/* longest path or method that an error text names */
#define NOT_FOUND_NAME_BYTES_MAX 256u
/* longest error text about an unknown path or method */
#define NOT_FOUND_BYTES_MAX 1024u

/* --- both kinds of handlers --- */

typedef enum invocation {
    INVOCATION_OK,
    INVOCATION_ERROR,
    INVOCATION_DEFERRED, /* the handler has deferred the answer */
    INVOCATION_REFUSED   /* the handler was not called */
} invocation;

static invocation request_conclude(const dubboc_request *request, bool is_ok)
{
    if (request->is_deferred)
        return INVOCATION_DEFERRED;
    return is_ok ? INVOCATION_OK : INVOCATION_ERROR;
}

/* Whether a reply must be written now: not for a notification, and not for a deferred answer. */
static bool request_wants_reply(const dubboc_request *request)
{
    return request->id.at != NULL && !request->is_deferred;
}

/* Writes the error reply for a handler that has not returned DUBBOC_OK. Writes nothing for a
 * notification. */
static void request_write_failure(const dubboc_request *request, dubboc_status status, buffer *out)
{
    static const char undecided[] =
        "the handler returned DUBBOC_DEFERRED without calling dubboc_request_defer()";
    if (status != DUBBOC_DEFERRED) {
        failure_write(&request->failure, status, request->method, request->id, out);
        return;
    }
    failure_log(request->method, undecided);
    if (request->id.at != NULL)
        reply_write_error(out, request->id, JSONRPC_INTERNAL_ERROR, undecided);
}

/* --- raw handlers --- */

/* The memory of raw results: one text per thread. Allocating it for each call would take longer
 * than the call. */
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static bool has_scratch_key;

static void scratch_free(void *value)
{
    dubboc_text_free(value);
    free(value);
}

static void scratch_make_key(void)
{
    has_scratch_key = pthread_key_create(&scratch_key, scratch_free) == 0;
}

/* Takes the scratch text away from this thread until scratch_give_back(). So a handler may step
 * another server on this thread: the handlers of that server get another text. NULL: no memory. */
static dubboc_text *scratch_take(void)
{
    pthread_once(&scratch_once, scratch_make_key);
    dubboc_text *scratch = has_scratch_key ? pthread_getspecific(scratch_key) : NULL;
    if (scratch == NULL)
        return MEM_NEW(dubboc_text);
    pthread_setspecific(scratch_key, NULL);
    return scratch;
}

static void scratch_give_back(dubboc_text *scratch)
{
    if (scratch->capacity > SCRATCH_KEEP_BYTES)
        dubboc_text_free(scratch);
    scratch->len = 0;
    if (!has_scratch_key || pthread_getspecific(scratch_key) != NULL ||
        pthread_setspecific(scratch_key, scratch) != 0)
        scratch_free(scratch);
}

static invocation invoke_raw(dubboc_request *request, dubboc_slice params, buffer *out)
{
    call_counts_begin(request->method->counts);
    dubboc_text *result = scratch_take();
    if (result == NULL) {
        request_write_failure(request, DUBBOC_E_NO_MEMORY, out);
        return INVOCATION_ERROR;
    }
    const service_method *method = request->method;
    dubboc_status status = method->raw(request, params, result, method->arg);
    assert(!request->is_deferred || status == DUBBOC_DEFERRED);
    bool is_ok = status == DUBBOC_OK;
    if (is_ok && request_wants_reply(request))
        is_ok = reply_write_raw(out, method, request->id, slice_make(result->data, result->len),
            request->exchange->serving->checks_raw);
    else if (!is_ok && !request->is_deferred)
        request_write_failure(request, status, out);
    scratch_give_back(result);
    return request_conclude(request, is_ok);
}

/* --- JSON handlers --- */

/* Small params are not charged. On a loop, which must not wait, all params are small. */
static bool tree_is_free(const exchange *ex, size_t text_bytes)
{
    return text_bytes <= (ex->is_on_worker ? TREE_FREE_BYTES : EXCHANGE_LARGE_BODY_BYTES);
}

static bool tree_take(exchange *ex, size_t bytes)
{
    serving *server = ex->serving;
    size_t waiters_max = ex->is_on_worker ? server->tree_waiters_max : 0;
    int64_t until_ns = deadline_min(clock_now_ns() + TREE_WAIT_NS, exchange_deadline_ns(ex));
    return memory_budget_wait(&server->trees, bytes, waiters_max, until_ns);
}

/* Charges the memory budget for the tree that will be built of text. *bytes: the bytes charged; 0
 * for small params. On failure records an error in request. DUBBOC_E_BUSY: there is not enough
 * memory at the moment. */
static dubboc_status tree_charge(dubboc_request *request, dubboc_slice text, size_t *bytes)
{
    exchange *ex = request->exchange;
    *bytes = 0;
    if (tree_is_free(ex, text.len))
        return DUBBOC_OK;
    json_tree_cost cost = json_tree_cost_of(text);
    size_t max_bytes = ex->serving->trees.max_bytes;
    if (cost.values > JSON_TREE_VALUES_MAX)
        return dubboc_request_fail(request, JSONRPC_INVALID_PARAMS, NULL,
            "params: %zu values, but a tree holds at most %u; the provider must use a raw handler",
            cost.values, JSON_TREE_VALUES_MAX);
    if (cost.bytes > max_bytes)
        return dubboc_request_fail(request, JSONRPC_INVALID_PARAMS, NULL,
            "params: %zu values take %zu bytes as a tree, "
            "more than half of [server] memory_max (%zu); the provider must raise memory_max or "
            "use a raw handler",
            cost.values, cost.bytes, max_bytes);
    if (tree_take(ex, cost.bytes)) {
        *bytes = cost.bytes;
        return DUBBOC_OK;
    }
    ex->is_refused = true;
    dubboc_request_fail(request, JSONRPC_SERVER_ERROR, NULL,
        "the server is busy: no memory for the params ([server] memory_max)");
    return DUBBOC_E_BUSY;
}

static void tree_free(exchange *ex, cJSON *tree, size_t charged)
{
    cJSON_Delete(tree);
    if (charged == 0)
        return;
    mem_freed(charged);
    memory_budget_give_back(&ex->serving->trees, charged);
}

/* Builds the tree of the params. *params NULL: there are none. */
static dubboc_status params_build(dubboc_request *request, dubboc_slice text, cJSON **params)
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

static invocation invoke_json(dubboc_request *request, dubboc_slice text, buffer *out)
{
    const service_method *method = request->method;
    cJSON *params = NULL, *result = NULL;
    size_t charged;
    dubboc_status status = tree_charge(request, text, &charged);
    if (status == DUBBOC_E_BUSY) {
        request_write_failure(request, status, out);
        return INVOCATION_REFUSED;
    }
    call_counts_begin(method->counts);
    if (status == DUBBOC_OK)
        status = params_build(request, text, &params);
    request->params = params;
    if (status == DUBBOC_OK)
        status = method->json(request, params, &result, method->arg);
    assert(!request->is_deferred || status == DUBBOC_DEFERRED);
    bool is_ok = status == DUBBOC_OK;
    if (is_ok && request_wants_reply(request))
        is_ok = reply_write_tree(out, method, request->id, result);
    else if (!is_ok && !request->is_deferred)
        request_write_failure(request, status, out);
    request->params = NULL;
    tree_free(request->exchange, params, charged);
    cJSON_Delete(result);
    return request_conclude(request, is_ok);
}

/* --- one request --- */

/* Writes the error "service x has no method y" or "no service at /z". Errors name what was asked
 * for, so that the caller can find its mistake. */
static void not_found_write(const exchange *ex, const jsonrpc_request *rpc, buffer *out)
{
    dubboc_slice path = http_server_request_path(ex->incoming);
    buffer name, text;
    buffer_init(&name, rpc->method.len);
    buffer_init(&text, NOT_FOUND_BYTES_MAX);
    json_string_decode(rpc->method, &name);
    dubboc_slice asked =
        utf8_cut(name.len > 0 ? buffer_slice(&name) : slice_of(""), NOT_FOUND_NAME_BYTES_MAX);
    path = utf8_cut(path, NOT_FOUND_NAME_BYTES_MAX);
    if (ex->service == NULL)
        buffer_printf(&text, "no service at %.*s", SLICE_ARGS(path));
    else
        buffer_printf(&text, "service %s has no method ", ex->service->interface);
    if (ex->service != NULL)
        /* appended as a slice, because it may contain a NUL character */
        buffer_append_slice(&text, asked);
    dubboc_slice shown =
        text.status == DUBBOC_OK ? buffer_slice(&text) : slice_of("no such method");
    jsonrpc_write_error(out, rpc->id, JSONRPC_METHOD_NOT_FOUND, shown, NULL);
    buffer_fini(&text);
    buffer_fini(&name);
}

void invoke(exchange *ex, const jsonrpc_request *rpc, const service_method *method, buffer *out)
{
    if (rpc->fault != 0) {
        turned_away_add(ex->serving->turned_away, TURNED_AWAY_INVALID);
        reply_write_error(
            out, rpc->id.at != NULL ? rpc->id : reply_null_id, rpc->fault, rpc->fault_text);
        return;
    }
    if (method == NULL) {
        turned_away_add(ex->serving->turned_away, TURNED_AWAY_UNKNOWN);
        if (rpc->id.at != NULL)
            not_found_write(ex, rpc, out);
        return;
    }
    ex->is_executed = true;
    dubboc_request request = {.exchange = ex, .method = method, .id = rpc->id};
    dubboc_slice params = rpc->params.kind != JSON_NONE ? rpc->params.text : slice_make(NULL, 0);
    invocation end = method->raw != NULL ? invoke_raw(&request, params, out)
                                         : invoke_json(&request, params, out);
    if (end == INVOCATION_REFUSED)
        turned_away_add(ex->serving->turned_away, TURNED_AWAY_REFUSED);
    else if (end != INVOCATION_DEFERRED)
        call_counts_end(
            method->counts, http_server_request_received_ns(ex->incoming), end == INVOCATION_ERROR);
    if (request.failure.kind != FAILURE_NONE)
        failure_clear(&request.failure);
}
