/* One call as a state machine: pick a provider, send the request, judge the outcome, and try again
 * only where that is safe.
 *
 * The machine never waits. call_step() does all that can be done now and returns what it needs
 * next; a driver provides that, by blocking (client/sync.c) or not, and calls call_step() again.
 * All kinds of calls therefore make the same decisions. */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/call_state.h"

typedef enum call_want {
    CALL_GOES_ON, /* Internal, never returned to the driver: the next step can be taken at once. */
    /* Call call_step() again when call->waiter has been woken, at the latest at
     * call->wait_until_ns. */
    CALL_WANTS_WAKE,
    /* Open a connection to the provider of call->attempt by call->attempt.until_ns. The attempt
     * already has the right to open the connection (a place in the pool). */
    CALL_WANTS_OPEN,
    /* Wait until the socket of call->attempt.connection is readable, at the latest until
     * call->attempt.until_ns. */
    CALL_WANTS_READ,
    /* Wait until the socket is writable or readable, at the latest until call->attempt.until_ns. */
    CALL_WANTS_WRITE,
    CALL_ENDED /* The call is over: call->status and err tell how. Then call_fini(). */
} call_want;

/* What the driver reports after it has done what the call wanted. */
typedef struct call_event {
    /* DUBBOC_OK: done; a wake-up may be spurious. DUBBOC_E_TIMEOUT: the time was over.
     * DUBBOC_E_CLOSED: the client is stopping. After CALL_WANTS_OPEN also the reason why no
     * connection could be opened. */
    dubboc_status status;
    http_client_connection *opened; /* After a successful CALL_WANTS_OPEN; the call owns it. */
    const char *reason;             /* After a failed CALL_WANTS_OPEN: the error text; borrowed. */
} call_event;

/* Takes over what the caller asked for, and resolves reference, directory, settings and deadline.
 * On failure the call does not begin: err is set, and there is nothing to free. */
dubboc_status call_init(call *self, dubboc_client *client, const char *interface,
    const char *method, const dubboc_call_options *options, dubboc_error *err);

/* Moves the call on, from its first step to its end. The caller must do what the returned value
 * says. event is what the driver reports; at the first step all its fields are zero. */
__attribute__((warn_unused_result)) call_want call_step(call *self, const call_event *event);

/* Returns the text of the result after DUBBOC_OK: "null" if the reply had none and client/judge.c
 * allowed that. Borrowed until call_fini(). */
dubboc_slice call_result_text(const call *self);

/* Releases the connection and the provider, in whatever state the call is. The reply must not be
 * used afterwards, because it is stored in the connection. */
void call_fini(call *self);

#endif
