/* Filling in a dubboc_error. Every function accepts err NULL and returns the status that it was
 * given, so that `return error_set(err, DUBBOC_E_..., "...")` is the usual form.
 *
 * All functions except error_begin_call() write only status and text. The other fields describe a
 * call (execution, provider, attempts, rpc_code, http_status) and belong to the client's call path:
 * a program that uses one dubboc_error for a call and for reading its result must still be able to
 * see whether the call was executed. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

#include <dubboc/error.h>

/* Sets DUBBOC_OK and an empty text. */
void error_clear(dubboc_error *err);

/* Resets all fields at the beginning of a call: no text, no provider, no attempts, not executed. */
void error_begin_call(dubboc_error *err);

/* Copies status and text. */
void error_copy(dubboc_error *err, const dubboc_error *from);

/* Sets status and text. */
dubboc_status error_set(dubboc_error *err, dubboc_status status, const char *format, ...)
    DUBBOC_PRINTF(3, 4);
dubboc_status error_vset(dubboc_error *err, dubboc_status status, const char *format, va_list args);

/* Sets DUBBOC_E_NO_MEMORY and its text. */
dubboc_status error_no_memory(dubboc_error *err);

/* Puts the formatted text ("file.ini:7") and ": " in front of the present text; sets the status. */
dubboc_status error_prefix(dubboc_error *err, dubboc_status status, const char *format, ...)
    DUBBOC_PRINTF(3, 4);

/* Appends the formatted text to the present text. */
void error_append(dubboc_error *err, const char *format, ...) DUBBOC_PRINTF(2, 3);

#endif
