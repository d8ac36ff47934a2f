/* What is known of a provider's failures and refusals, and whether it may serve. It is kept in the
 * provider, so it outlives changes of the list. No locks: calls of any thread write it.
 *
 * Failures: after so many in a row the provider is ejected, each time for longer. An answer clears
 * them and ends the ejection.
 *
 * Refusals (503, not executed): the provider works, but is full or stopping. From the first refusal
 * on it is picked less often, half as often with each one in a row; an answer clears them. After as
 * many in a row as failures lead to an ejection, it is ejected for 1 s. From then on each refusal
 * ejects it again, for twice as long, up to 30 s, and each answer takes one ejection back; with the
 * last one, the refusals are cleared. A full provider still answers the calls that it took before:
 * such an answer neither ends the ejection nor takes one back. A call that was sent after its last
 * refusal, and is answered, ends the ejection; so does a new process at its address.
 *
 * How many providers may be ejected at once is decided in selector/ejection.h. */
#ifndef SELECTOR_HEALTH_H
#define SELECTOR_HEALTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define HEALTH_EJECTIONS_MAX 20 /* an ejection grows no longer after so many */
#define HEALTH_REFUSED_EJECTION_MS 1000
#define HEALTH_REFUSED_EJECTION_MAX_MS 30000

/* Small, because it is on the cache line of the provider that every pick writes. */
typedef struct provider_health {
    _Atomic uint16_t failures; /* in a row */
    _Atomic uint8_t ejections; /* after failures, in a row: the next one is longer with each */
    /* In a row: as many as lead to an ejection, then the ejections that no answer took back. */
    _Atomic uint8_t refusals;
    _Atomic uint32_t refused_ms;      /* the last refusal, by the clock's lower bits; 0: none */
    _Atomic int64_t ejected_until_ns; /* 0: no failure and no refusal since the last answer */
} provider_health;

/* What health_may_serve() answers after a failure or a refusal since the last answer. */
bool health_may_serve_again(provider_health *self);

/* Whether the provider may be picked now: never while it is ejected, and not always after a
 * refusal. */
static inline bool health_may_serve(provider_health *self)
{
    return atomic_load_explicit(&self->ejected_until_ns, memory_order_relaxed) == 0 ||
           health_may_serve_again(self);
}

/* When its ejection ends; a time that has passed: it is not ejected. */
static inline int64_t health_ejected_until_ns(const provider_health *self)
{
    return atomic_load_explicit(&self->ejected_until_ns, memory_order_relaxed);
}

bool health_is_ejected(const provider_health *self);
bool health_is_ejected_at(const provider_health *self, int64_t now_ns);

/* Whether it may be expected to take a call: it is not ejected, has not failed since its last
 * answer, and has not refused a call within the last second. now_ns: the time now. */
bool health_is_willing(const provider_health *self, int64_t now_ns);

/* It answered a call. refused_ms: the provider's, when the call was sent. failures_max: as for
 * health_refused(). Writes nothing when there is nothing to clear. true: an ejection has ended. */
bool health_good(provider_health *self, uint32_t refused_ms, int failures_max);

/* It failed. true: it has now failed often enough to be ejected (failures_max in a row; <= 0:
 * never), and is not ejected already. */
bool health_failed(provider_health *self, int failures_max);

/* It refused. true: it has now refused often enough to be ejected, and is not ejected already. */
bool health_refused(provider_health *self, int failures_max);

/* Another process serves at its address now: what the former one refused says nothing of it. */
void health_renewed(provider_health *self);

/* Ejects it after failures, for eject_ms times how often in a row. Returns for how many
 * milliseconds. Not for two threads at once (selector/ejection.h). */
int64_t health_eject_failed(provider_health *self, int64_t now_ns, int64_t eject_ms);

/* The same after refusals; failures_max as given to health_refused(). 0: it has answered
 * meanwhile. */
int64_t health_eject_refused(provider_health *self, int64_t now_ns, int failures_max);

/* It serves again at once; what is known of failures and refusals stays. */
void health_end_ejection(provider_health *self);

#endif
