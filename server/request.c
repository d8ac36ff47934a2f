/* What a handler can ask and say about its request. Everything is looked up when it is asked for,
 * so that a handler that asks nothing pays nothing. */
#include "server/exchange.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "codec/json_path.h"
#include "server/handler_failure.h"

/* --- the caller's deadline --- */

static const struct {
    const char *name;
    double ns;
} duration_units[] = {
    {"ns", 1},
    {"us", 1e3},
    {"\xc2\xb5s", 1e3},
    {"\xce\xbcs", 1e3}, /* both spellings of the micro sign */
    {"ms", 1e6},
    {"s", 1e9},
    {"m", 60e9},
    {"h", 3600e9},
};

/* Takes "1.5" off *rest. false: no digit. */
static bool take_decimal(dubboc_slice *rest, double *value)
{
    double sum = 0, place = 1;
    size_t i = 0, digits = 0;
    bool is_fraction = false;
    for (; i < rest->len && (ascii_is_digit(rest->at[i]) || (rest->at[i] == '.' && !is_fraction));
         i++) {
        if (rest->at[i] == '.') {
            is_fraction = true;
            continue;
        }
        digits++;
        sum = sum * 10 + (rest->at[i] - '0');
        if (is_fraction)
            place *= 10;
    }
    *rest = slice_make(rest->at + i, rest->len - i);
    *value = sum / place;
    return digits > 0;
}

static bool take_unit(dubboc_slice *rest, double *ns)
{
    size_t len = 0;
    while (len < rest->len && !ascii_is_digit(rest->at[len]) && rest->at[len] != '.')
        len++;
    dubboc_slice name = slice_make(rest->at, len);
    *rest = slice_make(rest->at + len, rest->len - len);
    for (size_t i = 0; i < sizeof duration_units / sizeof duration_units[0]; i++) {
        if (!slice_is(name, duration_units[i].name))
            continue;
        *ns = duration_units[i].ns;
        return true;
    }
    return false;
}

int64_t timeout_header_ns(const char *text)
{
    if (text == NULL)
        return 0;
    dubboc_slice rest = slice_trim(slice_of(text));
    uint64_t plain;
    if (slice_u64(rest, INT64_MAX, &plain))
        return (int64_t)plain;
    double total = 0;
    while (rest.len > 0) {
        double value, unit;
        if (!take_decimal(&rest, &value) || !take_unit(&rest, &unit))
            return 0;
        total += value * unit;
    }
    return total >= 1 && total < 9e18 ? (int64_t)(total + 0.5) : 0;
}

static int64_t exchange_read_deadline_ns(const exchange *self)
{
    int64_t timeout_ns = timeout_header_ns(http_server_request_header(self->incoming, "Timeout"));
    if (timeout_ns == 0)
        return DEADLINE_NEVER;
    int64_t received_ns = http_server_request_received_ns(self->incoming);
    return timeout_ns < INT64_MAX - received_ns ? received_ns + timeout_ns : DEADLINE_NEVER;
}

int64_t exchange_deadline_ns(exchange *self)
{
    if (self->deadline_ns == 0)
        self->deadline_ns = exchange_read_deadline_ns(self);
    return self->deadline_ns;
}

int64_t dubboc_request_time_left_ms(const dubboc_request *request)
{
    int64_t deadline_ns = exchange_deadline_ns(request->exchange);
    if (deadline_ns == DEADLINE_NEVER)
        return -1;
    int64_t left_ns = deadline_ns - clock_now_ns();
    return left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
}

/* --- what it is --- */

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

/* --- what went wrong --- */

void note_clear(note *self)
{
    free(self->exception);
    free(self->text);
    *self = (note){0};
}

void note_vset(
    note *self, note_kind kind, int code, const char *exception, const char *format, va_list args)
{
    note_clear(self);
    self->kind = kind;
    self->code = code;
    self->exception = exception != NULL ? mem_dup(exception) : NULL;
    if (vasprintf(&self->text, format, args) < 0)
        self->text = NULL;
}

DUBBOC_PRINTF(5, 6)
static void note_set(
    note *self, note_kind kind, int code, const char *exception, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note_vset(self, kind, code, exception, format, args);
    va_end(args);
}

void note_write_error(const note *self, dubboc_status status, const service_method *method,
    dubboc_slice id, buffer *out)
{
    bool is_noted =
        self->kind == NOTE_FAIL || (self->kind == NOTE_PARAMS && status == DUBBOC_E_PARAMS);
    int code = status == DUBBOC_E_PARAMS ? JSONRPC_INVALID_PARAMS : JSONRPC_INTERNAL_ERROR;
    const char *text = status == DUBBOC_E_PARAMS ? "invalid params" : dubboc_status_text(status);
    if (is_noted && self->text != NULL)
        text = self->text;
    if (is_noted)
        code = self->code;
    if (code == JSONRPC_INTERNAL_ERROR)
        handler_failure_log(method, text);
    if (id.at != NULL)
        jsonrpc_write_error(out, id, code, slice_of(text), is_noted ? self->exception : NULL);
}

/* Params that were not sent, null, [] and {} all say the same: there are none (wire.md P7). So each
 * of them is read as the empty container that the format asks for. Static, because a format may
 * borrow it. */
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

/* Notes why reading failed. The text of err has a path that begins at "$", which is the value that
 * was read; when that is a part of the params, its own path is put before, so that the caller sees
 * where the fault is in what it sent. */
static void params_note_fault(dubboc_request *request, const cJSON *read, const dubboc_error *err)
{
    json_path path = {0};
    char start[JSON_PATH_TEXT_MAX] = "$";
    if (json_path_find(&path, request->params, read))
        json_path_text(&path, start);
    bool has_path = err->text[0] == '$';
    note_set(&request->note, NOTE_PARAMS, JSONRPC_INVALID_PARAMS, NULL,
        has_path ? "params%s%s" : "params%s: %s", start + 1, err->text + has_path);
}

/* What became of reading the value "read", which is the params or a part of them. */
static dubboc_status note_params(
    dubboc_request *request, const cJSON *read, dubboc_status status, const dubboc_error *err)
{
    assert(status != DUBBOC_E_ARGUMENT); /* what was asked for is wrong, not what was sent */
    if (status == DUBBOC_OK) {
        if (request->note.kind == NOTE_PARAMS)
            note_clear(&request->note);
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
    return note_params(request, params, status, &err);
}

dubboc_status dubboc_request_read_target(
    dubboc_request *request, const cJSON *params, const dubboc_json_target *target)
{
    dubboc_error err;
    const cJSON *value = params_or_none(params, target->kind == DUBBOC_JSON_OBJECT_ ? '{' : '[');
    return note_params(request, params, dubboc_json_read_target(value, &err, target), &err);
}

dubboc_status dubboc_request_fail(
    dubboc_request *request, int code, const char *exception, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note_vset(&request->note, NOTE_FAIL, code, exception, format, args);
    va_end(args);
    return DUBBOC_E_REMOTE;
}
