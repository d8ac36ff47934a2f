/* The health of a provider: its failures and refusals, and whether it may be picked. It is stored
 * in the provider, so it survives changes of the list. No locks: calls of all threads write it.
 *
 * Failures: after health_failures in a row the provider is ejected, each time for longer. An answer
 * clears the failures and ends the ejection.
 *
 * Silence: after health_failures in a row the provider is also probed (selector/probes.h). While it
 * does not answer the probes it is not picked, however many others are ejected. An answer to a
 * probe also ends an ejection after failures, unless it is the second or a later one in a row.
 *
 * Recovery: when an ejection after failures or a silence is over, one call tries the provider. If
 * that call is answered, the share of the provider grows to its full size within 10 s. If it fails,
 * the provider is ejected again.
 *
 * Refusals (503, not executed): the provider works, but is full or stopping. From the first refusal
 * on the provider is picked less often: half as often with each further refusal in a row. An answer
 * clears the refusals. After health_failures refusals in a row it is ejected for 1 s. From then on
 * each refusal ejects it again, for twice as long as before, up to 30 s, and each answer undoes one
 * step of this; when the first step is undone, the refusals are cleared.
 *
 * A full provider still answers calls that it accepted before it was full. Such an answer neither
 * ends the ejection nor undoes a step. An answer to a call that was sent after the last refusal
 * ends the ejection; so does a new process at the provider's address.
 *
 * selector/ejection.h limits how many providers are ejected at once. */
#ifndef SELECTOR_HEALTH_H
#define SELECTOR_HEALTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define HEALTH_EJECTIONS_MAX 20 /* an ejection does not get longer after this many in a row */
#define HEALTH_REFUSED_EJECTION_MS 1000
#define HEALTH_REFUSED_EJECTION_MAX_MS 30000
#define HEALTH_SLOW_START_MS 10000

typedef enum health_silence {
    SILENCE_NONE,
    SILENCE_PRESUMED, /* the provider has failed too often; no probe has had a result yet */
    /* A probe was not answered in time, its connection could not be opened, or it broke. */
    SILENCE_PROVEN
} health_silence;

typedef enum health_recovery {
    RECOVERY_NONE,
    RECOVERY_NEEDS_TRIAL, /* one call may try the provider when it is neither ejected nor silent */
    RECOVERY_IS_TRIED     /* that call is under way */
} health_recovery;

/* Small, because it shares a cache line with the other fields of a provider that change with each
 * pick. */
typedef struct provider_health {
    _Atomic uint16_t failures; /* in a row */
    _Atomic uint8_t ejections; /* ejections after failures, in a row; the next one is longer */
    /* The number of refusals in a row, until it is high enough for an ejection. After that, each
     * ejection adds 1, and each answer subtracts 1 or, when one ejection is left, resets it to 0.
     */
    _Atomic uint8_t refusals;
    /* time of the last refusal, lower 32 bits of the milliseconds; 0: none */
    _Atomic uint32_t refused_ms;
    /* When the ejection ends; a time in the past: the provider is not ejected. 0: there was no
     * failure and no refusal since the last answer. */
    _Atomic int64_t ejected_until_ns;
    /* The lower 32 bits of times in milliseconds. */
    _Atomic uint32_t alive_ms;   /* of the first failure in a row, or of the last answered probe */
    _Atomic uint32_t started_ms; /* when the share began to grow; 0: the share has its full size */
    _Atomic uint8_t silence;     /* a health_silence */
    _Atomic uint8_t recovery;    /* a health_recovery */
    atomic_bool is_probed;       /* the provider is in the list of selector/probes.c */
} provider_health;

/* The slow path of health_may_serve(), after a failure or refusal since the last answer. */
bool health_may_serve_again(provider_health *self);

/* Whether the provider may be picked now: never while it is ejected, silent or tried by another
 * call, and not always after a refusal or while its share grows. */
static inline bool health_may_serve(provider_health *self)
{
    return atomic_load_explicit(&self->ejected_until_ns, memory_order_relaxed) == 0 ||
           health_may_serve_again(self);
}

/* Returns the end of the ejection; a time in the past: the provider is not ejected. */
static inline int64_t health_ejected_until_ns(const provider_health *self)
{
    return atomic_load_explicit(&self->ejected_until_ns, memory_order_relaxed);
}

/* Whether the provider is ejected, now or at now_ns. */
bool health_is_ejected(const provider_health *self);
bool health_is_ejected_at(const provider_health *self, int64_t now_ns);

static inline bool health_is_silent(const provider_health *self)
{
    return atomic_load_explicit(&self->silence, memory_order_relaxed) != SILENCE_NONE;
}

/* Returns the number of seconds (of 1024 ms) since alive_ms. */
uint32_t health_silent_s(const provider_health *self, int64_t now_ns);

/* Whether the provider is likely to accept a call: it is neither ejected nor silent, has not failed
 * since its last answer, and has not refused a call within the last second. now_ns: the current
 * time. */
bool health_is_willing(const provider_health *self, int64_t now_ns);

/* Notes that the provider answered a call. refused_ms: the field of that name when the call was
 * sent. failures_max: see health_refused(). Writes nothing if there is nothing to clear. Returns
 * true if the answer has ended an ejection or a silence. */
bool health_good(provider_health *self, uint32_t refused_ms, int failures_max);

/* Notes a failure. Returns true if the provider should now be ejected: it has failed failures_max
 * times in a row (<= 0: never eject), and is neither ejected nor silent already. */
bool health_failed(provider_health *self, int failures_max);

/* Notes a refusal. Returns true if the provider should now be ejected: it has refused failures_max
 * times in a row (<= 0: never eject), and is neither ejected nor silent already. */
bool health_refused(provider_health *self, int failures_max);

/* Notes that another process serves at the address now: the refusals of the former one are
 * cleared. */
void health_renewed(provider_health *self);

/* Ejects the provider after failures, for eject_ms times the number of ejections in a row. Returns
 * the length in milliseconds. Not for two threads at once (selector/ejection.h). */
int64_t health_eject_failed(provider_health *self, int64_t now_ns, int64_t eject_ms);

/* Ejects the provider after refusals; failures_max: see health_refused(). Returns the length in
 * milliseconds; 0: the provider has answered since then, and is not ejected. Not for two threads at
 * once. */
int64_t health_eject_refused(provider_health *self, int64_t now_ns, int failures_max);

/* Ends the ejection at once; failures and refusals stay counted. */
void health_end_ejection(provider_health *self);

/* --- probes; by one thread at a time --- */

/* Notes that the provider has failed too often, and was not probed yet. */
void health_presume_silence(provider_health *self);

/* Notes that a probe failed or was not answered in time. Returns true if the provider is silent
 * from now on, and was not known to be silent before. */
bool health_note_silence(provider_health *self);

/* Notes that a probe was answered. Returns true if the provider may be picked again now. */
bool health_note_life(provider_health *self, int64_t now_ns);

/* Ends the silence of a provider that is not probed any more, or cannot be probed. */
void health_forget_silence(provider_health *self);

/* --- the trial --- */

/* Begins a trial of the provider, if one is due after a silence or an ejection for failures. true:
 * the call that has picked the provider is the trial. It must note its outcome and then end the
 * trial with health_end_trial(). */
bool health_begin_trial_if_due(provider_health *self);

static inline bool health_begin_trial(provider_health *self)
{
    return atomic_load_explicit(&self->ejected_until_ns, memory_order_relaxed) != 0 &&
           health_begin_trial_if_due(self);
}

void health_end_trial(provider_health *self);

#endif
