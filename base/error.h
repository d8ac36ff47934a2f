/* Filling in a dubboc_error. Every function accepts err NULL and returns the status it was given, so that
 * `return error_set(err, DUBBOC_E_..., "...")` is the usual form. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>

#include <dubboc/error.h>

/* Resets everything: DUBBOC_OK, no text. */
void error_clear(dubboc_error *err);

/* Sets status and text, resets the rest. */
dubboc_status error_set(dubboc_error *err, dubboc_status status, const char *format, ...) DUBBOC_PRINTF(3, 4);
dubboc_status error_vset(dubboc_error *err, dubboc_status status, const char *format, va_list args);

/* DUBBOC_E_NO_MEMORY with a text. */
dubboc_status error_no_memory(dubboc_error *err);

/* Puts text and ": " before the present text ("file.ini:7"), keeps the rest. */
dubboc_status error_prefix(dubboc_error *err, dubboc_status status, const char *format, ...) DUBBOC_PRINTF(3, 4);

/* Adds to the end of the present text, keeps the rest. */
void error_append(dubboc_error *err, const char *format, ...) DUBBOC_PRINTF(2, 3);

#endif
