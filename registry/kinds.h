/* The kinds of registries. To add a kind, write a file that defines a registry_ops
 * (registry_ops.h), add a line here, and let value_read_registry() in base/config_value.c accept
 * its scheme, because base/ may not include this file. docs/architecture.md lists the tests and
 * documents. */
#ifndef REGISTRY_KINDS_H
#define REGISTRY_KINDS_H

#include "registry/registry_ops.h"

/* An address without a scheme is for the first kind. */
#define REGISTRY_KINDS(KIND)                                                                       \
    KIND(registry_zookeeper_ops)                                                                   \
    KIND(registry_file_ops)                                                                        \
    KIND(registry_static_ops)

#define REGISTRY_DECLARE_KIND(ops) extern const registry_ops ops;
REGISTRY_KINDS(REGISTRY_DECLARE_KIND)

#endif
