/* Checks and writes the HTTP request of an attempt. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "base/buffer.h"
#include "client/call_state.h"

#define REQUEST_PARAMS_BYTES_MAX (256u * 1024 * 1024)

/* Checks params that are given as text; {NULL, 0} stands for []. DUBBOC_E_ARGUMENT: they are not
 * JSON, or neither an array nor an object. */
dubboc_status request_check_params(dubboc_slice params, json_value *checked, dubboc_error *err);

/* Writes params as text to out, which must be empty; NULL is written as []. DUBBOC_E_ARGUMENT: they
 * are neither an array nor an object. Other errors as json_write(). */
dubboc_status request_write_params(buffer *out, const cJSON *params, dubboc_error *err);

/* Rejects what cannot be sent: method names with quotes or control characters, headers that the
 * library sets itself, or that would break the framing. DUBBOC_E_ARGUMENT. */
dubboc_status request_check(
    dubboc_slice method, const dubboc_call_options *options, dubboc_error *err);

/* Appends the whole HTTP request of the current attempt to out. DUBBOC_E_TIMEOUT: the deadline has
 * passed. DUBBOC_E_ARGUMENT: the method name is not UTF-8. DUBBOC_E_NO_MEMORY, DUBBOC_E_TOO_BIG. */
dubboc_status request_write(const call *self, buffer *out);

#endif
