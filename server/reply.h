/* Writing JSON-RPC replies, and sending the HTTP answer that carries them. */
#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H

#include "base/buffer.h"
#include "codec/jsonrpc.h"
#include "server/service.h"
#include "transport/http_server.h"

/* The ceiling of a reply that is built in a separate buffer. */
#define REPLY_BYTES_MAX (256u * 1024 * 1024)

/* The id of a reply to a request whose id is not known: null. */
extern const dubboc_slice reply_null_id;

/* --- writing into a buffer --- */

/* Appends an error reply. */
void reply_write_error(buffer *out, dubboc_slice id, int code, const char *text);

/* Appends a reply with the result of that method. false: the result cannot be written, so the
 * function has appended an error reply that says why, and has logged the failure. */
bool reply_write_tree(
    buffer *out, const service_method *method, dubboc_slice id, const cJSON *result);

/* Like reply_write_tree(), for a result that is JSON text (empty: null). checks: whether to check
 * that result is valid JSON. */
bool reply_write_raw(
    buffer *out, const service_method *method, dubboc_slice id, dubboc_slice result, bool checks);

/* --- answering the HTTP request; it must not be touched afterwards --- */

/* Answers with the JSON in the request's out buffer (empty: an empty body). If that buffer has
 * failed, answers with a short error. */
void reply_send(http_server_request *incoming, bool is_executed);

/* Answers like reply_send(), but with status 503 and Dubboc-Not-Executed: 1. */
void reply_send_refusal(http_server_request *incoming);

/* Answers with plain text instead of JSON. format must have one %.*s, for `what`, which is
 * shortened if it is long. header NULL: none. */
void reply_send_text(http_server_request *incoming, int status,
    const http_server_answer_header *header, const char *format, dubboc_slice what);

/* Answers with a status only, because there is no memory even for an error reply. is_executed: 500;
 * otherwise 503 with Dubboc-Not-Executed: 1, so that the consumer calls another provider. */
void reply_send_no_memory(http_server_request *incoming, bool is_executed);

#endif
