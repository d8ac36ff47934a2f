/* Which settings apply to a call. Strongest first: the call option, an administrator's override,
 * the [reference] section, the provider's node, [client]. */
#ifndef CLIENT_CALL_SETTINGS_H
#define CLIENT_CALL_SETTINGS_H

#include "client/call_state.h"

/* Before the first pick: applies the settings of call options, reference and client. */
void call_resolve_settings(call *self);

/* At the first pick: applies the settings in the node of the picked provider. */
void call_use_node_settings(call *self);

#endif
