/* What a handler can learn and report about its request. Each function looks its value up when it
 * is called, so a handler that does not ask pays nothing. */
#include "server/request.h"

#include <assert.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "codec/json_path.h"

/* --- properties --- */

const char *dubboc_request_interface(const dubboc_request *request)
{
    return request->method != NULL ? request->exchange->service->interface : "";
}

const char *dubboc_request_group(const dubboc_request *request)
{
    return request->method != NULL ? request->exchange->service->group : "";
}

const char *dubboc_request_version(const dubboc_request *request)
{
    return request->method != NULL ? request->exchange->service->version : "";
}

const char *dubboc_request_method(const dubboc_request *request)
{
    return request->method != NULL ? request->method->name : "";
}

const char *dubboc_request_peer(const dubboc_request *request)
{
    return http_server_request_peer(request->exchange->incoming);
}

const char *dubboc_request_header(const dubboc_request *request, const char *name)
{
    return http_server_request_header(request->exchange->incoming, name);
}

int64_t dubboc_request_time_left_ms(const dubboc_request *request)
{
    int64_t deadline_ns = exchange_deadline_ns(request->exchange);
    if (deadline_ns == DEADLINE_NEVER)
        return -1;
    int64_t left_ns = deadline_ns - clock_now_ns();
    return left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
}

dubboc_status dubboc_request_call_options(
    const dubboc_request *request, dubboc_call_options *options)
{
    int64_t left_ms = dubboc_request_time_left_ms(request);
    if (options->size < offsetof(dubboc_call_options, group))
        return DUBBOC_E_ARGUMENT;
    if (left_ms == 0)
        return DUBBOC_E_TIMEOUT;
    if (left_ms > 0 && (options->timeout_ms <= 0 || options->timeout_ms > left_ms))
        options->timeout_ms = left_ms;
    return DUBBOC_OK;
}

/* --- params and failures --- */

/* Missing params, null, [] and {} all mean that there are none (wire.md P7). So each of them is
 * read as the empty array or object that the format expects. The replacement is static, because a
 * format may borrow it. */
static const cJSON *params_or_none(const cJSON *params, char opener)
{
    static const cJSON no_items = {.type = cJSON_Array}, no_members = {.type = cJSON_Object};
    bool is_container = params != NULL && (cJSON_IsArray(params) || cJSON_IsObject(params));
    bool is_empty = params == NULL || (is_container && params->child == NULL);
    if (is_empty && opener == '[')
        return &no_items;
    if (is_empty && opener == '{')
        return &no_members;
    return params != NULL ? params : &no_items;
}

/* Records why reading has failed. The path in err starts with "$", which is the value that was
 * read. If that value is a part of the params, its own path is put in front, so that the caller
 * sees where in its params the fault is. */
static void params_note_fault(dubboc_request *request, const cJSON *read, const dubboc_error *err)
{
    json_path path = {0};
    char start[JSON_PATH_TEXT_MAX] = "$";
    if (json_path_find(&path, request->params, read))
        json_path_text(&path, start);
    bool has_path = err->text[0] == '$';
    failure_set(&request->failure, FAILURE_PARAMS, JSONRPC_INVALID_PARAMS, NULL,
        has_path ? "params%s%s" : "params%s: %s", start + 1, err->text + has_path);
}

/* Turns the result of reading the value `read` (the params, or a part of them) into the handler's
 * status. */
static dubboc_status params_conclude(
    dubboc_request *request, const cJSON *read, dubboc_status status, const dubboc_error *err)
{
    /* DUBBOC_E_ARGUMENT means that the format is wrong, which is a programming error */
    assert(status != DUBBOC_E_ARGUMENT);
    if (status == DUBBOC_OK) {
        if (request->failure.kind == FAILURE_PARAMS)
            failure_clear(&request->failure);
        return DUBBOC_OK;
    }
    if (status == DUBBOC_E_NO_MEMORY)
        return status;
    params_note_fault(request, read, err);
    return DUBBOC_E_PARAMS;
}

dubboc_status dubboc_request_params(
    dubboc_request *request, const cJSON *params, const char *format, ...)
{
    dubboc_error err;
    va_list args;
    va_start(args, format);
    const cJSON *value = params_or_none(params, format[strspn(format, " \t\n\r,:")]);
    dubboc_status status = dubboc_json_vunpack(value, &err, format, args);
    va_end(args);
    return params_conclude(request, params, status, &err);
}

dubboc_status dubboc_request_read_target(
    dubboc_request *request, const cJSON *params, const dubboc_json_target *target)
{
    dubboc_error err;
    const cJSON *value = params_or_none(params, target->kind == DUBBOC_JSON_OBJECT_ ? '{' : '[');
    return params_conclude(request, params, dubboc_json_read_target(value, &err, target), &err);
}

dubboc_status dubboc_request_fail(
    dubboc_request *request, int code, const char *exception, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    failure_vset(&request->failure, FAILURE_OWN, code, exception, format, args);
    va_end(args);
    return DUBBOC_E_REMOTE;
}

dubboc_status dubboc_request_fail_data(
    dubboc_request *request, int code, const char *exception, cJSON *data, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    failure_vset(&request->failure, FAILURE_OWN, code, exception, format, args);
    va_end(args);
    if (data != NULL)
        failure_add_data(&request->failure, request->method, data);
    cJSON_Delete(data);
    return DUBBOC_E_REMOTE;
}

dubboc_status dubboc_request_fail_data_raw(dubboc_request *request, int code, const char *exception,
    dubboc_slice data, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    failure_vset(&request->failure, FAILURE_OWN, code, exception, format, args);
    va_end(args);
    if (data.at != NULL)
        failure_add_data_raw(&request->failure, request->method, data);
    return DUBBOC_E_REMOTE;
}
