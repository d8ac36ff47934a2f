/* Which providers of a snapshot may serve a call that needs room for one more connection: the best
 * available ones. A provider is worse if it is ejected, and worse still if it is excluded (tried
 * before by the call). */
#ifndef SELECTOR_CANDIDATES_H
#define SELECTOR_CANDIDATES_H

#include "selector/pick_request.h"
#include "selector/snapshot.h"

/* The fault of a provider when room is looked for: 0 none, 1 ejected, 2 excluded, 3 both. Refusals
 * do not count here, because a call that waits although a provider has room might wait in vain:
 * the call does not learn when that provider would accept it. */
int candidate_fault(const provider *self, const pick_request *request, int64_t now_ns);

/* The lowest fault of all providers in the snapshot. */
int candidates_best_fault(const snapshot *of, const pick_request *request, int64_t now_ns);

/* Calls visit for the endpoint of each provider with the lowest fault, whether the endpoint has
 * room or not, and only once for an endpoint that several providers share. visit returns false to
 * stop. Inside a readers' section visit may take locks that are only held for list operations, and
 * must not block otherwise; the endpoint is valid after the section only if visit takes a
 * reference.
 *
 * Returns when the first ejection ends among the providers that were left out because they are
 * ejected; DEADLINE_NEVER: there is none. */
int64_t candidates_each(const snapshot *of, const pick_request *request,
    bool (*visit)(void *arg, http_client_endpoint *endpoint), void *arg);

#endif
