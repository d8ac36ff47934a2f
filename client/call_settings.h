/* Which settings hold for a call. In order: call option, an administrator's override, [reference],
 * the provider's node, [client]. */
#ifndef CLIENT_CALL_SETTINGS_H
#define CLIENT_CALL_SETTINGS_H

#include "client/call_state.h"

/* Before the first pick: what options, reference and client say. */
void call_resolve_settings(call *self);

/* At the first pick: what the node of the provider that is held says. */
void call_use_node_settings(call *self);

#endif
