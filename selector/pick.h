/* The pick: chooses a provider for one attempt of a call. */
#ifndef SELECTOR_PICK_H
#define SELECTOR_PICK_H

#include "selector/handles.h"
#include "selector/pick_request.h"

/* A provider for one attempt, held until pick_release() (selector/pick_release.h). */
typedef struct pick {
    provider *provider;
    int64_t timeout_ms; /* the node's value for this method; 0: not set */
    int retries;        /* the node's value for this method; -1: not set */
    /* The node's value for this method: 1: may run twice, 0: may not, -1: not set. */
    int idempotent;
    uint32_t refused_ms; /* health.refused_ms of the provider when it was picked */
    uint8_t peer;        /* from selector_settings.peer_of */
    bool is_trial;       /* the call is the trial of the provider (selector/health.h) */
    /* An administrator set the value, so it is stronger than the consumer's configuration. */
    bool timeout_is_override;
    bool retries_are_override;
} pick;
/* Picks a provider. Takes tens of nanoseconds, no lock, no allocation. false: the list is empty
 * (directory_explain()), or, with needs_room, none of the best available providers has room
 * (selector/candidates.h). Any thread. */
bool directory_pick(directory *self, const pick_request *request, pick *out);

/* Whether the list has a provider that is not excluded. Ejected providers count too; silent ones
 * only if all providers are silent. Any thread. */
bool directory_has_other(directory *self, provider *const *excluded, size_t excluded_count);

/* Whether the list has a provider that is not excluded and is likely to accept a call
 * (health_is_willing()). Any thread. */
bool directory_has_willing(directory *self, provider *const *excluded, size_t excluded_count);

/* Picks the provider that uses that endpoint. If several share it, one that is neither excluded nor
 * ejected is preferred. false: no provider in the list uses it any more. */
bool directory_pick_at(
    directory *self, const http_client_endpoint *endpoint, const pick_request *request, pick *out);

/* The number of providers in the list, including ejected ones. */
size_t directory_count(directory *self);

#endif
