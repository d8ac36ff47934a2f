#include "selector/health.h"

#include "base/log.h"
#include "base/random.h"

/* A value of resting_until_ns that is over, but not 0: it is to be looked at closely. */
#define NOT_RESTING INT64_C(1)

#define REFUSALS_MAX 200                                 /* in a row; more need not be told apart */
#define REFUSED_RESTS_MAX 5                              /* 1, 2, 4, 8, 16 and then always 30 s */
#define REFUSALS_HALVING 5                               /* it is picked one time in 32 at least, */
#define REFUSALS_FORGOTTEN_MS HEALTH_REFUSED_REST_MAX_MS /* and always again after this */
#define JUST_REFUSED_MS 1000

/* --- looking --- */

static bool health_rests_at(const provider *self, int64_t now_ns)
{
    return now_ns < atomic_load_explicit(&self->resting_until_ns, memory_order_relaxed);
}

bool health_is_resting(const provider *self)
{
    return health_rests_at(self, clock_now_ns());
}

/* Never 0. The lower 32 bits go round in 49 days; a refusal of then that is taken for one of now
 * costs a provider less than a second of calls. */
static uint32_t health_ms(int64_t now_ns)
{
    return (uint32_t)(now_ns / NS_PER_MS) | 1;
}

static bool health_has_refused_within(const provider *self, int64_t now_ns, uint32_t ms)
{
    uint32_t refused_ms = atomic_load_explicit(&self->refused_ms, memory_order_relaxed);
    return refused_ms != 0 && health_ms(now_ns) - refused_ms < ms;
}

/* A dead one need not rest: there may be too many at rest already. Its failures tell. */
bool health_is_willing(const provider *self, int64_t now_ns)
{
    return !health_rests_at(self, now_ns) &&
           atomic_load_explicit(&self->failures, memory_order_relaxed) == 0 &&
           !health_has_refused_within(self, now_ns, JUST_REFUSED_MS);
}

bool health_may_serve_again(provider *self)
{
    int64_t now_ns = clock_now_ns();
    if (health_rests_at(self, now_ns))
        return false;
    unsigned refusals = atomic_load_explicit(&self->refusals, memory_order_relaxed);
    if (refusals == 0 || !health_has_refused_within(self, now_ns, REFUSALS_FORGOTTEN_MS))
        return true;
    unsigned halvings = refusals < REFUSALS_HALVING ? refusals : REFUSALS_HALVING;
    return random_next() >> (64 - halvings) == 0;
}

/* --- what calls came to --- */

static uint8_t health_refusals_to_rest(int failures_max)
{
    return failures_max > 0 && failures_max < REFUSALS_MAX ? (uint8_t)failures_max : REFUSALS_MAX;
}

static bool health_has_nothing_to_forget(const provider *self)
{
    return atomic_load_explicit(&self->failures, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&self->refusals, memory_order_relaxed) == 0;
}

void health_good(provider *self, uint32_t refused_ms, int failures_max)
{
    if (health_has_nothing_to_forget(self))
        return;
    uint8_t enough = health_refusals_to_rest(failures_max);
    uint8_t refusals = atomic_load_explicit(&self->refusals, memory_order_relaxed);
    bool has_refused_since =
        atomic_load_explicit(&self->refused_ms, memory_order_relaxed) != refused_ms;
    atomic_store_explicit(&self->failures, 0, memory_order_relaxed);
    if (has_refused_since && refusals >= enough &&
        atomic_load_explicit(&self->rests, memory_order_relaxed) == 0)
        return;
    uint8_t left = refusals > enough + 1 ? (uint8_t)(refusals - 1) : 0; /* rests not made up for */
    int64_t then = left > 0 ? NOT_RESTING : 0;
    atomic_store_explicit(&self->rests, 0, memory_order_relaxed);
    atomic_store_explicit(&self->refusals, left, memory_order_relaxed);
    if (atomic_exchange_explicit(&self->resting_until_ns, then, memory_order_relaxed) > NOT_RESTING)
        LOG(DUBBOC_LOG_INFO, "selector", "provider answers again", "provider=%s", self->label);
}

bool health_failed(provider *self, int failures_max)
{
    uint16_t failures = atomic_load_explicit(&self->failures, memory_order_relaxed);
    while (
        failures < UINT16_MAX && !atomic_compare_exchange_weak_explicit(&self->failures, &failures,
                                     failures + 1, memory_order_relaxed, memory_order_relaxed))
        ;
    return failures_max > 0 && failures + 1 >= failures_max && !health_is_resting(self);
}

bool health_refused(provider *self, int failures_max)
{
    int64_t now_ns = clock_now_ns(), never = 0;
    atomic_store_explicit(&self->refused_ms, health_ms(now_ns), memory_order_relaxed);
    atomic_compare_exchange_strong(&self->resting_until_ns, &never, NOT_RESTING);
    if (health_rests_at(self, now_ns))
        return false; /* a call that was under way when it was laid to rest, or had no other to go
                         to */
    uint8_t enough = health_refusals_to_rest(failures_max);
    uint8_t refusals = atomic_load_explicit(&self->refusals, memory_order_relaxed);
    while (refusals < enough &&
           !atomic_compare_exchange_weak_explicit(&self->refusals, &refusals,
               (uint8_t)(refusals + 1), memory_order_relaxed, memory_order_relaxed))
        ;
    return failures_max > 0 && refusals + 1 >= enough;
}

void health_renewed(provider *self)
{
    atomic_store(&self->refused_ms, 0);
    if (atomic_exchange(&self->refusals, 0) > 0 && atomic_load(&self->rests) == 0)
        atomic_store(&self->resting_until_ns, atomic_load(&self->failures) > 0 ? NOT_RESTING : 0);
}

/* --- resting --- */

static size_t count_resting(const snapshot *of, int64_t now_ns)
{
    size_t resting = 0;
    for (size_t i = 0; i < of->count; i++)
        resting += health_rests_at(of->entries[i].provider, now_ns);
    return resting;
}

static bool health_can_rest(const provider *self, const snapshot *of, int64_t now_ns)
{
    return !health_rests_at(self, now_ns) && count_resting(of, now_ns) + 1 <= of->count / 2;
}

int64_t health_rest(provider *self, const snapshot *of, int64_t rest_ms)
{
    int64_t now_ns = clock_now_ns();
    if (!health_can_rest(self, of, now_ns))
        return 0;
    uint8_t rests = atomic_load(&self->rests);
    if (rests < HEALTH_RESTS_MAX)
        rests++;
    atomic_store(&self->rests, rests);
    atomic_store(&self->resting_until_ns, now_ns + rest_ms * rests * NS_PER_MS);
    return rest_ms * rests;
}

int64_t health_rest_refused(provider *self, const snapshot *of, int failures_max)
{
    int64_t now_ns = clock_now_ns();
    uint8_t enough = health_refusals_to_rest(failures_max), refusals = atomic_load(&self->refusals);
    if (refusals < enough ||
        !health_can_rest(self, of, now_ns)) /* it may have answered meanwhile */
        return 0;
    int rests = refusals - enough;
    if (rests < REFUSED_RESTS_MAX)
        atomic_store(&self->refusals, (uint8_t)(refusals + 1));
    int64_t rest_ms = HEALTH_REFUSED_REST_MS << rests;
    if (rest_ms > HEALTH_REFUSED_REST_MAX_MS)
        rest_ms = HEALTH_REFUSED_REST_MAX_MS;
    atomic_store(&self->resting_until_ns, now_ns + rest_ms * NS_PER_MS);
    return rest_ms;
}

void health_wake_half(const snapshot *of)
{
    int64_t now_ns = clock_now_ns();
    size_t resting = count_resting(of, now_ns);
    for (size_t i = 0; i < of->count && resting > of->count / 2; i++)
        if (health_rests_at(of->entries[i].provider, now_ns)) {
            atomic_store(&of->entries[i].provider->resting_until_ns, NOT_RESTING);
            resting--;
        }
}
