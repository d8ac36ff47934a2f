/* Ejecting a provider: it is not picked for a while. Never more than half of a directory's
 * providers are ejected, because the others would have to carry the load of all. */
#ifndef SELECTOR_EJECTION_H
#define SELECTOR_EJECTION_H

#include "selector/snapshot.h"

/* Ejects a provider after failures: for eject_ms times how often in a row, unless more than half of
 * the snapshot's providers would be ejected then. Returns for how many milliseconds; 0: it is not
 * ejected. Not for two threads at once on the same snapshot's providers. */
int64_t ejection_after_failures(provider *failed, const snapshot *of, int64_t eject_ms);

/* The same after refusals: failures_max as given to health_refused(). */
int64_t ejection_after_refusals(provider *refusing, const snapshot *of, int failures_max);

/* For a new snapshot: when more than half of its providers are ejected (the others have left the
 * list), some of them serve again at once. */
void ejection_limit(const snapshot *of);

#endif
