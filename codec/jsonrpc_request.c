/* Writes requests, for the consumer; reads requests and writes replies, for the provider.
 *
 * A single request is checked and read in one pass. A batch is checked completely first, because
 * nothing of a body that is not JSON may be executed; then its requests are read one by one. */
#include "codec/jsonrpc.h"

#include "base/error.h"
#include "codec/json_write.h"
#include "codec/jsonrpc_envelope.h"

/* --- consumer: writing requests --- */

bool jsonrpc_begin_request(buffer *out, dubboc_slice method)
{
    buffer_append_text(out, "{\"jsonrpc\":\"2.0\",\"method\":");
    if (!json_write_string(out, method))
        return false;
    buffer_append_text(out, ",\"params\":");
    return true;
}

void jsonrpc_end_request(buffer *out, uint32_t id)
{
    buffer_append_text(out, ",\"id\":");
    buffer_append_u64(out, id);
    buffer_append_text(out, "}\n");
}

/* --- provider: reading requests --- */

static bool request_is_id(json_value value)
{
    return value.kind == JSON_STRING || value.kind == JSON_NUMBER || value.kind == JSON_NULL;
}

static bool request_is_params(json_value value)
{
    return value.kind == JSON_ARRAY || value.kind == JSON_OBJECT || value.kind == JSON_NULL ||
           value.kind == JSON_NONE;
}

/* Returns why the object is not a valid request. NULL: it is valid. */
static const char *request_fault(const jsonrpc_envelope *found)
{
    if (found->twice != NULL)
        return "Invalid Request: a member appears twice";
    if (found->members[JSONRPC_VERSION].kind != JSON_STRING ||
        !json_string_is(found->members[JSONRPC_VERSION].text, "2.0"))
        return "Invalid Request: jsonrpc is not \"2.0\"";
    if (found->members[JSONRPC_ID].kind != JSON_NONE && !request_is_id(found->members[JSONRPC_ID]))
        return "Invalid Request: id is not a string, a number or null";
    if (found->members[JSONRPC_METHOD].kind != JSON_STRING)
        return "Invalid Request: method is not a string";
    if (!request_is_params(found->members[JSONRPC_PARAMS]))
        return "Invalid Request: params is not an array or object";
    return NULL;
}

static jsonrpc_request request_faulty(dubboc_slice id, const char *fault_text)
{
    return (jsonrpc_request){.id = id, .fault = JSONRPC_INVALID_REQUEST, .fault_text = fault_text};
}

/* The id for the reply to an invalid request, which is always answered. The id is null if the
 * request has none, or if a member appears twice, because it is then not known which id is
 * meant. */
static dubboc_slice request_id_to_answer(const jsonrpc_envelope *found)
{
    return request_is_id(found->members[JSONRPC_ID]) && found->twice == NULL
               ? found->members[JSONRPC_ID].text
               : slice_of("null");
}

static jsonrpc_request request_take(const jsonrpc_envelope *found)
{
    const char *fault_text = request_fault(found);
    if (fault_text != NULL)
        return request_faulty(request_id_to_answer(found), fault_text);
    jsonrpc_request request = {
        .id = found->members[JSONRPC_ID].text, .method = found->members[JSONRPC_METHOD].text};
    if (found->members[JSONRPC_PARAMS].kind != JSON_NULL)
        request.params = found->members[JSONRPC_PARAMS];
    return request;
}

/* Reads the element at the scan's position, which may be an invalid request. false: scan->status
 * says why. */
static bool request_read(json_scan *scan, jsonrpc_request *request)
{
    jsonrpc_envelope found;
    json_value other;
    if (json_scan_peek(scan) == JSON_OBJECT) {
        if (!jsonrpc_envelope_read(scan, JSONRPC_OF_REQUEST, &found))
            return false;
        *request = request_take(&found);
        return true;
    }
    if (!json_scan_value(scan, &other))
        return false;
    *request = request_faulty(slice_of("null"), "Invalid Request: not an object");
    return true;
}

/* Checks a batch completely and counts its elements. */
static bool batch_count(json_scan *scan, size_t *count)
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

/* Reports an invalid text. A text that is too deep or has too many values is a parse error too. */
static dubboc_status message_unreadable(const json_scan *scan, dubboc_error *err)
{
    json_scan_error(scan, err);
    if (err != NULL)
        err->status = DUBBOC_E_PARSE;
    return DUBBOC_E_PARSE;
}

static dubboc_status batch_read(dubboc_slice body, jsonrpc_message *message, dubboc_error *err)
{
    size_t count;
    if (!batch_count(&message->scan, &count))
        return message_unreadable(&message->scan, err);
    if (count > JSONRPC_BATCH_MAX)
        return error_set(err, DUBBOC_E_TOO_BIG,
            "Invalid Request: a batch of %zu requests, at most %d are taken", count,
            JSONRPC_BATCH_MAX);
    if (count == 0) {
        message->single = request_faulty(slice_of("null"), "Invalid Request: an empty batch");
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
        return batch_read(body, message, err);
    if (!request_read(&message->scan, &message->single) || !json_scan_end(&message->scan))
        return message_unreadable(&message->scan, err);
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
    return json_scan_item(&message->scan) && request_read(&message->scan, request);
}

/* --- provider: writing replies --- */

static void answer_append_head(buffer *out, dubboc_slice id)
{
    buffer_append_text(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buffer_append_slice(out, id);
}

void jsonrpc_begin_result(buffer *out, dubboc_slice id)
{
    answer_append_head(out, id);
    buffer_append_text(out, ",\"result\":");
}

void jsonrpc_end_result(buffer *out)
{
    buffer_append_text(out, "}\n");
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

/* Appends "name":"text", with a comma in front if necessary, unless data has a member of that
 * name. */
static void error_data_append(
    buffer *out, dubboc_slice data, const char *name, dubboc_slice text, bool *is_first)
{
    if (error_data_has(data, name))
        return;
    buffer_printf(out, *is_first ? "\"%s\":" : ",\"%s\":", name);
    json_write_string_lossy(out, text);
    *is_first = false;
}

/* The text between the braces of an object. */
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
    answer_append_head(out, id);
    buffer_append_text(out, ",\"error\":{\"code\":");
    buffer_append_i64(out, code);
    buffer_append_text(out, ",\"message\":");
    json_write_string_lossy(out, message);
    buffer_append_text(out, ",\"data\":{");
    error_data_append(out, data, "exceptionTypeName",
        slice_of(exception != NULL ? exception : "java.lang.RuntimeException"), &is_first);
    error_data_append(out, data, "message", message, &is_first);
    if (members.len > 0 && !is_first)
        buffer_append_text(out, ",");
    buffer_append_slice(out, members);
    buffer_append_text(out, "}}}\n");
}
