/* The kinds of registries. A new kind is one file that defines a registry_ops (registry_ops.h) and
 * one line here. */
#ifndef REGISTRY_KINDS_H
#define REGISTRY_KINDS_H

#include "registry/registry_ops.h"

/* An address without a scheme belongs to the first. */
#define REGISTRY_KINDS(KIND)                                                                       \
    KIND(registry_zookeeper_ops)                                                                   \
    KIND(registry_file_ops)                                                                        \
    KIND(registry_static_ops)

#define REGISTRY_DECLARE_KIND(ops) extern const registry_ops ops;
REGISTRY_KINDS(REGISTRY_DECLARE_KIND)

#endif
