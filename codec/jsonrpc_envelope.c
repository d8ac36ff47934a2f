/* Finds the members of a JSON-RPC object. Keys are compared as bytes first; only a key with an
 * escape is decoded. */
#include "codec/jsonrpc_envelope.h"

static const char *const envelope_names[JSONRPC_MEMBERS] = {
    [JSONRPC_VERSION] = "jsonrpc",
    [JSONRPC_METHOD] = "method",
    [JSONRPC_PARAMS] = "params",
    [JSONRPC_ID] = "id",
    [JSONRPC_RESULT] = "result",
    [JSONRPC_ERROR] = "error",
};

/* Finds a member by the decoded key. */
static unsigned envelope_find_escaped(dubboc_slice key)
{
    unsigned i = 0;
    while (i < JSONRPC_MEMBERS && !json_string_is(key, envelope_names[i]))
        i++;
    return i;
}

/* token: the name in quotes. len is a constant in every call, so that the comparison is compiled to
 * a few instructions. */
static inline bool envelope_key_is(dubboc_slice key, const char *token, size_t len)
{
    return key.len == len && memcmp(key.at, token, len) == 0;
}

/* The member that a key (with its quotes) names; JSONRPC_MEMBERS: none. */
static unsigned envelope_find(dubboc_slice key)
{
    if (envelope_key_is(key, "\"jsonrpc\"", 9))
        return JSONRPC_VERSION;
    if (envelope_key_is(key, "\"method\"", 8))
        return JSONRPC_METHOD;
    if (envelope_key_is(key, "\"params\"", 8))
        return JSONRPC_PARAMS;
    if (envelope_key_is(key, "\"id\"", 4))
        return JSONRPC_ID;
    if (envelope_key_is(key, "\"result\"", 8))
        return JSONRPC_RESULT;
    if (envelope_key_is(key, "\"error\"", 7))
        return JSONRPC_ERROR;
    bool has_escape = memchr(key.at, '\\', key.len) != NULL;
    return has_escape ? envelope_find_escaped(key) : JSONRPC_MEMBERS;
}

bool jsonrpc_envelope_read(json_scan *scan, unsigned wanted, jsonrpc_envelope *found)
{
    dubboc_slice key;
    json_value value;
    *found = (jsonrpc_envelope){.twice = NULL};
    if (!json_scan_open(scan, JSON_OBJECT))
        return false;
    while (json_scan_member(scan, &key)) {
        if (!json_scan_value(scan, &value))
            return false;
        unsigned i = envelope_find(key);
        if (i == JSONRPC_MEMBERS || (wanted >> i & 1) == 0)
            continue;
        if (found->members[i].kind != JSON_NONE)
            found->twice = envelope_names[i];
        found->members[i] = value;
    }
    return scan->status == DUBBOC_OK;
}
