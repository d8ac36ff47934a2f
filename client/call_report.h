/* What a call reports: the text of its error, and for dubboc_call_options.explain one line for each
 * step that it takes. */
#ifndef CLIENT_CALL_REPORT_H
#define CLIENT_CALL_REPORT_H

#include "client/call_state.h"

/* --- steps: a line is only formatted when the caller asked for explanations --- */

static inline bool call_is_explained(const call *self)
{
    return self->options->explain != NULL;
}

void call_explain(const call *self, const char *format, ...) DUBBOC_PRINTF(2, 3);

/* One line for each node of the directory; it gives the reason if the node is not used. */
void call_explain_candidates(call *self);

/* One line about the attempt that begins now. */
void call_explain_attempt(const call *self);

double call_milliseconds(const call *self); /* since the call began */

/* --- the outcome --- */

/* Adds to the error text why the current attempt failed, with the provider's name. */
void call_note_reason(call *self, const char *reason);

/* Adds a reason that concerns the call and no particular provider. */
void call_note(call *self, const char *text);

/* Adds the providers whose connections were all in use until the deadline. Call it after
 * call_room_settle(), because it reads the queues that the call is in. */
void call_note_full(call *self);

/* Writes the name of the current attempt's provider to err. */
void call_name_provider(const call *self);

/* Each of these ends the call: it sets the final state, status and execution, and fills in err. */
void call_finish(call *self, dubboc_status status, dubboc_execution execution);
void call_finish_without_answer(call *self, dubboc_status status, dubboc_execution execution);
void call_finish_without_provider(call *self);

#endif
