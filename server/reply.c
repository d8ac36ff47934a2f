/* Writes JSON-RPC replies and sends HTTP answers.
 *
 * A reply is appended to a buffer that may already hold other replies (a batch). A function that
 * can fail half-way remembers where its reply began and removes what it has written, so that an
 * error reply takes its place and the replies before it stay as they are.
 *
 * JSON-RPC errors are sent with HTTP status 200 (wire.md P10), because most consumers ignore the
 * body of any other status. */
#include "server/reply.h"

#include "base/error.h"
#include "base/utf8.h"
#include "codec/json_scan.h"
#include "codec/json_write.h"
#include "server/failure.h"

/* the longest name that an answer repeats */
#define NAMED_BYTES_MAX 256u

const dubboc_slice reply_null_id = {"null", 4};

static const char json_type[] = "application/json";
static const http_server_answer_header not_executed = {"Dubboc-Not-Executed", "1"};
static const char cannot_be_written[] = "the result cannot be written: no memory, or it is too big";

/* --- writing into a buffer --- */

void reply_write_error(buffer *out, dubboc_slice id, int code, const char *text)
{
    jsonrpc_write_error(out, id, code, slice_of(text), NULL);
}

/* Removes what was written since mark, and clears a failure of the buffer. */
static void reply_roll_back(buffer *out, size_t mark)
{
    out->len = mark;
    out->status = DUBBOC_OK;
}

/* Replaces a reply that began at mark by an error reply. */
static void reply_replace_by_error(
    buffer *out, size_t mark, const service_method *method, dubboc_slice id, const char *text)
{
    reply_roll_back(out, mark);
    reply_write_error(out, id, JSONRPC_INTERNAL_ERROR, text);
    failure_log(method, text);
}

bool reply_write_tree(
    buffer *out, const service_method *method, dubboc_slice id, const cJSON *result)
{
    size_t mark = out->len;
    /* The buffer has failed before this reply, so this reply cannot repair it. */
    if (out->status != DUBBOC_OK)
        return false;
    jsonrpc_begin_result(out, id);
    dubboc_status status = DUBBOC_OK;
    if (result == NULL)
        buffer_append(out, "null", 4);
    else
        status = json_write(out, result, NULL);
    jsonrpc_end_result(out);
    if (status == DUBBOC_OK && out->status == DUBBOC_OK)
        return true;
    dubboc_error err;
    reply_roll_back(out, mark);
    /* Write it once more, this time with err, to learn what is wrong. */
    if (result != NULL && json_write(out, result, &err) != DUBBOC_OK)
        error_prefix(&err, err.status, "the result cannot be written");
    else
        error_set(&err, DUBBOC_E_TOO_BIG, "%s", cannot_be_written);
    reply_replace_by_error(out, mark, method, id, err.text);
    return false;
}

bool reply_write_raw(
    buffer *out, const service_method *method, dubboc_slice id, dubboc_slice result, bool checks)
{
    size_t mark = out->len;
    dubboc_error err;
    json_value value;
    if (out->status != DUBBOC_OK)
        return false;
    if (result.len > 0 && checks && json_check(result, &value, &err) != DUBBOC_OK) {
        error_prefix(&err, err.status, "the handler's result");
        reply_replace_by_error(out, mark, method, id, err.text);
        return false;
    }
    jsonrpc_begin_result(out, id);
    buffer_append_slice(out, result.len > 0 ? result : slice_make("null", 4));
    jsonrpc_end_result(out);
    if (out->status == DUBBOC_OK)
        return true;
    reply_replace_by_error(out, mark, method, id, cannot_be_written);
    return false;
}

/* --- answering the HTTP request --- */

void reply_send_no_memory(http_server_request *incoming, bool is_executed)
{
    buffer_clear(http_server_request_out(incoming));
    http_server_request_answer(
        incoming, is_executed ? 500 : 503, NULL, &not_executed, is_executed ? 0 : 1, true);
}

void reply_send(http_server_request *incoming, bool is_executed)
{
    buffer *out = http_server_request_out(incoming);
    if (out->status != DUBBOC_OK) {
        buffer_clear(out);
        reply_write_error(out, reply_null_id, JSONRPC_INTERNAL_ERROR,
            "the answer is too big, or there is no memory for it");
    }
    if (out->status != DUBBOC_OK) {
        reply_send_no_memory(incoming, is_executed);
        return;
    }
    http_server_request_answer(incoming, 200, out->len > 0 ? json_type : NULL, NULL, 0, false);
}

void reply_send_refusal(http_server_request *incoming)
{
    const buffer *out = http_server_request_out(incoming);
    const char *type = out->len > 0 ? json_type : NULL;
    if (out->status == DUBBOC_OK)
        http_server_request_answer(incoming, 503, type, &not_executed, 1, false);
    else
        reply_send_no_memory(incoming, false);
}

void reply_send_text(http_server_request *incoming, int status,
    const http_server_answer_header *header, const char *format, dubboc_slice what)
{
    buffer *out = http_server_request_out(incoming);
    what = utf8_cut(what, NAMED_BYTES_MAX);
    buffer_printf(out, format, SLICE_ARGS(what));
    if (out->status != DUBBOC_OK)
        buffer_clear(out);
    http_server_request_answer(
        incoming, status, "text/plain; charset=utf-8", header, header != NULL ? 1 : 0, false);
}
