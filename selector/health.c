/* All fields of provider_health are atomic and are written without a lock. Two calls that end at
 * the same time may count a failure or refusal once too often or too seldom, which is harmless. */
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
#define SLOW_START_LEAST_MS 500 /* the share begins at 1/20 */

/* --- looking --- */

bool health_is_ejected_at(const provider_health *self, int64_t now_ns)
{
    return now_ns < health_ejected_until_ns(self);
}

static bool health_has_nothing_to_forget(const provider_health *self)
{
    return atomic_load_explicit(&self->failures, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&self->refusals, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&self->recovery, memory_order_relaxed) == RECOVERY_NONE;
}

bool health_is_ejected(const provider_health *self)
{
    return health_is_ejected_at(self, clock_now_ns());
}

/* The time in milliseconds, lower 32 bits, never 0. These bits wrap after 49 days; if a refusal of
 * 49 days ago is taken for a recent one, the provider loses less than a second of calls. */
static uint32_t health_ms(int64_t now_ns)
{
    return (uint32_t)(now_ns / NS_PER_MS) | 1;
}

static bool health_has_refused_within(const provider_health *self, int64_t now_ns, uint32_t ms)
{
    uint32_t refused_ms = atomic_load_explicit(&self->refused_ms, memory_order_relaxed);
    return refused_ms != 0 && health_ms(now_ns) - refused_ms < ms;
}

uint32_t health_silent_s(const provider_health *self, int64_t now_ns)
{
    return (health_ms(now_ns) - atomic_load_explicit(&self->alive_ms, memory_order_relaxed)) >> 10;
}

/* The failures are checked too, because a dead provider is not ejected if too many others are
 * (selector/ejection.h). */
bool health_is_willing(const provider_health *self, int64_t now_ns)
{
    return !health_is_ejected_at(self, now_ns) && !health_is_silent(self) &&
           atomic_load_explicit(&self->failures, memory_order_relaxed) == 0 &&
           !health_has_refused_within(self, now_ns, JUST_REFUSED_MS);
}

/* To be called when the share has its full size: health_may_serve() can take its fast path again.
 * If another call notes a refusal at this moment, the refusal may have no effect. */
static void health_end_slow_start(provider_health *self)
{
    int64_t former = NOT_EJECTED;
    atomic_store_explicit(&self->started_ms, 0, memory_order_relaxed);
    if (health_has_nothing_to_forget(self))
        atomic_compare_exchange_strong(&self->ejected_until_ns, &former, 0);
}

/* The clock is read after started_ms, which another thread may write just now: otherwise the start
 * could be later than the current time, and the difference would wrap. */
static bool health_admits_by_share(provider_health *self)
{
    uint32_t started_ms = atomic_load_explicit(&self->started_ms, memory_order_acquire);
    if (started_ms == 0)
        return true;
    uint32_t passed_ms = health_ms(clock_now_ns()) - started_ms;
    if (passed_ms >= HEALTH_SLOW_START_MS) {
        health_end_slow_start(self);
        return true;
    }
    return random_below(HEALTH_SLOW_START_MS) <
           (passed_ms > SLOW_START_LEAST_MS ? passed_ms : SLOW_START_LEAST_MS);
}

static bool health_admits_recovering(provider_health *self)
{
    switch (atomic_load_explicit(&self->recovery, memory_order_relaxed)) {
    case RECOVERY_NEEDS_TRIAL:
        return true;
    case RECOVERY_IS_TRIED:
        return false;
    default:
        return health_admits_by_share(self);
    }
}

bool health_may_serve_again(provider_health *self)
{
    int64_t now_ns = clock_now_ns();
    if (health_is_ejected_at(self, now_ns) || health_is_silent(self) ||
        !health_admits_recovering(self))
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

/* To be called for an answer: if the provider was recovering, its share grows from now on. Returns
 * whether the share grows. */
static bool health_begin_slow_start(provider_health *self)
{
    if (atomic_exchange_explicit(&self->recovery, RECOVERY_NONE, memory_order_relaxed) !=
        RECOVERY_NONE)
        atomic_store_explicit(&self->started_ms, health_ms(clock_now_ns()), memory_order_release);
    return atomic_load_explicit(&self->started_ms, memory_order_relaxed) != 0;
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
    bool was_silent = health_is_silent(self);
    bool is_slow = health_begin_slow_start(self);
    int64_t then = left > 0 || is_slow ? NOT_EJECTED : 0;
    atomic_store_explicit(&self->ejections, 0, memory_order_relaxed);
    atomic_store_explicit(&self->refusals, left, memory_order_relaxed);
    atomic_store_explicit(&self->silence, SILENCE_NONE, memory_order_relaxed);
    return atomic_exchange_explicit(&self->ejected_until_ns, then, memory_order_relaxed) >
               NOT_EJECTED ||
           was_silent;
}

bool health_failed(provider_health *self, int failures_max)
{
    uint16_t failures = atomic_load_explicit(&self->failures, memory_order_relaxed);
    while (
        failures < UINT16_MAX && !atomic_compare_exchange_weak_explicit(&self->failures, &failures,
                                     failures + 1, memory_order_relaxed, memory_order_relaxed))
        ;
    if (failures == 0)
        atomic_store_explicit(&self->alive_ms, health_ms(clock_now_ns()), memory_order_relaxed);
    return failures_max > 0 && failures + 1 >= failures_max && !health_is_ejected(self) &&
           !health_is_silent(self);
}

bool health_refused(provider_health *self, int failures_max)
{
    int64_t now_ns = clock_now_ns(), never = 0;
    atomic_store_explicit(&self->refused_ms, health_ms(now_ns), memory_order_relaxed);
    atomic_compare_exchange_strong(&self->ejected_until_ns, &never, NOT_EJECTED);
    if (health_is_ejected_at(self, now_ns) || health_is_silent(self))
        /* The call began before the ejection or silence, or no better provider was left. */
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
    atomic_store(&self->recovery, RECOVERY_NEEDS_TRIAL);
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

/* --- probes and trials --- */

/* Sets the silence, and makes a trial necessary. ejected_until_ns must not stay 0, because
 * health_may_serve() would then not look at silence and recovery. */
static void health_rest(provider_health *self, health_silence silence)
{
    int64_t never = 0;
    atomic_store(&self->silence, (uint8_t)silence);
    atomic_store(&self->recovery, RECOVERY_NEEDS_TRIAL);
    atomic_compare_exchange_strong(&self->ejected_until_ns, &never, NOT_EJECTED);
}

void health_presume_silence(provider_health *self)
{
    health_rest(self, SILENCE_PRESUMED);
}

bool health_note_silence(provider_health *self)
{
    if (atomic_load(&self->silence) == SILENCE_PROVEN || atomic_load(&self->failures) == 0)
        return false;
    health_rest(self, SILENCE_PROVEN);
    return true;
}

bool health_note_life(provider_health *self, int64_t now_ns)
{
    health_silence silence = atomic_exchange(&self->silence, SILENCE_NONE);
    bool is_first_ejection = atomic_load(&self->ejections) == 1;
    bool was_ejected = health_is_ejected_at(self, now_ns);
    atomic_store(&self->alive_ms, health_ms(now_ns));
    /* The provider was not ejected, because too many others are, and its first probe was answered.
     * So it needs no trial. */
    if (silence == SILENCE_PRESUMED && atomic_load(&self->ejections) == 0)
        atomic_store(&self->recovery, RECOVERY_NONE);
    if (was_ejected && !is_first_ejection)
        return false;
    if (was_ejected)
        health_end_ejection(self);
    return was_ejected || silence != SILENCE_NONE;
}

void health_forget_silence(provider_health *self)
{
    atomic_store(&self->silence, SILENCE_NONE);
}

bool health_begin_trial_if_due(provider_health *self)
{
    uint8_t due = RECOVERY_NEEDS_TRIAL;
    return atomic_compare_exchange_strong(&self->recovery, &due, RECOVERY_IS_TRIED);
}

/* If the call was answered, the recovery is over already, and nothing changes. */
void health_end_trial(provider_health *self)
{
    uint8_t tried = RECOVERY_IS_TRIED;
    atomic_compare_exchange_strong(&self->recovery, &tried, RECOVERY_NEEDS_TRIAL);
}
