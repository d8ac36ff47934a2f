/* Why an interface has no providers. */
#ifndef TOOLS_ABSENT_H
#define TOOLS_ABSENT_H

#include "registry/registry.h"

/* Says on standard error why the registry holds no node of interface: Dubbo 3 offers it at
 * application level only, or nobody offers it at the moment (true), or the registry does not know
 * it (false). Waits for the registry until deadline_ns, and for the first reason a second at
 * most. */
bool absent_tell(registry *reg, const char *interface, int64_t deadline_ns);

#endif
