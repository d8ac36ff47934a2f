/* Suggests what the user could do about a call that found no provider. */
#ifndef TOOLS_SUGGEST_H
#define TOOLS_SUGGEST_H

#include "tools/target.h"

/* err is the error of the call. If the call found no provider, prints one line: why the registry is
 * unreachable, if the call itself did not report this; or that the registry does not know the
 * interface, with the nearest name that it knows; or which -V and -g would reach a provider. Takes
 * at most a second. */
void suggest_after_call(
    const tool_target *target, const dubboc_client *client, const dubboc_error *err);

#endif
