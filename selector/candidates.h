/* Which providers of a snapshot a call may use that needs room: the least unwelcome ones. */
#ifndef SELECTOR_CANDIDATES_H
#define SELECTOR_CANDIDATES_H

#include "selector/pick_request.h"
#include "selector/snapshot.h"

/* How unwelcome a provider is when room is looked for: not at all (0), ejected, excluded, or both.
 * What it has refused does not count here, because a call that waits although a provider has room
 * may wait in vain: nothing tells it when the provider would take it. */
int candidate_fault(const provider *self, const pick_request *request, int64_t now_ns);

/* Of the least unwelcome ones. */
int candidates_best_fault(const snapshot *of, const pick_request *request, int64_t now_ns);

/* Calls visit for the endpoint of each of the least unwelcome providers, whether it has room or
 * not; once for an endpoint that several providers share. visit returns false to end. In a readers'
 * section visit may take locks that are held for list work only, and must not block otherwise; the
 * endpoint is valid after the section only if visit takes a reference. Returns when the first
 * ejection ends of those providers that were left out while they are ejected; DEADLINE_NEVER: there
 * was none. */
int64_t candidates_each(const snapshot *of, const pick_request *request,
    bool (*visit)(void *arg, http_client_endpoint *endpoint), void *arg);

#endif
