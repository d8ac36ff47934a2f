/* JSON-RPC 2.0 messages, both directions (specification: jsonrpc.org; dialects: wire.md 2, 3, 12).
 * No I/O, no state.
 *
 * Writers append to a buffer and leave checking to the end: buffer_status. Readers give slices of
 * the body they were given. */
#ifndef CODEC_JSONRPC_H
#define CODEC_JSONRPC_H

#include "codec/json_scan.h"

enum {
    JSONRPC_PARSE_ERROR = -32700,
    JSONRPC_INVALID_REQUEST = -32600,
    JSONRPC_METHOD_NOT_FOUND = -32601,
    JSONRPC_INVALID_PARAMS = -32602,
    JSONRPC_INTERNAL_ERROR = -32603,
    JSONRPC_SERVER_ERROR = -32000
};

/* Whether a code refuses the request itself: it is no JSON, no request, for no such method, or its
 * params are wrong. */
static inline bool jsonrpc_refuses_request(int64_t code)
{
    return code == JSONRPC_PARSE_ERROR ||
           (code >= JSONRPC_INVALID_PARAMS && code <= JSONRPC_INVALID_REQUEST);
}

/* --- consumer side --- */

#define JSONRPC_ID_MAX 2147483647 /* wire.md P1: more comes back truncated from Java */

/* {"jsonrpc":"2.0","method":M,"params":P,"id":N} and one LF, byte for byte as dubbogo writes it
 * (wire.md 2, G1). params: checked JSON text of an array or object; {NULL, 0}: []. Two steps so
 * that a tree can be written in place: begin ... (append params) ... end. begin returns false:
 * method is not UTF-8. */
bool jsonrpc_begin_request(buffer *out, dubboc_slice method);
void jsonrpc_end_request(buffer *out, uint32_t id);

typedef struct jsonrpc_reply {
    bool is_error;      /* a non-null error member: it wins over a result (wire.md P5) */
    json_value result;  /* JSON_NONE when absent, which the caller judges (wire.md P42) */
    json_value error;   /* the error as sent: an object, or (a fault of the peer) a string, number,
                           boolean, array */
    int64_t code;       /* error.code, 0 when absent or no integer that fits */
    json_value message; /* error.message, JSON_NONE when absent */
} jsonrpc_reply;

/* Reads one reply to the request with that id. Bytes after the object are an error, white space is
 * not. The id must be that number (also as the string of it); null, absent, or "null" are accepted
 * in an error reply (wire.md P4: one call at a time per connection). DUBBOC_E_PROTOCOL: not JSON,
 * no object, a wrong id, neither error nor result and no id, duplicate members of the envelope; err
 * says which. */
dubboc_status jsonrpc_read_reply(
    dubboc_slice body, uint32_t id, jsonrpc_reply *reply, dubboc_error *err);

/* A batch is '[', requests with ',' between, ']'; every request of it has its place here. */
typedef struct jsonrpc_batch_reply {
    bool is_there; /* false: no answer to it was found, so that it may have been executed */
    jsonrpc_reply reply;
} jsonrpc_batch_reply;

/* Reads the replies to a batch of count requests, in whatever order they stand; ids ascend. A reply
 * counts once it stands there whole, whatever follows: jsonrpc4j leaves out the ] after an unknown
 * method, and leaves a comma behind a notification (wire.md 12.4). DUBBOC_OK: all are answered.
 * DUBBOC_E_PROTOCOL: some may be; err tells the first thing that was wrong (an end too early, an id
 * that was not asked for or stands twice, an error that names no request, requests without an
 * answer). replies is filled in either way. */
dubboc_status jsonrpc_read_replies(dubboc_slice body, const uint32_t *ids, size_t count,
    jsonrpc_batch_reply *replies, dubboc_error *err);

/* --- provider side --- */

/* One request of a message. When fault is not 0 it cannot be executed and is answered with that
 * code and fault_text. */
typedef struct jsonrpc_request {
    /* the id's token byte for byte; "null" when it cannot be told; at NULL: a notification, not to
     * be answered */
    dubboc_slice id;
    dubboc_slice method; /* the string token with its quotes */
    json_value params;   /* JSON_ARRAY, JSON_OBJECT or JSON_NONE (absent and null: wire.md P7) */
    int fault;
    const char *fault_text; /* fixed words */
} jsonrpc_request;

typedef struct jsonrpc_message {
    bool is_batch;
    size_t batch_left; /* ceiling on what is still to come */
    json_scan scan;
    jsonrpc_request single;
} jsonrpc_message;

#define JSONRPC_BATCH_MAX 10000 /* requests in one batch; more is -32600 for the whole */

/* Reads a body: one request or a batch. Checks the whole text first, so that nothing of a body that
 * is not JSON is executed. DUBBOC_OK: read on with jsonrpc_next(). Else DUBBOC_E_PARSE (not JSON,
 * too deep, too many values: answer -32700, id null) or DUBBOC_E_TOO_BIG (a batch over
 * JSONRPC_BATCH_MAX: -32600), with err's text. */
dubboc_status jsonrpc_read_message(dubboc_slice body, jsonrpc_message *message, dubboc_error *err);

/* The next request; false: there are no more. An empty batch gives one request with a fault
 * (specification, section 6), and then is_batch is false, since it is answered by one object. */
bool jsonrpc_next(jsonrpc_message *message, jsonrpc_request *request);

/* {"jsonrpc":"2.0","id":ID,"result":R} and one LF. begin ... (append the result's text) ... end. */
void jsonrpc_begin_result(buffer *out, dubboc_slice id);
void jsonrpc_end_result(buffer *out);

/* {"jsonrpc":"2.0","id":ID,
 *  "error":{"code":C,"message":M,"data":{"exceptionTypeName":E,"message":M}}}
 * and one LF. exception NULL: java.lang.RuntimeException (wire.md 12.2, P39). message that is not
 * UTF-8 is repaired. */
void jsonrpc_write_error(
    buffer *out, dubboc_slice id, int code, dubboc_slice message, const char *exception);

/* The same with further members in "data": those of data, the checked text of a JSON object. A
 * member of data replaces ours of the same name. */
void jsonrpc_write_error_data(buffer *out, dubboc_slice id, int code, dubboc_slice message,
    const char *exception, dubboc_slice data);

#endif
