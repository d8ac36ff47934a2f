#include "selector/health.h"

#include "base/log.h"

void health_good(provider *self)
{
    if (atomic_load_explicit(&self->failures, memory_order_relaxed) == 0)
        return;
    atomic_store_explicit(&self->failures, 0, memory_order_relaxed);
    atomic_store_explicit(&self->rests, 0, memory_order_relaxed);
    if (atomic_exchange_explicit(&self->resting_until_ns, 0, memory_order_relaxed) != 0)
        LOG(DUBBOC_LOG_INFO, "selector", "provider answers again", "provider=%s", self->label);
}

bool health_failed(provider *self, int failures_max)
{
    unsigned failures = atomic_fetch_add_explicit(&self->failures, 1, memory_order_relaxed) + 1;
    return failures_max > 0 && failures >= (unsigned)failures_max && health_may_serve(self);
}

static bool is_resting(const snapshot_entry *entry, int64_t now_ns)
{
    return now_ns < atomic_load_explicit(&entry->provider->resting_until_ns, memory_order_relaxed);
}

static size_t count_resting(const snapshot *of, int64_t now_ns)
{
    size_t resting = 0;
    for (size_t i = 0; i < of->count; i++)
        resting += is_resting(&of->entries[i], now_ns);
    return resting;
}

int64_t health_rest(provider *self, const snapshot *of, int64_t rest_ms)
{
    int64_t now_ns = clock_now_ns();
    if (!health_may_serve(self) || count_resting(of, now_ns) + 1 > of->count / 2)
        return 0;
    unsigned rests = atomic_load(&self->rests) + 1;
    if (rests > HEALTH_RESTS_MAX)
        rests = HEALTH_RESTS_MAX;
    atomic_store(&self->rests, rests);
    atomic_store(&self->resting_until_ns, now_ns + rest_ms * rests * NS_PER_MS);
    return rest_ms * rests;
}

void health_wake_half(const snapshot *of)
{
    int64_t now_ns = clock_now_ns();
    size_t resting = count_resting(of, now_ns);
    for (size_t i = 0; i < of->count && resting > of->count / 2; i++)
        if (is_resting(&of->entries[i], now_ns)) {
            atomic_store(&of->entries[i].provider->resting_until_ns, 0);
            resting--;
        }
}
