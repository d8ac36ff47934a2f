/* A fault is one number, so that providers can be compared: silence counts more than exclusion, and
 * exclusion more than ejection. Of two silent providers, the one that was known to live more
 * recently has the lower fault. */
#include "selector/candidates.h"

#define FAULT_NOT_NOW (UINT64_C(1) << 32)
#define FAULT_EJECTED (UINT64_C(1) << 33)
#define FAULT_EXCLUDED (UINT64_C(1) << 34)
#define FAULT_SILENT (UINT64_C(1) << 35)

static candidate_fault candidate_fault_if(
    const provider *self, const pick_request *request, bool is_ejected, int64_t now_ns)
{
    candidate_fault fault = is_ejected ? FAULT_EJECTED : 0;
    if (pick_request_excludes(request, self))
        fault |= FAULT_EXCLUDED;
    if (health_is_silent(&self->health))
        fault |= FAULT_SILENT | health_silent_s(&self->health, now_ns);
    return fault;
}

candidate_fault candidate_fault_of(
    const provider *self, const pick_request *request, int64_t now_ns)
{
    return candidate_fault_if(self, request, health_is_ejected_at(&self->health, now_ns), now_ns);
}

candidate_fault candidate_fault_now(provider *self, const pick_request *request, int64_t now_ns)
{
    candidate_fault fault = candidate_fault_of(self, request, now_ns);
    return health_may_serve(&self->health) ? fault : fault | FAULT_NOT_NOW;
}

candidate_fault candidates_best_fault(
    const snapshot *of, const pick_request *request, int64_t now_ns)
{
    candidate_fault best = CANDIDATE_FAULT_MAX;
    for (size_t i = 0; i < of->count && best > 0; i++) {
        candidate_fault fault = candidate_fault_of(of->entries[i].provider, request, now_ns);
        best = fault < best ? fault : best;
    }
    return best;
}

int64_t candidates_each(const snapshot *of, const pick_request *request,
    bool (*visit)(void *arg, http_client_endpoint *endpoint), void *arg)
{
    bool goes_on = true;
    const http_client_endpoint *former = NULL;
    int64_t now_ns = clock_now_ns(), first_end_ns = DEADLINE_NEVER;
    candidate_fault best_fault = candidates_best_fault(of, request, now_ns);
    for (size_t i = 0; i < of->count && goes_on; i++) {
        const provider *each = of->entries[i].provider;
        /* The end of the ejection is read only once, so that the value that is used for the fault
         * is also the value that is returned. */
        int64_t until_ns = health_ejected_until_ns(&each->health);
        candidate_fault fault = candidate_fault_if(each, request, now_ns < until_ns, now_ns);
        if (fault > best_fault && now_ns < until_ns)
            first_end_ns = deadline_min(first_end_ns, until_ns);
        /* Providers that share an endpoint are adjacent, because an identity begins with the
         * address. */
        if (fault > best_fault || each->endpoint == former)
            continue;
        goes_on = visit(arg, each->endpoint);
        former = each->endpoint;
    }
    return first_end_ns;
}
