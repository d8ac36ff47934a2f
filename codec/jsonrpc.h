/* JSON-RPC 2.0 messages: writing and reading requests and replies. See the specification at
 * jsonrpc.org, and wire.md 2, 3 and 12 for what Dubbo implementations do. No I/O and no state.
 *
 * Functions that write append to a buffer; the caller checks buffer.status at the end. Functions
 * that read return slices of the body. */
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

/* Whether the code means that the request itself was refused: it is not JSON, not a request, its
 * method does not exist, or its params are wrong. */
static inline bool jsonrpc_refuses_request(int64_t code)
{
    return code == JSONRPC_PARSE_ERROR ||
           (code >= JSONRPC_INVALID_PARAMS && code <= JSONRPC_INVALID_REQUEST);
}

/* --- consumer side --- */

/* the largest id, because Java truncates larger ones in its replies (wire.md P1) */
#define JSONRPC_ID_MAX 2147483647

/* Writes {"jsonrpc":"2.0","method":M,"params":P,"id":N} and one LF, byte for byte like dubbogo
 * (wire.md 2, G1). The caller appends the params between the two calls: a JSON array or object.
 * jsonrpc_begin_request() returns false if method is not UTF-8. */
bool jsonrpc_begin_request(buffer *out, dubboc_slice method);
void jsonrpc_end_request(buffer *out, uint32_t id);

typedef struct jsonrpc_reply {
    /* there is an error member that is not null; it takes precedence over a result (wire.md P5) */
    bool is_error;
    /* JSON_NONE: absent; the caller decides what that means (wire.md P42). */
    json_value result;
    /* The error as it was sent: an object, or, from a peer that violates the specification, a
     * string, number, boolean or array. */
    json_value error;
    /* error.code; 0: absent, or not an integer that fits. */
    int64_t code;
    json_value message; /* error.message; JSON_NONE: absent */
} jsonrpc_reply;

/* Reads one reply. Only white space may follow the object. Its id must be the given number, or a
 * string with that number. An error reply may also have the id null or "null", or no id, because
 * there is one call at a time on a connection (wire.md P4).
 *
 * - DUBBOC_E_PROTOCOL: not JSON, not an object, a wrong id, none of error, result and id, or
 *   duplicate members of the envelope; err says which. */
dubboc_status jsonrpc_read_reply(
    dubboc_slice body, uint32_t id, jsonrpc_reply *reply, dubboc_error *err);

/* The reply to one request of a batch. */
typedef struct jsonrpc_batch_reply {
    bool is_there; /* false: no reply was found; the request may have been executed */
    jsonrpc_reply reply;
} jsonrpc_batch_reply;

/* Reads the replies to a batch of count requests, in any order. ids must be ascending. A complete
 * reply is used, whatever follows it in the body: jsonrpc4j leaves out the ] after an unknown
 * method, and writes a comma after a notification (wire.md 12.4). replies is filled in, whatever is
 * returned.
 *
 * - DUBBOC_OK: all requests have a reply.
 * - DUBBOC_E_PROTOCOL: some may have one; err names the first problem (the text ends too early, an
 *   id is unknown or appears twice, an error has no id, requests without a reply). */
dubboc_status jsonrpc_read_replies(dubboc_slice body, const uint32_t *ids, size_t count,
    jsonrpc_batch_reply *replies, dubboc_error *err);

/* --- provider side --- */

/* One request of a message. If fault is not 0, the request cannot be executed, and must be answered
 * with that code and fault_text. */
typedef struct jsonrpc_request {
    /* The token of the id, byte for byte. "null": the id is not known. at NULL: a notification,
     * which is not answered. */
    dubboc_slice id;
    dubboc_slice method; /* the string token with its quotes */
    json_value params;   /* JSON_ARRAY or JSON_OBJECT; JSON_NONE: absent or null (wire.md P7) */
    int fault;
    const char *fault_text; /* static text */
} jsonrpc_request;

/* A message that is being read with jsonrpc_next(). */
typedef struct jsonrpc_message {
    bool is_batch;
    size_t batch_left; /* at most this many requests follow */
    json_scan scan;
    jsonrpc_request single;
} jsonrpc_message;

/* the most requests in a batch; a larger batch is answered with -32600 */
#define JSONRPC_BATCH_MAX 10000

/* Begins to read a body, which is one request or a batch. Checks the whole body first, because
 * nothing of a body that is not JSON may be executed. Continue with jsonrpc_next().
 *
 * - DUBBOC_E_PARSE: not JSON, too deep, or too many values; answer with -32700, id null, and err's
 *   text.
 * - DUBBOC_E_TOO_BIG: a batch of more than JSONRPC_BATCH_MAX; answer with -32600. */
dubboc_status jsonrpc_read_message(dubboc_slice body, jsonrpc_message *message, dubboc_error *err);

/* Reads the next request. Returns false if there is none. An empty batch is read as one request
 * with a fault. message->is_batch is false then, because the answer must be a single object
 * (specification, section 6). */
bool jsonrpc_next(jsonrpc_message *message, jsonrpc_request *request);

/* Writes {"jsonrpc":"2.0","id":ID,"result":R} and one LF. The caller appends R, the text of the
 * result, between the two calls. */
void jsonrpc_begin_result(buffer *out, dubboc_slice id);
void jsonrpc_end_result(buffer *out);

/* Writes this, and one LF:
 *
 *  {"jsonrpc":"2.0","id":ID,
 *   "error":{"code":C,"message":M,"data":{"exceptionTypeName":E,"message":M}}}
 *
 * exception NULL: java.lang.RuntimeException (wire.md 12.2, P39). Invalid UTF-8 in message is
 * replaced. */
void jsonrpc_write_error(
    buffer *out, dubboc_slice id, int code, dubboc_slice message, const char *exception);

/* Like jsonrpc_write_error(), with the members of data added to "data". data: the checked text of a
 * JSON object. A member named exceptionTypeName or message replaces the one that
 * jsonrpc_write_error() writes. */
void jsonrpc_write_error_data(buffer *out, dubboc_slice id, int code, dubboc_slice message,
    const char *exception, dubboc_slice data);

#endif
