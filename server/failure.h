/* What a handler says about its failure, and what becomes of it: the caller's error answer and a
 * line in the provider's log. */
#ifndef SERVER_FAILURE_H
#define SERVER_FAILURE_H

#include <stdarg.h>

#include "server/service.h"

typedef enum failure_kind {
    FAILURE_NONE,
    FAILURE_PARAMS, /* noted by dubboc_request_params() and its like */
    FAILURE_OWN     /* noted by dubboc_request_fail() and its like */
} failure_kind;

/* What a handler has noted. All 0: nothing yet. */
typedef struct failure {
    failure_kind kind;
    int code;
    char *exception; /* NULL: the default one */
    char *text;      /* NULL: there was no memory for it */
    char *data;      /* the text of a JSON object, for error.data; NULL: none */
} failure;

void failure_clear(failure *self);

/* Sets kind, code, exception and the formatted text, in place of what was noted before. */
void failure_set(failure *self, failure_kind kind, int code, const char *exception,
    const char *format, ...) DUBBOC_PRINTF(5, 6);
void failure_vset(failure *self, failure_kind kind, int code, const char *exception,
    const char *format, va_list args);

/* Adds members for error.data, in place of those that were added before. Data that is no JSON
 * object, or for which there is no memory, is left out and logged. method NULL: that of a fallback
 * handler, whose failures nobody is told. */
void failure_add_data(failure *self, const service_method *method, const cJSON *data);
void failure_add_data_raw(failure *self, const service_method *method, dubboc_slice data);

/* Appends the error answer that follows from how a handler of that method failed; for a
 * notification (id at NULL) nothing. An internal error is logged. */
void failure_write(const failure *self, dubboc_status status, const service_method *method,
    dubboc_slice id, buffer *out);

/* Logs that a handler of that method has failed for a reason of its own, and not because of what
 * its caller sent: at most once a minute for each method. Any thread, without a lock held. */
void failure_log(const service_method *method, const char *reason);

#endif
