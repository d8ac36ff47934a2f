/* One call as a step machine: pick a provider, send, judge, and try again only where that is safe.
 *
 * The machine does no waiting. call_step() goes on as far as it can and says what it wants; a
 * driver brings that about, blocking (client/sync.c) or not, and steps again. So every kind of call
 * makes the same decisions. */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/call_state.h"

typedef enum call_want {
    CALL_GOES_ON, /* never returned: the next step needs nothing */
    /* Step again when call->waiter has been woken, at call->wait_until_ns at the latest. */
    CALL_WANTS_WAKE,
    /* Open a connection to call->attempt's provider by call->deadline_ns: it has the place of one.
     */
    CALL_WANTS_OPEN,
    /* Wait for the socket of call->attempt.connection by call->deadline_ns. */
    CALL_WANTS_READ,
    CALL_WANTS_WRITE, /* or read */
    CALL_ENDED        /* call->status; the outcome stands in err; call_fini() */
} call_want;

/* What the driver has brought about. */
typedef struct call_event {
    /* DUBBOC_OK: what was wanted, or perhaps so. DUBBOC_E_TIMEOUT: the deadline passed.
     * DUBBOC_E_CLOSED: the client stops. After CALL_WANTS_OPEN: why there is no connection. */
    dubboc_status status;
    http_client_connection *opened; /* CALL_WANTS_OPEN and DUBBOC_OK: taken over */
    const char *reason;             /* CALL_WANTS_OPEN and not DUBBOC_OK: borrowed */
} call_event;

/* Fills in what was asked for and resolves it (reference, directory, deadline). On failure the call
 * is over before it began: err is set. */
dubboc_status call_init(call *self, dubboc_client *client, const char *interface,
    const char *method, const dubboc_call_options *options, dubboc_error *err);

/* The one way to move a call, from the first step on; what it returns must be done. */
__attribute__((warn_unused_result)) call_want call_step(call *self, const call_event *event);

/* Lets connection and provider go, wherever the call is. The reply is gone with it. */
void call_fini(call *self);

#endif
