/* The members of a JSON-RPC object, which requests and replies are read from. */
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

/* Sets of members: the others are skipped, as any unknown one. */
enum {
    JSONRPC_OF_REQUEST =
        1 << JSONRPC_VERSION | 1 << JSONRPC_METHOD | 1 << JSONRPC_PARAMS | 1 << JSONRPC_ID,
    JSONRPC_OF_REPLY =
        1 << JSONRPC_VERSION | 1 << JSONRPC_ID | 1 << JSONRPC_RESULT | 1 << JSONRPC_ERROR
};

typedef struct jsonrpc_envelope {
    json_value members[JSONRPC_MEMBERS]; /* the last of duplicates; absent: kind JSON_NONE */
    const char *twice; /* the name of a member that stands twice; NULL: none does */
} jsonrpc_envelope;

/* Reads the object at the scan's position and checks it whole. wanted: one of the sets. false: the
 * scan says why. */
bool jsonrpc_envelope_read(json_scan *scan, unsigned wanted, jsonrpc_envelope *found);

#endif
