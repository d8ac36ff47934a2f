/* Which providers of a snapshot may serve a call: the best available ones. A provider is worse if
 * it is ejected, worse still if it is excluded (tried before by the call), and worst if it is
 * silent; of silent providers, one that was known to live more recently is better. */
#ifndef SELECTOR_CANDIDATES_H
#define SELECTOR_CANDIDATES_H

#include "selector/pick_request.h"
#include "selector/snapshot.h"

/* How bad a provider is for a call. 0: it is not bad at all. */
typedef uint64_t candidate_fault;
#define CANDIDATE_FAULT_MAX UINT64_MAX

/* The fault of a provider. Recent refusals and a slow start do not count here: if they did, a call
 * might wait for room although such a provider has room, and no event would end the wait when the
 * provider accepts calls again. */
candidate_fault candidate_fault_of(
    const provider *self, const pick_request *request, int64_t now_ns);

/* The fault of a provider, or a higher one if health_may_serve() says that the provider may not be
 * picked at this moment, for example because of a recent refusal or a slow start. */
candidate_fault candidate_fault_now(provider *self, const pick_request *request, int64_t now_ns);

/* The lowest candidate_fault_of() of all providers in the snapshot. */
candidate_fault candidates_best_fault(
    const snapshot *of, const pick_request *request, int64_t now_ns);

/* Calls visit for the endpoint of each provider with the lowest fault, whether the endpoint has
 * room or not, and only once for an endpoint that several providers share. visit returns false to
 * stop. Inside a readers' section visit may take locks that are only held for list operations, and
 * must not block otherwise; the endpoint is valid after the section only if visit takes a
 * reference.
 *
 * Returns the earliest end of an ejection among the providers that were left out because they are
 * ejected; DEADLINE_NEVER: none was left out for that reason. */
int64_t candidates_each(const snapshot *of, const pick_request *request,
    bool (*visit)(void *arg, http_client_endpoint *endpoint), void *arg);

#endif
