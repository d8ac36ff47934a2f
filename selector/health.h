/* Whether a provider may serve: after so many failures in a row it rests, each time longer; never more than half of a directory's providers rest. All that is
 * known stands in the provider itself, so it outlives list changes. */
#ifndef SELECTOR_HEALTH_H
#define SELECTOR_HEALTH_H

#include "base/clock.h"
#include "selector/snapshot.h"

#define HEALTH_RESTS_MAX 20 /* the rest grows no further */

/* Whether it may be picked now. Probes while it rests, and a slow start after it, belong here when they come. The clock is read only for those that
 * have failed lately. */
static inline bool health_may_serve(provider *self)
{
    int64_t until = atomic_load_explicit(&self->resting_until_ns, memory_order_relaxed);
    return until == 0 || clock_now_ns() >= until;
}

/* It answered: all is forgotten. Writes nothing when there is nothing to forget. */
void health_good(provider *self);

/* It failed. true: it has now failed often enough to rest (failures_max in a row), and is not resting already. */
bool health_failed(provider *self, int failures_max);

/* Lays it to rest for rest_ms times how often in a row, unless that made more than half of the snapshot's providers rest. Not for two threads at once on
 * the same snapshot's providers (pick.c holds a lock). For how many milliseconds; 0: it must go on. */
int64_t health_rest(provider *self, const snapshot *of, int64_t rest_ms);

/* For a new snapshot: when more than half of its providers rest (the others have left the list), some serve again at once. */
void health_wake_half(const snapshot *of);

#endif
