/* Whether a provider may serve. All that is known stands in the provider itself, so it outlives
 * changes of the list.
 *
 * Failures: after so many in a row it rests, each time longer. An answer forgets them and ends the
 * rest. Refusals (503, not executed): the provider works, but is full or stopping. From the first
 * one on it is picked less often, half as often with each in a row; an answer forgets them. After
 * as many in a row as failures lead to a rest, it rests for 1 s. From then on each refusal rests it
 * again, for twice as long, up to 30 s, and each answer takes one rest back; with the last one, the
 * refusals are forgotten. A full provider still answers the calls that it took before: such an
 * answer neither ends the rest nor takes one back. A call that it was sent after its last refusal,
 * and answers, ends the rest; so does a new process at its address. Never more than half of a
 * directory's providers rest. */
#ifndef SELECTOR_HEALTH_H
#define SELECTOR_HEALTH_H

#include "base/clock.h"
#include "selector/snapshot.h"

#define HEALTH_RESTS_MAX 20 /* the rest grows no further */
#define HEALTH_REFUSED_REST_MS 1000
#define HEALTH_REFUSED_REST_MAX_MS 30000

/* What health_may_serve() says of one that has failed or refused since its last answer. */
bool health_may_serve_again(provider *self);

/* Whether it may be picked now: not while it rests, and not always after a refusal. */
static inline bool health_may_serve(provider *self)
{
    return atomic_load_explicit(&self->resting_until_ns, memory_order_relaxed) == 0 ||
           health_may_serve_again(self);
}

bool health_is_resting(const provider *self);

/* Whether it may be expected to take a call: it does not rest, has not failed since its last
 * answer, and has not refused a call within the last second. now_ns: the time now. */
bool health_is_willing(const provider *self, int64_t now_ns);

/* It answered a call. refused_ms: the provider's, when the call was sent. failures_max: as for
 * health_refused(). Writes nothing when there is nothing to forget. */
void health_good(provider *self, uint32_t refused_ms, int failures_max);

/* It failed. true: it has now failed often enough to rest (failures_max in a row), and is not
 * resting already. */
bool health_failed(provider *self, int failures_max);

/* It refused. true: it has now refused often enough to rest, and is not resting already. */
bool health_refused(provider *self, int failures_max);

/* Another process serves at its address now: what the former one refused says nothing of it. */
void health_renewed(provider *self);

/* Lays it to rest, unless that made more than half of the snapshot's providers rest: after failures
 * for rest_ms times how often in a row. Not for two threads at once on the same snapshot's
 * providers (pick.c holds a lock). For how many milliseconds; 0: it must go on. */
int64_t health_rest(provider *self, const snapshot *of, int64_t rest_ms);

/* The same after refusals: failures_max as given to health_refused(). */
int64_t health_rest_refused(provider *self, const snapshot *of, int failures_max);

/* For a new snapshot: when more than half of its providers rest (the others have left the list),
 * some serve again at once. */
void health_wake_half(const snapshot *of);

#endif
