/* The part of a call that is needed only after a failure, or while the call waits for room. A
 * driver that has the memory at hand sets call.trouble before the first step; otherwise the first
 * function that needs it allocates it. */
#ifndef CLIENT_CALL_TROUBLE_H
#define CLIENT_CALL_TROUBLE_H

#include "client/call_state.h"

/* Prepares memory that the driver gives to the call. */
void call_give_trouble(call *self, call_trouble *given);

/* Makes sure that call.trouble is there. false: no memory. */
bool call_need_trouble(call *self);

/* Frees what call_need_trouble() has allocated. */
void call_free_trouble(call *self);

/* The providers that the call has tried, call.tried_count of them. */
static inline provider *const *call_tried(const call *self)
{
    return self->trouble != NULL ? self->trouble->tried : NULL;
}

#endif
