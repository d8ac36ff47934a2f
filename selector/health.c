#include "selector/health.h"

#include "base/random.h"

/* A value of ejected_until_ns that is over, but not 0: it is to be looked at closely. */
#define NOT_EJECTED INT64_C(1)

#define REFUSALS_MAX 200        /* in a row; more need not be told apart */
#define REFUSED_EJECTIONS_MAX 5 /* 1, 2, 4, 8, 16 and then always 30 s */
#define REFUSALS_HALVING 5      /* it is picked one time in 32 at least, */
#define REFUSALS_FORGOTTEN_MS HEALTH_REFUSED_EJECTION_MAX_MS /* and always again after this */
#define JUST_REFUSED_MS 1000

/* --- looking --- */

bool health_is_ejected_at(const provider_health *self, int64_t now_ns)
{
    return now_ns < health_ejected_until_ns(self);
}

bool health_is_ejected(const provider_health *self)
{
    return health_is_ejected_at(self, clock_now_ns());
}

/* Never 0. The lower 32 bits go round in 49 days; a refusal of then that is taken for one of now
 * costs a provider less than a second of calls. */
static uint32_t health_ms(int64_t now_ns)
{
    return (uint32_t)(now_ns / NS_PER_MS) | 1;
}

static bool health_has_refused_within(const provider_health *self, int64_t now_ns, uint32_t ms)
{
    uint32_t refused_ms = atomic_load_explicit(&self->refused_ms, memory_order_relaxed);
    return refused_ms != 0 && health_ms(now_ns) - refused_ms < ms;
}

/* A dead provider is not always ejected, because too many may be already. Its failures tell. */
bool health_is_willing(const provider_health *self, int64_t now_ns)
{
    return !health_is_ejected_at(self, now_ns) &&
           atomic_load_explicit(&self->failures, memory_order_relaxed) == 0 &&
           !health_has_refused_within(self, now_ns, JUST_REFUSED_MS);
}

bool health_may_serve_again(provider_health *self)
{
    int64_t now_ns = clock_now_ns();
    if (health_is_ejected_at(self, now_ns))
        return false;
    unsigned refusals = atomic_load_explicit(&self->refusals, memory_order_relaxed);
    if (refusals == 0 || !health_has_refused_within(self, now_ns, REFUSALS_FORGOTTEN_MS))
        return true;
    unsigned halvings = refusals < REFUSALS_HALVING ? refusals : REFUSALS_HALVING;
    return random_next() >> (64 - halvings) == 0;
}

/* --- what calls came to --- */

static uint8_t health_refusals_to_eject(int failures_max)
{
    return failures_max > 0 && failures_max < REFUSALS_MAX ? (uint8_t)failures_max : REFUSALS_MAX;
}

static bool health_has_nothing_to_forget(const provider_health *self)
{
    return atomic_load_explicit(&self->failures, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&self->refusals, memory_order_relaxed) == 0;
}

bool health_good(provider_health *self, uint32_t refused_ms, int failures_max)
{
    if (health_has_nothing_to_forget(self))
        return false;
    uint8_t enough = health_refusals_to_eject(failures_max);
    uint8_t refusals = atomic_load_explicit(&self->refusals, memory_order_relaxed);
    bool has_refused_since =
        atomic_load_explicit(&self->refused_ms, memory_order_relaxed) != refused_ms;
    atomic_store_explicit(&self->failures, 0, memory_order_relaxed);
    if (has_refused_since && refusals >= enough &&
        atomic_load_explicit(&self->ejections, memory_order_relaxed) == 0)
        return false;
    uint8_t left =
        refusals > enough + 1 ? (uint8_t)(refusals - 1) : 0; /* ejections not made up for */
    int64_t then = left > 0 ? NOT_EJECTED : 0;
    atomic_store_explicit(&self->ejections, 0, memory_order_relaxed);
    atomic_store_explicit(&self->refusals, left, memory_order_relaxed);
    return atomic_exchange_explicit(&self->ejected_until_ns, then, memory_order_relaxed) >
           NOT_EJECTED;
}

bool health_failed(provider_health *self, int failures_max)
{
    uint16_t failures = atomic_load_explicit(&self->failures, memory_order_relaxed);
    while (
        failures < UINT16_MAX && !atomic_compare_exchange_weak_explicit(&self->failures, &failures,
                                     failures + 1, memory_order_relaxed, memory_order_relaxed))
        ;
    return failures_max > 0 && failures + 1 >= failures_max && !health_is_ejected(self);
}

bool health_refused(provider_health *self, int failures_max)
{
    int64_t now_ns = clock_now_ns(), never = 0;
    atomic_store_explicit(&self->refused_ms, health_ms(now_ns), memory_order_relaxed);
    atomic_compare_exchange_strong(&self->ejected_until_ns, &never, NOT_EJECTED);
    if (health_is_ejected_at(self, now_ns))
        return false; /* the call was under way when it was ejected, or no other was left */
    uint8_t enough = health_refusals_to_eject(failures_max);
    uint8_t refusals = atomic_load_explicit(&self->refusals, memory_order_relaxed);
    while (refusals < enough &&
           !atomic_compare_exchange_weak_explicit(&self->refusals, &refusals,
               (uint8_t)(refusals + 1), memory_order_relaxed, memory_order_relaxed))
        ;
    return failures_max > 0 && refusals + 1 >= enough;
}

void health_renewed(provider_health *self)
{
    atomic_store(&self->refused_ms, 0);
    if (atomic_exchange(&self->refusals, 0) > 0 && atomic_load(&self->ejections) == 0)
        atomic_store(&self->ejected_until_ns, atomic_load(&self->failures) > 0 ? NOT_EJECTED : 0);
}

/* --- ejecting --- */

int64_t health_eject_failed(provider_health *self, int64_t now_ns, int64_t eject_ms)
{
    uint8_t ejections = atomic_load(&self->ejections);
    if (ejections < HEALTH_EJECTIONS_MAX)
        ejections++;
    atomic_store(&self->ejections, ejections);
    atomic_store(&self->ejected_until_ns, now_ns + eject_ms * ejections * NS_PER_MS);
    return eject_ms * ejections;
}

int64_t health_eject_refused(provider_health *self, int64_t now_ns, int failures_max)
{
    uint8_t enough = health_refusals_to_eject(failures_max),
            refusals = atomic_load(&self->refusals);
    if (refusals < enough) /* it has answered meanwhile */
        return 0;
    int ejections = refusals - enough;
    if (ejections < REFUSED_EJECTIONS_MAX)
        atomic_store(&self->refusals, (uint8_t)(refusals + 1));
    int64_t eject_ms = HEALTH_REFUSED_EJECTION_MS << ejections;
    if (eject_ms > HEALTH_REFUSED_EJECTION_MAX_MS)
        eject_ms = HEALTH_REFUSED_EJECTION_MAX_MS;
    atomic_store(&self->ejected_until_ns, now_ns + eject_ms * NS_PER_MS);
    return eject_ms;
}

void health_end_ejection(provider_health *self)
{
    atomic_store(&self->ejected_until_ns, NOT_EJECTED);
}
