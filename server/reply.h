/* Writing JSON-RPC replies, and sending the HTTP answer that carries them. */
#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H

#include "base/buffer.h"
#include "codec/jsonrpc.h"
#include "server/service.h"
#include "transport/http_server.h"

#define REPLY_BYTES_MAX (256u * 1024 * 1024) /* of one reply that is built apart */

/* The id of a reply to a request whose own is not known. */
extern const dubboc_slice reply_null_id;

/* --- into a buffer --- */

/* Appends a whole error reply. */
void reply_write_error(buffer *out, dubboc_slice id, int code, const char *text);

/* Appends a whole reply with the result of that method. false: the result cannot be written; an
 * error reply that says why stands in its place, and the failure is logged. */
bool reply_write_tree(
    buffer *out, const service_method *method, dubboc_slice id, const cJSON *result);

/* The same for a result that is JSON text (empty: null). checks: look whether it is. */
bool reply_write_raw(
    buffer *out, const service_method *method, dubboc_slice id, dubboc_slice result, bool checks);

/* --- to the caller: the request must not be touched afterwards --- */

/* Answers with the JSON that stands in the request's out buffer (nothing: an empty body); when
 * that buffer has failed, with a short error instead. */
void reply_send(http_server_request *incoming, bool is_executed);

/* The same with 503 and "not executed". */
void reply_send_refusal(http_server_request *incoming);

/* Answers with plain words instead of JSON. format has one %.*s, for what (cut when it is long).
 * header NULL: none. */
void reply_send_text(http_server_request *incoming, int status,
    const http_server_answer_header *header, const char *format, dubboc_slice what);

/* There is no memory even for an error: nothing is said but the status. A consumer believes "not
 * executed" of a 503, not of a 500. */
void reply_send_no_memory(http_server_request *incoming, bool is_executed);

#endif
