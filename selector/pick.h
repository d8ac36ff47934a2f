/* The pick: a provider for one attempt of a call. */
#ifndef SELECTOR_PICK_H
#define SELECTOR_PICK_H

#include "selector/handles.h"
#include "selector/pick_request.h"

/* A provider for one attempt, held until pick_release() (selector/pick_release.h). Tens of
 * nanoseconds, no lock, no allocation. false: the list is empty (directory_explain()), or with
 * needs_room: no provider that may be picked has room (selector/candidates.h). Any thread. */
typedef struct pick {
    provider *provider;
    int64_t timeout_ms;       /* the node's own for this method, 0: none */
    int retries;              /* the node's own for this method, -1: none */
    int idempotent;           /* what the node says of this method: 1: it may run twice, 0: it may
                                 not, -1: nothing */
    uint32_t refused_ms;      /* the provider's, when it was picked */
    uint8_t peer;             /* as selector_settings.peer_of said of its node */
    bool timeout_is_override; /* an administrator set it: stronger than what the consumer's
                                 configuration says */
    bool retries_are_override;
} pick;
bool directory_pick(directory *self, const pick_request *request, pick *out);

/* Whether a pick would find a provider, ejected or not, that is not among the excluded. Any
 * thread. */
bool directory_has_other(directory *self, provider *const *excluded, size_t excluded_count);

/* Whether the list has a provider that is not among the excluded and may be expected to take a
 * call: it is not ejected, its last call has not failed, and it has not refused one
 * within the last second. Any thread. */
bool directory_has_willing(directory *self, provider *const *excluded, size_t excluded_count);

/* A pick of the provider behind that endpoint; where several share it, of one that is neither
 * excluded nor ejected if there is one. false: there is none in the list any more. */
bool directory_pick_at(
    directory *self, const http_client_endpoint *endpoint, const pick_request *request, pick *out);

/* How many providers may be picked now, ejected ones included. */
size_t directory_count(directory *self);

#endif
