#include "codec/jsonrpc_envelope.h"

static const struct {
    const char *name;
    size_t len;
} envelope_names[JSONRPC_MEMBERS] = {
    [JSONRPC_VERSION] = {"jsonrpc", 7},
    [JSONRPC_METHOD] = {"method", 6},
    [JSONRPC_PARAMS] = {"params", 6},
    [JSONRPC_ID] = {"id", 2},
    [JSONRPC_RESULT] = {"result", 6},
    [JSONRPC_ERROR] = {"error", 5},
};

/* The member that a key (with its quotes) names; JSONRPC_MEMBERS: none. Only a key with an escape
 * can spell a name in another way. */
static unsigned envelope_find(dubboc_slice key)
{
    unsigned i = 0;
    while (i < JSONRPC_MEMBERS && (key.len != envelope_names[i].len + 2 ||
                                      memcmp(key.at + 1, envelope_names[i].name, key.len - 2) != 0))
        i++;
    if (i < JSONRPC_MEMBERS || memchr(key.at, '\\', key.len) == NULL)
        return i;
    i = 0;
    while (i < JSONRPC_MEMBERS && !json_string_is(key, envelope_names[i].name))
        i++;
    return i;
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
            found->twice = envelope_names[i].name;
        found->members[i] = value;
    }
    return scan->status == DUBBOC_OK;
}
