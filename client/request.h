/* The HTTP request of an attempt. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "base/buffer.h"
#include "client/call_state.h"

/* Refuses what could not be sent: names with quotes or control bytes, headers that are ours or
 * would break the framing. */
dubboc_status request_check(
    dubboc_slice method, const dubboc_call_options *options, dubboc_error *err);

/* Writes the whole HTTP request of the call's present attempt. DUBBOC_E_TIMEOUT: there is no time
 * left to send it. DUBBOC_E_ARGUMENT: method is not UTF-8. DUBBOC_E_NO_MEMORY, DUBBOC_E_TOO_BIG. */
dubboc_status request_write(const call *self, buffer *out);

#endif
