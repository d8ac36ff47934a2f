/* Deferred answers for the program: a handle (dubboc_deferred) that exactly one of the functions
 * dubboc_deferred_...() uses up. What happens to the HTTP request until then is described in
 * deferrals.c. */
#include <dubboc/server.h>

#include <assert.h>

#include "base/mem.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/serving.h"

struct dubboc_deferred {
    serving *serving;
    parked *parked; /* NULL: a notification, which gets no answer */
    size_t index;   /* the index of the answer in parked */
    const service_method *method;
    dubboc_slice id;     /* owned by parked; at is NULL for a notification */
    int64_t received_ns; /* when the request arrived */
};

/* --- making a handle --- */

/* Makes a handle. The number of handles is limited, because a handle stays with the program after
 * the caller has given up: impatient callers could make a program that never answers keep any
 * number of them. NULL: no memory, or too many handles are open. */
static dubboc_deferred *deferred_new(const dubboc_request *request)
{
    serving *server = request->exchange->serving;
    if (!deferrals_open(&server->deferrals))
        return NULL;
    dubboc_deferred *made = MEM_NEW(dubboc_deferred);
    if (made == NULL) {
        deferrals_close(&server->deferrals);
        return NULL;
    }
    made->serving = server;
    made->method = request->method;
    made->received_ns = http_server_request_received_ns(request->exchange->incoming);
    return made;
}

static void deferred_free(dubboc_deferred *self)
{
    deferrals_close(&self->serving->deferrals);
    free(self);
}

/* Holds the exchange's HTTP request until all deferred answers have come. false: no memory. */
static bool deferred_park(exchange *ex)
{
    if (ex->parked == NULL) {
        exchange_hold(ex);
        ex->parked = parked_new(&ex->serving->deferrals, ex->incoming, exchange_deadline_ns(ex));
    }
    return ex->parked != NULL;
}

/* Reserves the place of the answer in the reply. false: no memory. */
static bool deferred_take_place(dubboc_deferred *self, exchange *ex, dubboc_slice id)
{
    char *copy = mem_dup_slice(id);
    self->id = slice_make(copy, id.len);
    size_t at = http_server_request_out(ex->incoming)->len;
    if (copy == NULL || !deferred_park(ex) ||
        !parked_add(ex->parked, at, self->method->counts, self->id, &self->index)) {
        free(copy);
        return false;
    }
    self->parked = ex->parked;
    return true;
}

dubboc_deferred *dubboc_request_defer(dubboc_request *request)
{
    assert(request->method != NULL && !request->is_deferred);
    dubboc_deferred *made = deferred_new(request);
    if (made == NULL) {
        /* The request is answered with this error, whatever the handler returns. */
        dubboc_request_fail(request, JSONRPC_SERVER_ERROR, NULL,
            "too many answers are deferred, or there is no memory for one more");
        return NULL;
    }
    if (request->id.at != NULL && !deferred_take_place(made, request->exchange, request->id)) {
        deferred_free(made);
        return NULL;
    }
    request->is_deferred = true;
    return made;
}

/* --- using a handle --- */

/* Ends the call of a notification and frees the handle. false: it is not a notification. */
static bool deferred_end_notification(dubboc_deferred *self, bool is_error)
{
    if (self->parked != NULL)
        return false;
    call_counts_end(self->method->counts, self->received_ns, is_error);
    deferred_free(self);
    return true;
}

static void deferred_fill(dubboc_deferred *self, buffer *reply_take, bool is_error)
{
    parked_fill(self->parked, self->index, reply_take, is_error);
    free(self);
}

void dubboc_deferred_answer(dubboc_deferred *deferred, cJSON *result)
{
    assert(deferred != NULL);
    if (deferred_end_notification(deferred, false)) {
        cJSON_Delete(result);
        return;
    }
    buffer reply;
    buffer_init(&reply, REPLY_BYTES_MAX);
    bool is_written = reply_write_tree(&reply, deferred->method, deferred->id, result);
    cJSON_Delete(result);
    deferred_fill(deferred, &reply, !is_written);
}

void dubboc_deferred_answer_raw(dubboc_deferred *deferred, dubboc_slice result)
{
    assert(deferred != NULL);
    if (deferred_end_notification(deferred, false))
        return;
    buffer reply;
    buffer_init(&reply, REPLY_BYTES_MAX);
    bool is_written = reply_write_raw(
        &reply, deferred->method, deferred->id, result, deferred->serving->checks_raw);
    deferred_fill(deferred, &reply, !is_written);
}

/* Answers with the error that was noted, and clears it. */
static void deferred_fill_failure(dubboc_deferred *self, failure *noted)
{
    buffer reply;
    buffer_init(&reply, REPLY_BYTES_MAX);
    failure_write(noted, DUBBOC_E_REMOTE, self->method, self->id, &reply);
    failure_clear(noted);
    deferred_fill(self, &reply, true);
}

void dubboc_deferred_fail(
    dubboc_deferred *deferred, int code, const char *exception, const char *format, ...)
{
    assert(deferred != NULL);
    if (deferred_end_notification(deferred, true))
        return;
    failure noted = {0};
    va_list args;
    va_start(args, format);
    failure_vset(&noted, FAILURE_OWN, code, exception, format, args);
    va_end(args);
    deferred_fill_failure(deferred, &noted);
}

void dubboc_deferred_fail_data(dubboc_deferred *deferred, int code, const char *exception,
    cJSON *data, const char *format, ...)
{
    assert(deferred != NULL);
    if (deferred_end_notification(deferred, true)) {
        cJSON_Delete(data);
        return;
    }
    failure noted = {0};
    va_list args;
    va_start(args, format);
    failure_vset(&noted, FAILURE_OWN, code, exception, format, args);
    va_end(args);
    if (data != NULL)
        failure_add_data(&noted, deferred->method, data);
    cJSON_Delete(data);
    deferred_fill_failure(deferred, &noted);
}

void dubboc_deferred_fail_data_raw(dubboc_deferred *deferred, int code, const char *exception,
    dubboc_slice data, const char *format, ...)
{
    assert(deferred != NULL);
    if (deferred_end_notification(deferred, true))
        return;
    failure noted = {0};
    va_list args;
    va_start(args, format);
    failure_vset(&noted, FAILURE_OWN, code, exception, format, args);
    va_end(args);
    if (data.at != NULL)
        failure_add_data_raw(&noted, deferred->method, data);
    deferred_fill_failure(deferred, &noted);
}
