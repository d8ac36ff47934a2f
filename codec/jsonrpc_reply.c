/* Replies, as the consumer reads them. Providers of the Dubbo world differ much in what they answer (wire.md 3 and 12): what can be told for
 * certain is taken, what could be the answer to another call is not. */
#include "codec/jsonrpc.h"

#include "base/error.h"
#include "codec/json_number.h"

typedef struct envelope {
    json_value version;
    json_value id;
    json_value result;
    json_value error;
    const char *twice; /* the name of a member that stands twice; NULL: none does */
} envelope;

static json_value *envelope_member(envelope *found, dubboc_slice key, const char **name)
{
    const struct {
        const char *name;
        json_value *value;
    } members[] = {
        {"jsonrpc", &found->version},
        {"id", &found->id},
        {"result", &found->result},
        {"error", &found->error},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (json_string_is(key, members[i].name)) {
            *name = members[i].name;
            return members[i].value;
        }
    }
    return NULL;
}

static bool read_envelope(json_scan *scan, envelope *found)
{
    dubboc_slice key;
    json_value value;
    *found = (envelope){.twice = NULL};
    if (!json_scan_open(scan, JSON_OBJECT))
        return false;
    while (json_scan_member(scan, &key)) {
        if (!json_scan_value(scan, &value))
            return false;
        const char *name;
        json_value *member = envelope_member(found, key, &name);
        if (member == NULL)
            continue;
        if (member->kind != JSON_NONE)
            found->twice = name;
        *member = value;
    }
    return json_scan_end(scan);
}

static bool is_that_id(json_value id, uint32_t expected)
{
    uint64_t number;
    dubboc_slice digits = id.text;
    if (id.kind == JSON_STRING) /* between the quotes; one that is spelled with escapes is no id of ours */
        digits = slice_make(id.text.at + 1, id.text.len - 2);
    else if (id.kind != JSON_NUMBER)
        return false;
    bool has_leading_zero = digits.len > 1 && digits.at[0] == '0';
    return !has_leading_zero && slice_u64(digits, JSONRPC_ID_MAX, &number) && number == expected;
}

/* A provider that could not tell the id of what it refuses answers null, or as jsonrpc4j does "null", or none. */
static bool is_no_id(json_value id)
{
    if (id.kind == JSON_NONE || id.kind == JSON_NULL)
        return true;
    return id.kind == JSON_STRING && json_string_is(id.text, "null");
}

static void read_code(json_value value, int64_t *code)
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

/* The error object was checked with the body. Of duplicates the first counts. */
static void read_error(jsonrpc_reply *reply)
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
    read_code(code, &reply->code);
}

static dubboc_status wrong_id(json_value id, uint32_t expected, dubboc_error *err)
{
    if (id.kind == JSON_NONE)
        return error_set(err, DUBBOC_E_PROTOCOL, "the reply has no id, expected %u", (unsigned)expected);
    int len = id.text.len > 40 ? 40 : (int)id.text.len;
    return error_set(err, DUBBOC_E_PROTOCOL, "the reply's id is %.*s, expected %u", len, id.text.at, (unsigned)expected);
}

static dubboc_status judge(const envelope *found, uint32_t id, jsonrpc_reply *reply, dubboc_error *err)
{
    if (found->twice != NULL)
        return error_set(err, DUBBOC_E_PROTOCOL, "the reply has two members \"%s\"", found->twice);
    bool is_error = found->error.kind != JSON_NONE && found->error.kind != JSON_NULL;
    if (!is_error && found->result.kind == JSON_NONE && found->id.kind == JSON_NONE)
        return error_set(err, DUBBOC_E_PROTOCOL, "the reply has no error, no result and no id");
    if (!is_that_id(found->id, id) && !(is_error && is_no_id(found->id)))
        return wrong_id(found->id, id, err);
    *reply = (jsonrpc_reply){.is_error = is_error, .result = found->result};
    if (is_error)
        reply->error = found->error;
    read_error(reply);
    return DUBBOC_OK;
}

dubboc_status jsonrpc_read_reply(dubboc_slice body, uint32_t id, jsonrpc_reply *reply, dubboc_error *err)
{
    json_scan scan;
    envelope found;
    json_scan_init(&scan, body);
    if (json_scan_peek(&scan) == JSON_OBJECT) {
        if (read_envelope(&scan, &found))
            return judge(&found, id, reply, err);
    } else {
        json_value other;
        if (json_scan_value(&scan, &other) && json_scan_end(&scan))
            return error_set(err, DUBBOC_E_PROTOCOL, "the reply is JSON, but no object");
    }
    (void)json_scan_error(&scan, err);
    return error_prefix(err, DUBBOC_E_PROTOCOL, "the reply cannot be read");
}
