/* What a pick knows of its call; policies read it too. */
#ifndef SELECTOR_PICK_REQUEST_H
#define SELECTOR_PICK_REQUEST_H

#include "selector/provider.h"

typedef struct pick_request {
    const char *policy; /* NULL: the default; else one that selector_check_policy() accepts */
    dubboc_slice method;
    dubboc_slice params; /* JSON, for policies that look at them; empty: not given */
    /* Tried before in this call: picked again only when there is no other. */
    provider *const *excluded;
    size_t excluded_count;
    /* Only a provider whose endpoint has room for one more connection is picked. A provider without
     * room is passed over for another one that is as good: not ejected and not excluded. It is not
     * passed over for an ejected or an excluded one, because such a provider is no better than
     * waiting; when all providers are ejected (or excluded), those with room among them are picked.
     * A provider that has refused calls, but is not ejected, counts as good. */
    bool needs_room;
} pick_request;

static inline bool provider_is_among(const provider *self, provider *const *some, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (some[i] == self)
            return true;
    return false;
}

static inline bool pick_request_excludes(const pick_request *self, const provider *candidate)
{
    return provider_is_among(candidate, self->excluded, self->excluded_count);
}

#endif
