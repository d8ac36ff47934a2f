/* How many providers each interface of a registry has. */
#ifndef TOOLS_COUNTS_H
#define TOOLS_COUNTS_H

#include "registry/registry.h"

typedef struct interface_count {
    bool is_known; /* false: it could not be read in time, or there was no memory */
    size_t callable;
    size_t left_out; /* nodes that a call would not use */
} interface_count;

/* Counts the providers of every name; counts has room for all of them. Several names are read at
 * once, so that a slow connection to the registry does not slow down each of them.
 * DUBBOC_E_REGISTRY, DUBBOC_E_NO_MEMORY: some counts are not known; err describes the first
 * failure. */
dubboc_status counts_read(registry *reg, const registry_list *names, int64_t deadline_ns,
    interface_count *counts, dubboc_error *err);

#endif
