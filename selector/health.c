/* All fields are atomic and are written without a lock. Two calls that end at the same time may so
 * count a failure or refusal once too often or too seldom, which is harmless. */
#include "selector/health.h"

#include "base/random.h"

/* A value of ejected_until_ns in the past, but not 0: not ejected, but health_may_serve() must look
 * at failures and refusals. */
#define NOT_EJECTED INT64_C(1)

#define REFUSALS_MAX 200        /* refusals are not counted beyond this number */
#define REFUSED_EJECTIONS_MAX 5 /* ejections of 1, 2, 4, 8, 16 s; all further ones 30 s */
#define REFUSALS_HALVING 5      /* at most 5 halvings: picked at least one time in 32 */
/* after this time refusals have no effect */
#define REFUSALS_FORGOTTEN_MS HEALTH_REFUSED_EJECTION_MAX_MS
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

/* The time in milliseconds, lower 32 bits, never 0. They wrap after 49 days; if a refusal of 49
 * days ago is taken for a recent one, the provider loses less than a second of calls. */
static uint32_t health_ms(int64_t now_ns)
{
    return (uint32_t)(now_ns / NS_PER_MS) | 1;
}

static bool health_has_refused_within(const provider_health *self, int64_t now_ns, uint32_t ms)
{
    uint32_t refused_ms = atomic_load_explicit(&self->refused_ms, memory_order_relaxed);
    return refused_ms != 0 && health_ms(now_ns) - refused_ms < ms;
}

/* A dead provider may not be ejected, because half of the providers already are; so its failures
 * are checked too. */
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

/* --- outcomes of calls --- */

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
        /* an answer cancels one ejection; when one is left, the count becomes 0 */
        refusals > enough + 1 ? (uint8_t)(refusals - 1) : 0;
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
        /* the call was under way when the provider was ejected, or all others are ejected too */
        return false;
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
    if (refusals < enough) /* the provider has answered since then */
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
