/* A fault is a small number, so that providers can be compared: exclusion counts more than
 * ejection. */
#include "selector/candidates.h"

static int candidate_fault_if(const provider *self, const pick_request *request, bool is_ejected)
{
    return (pick_request_excludes(request, self) ? 2 : 0) + (is_ejected ? 1 : 0);
}

int candidate_fault(const provider *self, const pick_request *request, int64_t now_ns)
{
    return candidate_fault_if(self, request, health_is_ejected_at(&self->health, now_ns));
}

int candidates_best_fault(const snapshot *of, const pick_request *request, int64_t now_ns)
{
    int best = 4;
    for (size_t i = 0; i < of->count && best > 0; i++) {
        int fault = candidate_fault(of->entries[i].provider, request, now_ns);
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
    int best_fault = candidates_best_fault(of, request, now_ns);
    for (size_t i = 0; i < of->count && goes_on; i++) {
        const provider *each = of->entries[i].provider;
        /* Read only once, so that the end of the ejection that is used for the fault is also the
         * one that is returned. */
        int64_t until_ns = health_ejected_until_ns(&each->health);
        int fault = candidate_fault_if(each, request, now_ns < until_ns);
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
