/* The overrides that an administrator has laid over the providers of one interface. */
#ifndef TOOLS_RULES_H
#define TOOLS_RULES_H

#include "registry/registry.h"
#include "selector/configurator.h"

/* Reads those that stand in the registry beside the providers, of any group and version, as they
 * apply to a consumer on this machine; rules of the config centre are not read.
 * DUBBOC_E_REGISTRY, DUBBOC_E_NO_MEMORY. */
dubboc_status rules_read(registry *reg, const char *interface, int64_t deadline_ns, configurators **rules, dubboc_error *err);

#endif
