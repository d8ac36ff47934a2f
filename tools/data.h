/* Reading one node's data of a registry, as a blocking call. */
#ifndef TOOLS_DATA_H
#define TOOLS_DATA_H

#include "registry/registry.h"

/* The data of path (below the registry's root), zero-ended, the caller's to free; NULL: there is no
 * such node. DUBBOC_E_REGISTRY: it could not be read until deadline_ns. DUBBOC_E_UNSUPPORTED: this
 * kind of registry keeps no data. DUBBOC_E_ARGUMENT: no node can have that path.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status data_read(
    registry *reg, const char *path, int64_t deadline_ns, char **text, dubboc_error *err);

#endif
