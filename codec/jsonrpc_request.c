/* Requests, written by the consumer and read by the provider, and the provider's answers.
 *
 * A single request is checked and taken apart in one pass. A batch is checked whole first, since
 * nothing of a body that is not JSON may be executed; then its requests are taken apart one by
 * one. */
#include "codec/jsonrpc.h"

#include "base/error.h"

/* --- consumer side --- */

static void append_literal(buffer *out, const char *text)
{
    buffer_append(out, text, strlen(text));
}

bool jsonrpc_begin_request(buffer *out, dubboc_slice method)
{
    append_literal(out, "{\"jsonrpc\":\"2.0\",\"method\":");
    if (!json_write_string(out, method))
        return false;
    append_literal(out, ",\"params\":");
    return true;
}

void jsonrpc_end_request(buffer *out, uint32_t id)
{
    append_literal(out, ",\"id\":");
    buffer_append_u64(out, id);
    append_literal(out, "}\n");
}

/* --- provider side: reading --- */

/* The members of the envelope as they were found; an absent one has kind JSON_NONE. */
typedef struct envelope {
    json_value version;
    json_value method;
    json_value params;
    json_value id;
    bool has_duplicate;
} envelope;

/* By what the key spells. */
static json_value *envelope_member_escaped(envelope *found, dubboc_slice key)
{
    if (json_string_is(key, "jsonrpc"))
        return &found->version;
    if (json_string_is(key, "method"))
        return &found->method;
    if (json_string_is(key, "params"))
        return &found->params;
    return json_string_is(key, "id") ? &found->id : NULL;
}

/* The keys as everybody writes them; only one with an escape can spell the same otherwise. */
static json_value *envelope_member(envelope *found, dubboc_slice key)
{
    if (key.len == 9 && memcmp(key.at, "\"jsonrpc\"", 9) == 0)
        return &found->version;
    if (key.len == 8 && memcmp(key.at, "\"method\"", 8) == 0)
        return &found->method;
    if (key.len == 8 && memcmp(key.at, "\"params\"", 8) == 0)
        return &found->params;
    if (key.len == 4 && memcmp(key.at, "\"id\"", 4) == 0)
        return &found->id;
    return memchr(key.at, '\\', key.len) != NULL ? envelope_member_escaped(found, key) : NULL;
}

/* false: the scan says why. */
static bool read_envelope(json_scan *scan, envelope *found)
{
    dubboc_slice key;
    json_value value;
    *found = (envelope){.has_duplicate = false};
    if (!json_scan_open(scan, JSON_OBJECT))
        return false;
    while (json_scan_member(scan, &key)) {
        if (!json_scan_value(scan, &value))
            return false;
        json_value *member = envelope_member(found, key);
        if (member == NULL)
            continue;
        found->has_duplicate = found->has_duplicate || member->kind != JSON_NONE;
        *member = value;
    }
    return scan->status == DUBBOC_OK;
}

static bool is_id(json_value value)
{
    return value.kind == JSON_STRING || value.kind == JSON_NUMBER || value.kind == JSON_NULL;
}

static bool is_params(json_value value)
{
    return value.kind == JSON_ARRAY || value.kind == JSON_OBJECT || value.kind == JSON_NULL ||
           value.kind == JSON_NONE;
}

/* What keeps the envelope from being a request; NULL: nothing. */
static const char *envelope_fault(const envelope *found)
{
    if (found->has_duplicate)
        return "Invalid Request: a member stands twice";
    if (found->version.kind != JSON_STRING || !json_string_is(found->version.text, "2.0"))
        return "Invalid Request: jsonrpc is not \"2.0\"";
    if (found->id.kind != JSON_NONE && !is_id(found->id))
        return "Invalid Request: id is no string, number or null";
    if (found->method.kind != JSON_STRING)
        return "Invalid Request: method is no string";
    if (!is_params(found->params))
        return "Invalid Request: params is no array or object";
    return NULL;
}

static jsonrpc_request faulty_request(dubboc_slice id, const char *fault_text)
{
    return (jsonrpc_request){.id = id, .fault = JSONRPC_INVALID_REQUEST, .fault_text = fault_text};
}

/* A duplicate leaves open which id is meant. Without an id a request that is none is answered all
 * the same, with null. */
static dubboc_slice id_to_answer(const envelope *found)
{
    return is_id(found->id) && !found->has_duplicate ? found->id.text : slice_of("null");
}

static jsonrpc_request request_of(const envelope *found)
{
    const char *fault_text = envelope_fault(found);
    if (fault_text != NULL)
        return faulty_request(id_to_answer(found), fault_text);
    jsonrpc_request request = {.id = found->id.text, .method = found->method.text};
    if (found->params.kind != JSON_NULL)
        request.params = found->params;
    return request;
}

/* The request, or what stands in its place, at the scan's position. false: the scan says why. */
static bool read_request(json_scan *scan, jsonrpc_request *request)
{
    envelope found;
    json_value other;
    if (json_scan_peek(scan) == JSON_OBJECT) {
        if (!read_envelope(scan, &found))
            return false;
        *request = request_of(&found);
        return true;
    }
    if (!json_scan_value(scan, &other))
        return false;
    *request = faulty_request(slice_of("null"), "Invalid Request: no object");
    return true;
}

/* Checks a batch to its end and counts its requests. */
static bool count_batch(json_scan *scan, size_t *count)
{
    json_value value;
    if (!json_scan_open(scan, JSON_ARRAY))
        return false;
    for (*count = 0; json_scan_item(scan); ++*count) {
        if (!json_scan_value(scan, &value))
            return false;
    }
    return json_scan_end(scan);
}

/* Text that is too deep or has too many values cannot be read either. */
static dubboc_status unreadable(const json_scan *scan, dubboc_error *err)
{
    json_scan_error(scan, err);
    if (err != NULL)
        err->status = DUBBOC_E_PARSE;
    return DUBBOC_E_PARSE;
}

static dubboc_status read_batch(dubboc_slice body, jsonrpc_message *message, dubboc_error *err)
{
    size_t count;
    if (!count_batch(&message->scan, &count))
        return unreadable(&message->scan, err);
    if (count > JSONRPC_BATCH_MAX)
        return error_set(err, DUBBOC_E_TOO_BIG,
            "Invalid Request: a batch of %zu requests, at most %d are taken", count,
            JSONRPC_BATCH_MAX);
    if (count == 0) {
        message->single = faulty_request(slice_of("null"), "Invalid Request: an empty batch");
        message->batch_left = 1;
        return DUBBOC_OK;
    }
    message->is_batch = true;
    message->batch_left = count;
    json_scan_init(&message->scan, body);
    json_scan_open(&message->scan, JSON_ARRAY);
    return DUBBOC_OK;
}

dubboc_status jsonrpc_read_message(dubboc_slice body, jsonrpc_message *message, dubboc_error *err)
{
    message->is_batch = false;
    message->batch_left = 0;
    json_scan_init(&message->scan, body);
    if (json_scan_peek(&message->scan) == JSON_ARRAY)
        return read_batch(body, message, err);
    if (!read_request(&message->scan, &message->single) || !json_scan_end(&message->scan))
        return unreadable(&message->scan, err);
    message->batch_left = 1;
    return DUBBOC_OK;
}

bool jsonrpc_next(jsonrpc_message *message, jsonrpc_request *request)
{
    if (message->batch_left == 0)
        return false;
    message->batch_left--;
    if (!message->is_batch) {
        *request = message->single;
        return true;
    }
    return json_scan_item(&message->scan) && read_request(&message->scan, request);
}

/* --- provider side: answering --- */

static void append_head(buffer *out, dubboc_slice id)
{
    append_literal(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buffer_append_slice(out, id);
}

void jsonrpc_begin_result(buffer *out, dubboc_slice id)
{
    append_head(out, id);
    append_literal(out, ",\"result\":");
}

void jsonrpc_end_result(buffer *out)
{
    append_literal(out, "}\n");
}

void jsonrpc_write_error(
    buffer *out, dubboc_slice id, int code, dubboc_slice message, const char *exception)
{
    jsonrpc_write_error_data(out, id, code, message, exception, slice_of("{}"));
}

static bool error_data_has(dubboc_slice data, const char *name)
{
    json_scan scan;
    dubboc_slice key;
    json_value value;
    json_scan_init(&scan, data);
    bool is_open = json_scan_open(&scan, JSON_OBJECT);
    while (is_open && json_scan_member(&scan, &key) && json_scan_value(&scan, &value))
        if (json_string_is(key, name))
            return true;
    return false;
}

/* "name":"text" and the comma before it, unless data has a member of that name. */
static void error_data_append(
    buffer *out, dubboc_slice data, const char *name, dubboc_slice text, bool *is_first)
{
    if (error_data_has(data, name))
        return;
    buffer_printf(out, *is_first ? "\"%s\":" : ",\"%s\":", name);
    json_write_string_lossy(out, text);
    *is_first = false;
}

/* What stands between the braces of an object's text. */
static dubboc_slice error_data_members(dubboc_slice data)
{
    data = slice_trim(data);
    return slice_trim(slice_make(data.at + 1, data.len - 2));
}

void jsonrpc_write_error_data(buffer *out, dubboc_slice id, int code, dubboc_slice message,
    const char *exception, dubboc_slice data)
{
    bool is_first = true;
    dubboc_slice members = error_data_members(data);
    append_head(out, id);
    append_literal(out, ",\"error\":{\"code\":");
    buffer_append_i64(out, code);
    append_literal(out, ",\"message\":");
    json_write_string_lossy(out, message);
    append_literal(out, ",\"data\":{");
    error_data_append(out, data, "exceptionTypeName",
        slice_of(exception != NULL ? exception : "java.lang.RuntimeException"), &is_first);
    error_data_append(out, data, "message", message, &is_first);
    if (members.len > 0 && !is_first)
        append_literal(out, ",");
    buffer_append_slice(out, members);
    append_literal(out, "}}}\n");
}
