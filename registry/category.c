/* The names of the categories, as Dubbo spells them. */
#include "registry/category.h"

#include <assert.h>

const char *registry_category_name(registry_category category)
{
    static const char *const names[] = {"providers", "consumers", "configurators", "routers"};
    assert((size_t)category < sizeof names / sizeof names[0]);
    return names[category];
}

bool registry_category_matches(registry_category category, dubboc_slice named)
{
    if (named.len == 0)
        return category == REGISTRY_PROVIDERS;
    return slice_is(named, registry_category_name(category)) ||
           (category == REGISTRY_PROVIDERS && slice_is(named, "provider")) ||
           (category == REGISTRY_CONSUMERS && slice_is(named, "consumer"));
}
