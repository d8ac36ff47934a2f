/* One call as a step machine: pick a provider, send, judge, and try again only where that is safe
 * (design 5).
 *
 * The machine does no waiting. call_step() goes on as far as it can and says what it wants; a
 * driver brings that about, blocking (client/sync.c) or not, and steps again. So every kind of call
 * makes the same decisions. */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/client.h"
#include "codec/jsonrpc.h"

/* whatever the settings say; also how many providers are remembered as tried */
#define CALL_ATTEMPTS_MAX 64

typedef enum call_want {
    CALL_WANTS_CONNECTION, /* take one (call->fresh) from call->held.provider->endpoint by
                              call->deadline_ns; then call_connected() */
    /* wait for call->connection's socket; on failure of the wait call_interrupt() */
    CALL_WANTS_READ,
    CALL_WANTS_WRITE,
    CALL_WANTS_PAUSE, /* wait until call->pause_until_ns; on failure call_interrupt() */
    CALL_ENDED        /* call->status; the outcome stands in err; call_fini() */
} call_want;

typedef enum call_state {
    CALL_PICKS,
    CALL_CONNECTS,
    CALL_EXCHANGES,
    CALL_PAUSES,
    CALL_IS_OVER
} call_state;

/* Who set the time-out of a call. */
typedef enum timeout_source {
    TIMEOUT_FROM_CLIENT, /* dubboc_client_options or [client] */
    TIMEOUT_FROM_NODE,   /* or what stands behind the '?' of a url */
    TIMEOUT_FROM_REFERENCE,
    TIMEOUT_FROM_OVERRIDE,
    TIMEOUT_FROM_CALL
} timeout_source;

#define TIMEOUT_TEXT_SIZE 512

typedef struct call {
    /* what was asked for; borrowed */
    dubboc_client *client;
    const char *interface;
    dubboc_slice method;
    dubboc_slice params; /* checked JSON text */
    dubboc_call_options own_options;
    const dubboc_call_options *options; /* = &own_options */
    dubboc_error *err;                  /* NULL: not wanted */

    /* resolved */
    reference *reference; /* NULL: the call has a url of its own */
    direct_hold direct;   /* of that url */
    directory *directory;
    const char *load_balance;
    bool is_idempotent;
    bool timeout_is_set; /* by call or reference: then the node's is not looked at */
    bool retries_are_set;
    int64_t begun_ns;
    int64_t deadline_ns;
    int64_t timeout_ms; /* what deadline_ns was made of */
    timeout_source timeout_from;
    int64_t pause_until_ns;
    int retries_left;
    uint32_t id;

    /* where it is */
    call_state state;
    pick held;
    bool is_held;
    const dialect *dialect;             /* of the provider that is held */
    bool fresh;                         /* the next connection must not come from the pool */
    http_client_connection *connection; /* stays until call_fini(), since the reply stands in it */
    unsigned picks;
    unsigned sent; /* attempts of which something left */
    int64_t backoff_ms;
    size_t tried_count;

    /* how it ended */
    dubboc_status status;
    int32_t http_status; /* of the attempt that status is of; 0: no reply */
    dubboc_execution execution;
    pick_outcome health; /* of the provider that is still held */
    jsonrpc_reply reply; /* DUBBOC_OK and DUBBOC_E_REMOTE; borrowed from connection */
    counter_slot *counters;

    /* the long ones, at the end so that a beginning call need not wipe them */
    provider *tried[CALL_ATTEMPTS_MAX];      /* compared, never looked into */
    char reasons[DUBBOC_ERROR_TEXT_MAX / 2]; /* what each failed attempt said */
    char timeout_node[256];                  /* TIMEOUT_FROM_NODE: the provider's address */
} call;

/* Fills in what was asked for and resolves it (reference, directory, deadline). On failure the call
 * is over before it began: err is set. */
dubboc_status call_init(call *self, dubboc_client *client, const char *interface,
    const char *method, const dubboc_call_options *options, dubboc_error *err);

call_want call_step(call *self);

/* The connection that was wanted; status DUBBOC_OK, or why there is none (err as from
 * http_client_endpoint_take()). */
void call_connected(
    call *self, http_client_connection *connection, dubboc_status status, const dubboc_error *err);

/* A wait ended without what it was for: DUBBOC_E_TIMEOUT or DUBBOC_E_CLOSED. */
void call_interrupt(call *self, dubboc_status status);

/* Lets connection and provider go. The reply is gone with it. */
void call_fini(call *self);

/* --- client/timeout.c */

/* "timed out after 800 ms ([reference com.acme.Orders] settle.timeout)", cut at size, which is at
 * least 64. */
void call_describe_timeout(const call *self, char *text, size_t size);

/* --- client/request.c */

/* Refuses what could not be sent: names with quotes or control bytes, headers that are ours or
 * would break the framing. */
dubboc_status request_check(
    dubboc_slice method, const dubboc_call_options *options, dubboc_error *err);

/* Writes the whole HTTP request of an attempt. DUBBOC_E_TIMEOUT: there is no time left to send it.
 * DUBBOC_E_ARGUMENT: method is not UTF-8. DUBBOC_E_NO_MEMORY, DUBBOC_E_TOO_BIG. */
dubboc_status request_write(const call *self, buffer *out);

/* --- client/judge.c */

/* What an attempt came to, and what may follow. */
typedef struct verdict {
    dubboc_status status;
    dubboc_execution execution;
    pick_outcome health;
    bool is_final;       /* whatever the settings say, sending it again is of no use */
    int32_t http_status; /* 0: no reply */
} verdict;

/* Of a complete HTTP reply from a peer of that dialect; fills in *reply. err receives the text,
 * http_status and rpc_code. */
verdict judge_reply(const http_client_reply *http, uint32_t id, const dialect *spoken,
    jsonrpc_reply *reply, dubboc_error *err);

/* Whether a reply has neither a result nor an error. */
static inline bool reply_lacks_result(const jsonrpc_reply *reply)
{
    return !reply->is_error && reply->result.kind == JSON_NONE;
}

/* Of an exchange that failed or was interrupted with that status. */
verdict judge_failure(dubboc_status status, size_t bytes_sent);

#endif
