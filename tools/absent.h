/* Why an interface has no providers. */
#ifndef TOOLS_ABSENT_H
#define TOOLS_ABSENT_H

#include "registry/registry.h"

/* Prints to standard error why the registry holds no node of the interface: it is offered in Dubbo
 * 3's application-level form only, or it has no provider at the moment, or the registry does not
 * know it. Returns false if the registry does not know it, otherwise true. Waits for the registry
 * until deadline_ns, and for the first of these reasons at most a second. */
bool absent_tell(registry *reg, const char *interface, int64_t deadline_ns);

#endif
