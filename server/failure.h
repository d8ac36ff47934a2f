/* The failure of a handler: what the handler has recorded, the error answer to the caller, and the
 * line in the provider's log. */
#ifndef SERVER_FAILURE_H
#define SERVER_FAILURE_H

#include <stdarg.h>

#include "server/service.h"

typedef enum failure_kind {
    FAILURE_NONE,
    FAILURE_PARAMS, /* recorded by dubboc_request_params() or dubboc_request_args() */
    FAILURE_OWN     /* recorded by dubboc_request_fail() or its variants with data */
} failure_kind;

/* What a handler has recorded. All 0: nothing. */
typedef struct failure {
    failure_kind kind;
    int code;
    char *exception; /* error.data.exceptionTypeName; NULL: the default one */
    char *text;      /* NULL: there was no memory */
    char *data;      /* the text of a JSON object for error.data; NULL: none */
} failure;

void failure_clear(failure *self);

/* Sets kind, code, exception and the formatted text; replaces what was recorded before. */
void failure_set(failure *self, failure_kind kind, int code, const char *exception,
    const char *format, ...) DUBBOC_PRINTF(5, 6);
void failure_vset(failure *self, failure_kind kind, int code, const char *exception,
    const char *format, va_list args);

/* Sets the members of error.data; replaces those that were set before. Data that is not a JSON
 * object, or for which there is no memory, is left out and logged. method NULL: a fallback handler,
 * whose failures are not reported to anyone. */
void failure_add_data(failure *self, const service_method *method, const cJSON *data);
void failure_add_data_raw(failure *self, const service_method *method, dubboc_slice data);

/* Appends the error answer for a handler that has returned status. Appends nothing for a
 * notification (id.at NULL). An internal error is logged. */
void failure_write(const failure *self, dubboc_status status, const service_method *method,
    dubboc_slice id, buffer *out);

/* Logs that a handler of that method has failed, for a reason other than its params.
 * At most one line a minute for each method. Any thread that holds no lock. */
void failure_log(const service_method *method, const char *reason);

#endif
