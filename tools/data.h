/* Reads the data of one node of a registry as a blocking call. */
#ifndef TOOLS_DATA_H
#define TOOLS_DATA_H

#include "registry/registry.h"

/* Reads the data of path (relative to the registry's root) into *text, ended by a zero byte; the
 * caller frees it. *text is NULL if there is no such node. DUBBOC_E_REGISTRY: the data could not be
 * read by deadline_ns. DUBBOC_E_UNSUPPORTED: this kind of registry keeps no data.
 * DUBBOC_E_ARGUMENT: path is not a valid path. DUBBOC_E_NO_MEMORY: an allocation failed. */
dubboc_status data_read(
    registry *reg, const char *path, int64_t deadline_ns, char **text, dubboc_error *err);

#endif
