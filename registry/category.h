/* The categories of nodes that a registry keeps for each interface, and their names in paths and
 * URLs. */
#ifndef REGISTRY_CATEGORY_H
#define REGISTRY_CATEGORY_H

#include "base/slice.h"

typedef enum registry_category {
    REGISTRY_PROVIDERS,
    REGISTRY_CONSUMERS,
    REGISTRY_CONFIGURATORS,
    REGISTRY_ROUTERS
} registry_category;

/* "providers", ... */
const char *registry_category_name(registry_category category);

/* Whether a URL whose category param is named belongs to that category. An empty name means
 * providers; "provider" and "consumer" are accepted because dubbogo writes them (wire.md P13). */
bool registry_category_matches(registry_category category, dubboc_slice named);

#endif
