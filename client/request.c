/* The HTTP request has the same headers in the same order as that of dubbogo's client (docs/wire.md
 * 1.1, G1), because every provider that serves dubbogo then also serves dubboc. What depends on the
 * kind of peer is in client/dialect.c. Head and body are in one buffer and are sent with one
 * write. */
#include "client/request.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/http_bytes.h"
#include "base/utf8.h"
#include "codec/json_scan.h"
#include "codec/json_write.h"

#define METHOD_BYTES_MAX 512
#define HEADERS_MAX 64
#define REQUEST_HEADER_BYTES_MAX 8192

/* Headers that the library writes itself, or that would change the framing. */
static const char *const request_own_headers[] = {"host", "user-agent", "content-length",
    "content-type", "content-encoding", "accept", "timeout", "connection", "keep-alive",
    "transfer-encoding", "te", "trailer", "upgrade", "expect", "proxy-connection"};

static bool request_is_field_value(dubboc_slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.at[i] < ' ' && value.at[i] != '\t') || value.at[i] == 0x7F)
            return false;
    return true;
}

static dubboc_status request_check_header(const dubboc_header *header, dubboc_error *err)
{
    dubboc_slice name = slice_of(header->name);
    if (!http_bytes_are(name, HTTP_IN_TOKEN))
        return error_set(err, DUBBOC_E_ARGUMENT, "\"%.64s\" is not the name of a header",
            header->name != NULL ? header->name : "");
    for (size_t i = 0; i < sizeof request_own_headers / sizeof request_own_headers[0]; i++)
        if (slice_is_nocase(name, request_own_headers[i]))
            return error_set(
                err, DUBBOC_E_ARGUMENT, "the header %s cannot be set by the caller", header->name);
    if (header->value == NULL)
        return error_set(err, DUBBOC_E_ARGUMENT, "the header %s has no value", header->name);
    if (!request_is_field_value(slice_of(header->value)))
        return error_set(err, DUBBOC_E_ARGUMENT, "the value of the header %s holds a control byte",
            header->name);
    return DUBBOC_OK;
}

static dubboc_status request_check_headers(const dubboc_call_options *options, dubboc_error *err)
{
    size_t bytes = 0;
    if (options->headers == NULL && options->header_count > 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "headers is NULL, but header_count is %zu",
            options->header_count);
    if (options->header_count > HEADERS_MAX)
        return error_set(err, DUBBOC_E_ARGUMENT, "%zu headers, at most %d are possible",
            options->header_count, HEADERS_MAX);
    for (size_t i = 0; i < options->header_count; i++) {
        dubboc_status status = request_check_header(&options->headers[i], err);
        if (status != DUBBOC_OK)
            return status;
        bytes += slice_of(options->headers[i].name).len + slice_of(options->headers[i].value).len +
                 strlen(": \r\n");
    }
    if (bytes > REQUEST_HEADER_BYTES_MAX)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "the headers have %zu bytes, at most %d are possible", bytes, REQUEST_HEADER_BYTES_MAX);
    return DUBBOC_OK;
}

static dubboc_status request_refuse_params(dubboc_error *err)
{
    return error_set(err, DUBBOC_E_ARGUMENT, "params are neither a JSON array nor an object");
}

dubboc_status request_check_params(dubboc_slice params, json_value *checked, dubboc_error *err)
{
    *checked = (json_value){JSON_ARRAY, slice_of("[]")};
    if (params.at == NULL)
        return DUBBOC_OK;
    dubboc_status status = json_check(params, checked, err);
    if (status != DUBBOC_OK)
        return error_prefix(err, DUBBOC_E_ARGUMENT, "params");
    bool is_fit = checked->kind == JSON_ARRAY || checked->kind == JSON_OBJECT;
    return is_fit ? DUBBOC_OK : request_refuse_params(err);
}

dubboc_status request_write_params(buffer *out, const cJSON *params, dubboc_error *err)
{
    if (params != NULL)
        return cJSON_IsArray(params) || cJSON_IsObject(params) ? json_write(out, params, err)
                                                               : request_refuse_params(err);
    buffer_append_text(out, "[]");
    return out->status == DUBBOC_OK ? DUBBOC_OK : error_no_memory(err);
}

dubboc_status request_check(
    dubboc_slice method, const dubboc_call_options *options, dubboc_error *err)
{
    if (method.len == 0 || method.len > METHOD_BYTES_MAX)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "the method's name has %zu bytes, 1 to %d are possible", method.len, METHOD_BYTES_MAX);
    for (size_t i = 0; i < method.len; i++)
        if ((unsigned char)method.at[i] < ' ' || method.at[i] == '"' || method.at[i] == '\\')
            return error_set(err, DUBBOC_E_ARGUMENT,
                "the method's name holds a quote, backslash or control byte at byte %zu", i);
    if (!utf8_is_valid(method))
        return error_set(err, DUBBOC_E_ARGUMENT, "the method's name is not UTF-8");
    if (options->timeout_ms < DUBBOC_NONE)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "dubboc_call_options.timeout_ms is %lld, expected 1 or more, 0 or DUBBOC_NONE",
            (long long)options->timeout_ms);
    if (options->attempt_timeout_ms < DUBBOC_NONE)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "dubboc_call_options.attempt_timeout_ms is %lld, expected 1 or more, 0 or DUBBOC_NONE",
            (long long)options->attempt_timeout_ms);
    if (options->retries < DUBBOC_NONE)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "dubboc_call_options.retries is %d, expected 1 or more, 0 or DUBBOC_NONE",
            options->retries);
    if (options->idempotent < DUBBOC_NONE || options->idempotent > 1)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "dubboc_call_options.idempotent is %d, expected 1, 0 or DUBBOC_NONE",
            options->idempotent);
    return request_check_headers(options, err);
}

static size_t request_digits(uint32_t number)
{
    size_t digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* The number of bytes that jsonrpc_begin_request(), params and jsonrpc_end_request() will write. No
 * character of the method needs an escape; request_check() makes sure of that. */
static size_t request_body_size(const call *self)
{
    return strlen("{\"jsonrpc\":\"2.0\",\"method\":\"\",\"params\":,\"id\":}\n") +
           self->method.len + self->params.len + request_digits(self->id);
}

static void request_write_head(const call *self, int64_t left_ns, buffer *out)
{
    const provider *to = self->attempt.held.provider;
    buffer_append_text(out, "POST ");
    buffer_append_text(out, to->info->path);
    buffer_append_text(out, " HTTP/1.1\r\nHost: ");
    buffer_append_text(out, to->info->address);
    buffer_append_text(out, "\r\nUser-Agent: dubboc/" DUBBOC_VERSION "\r\nContent-Length: ");
    buffer_append_u64(out, request_body_size(self));
    buffer_append_text(out, "\r\n");
    buffer_append_slice(out, self->attempt.dialect->headers);
    if (self->attempt.until_ns != DEADLINE_NEVER && self->attempt.dialect->sends_timeout) {
        buffer_append_text(out, "Timeout: ");
        buffer_append_i64(out, left_ns);
        buffer_append_text(out, "\r\n");
    }
    for (size_t i = 0; i < self->options->header_count; i++) {
        buffer_append_text(out, self->options->headers[i].name);
        buffer_append_text(out, ": ");
        buffer_append_slice(out, slice_of(self->options->headers[i].value));
        buffer_append_text(out, "\r\n");
    }
    buffer_append_text(out, "\r\n");
}

dubboc_status request_write(const call *self, buffer *out)
{
    int64_t until_ns = self->attempt.until_ns;
    int64_t left_ns = until_ns != DEADLINE_NEVER ? until_ns - clock_now_ns() : 1;
    if (left_ns <= 0)
        return DUBBOC_E_TIMEOUT;
    request_write_head(self, left_ns, out);
    if (!jsonrpc_begin_request(out, self->method))
        return DUBBOC_E_ARGUMENT;
    buffer_append_slice(out, self->params);
    jsonrpc_end_request(out, self->id);
    return out->status;
}
