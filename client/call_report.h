/* What a call tells: its error, and, line by line, the steps it takes
 * (dubboc_call_options.explain). */
#ifndef CLIENT_CALL_REPORT_H
#define CLIENT_CALL_REPORT_H

#include "client/call_state.h"

/* --- steps; they are only put together when somebody listens --- */

static inline bool call_is_explained(const call *self)
{
    return self->options->explain != NULL;
}

void call_explain(const call *self, const char *format, ...) DUBBOC_PRINTF(2, 3);

/* The nodes of the directory, each with the reason why it was left out. */
void call_explain_candidates(call *self);

/* The attempt that begins. */
void call_explain_attempt(const call *self);

double call_milliseconds(const call *self); /* since the begin */

/* --- the outcome --- */

/* Adds what befell the provider that is held to the reasons. */
void call_note_reason(call *self, const char *reason);

/* Adds what befell the call itself. */
void call_note(call *self, const char *text);

/* Adds which providers the call has waited for in vain; after call_room_settle(). */
void call_note_full(call *self);

/* Says in err whose provider it was. */
void call_name_provider(const call *self);

/* Each is the end of the call. */
void call_finish(call *self, dubboc_status status, dubboc_execution execution);
void call_finish_without_answer(call *self, dubboc_status status, dubboc_execution execution);
void call_finish_without_provider(call *self);

#endif
