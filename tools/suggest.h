/* What the user could do about a call that found no provider. */
#ifndef TOOLS_SUGGEST_H
#define TOOLS_SUGGEST_H

#include "tools/target.h"

/* err: of the call. When it found no provider, says in one line why the registry is away, if the
 * call has not; or that the registry does not know the interface, with the nearest name that it
 * knows; or by which -V and -g a provider would be reached, if the call asks for others. Takes at
 * most a second. */
void suggest_after_call(
    const tool_target *target, const dubboc_client *client, const dubboc_error *err);

#endif
