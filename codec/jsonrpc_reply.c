/* Reads replies, for the consumer. Dubbo providers differ much in their replies (wire.md 3 and 12).
 * A reply that deviates from the specification is accepted if it certainly belongs to the call, and
 * refused if it could belong to another call. */
#include "codec/jsonrpc.h"

#include <dubboc/json.h>

#include "base/error.h"
#include "base/utf8.h"
#include "codec/json_number.h"
#include "codec/jsonrpc_envelope.h"

/* How many bytes of a reply an error text repeats. */
#define ID_SHOWN_MAX 40
#define ERROR_SHOWN_MAX 200

/* Reads an id. false: this client cannot have sent such an id. */
static bool reply_read_id(json_value id, uint32_t *number)
{
    uint64_t value;
    dubboc_slice digits = id.text;
    if (id.kind ==
        /* The text between the quotes. We never send an id that would need escapes. */
        JSON_STRING)
        digits = slice_make(id.text.at + 1, id.text.len - 2);
    else if (id.kind != JSON_NUMBER)
        return false;
    bool has_leading_zero = digits.len > 1 && digits.at[0] == '0';
    if (has_leading_zero || !slice_u64(digits, JSONRPC_ID_MAX, &value))
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool reply_has_id(json_value id, uint32_t expected)
{
    uint32_t number;
    return reply_read_id(id, &number) && number == expected;
}

/* Whether the reply has no id, the id null, or (from jsonrpc4j) the id "null". A provider replies
 * in this way if it refuses a request whose id it could not read. */
static bool reply_has_no_id(json_value id)
{
    if (id.kind == JSON_NONE || id.kind == JSON_NULL)
        return true;
    return id.kind == JSON_STRING && json_string_is(id.text, "null");
}

static void reply_read_code(json_value value, int64_t *code)
{
    cJSON node = {.type = cJSON_Raw};
    char text[JSON_NUMBER_PRINT_MAX + 1];
    if (value.kind != JSON_NUMBER || value.text.len >= sizeof text)
        return;
    memcpy(text, value.text.at, value.text.len);
    text[value.text.len] = '\0';
    node.valuestring = text;
    int64_t found;
    if (dubboc_json_i64(&node, &found) == DUBBOC_OK)
        *code = found;
}

/* Reads code and message of the error object. Its JSON was already checked when the whole body was
 * read. Of duplicate members the first counts. */
static void reply_read_error(jsonrpc_reply *reply)
{
    if (reply->error.kind != JSON_OBJECT)
        return;
    json_scan scan;
    dubboc_slice key;
    json_value value, code = {.kind = JSON_NONE};
    json_scan_init(&scan, reply->error.text);
    json_scan_open(&scan, JSON_OBJECT);
    while (json_scan_member(&scan, &key) && json_scan_value(&scan, &value)) {
        if (code.kind == JSON_NONE && json_string_is(key, "code"))
            code = value;
        else if (reply->message.kind == JSON_NONE && json_string_is(key, "message"))
            reply->message = value;
    }
    reply_read_code(code, &reply->code);
}

static dubboc_status reply_wrong_id(json_value id, uint32_t expected, dubboc_error *err)
{
    if (id.kind == JSON_NONE)
        return error_set(
            err, DUBBOC_E_PROTOCOL, "the reply has no id, expected %u", (unsigned)expected);
    dubboc_slice shown = utf8_cut(id.text, ID_SHOWN_MAX);
    return error_set(err, DUBBOC_E_PROTOCOL, "the reply's id is %.*s, expected %u",
        SLICE_ARGS(shown), (unsigned)expected);
}

static dubboc_status reply_judge(
    const jsonrpc_envelope *found, uint32_t id, jsonrpc_reply *reply, dubboc_error *err)
{
    if (found->twice != NULL)
        return error_set(err, DUBBOC_E_PROTOCOL, "the reply has two members \"%s\"", found->twice);
    bool is_error = found->members[JSONRPC_ERROR].kind != JSON_NONE &&
                    found->members[JSONRPC_ERROR].kind != JSON_NULL;
    if (!is_error && found->members[JSONRPC_RESULT].kind == JSON_NONE &&
        found->members[JSONRPC_ID].kind == JSON_NONE)
        return error_set(err, DUBBOC_E_PROTOCOL, "the reply has no error, no result and no id");
    if (!reply_has_id(found->members[JSONRPC_ID], id) &&
        !(is_error && reply_has_no_id(found->members[JSONRPC_ID])))
        return reply_wrong_id(found->members[JSONRPC_ID], id, err);
    *reply = (jsonrpc_reply){.is_error = is_error, .result = found->members[JSONRPC_RESULT]};
    if (is_error)
        reply->error = found->members[JSONRPC_ERROR];
    reply_read_error(reply);
    return DUBBOC_OK;
}

dubboc_status jsonrpc_read_reply(
    dubboc_slice body, uint32_t id, jsonrpc_reply *reply, dubboc_error *err)
{
    json_scan scan;
    jsonrpc_envelope found;
    json_scan_init(&scan, body);
    if (json_scan_peek(&scan) == JSON_OBJECT) {
        if (jsonrpc_envelope_read(&scan, JSONRPC_OF_REPLY, &found) && json_scan_end(&scan))
            return reply_judge(&found, id, reply, err);
    } else {
        json_value other;
        if (json_scan_value(&scan, &other) && json_scan_end(&scan))
            return error_set(err, DUBBOC_E_PROTOCOL, "the reply is JSON, but not an object");
    }
    (void)json_scan_error(&scan, err);
    return error_prefix(err, DUBBOC_E_PROTOCOL, "the reply cannot be read");
}

/* --- replies to a batch --- */

static size_t batch_place(uint32_t id, const uint32_t *ids, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t at = low + (high - low) / 2;
        if (ids[at] == id)
            return at;
        if (ids[at] < id)
            low = at + 1;
        else
            high = at;
    }
    return count;
}

static dubboc_status batch_take_reply(const jsonrpc_envelope *found, const uint32_t *ids,
    size_t count, jsonrpc_batch_reply *replies, dubboc_error *err)
{
    uint32_t id;
    size_t at =
        reply_read_id(found->members[JSONRPC_ID], &id) ? batch_place(id, ids, count) : count;
    dubboc_slice error = utf8_cut(found->members[JSONRPC_ERROR].text, ERROR_SHOWN_MAX);
    if (at == count && reply_has_no_id(found->members[JSONRPC_ID]) && error.len > 0)
        return error_set(
            err, DUBBOC_E_PROTOCOL, "an error that names no request: %.*s", SLICE_ARGS(error));
    if (at == count)
        return error_set(err, DUBBOC_E_PROTOCOL, "a reply whose id belongs to no request");
    if (replies[at].is_there)
        return error_set(err, DUBBOC_E_PROTOCOL, "two replies have the id %u", (unsigned)id);
    dubboc_status status = reply_judge(found, id, &replies[at].reply, err);
    replies[at].is_there = status == DUBBOC_OK;
    return status;
}

/* Reads the next reply of a batch. false: the text is invalid there. */
static bool batch_read_element(json_scan *scan, const uint32_t *ids, size_t count,
    jsonrpc_batch_reply *replies, dubboc_status *fault, dubboc_error *err)
{
    jsonrpc_envelope found;
    json_value other;
    /* only the first problem is reported */
    dubboc_error *wanted = *fault == DUBBOC_OK ? err : NULL;
    dubboc_status status;
    if (json_scan_peek(scan) == JSON_OBJECT) {
        if (!jsonrpc_envelope_read(scan, JSONRPC_OF_REPLY, &found))
            return false;
        status = batch_take_reply(&found, ids, count, replies, wanted);
    } else {
        if (!json_scan_value(scan, &other))
            return false;
        status = error_set(wanted, DUBBOC_E_PROTOCOL, "a reply that is not an object");
    }
    if (*fault == DUBBOC_OK)
        *fault = status;
    return true;
}

dubboc_status jsonrpc_read_replies(dubboc_slice body, const uint32_t *ids, size_t count,
    jsonrpc_batch_reply *replies, dubboc_error *err)
{
    json_scan scan;
    size_t missing = 0;
    dubboc_status fault = DUBBOC_OK;
    for (size_t i = 0; i < count; i++)
        replies[i].is_there = false;
    json_scan_init(&scan, body);
    if (json_scan_peek(&scan) == JSON_ARRAY) {
        json_scan_open(&scan, JSON_ARRAY);
        while (json_scan_item(&scan) && batch_read_element(&scan, ids, count, replies, &fault, err))
            ;
        /* One object refuses the whole batch, or answers a batch of one. */
    } else {
        batch_read_element(&scan, ids, count, replies, &fault, err);
    }
    bool is_whole = json_scan_end(&scan);
    if (fault == DUBBOC_OK && !is_whole) {
        (void)json_scan_error(&scan, err);
        fault = error_prefix(err, DUBBOC_E_PROTOCOL, "the reply cannot be read to its end");
    }
    for (size_t i = 0; i < count; i++)
        missing += replies[i].is_there ? 0 : 1;
    if (fault == DUBBOC_OK && missing > 0)
        fault = error_set(
            err, DUBBOC_E_PROTOCOL, "%zu of %zu requests are not answered", missing, count);
    return fault;
}
