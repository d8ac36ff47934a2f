/* Judges an attempt: whether the provider may have executed the call, and what the attempt says of
 * the provider's health. A wrong verdict here would execute a call twice. Whether a call is tried
 * again after the verdict is decided by call_may_try_again() in client/call.c. */
#include "client/judge.h"

#include "base/error.h"

#define EXCERPT_BYTES 120              /* of an unusable reply, shown in the error text */
#define MESSAGE_BYTES_MAX (64u * 1024) /* a longer message is shown as written in the JSON */

/* The first bytes of a body as one printable line. */
static void judge_excerpt(dubboc_slice body, char *out, size_t size)
{
    size_t len = body.len < EXCERPT_BYTES ? body.len : EXCERPT_BYTES;
    if (len >= size)
        len = size - 1;
    for (size_t i = 0; i < len; i++)
        out[i] =
            (unsigned char)body.at[i] < ' ' || (unsigned char)body.at[i] >= 0x7F ? '.' : body.at[i];
    out[len] = '\0';
}

/* A NUL character (\u0000) in the message would end the error text early. */
static void message_replace_nul(buffer *message)
{
    for (size_t i = 0; i < message->len; i++)
        if (message->data[i] == '\0')
            message->data[i] = '?';
}

/* Judges a reply with an error object (docs/wire.md 3.3); its message becomes the error text. */
static verdict judge_error(const jsonrpc_reply *reply, dubboc_error *err)
{
    char shown[EXCERPT_BYTES + 1];
    if (reply->error.kind != JSON_OBJECT) {
        judge_excerpt(reply->error.text, shown, sizeof shown);
        error_set(err, DUBBOC_E_PROTOCOL, "the reply's error member is not an object: %s", shown);
        return (verdict){DUBBOC_E_PROTOCOL, DUBBOC_ANSWERED, PICK_GOOD, true, 0};
    }
    buffer message;
    buffer_init(&message, MESSAGE_BYTES_MAX);
    if (reply->message.kind == JSON_STRING)
        json_string_decode(reply->message.text, &message);
    message_replace_nul(&message);
    if (message.status == DUBBOC_E_TOO_BIG || message.len == 0)
        error_set(err, DUBBOC_E_REMOTE, "%.*s",
            SLICE_ARGS(
                reply->message.kind == JSON_STRING ? reply->message.text : reply->error.text));
    else
        error_set(err, DUBBOC_E_REMOTE, "%.*s", SLICE_ARGS(buffer_slice(&message)));
    buffer_fini(&message);
    if (err != NULL)
        err->rpc_code = reply->code;
    return (verdict){DUBBOC_E_REMOTE, DUBBOC_ANSWERED, PICK_GOOD, true, 0};
}

/* Judges a reply in which the provider says that it did not execute the call. With 503 (busy,
 * stopping, or the deadline passed) and 408 (the request arrived too slowly) another provider may
 * accept the call. With another 4xx status, such as 413, another provider would reject the call
 * too, so the call ends. */
static verdict judge_refusal(const http_client_reply *http, dubboc_error *err)
{
    char shown[EXCERPT_BYTES + 1];
    bool is_of_the_request = http->status / 100 == 4 && http->status != 408;
    dubboc_status status = http->status == 503 ? DUBBOC_E_BUSY : DUBBOC_E_HTTP;
    judge_excerpt(http->body, shown, sizeof shown);
    error_set(err, status, "the provider refused the call before executing it: HTTP status %d: %s",
        http->status, shown);
    pick_outcome health = http->status == 503 ? PICK_REFUSED : PICK_UNKNOWN;
    return (verdict){status, DUBBOC_NOT_EXECUTED, health, is_of_the_request, 0};
}

/* Judges an HTTP status without a JSON-RPC reply. */
static verdict judge_status(const http_client_reply *http, dubboc_error *err)
{
    char shown[EXCERPT_BYTES + 1];
    judge_excerpt(http->body, shown, sizeof shown);
    error_set(err, DUBBOC_E_HTTP, "HTTP status %d: %s", http->status, shown);
    return (verdict){DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED,
        http->status >= 500 ? PICK_FAILED : PICK_UNKNOWN, false, 0};
}

/* Parses the reply. A reply without a result is an error unless the dialect allows it: no measured
 * provider omits the result (docs/wire.md 3.1), so an intermediary has probably cut or made such a
 * reply. */
static dubboc_status judge_read_reply(const http_client_reply *http, uint32_t id,
    const dialect *spoken, jsonrpc_reply *reply, dubboc_error *err)
{
    dubboc_status status = jsonrpc_read_reply(http->body, id, reply, err);
    if (status == DUBBOC_OK && reply_lacks_result(reply) && !spoken->may_lack_result)
        return error_set(err, DUBBOC_E_PROTOCOL, "the reply has neither result nor error");
    return status;
}

verdict judge_reply(const http_client_reply *http, uint32_t id, const dialect *spoken,
    jsonrpc_reply *reply, dubboc_error *err)
{
    verdict result;
    if (http->not_executed) {
        result = judge_refusal(http, err);
    } else if (judge_read_reply(http, id, spoken, reply, err) == DUBBOC_OK &&
               (reply->is_error || http->status / 100 == 2)) {
        /* dubbo-go sends errors with status 500 and the reply in the body (docs/wire.md P5). */
        result = reply->is_error ? judge_error(reply, err)
                                 : (verdict){DUBBOC_OK, DUBBOC_ANSWERED, PICK_GOOD, true, 0};
    } else if (http->status / 100 != 2) {
        result = judge_status(http, err);
    } else {
        char shown[EXCERPT_BYTES + 1];
        judge_excerpt(http->body, shown, sizeof shown);
        error_append(err, " (the reply begins: %s)", shown);
        result = (verdict){DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, PICK_FAILED, false, 0};
    }
    result.http_status = http->status;
    if (err != NULL)
        err->http_status = http->status;
    return result;
}

verdict judge_failure(dubboc_status status, size_t bytes_sent)
{
    bool is_ours = status == DUBBOC_E_CLOSED || status == DUBBOC_E_CANCELLED ||
                   status == DUBBOC_E_NO_MEMORY || status == DUBBOC_E_ARGUMENT;
    return (verdict){
        .status = status,
        .execution = bytes_sent > 0 ? DUBBOC_MAYBE_EXECUTED : DUBBOC_NOT_EXECUTED,
        .health = is_ours || status == DUBBOC_E_TOO_BIG || status == DUBBOC_E_BUSY ? PICK_UNKNOWN
                                                                                   : PICK_FAILED,
        /* A repeated attempt would get a reply that is too big again; after a time-out no time is
         * left. */
        .is_final = is_ours || status == DUBBOC_E_TOO_BIG || status == DUBBOC_E_TIMEOUT,
    };
}
