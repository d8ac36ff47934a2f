/* What a pick knows about the call; policies read it too. */
#ifndef SELECTOR_PICK_REQUEST_H
#define SELECTOR_PICK_REQUEST_H

#include "selector/provider.h"

typedef struct pick_request {
    /* NULL: the default; otherwise a name that selector_check_policy() accepts */
    const char *policy;
    dubboc_slice method;
    dubboc_slice params; /* JSON, for policies that use it; empty: not given */
    /* Providers that this call has tried before; they are picked only if there is no other. */
    provider *const *excluded;
    size_t excluded_count;
    /* Pick only a provider whose endpoint has room for one more connection. A provider without room
     * is skipped if another one has room and is as good (candidate_fault_of()). It is not skipped
     * for an ejected, excluded or silent one, because waiting is better than using such a provider.
     * If all are ejected (or excluded, or silent), one with room among the best of them is picked.
     * A provider that has refused calls but is not ejected counts as good. */
    bool needs_room;
    /* The owner whose TLS connections the call may be given when it waits for room, besides those
     * without an owner (transport/http_client_connection.h). NULL: none. */
    const struct http_client_owner *owner;
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
