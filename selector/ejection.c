/* When an ejection would leave less than half of the providers, it does not happen: the provider
 * can still be picked, and its next failure or refusal tries again to eject it. */
#include "selector/ejection.h"

/* Whether the provider counts for the limit. A silent one does not, because calls to it would fail
 * even if few other providers are left. */
static bool ejection_counts(const provider *self, int64_t now_ns)
{
    return health_is_ejected_at(&self->health, now_ns) && !health_is_silent(&self->health);
}

static size_t ejection_count(const snapshot *of, int64_t now_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < of->count; i++)
        count += ejection_counts(of->entries[i].provider, now_ns);
    return count;
}

static bool ejection_is_over_limit(const snapshot *of, int64_t now_ns)
{
    return ejection_count(of, now_ns) + 1 > of->count / 2;
}

int64_t ejection_after_failures(provider *failed, const snapshot *of, int64_t eject_ms)
{
    int64_t now_ns = clock_now_ns();
    if (health_is_ejected_at(&failed->health, now_ns))
        return 0;
    return ejection_is_over_limit(of, now_ns)
               ? EJECTION_OVER_LIMIT
               : health_eject_failed(&failed->health, now_ns, eject_ms);
}

int64_t ejection_after_refusals(provider *refusing, const snapshot *of, int failures_max)
{
    int64_t now_ns = clock_now_ns();
    if (health_is_ejected_at(&refusing->health, now_ns))
        return 0;
    return ejection_is_over_limit(of, now_ns)
               ? EJECTION_OVER_LIMIT
               : health_eject_refused(&refusing->health, now_ns, failures_max);
}

void ejection_limit(const snapshot *of)
{
    int64_t now_ns = clock_now_ns();
    size_t count = ejection_count(of, now_ns);
    for (size_t i = 0; i < of->count && count > of->count / 2; i++)
        if (ejection_counts(of->entries[i].provider, now_ns)) {
            health_end_ejection(&of->entries[i].provider->health);
            count--;
        }
}
