/* Reads the members of a JSON-RPC object, for requests and replies. */
#ifndef CODEC_JSONRPC_ENVELOPE_H
#define CODEC_JSONRPC_ENVELOPE_H

#include "codec/json_scan.h"

typedef enum jsonrpc_member {
    JSONRPC_VERSION,
    JSONRPC_METHOD,
    JSONRPC_PARAMS,
    JSONRPC_ID,
    JSONRPC_RESULT,
    JSONRPC_ERROR,
    JSONRPC_MEMBERS
} jsonrpc_member;

/* Sets of members. Members that are not in the set are skipped like unknown ones. */
enum {
    JSONRPC_OF_REQUEST =
        1 << JSONRPC_VERSION | 1 << JSONRPC_METHOD | 1 << JSONRPC_PARAMS | 1 << JSONRPC_ID,
    JSONRPC_OF_REPLY =
        1 << JSONRPC_VERSION | 1 << JSONRPC_ID | 1 << JSONRPC_RESULT | 1 << JSONRPC_ERROR
};

typedef struct jsonrpc_envelope {
    json_value members[JSONRPC_MEMBERS]; /* absent: kind is JSON_NONE; of duplicates the last */
    const char *twice;                   /* the name of a member that appears twice; NULL: none */
} jsonrpc_envelope;

/* Reads and checks the object at the scan's position. wanted: one of the sets. false: scan->status
 * says why. */
bool jsonrpc_envelope_read(json_scan *scan, unsigned wanted, jsonrpc_envelope *found);

#endif
