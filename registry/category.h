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

/* The name in paths: "providers", "consumers", "configurators" or "routers". */
const char *registry_category_name(registry_category category);

/* Whether a URL whose param category has the value named belongs to the category. An empty value
 * means providers; "provider" and "consumer" are accepted because dubbogo writes them (docs/wire.md
 * P13). */
bool registry_category_matches(registry_category category, dubboc_slice named);

#endif
