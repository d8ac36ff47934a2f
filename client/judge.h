/* Judges an attempt: from what was observed (bytes sent, status, reply) to what is known about its
 * execution. */
#ifndef CLIENT_JUDGE_H
#define CLIENT_JUDGE_H

#include "client/dialect.h"
#include "codec/jsonrpc.h"
#include "selector/selector.h"
#include "transport/http_client_reply.h"

/* The verdict about an attempt. */
typedef struct verdict {
    dubboc_status status;
    dubboc_execution execution;
    pick_outcome health;
    bool is_final;       /* repeating the attempt is useless, whatever the settings say */
    int32_t http_status; /* 0: no reply */
} verdict;

/* Judges a complete HTTP reply from a peer of that dialect; fills in *reply. err gets the text,
 * http_status and rpc_code. */
verdict judge_reply(const http_client_reply *http, uint32_t id, const dialect *spoken,
    jsonrpc_reply *reply, dubboc_error *err);

/* Whether a reply has neither a result nor an error. */
static inline bool reply_lacks_result(const jsonrpc_reply *reply)
{
    return !reply->is_error && reply->result.kind == JSON_NONE;
}

/* Judges an exchange that failed or was interrupted with this status. */
verdict judge_failure(dubboc_status status, size_t bytes_sent);

#endif
