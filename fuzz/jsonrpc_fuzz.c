/* Reads JSON-RPC bodies as a provider's request and as a consumer's reply. Each part that the
 * reader returns must lie inside the body and be JSON. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool fact)
{
    if (!fact)
        abort();
}

static void demand_json(dubboc_slice text)
{
    json_value value;
    demand(json_check(text, &value, NULL) == DUBBOC_OK && value.text.len == text.len);
}

static void check_request(const jsonrpc_request *request)
{
    if (request->id.at != NULL)
        demand_json(request->id);
    if (request->fault != 0) {
        demand(request->id.at != NULL && request->fault_text != NULL);
        return;
    }
    demand_json(request->method);
    (void)json_string_is(request->method, "echo");
    if (request->params.kind != JSON_NONE)
        demand_json(request->params.text);
}

static void check_answers(const jsonrpc_request *request)
{
    buffer out;
    buffer_init(&out, 1 << 20);
    dubboc_slice id = request->id.at != NULL ? request->id : slice_of("null");
    json_string_decode(request->fault == 0 ? request->method : slice_of("\"\""), &out);
    dubboc_slice message = buffer_slice(&out);
    buffer answer;
    buffer_init(&answer, 1 << 24);
    jsonrpc_write_error(&answer, id, request->fault, message, NULL);
    demand(answer.status == DUBBOC_OK);
    demand_json(slice_trim(slice_make(answer.data, answer.len - 1)));
    buffer_fini(&answer);
    buffer_fini(&out);
}

static void check_message(dubboc_slice body)
{
    jsonrpc_message message;
    jsonrpc_request request;
    dubboc_error err;
    json_value whole;
    if (jsonrpc_read_message(body, &message, &err) != DUBBOC_OK)
        return;
    demand(json_check(body, &whole, NULL) == DUBBOC_OK);
    size_t count = 0;
    for (; jsonrpc_next(&message, &request); count++) {
        check_request(&request);
        if (count < 3)
            check_answers(&request);
    }
    demand(count >= 1 && (message.is_batch || count == 1));
}

static void demand_reply(const jsonrpc_reply *reply)
{
    if (reply->is_error)
        demand_json(reply->error.text);
    if (reply->result.kind != JSON_NONE)
        demand_json(reply->result.text);
    if (reply->message.kind != JSON_NONE)
        demand_json(reply->message.text);
}

static void check_reply(dubboc_slice body)
{
    jsonrpc_reply reply;
    dubboc_error err;
    if (jsonrpc_read_reply(body, 7, &reply, &err) == DUBBOC_OK)
        demand_reply(&reply);
}

static void check_replies(dubboc_slice body)
{
    static const uint32_t ids[] = {1, 2, 7};
    jsonrpc_batch_reply replies[3];
    json_value whole;
    dubboc_error err;
    dubboc_status status = jsonrpc_read_replies(body, ids, 3, replies, &err);
    demand(status == DUBBOC_E_PROTOCOL ||
           (status == DUBBOC_OK && json_check(body, &whole, NULL) == DUBBOC_OK));
    for (size_t i = 0; i < 3; i++) {
        demand(status != DUBBOC_OK || replies[i].is_there);
        if (replies[i].is_there)
            demand_reply(&replies[i].reply);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dubboc_slice body = slice_make((const char *)data, size);
    check_message(body);
    check_reply(body);
    check_replies(body);
    return 0;
}
