/* A handler records why it fails while it runs (dubboc_request_fail(), dubboc_request_args()), and
 * the status that it returns says whether it has failed. Both together decide the answer: recorded
 * params errors are ignored if the handler returns DUBBOC_OK.
 *
 * The caller is always told of a failure. Failures that are not the caller's fault (code -32603)
 * are also logged, because the operator of the provider would otherwise not see them. */
#include "server/failure.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/json_scan.h"
#include "codec/json_write.h"
#include "codec/jsonrpc.h"

#define FAILURE_DATA_BYTES_MAX (256u * 1024 * 1024)
/* at most one line is logged per method in this time */
#define FAILURE_LOG_INTERVAL_NS (60 * NS_PER_S)

void failure_clear(failure *self)
{
    free(self->exception);
    free(self->text);
    free(self->data);
    *self = (failure){0};
}

void failure_vset(failure *self, failure_kind kind, int code, const char *exception,
    const char *format, va_list args)
{
    failure_clear(self);
    self->kind = kind;
    self->code = code;
    self->exception = exception != NULL ? mem_dup(exception) : NULL;
    if (vasprintf(&self->text, format, args) < 0)
        self->text = NULL;
}

void failure_set(
    failure *self, failure_kind kind, int code, const char *exception, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    failure_vset(self, kind, code, exception, format, args);
    va_end(args);
}

/* --- data --- */

/* Sets error.data. If data_take is NULL, logs the reason, which is in problem. */
static void failure_set_data(
    failure *self, const service_method *method, char *data_take, const dubboc_error *problem)
{
    free(self->data);
    self->data = data_take;
    if (data_take != NULL || method == NULL)
        return;
    char reason[sizeof problem->text + 40];
    snprintf(reason, sizeof reason, "the data of an error is left out: %s", problem->text);
    failure_log(method, reason);
}

void failure_add_data(failure *self, const service_method *method, const cJSON *data)
{
    dubboc_error err;
    buffer text;
    char *copy = NULL;
    buffer_init(&text, FAILURE_DATA_BYTES_MAX);
    if (!cJSON_IsObject(data))
        error_set(&err, DUBBOC_E_ARGUMENT, "it is not a JSON object");
    else if (json_write(&text, data, &err) == DUBBOC_OK &&
             (copy = mem_dup_slice(buffer_slice(&text))) == NULL)
        error_no_memory(&err);
    buffer_fini(&text);
    failure_set_data(self, method, copy, &err);
}

void failure_add_data_raw(failure *self, const service_method *method, dubboc_slice data)
{
    dubboc_error err;
    json_value value;
    char *copy = NULL;
    if (json_check(data, &value, &err) == DUBBOC_OK) {
        if (value.kind != JSON_OBJECT)
            error_set(&err, DUBBOC_E_ARGUMENT, "it is not a JSON object");
        else if ((copy = mem_dup_slice(value.text)) == NULL)
            error_no_memory(&err);
    }
    failure_set_data(self, method, copy, &err);
}

/* --- the answer and the log --- */

void failure_write(const failure *self, dubboc_status status, const service_method *method,
    dubboc_slice id, buffer *out)
{
    bool is_noted =
        self->kind == FAILURE_OWN || (self->kind == FAILURE_PARAMS && status == DUBBOC_E_PARAMS);
    int code = status == DUBBOC_E_PARAMS ? JSONRPC_INVALID_PARAMS : JSONRPC_INTERNAL_ERROR;
    const char *text = status == DUBBOC_E_PARAMS ? "invalid params" : dubboc_status_text(status);
    if (is_noted && self->text != NULL)
        text = self->text;
    if (is_noted)
        code = self->code;
    if (code == JSONRPC_INTERNAL_ERROR)
        failure_log(method, text);
    if (id.at == NULL)
        return;
    const char *exception = is_noted ? self->exception : NULL;
    const char *data = is_noted && self->data != NULL ? self->data : "{}";
    jsonrpc_write_error_data(out, id, code, slice_of(text), exception, slice_of(data));
}

void failure_log(const service_method *method, const char *reason)
{
    unsigned suppressed;
    if (!log_is_on(DUBBOC_LOG_WARN) ||
        !log_throttle_pass(method->failures, FAILURE_LOG_INTERVAL_NS, &suppressed))
        return;
    log_write(DUBBOC_LOG_WARN, "server", "a handler failed with an internal error", suppressed,
        "method=%s.%s reason=\"%s\"", method->interface, method->name, reason);
}
