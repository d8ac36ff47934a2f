/* Ejection: a provider is not picked for a while. At most half of a directory's providers are
 * ejected, because the others have to carry the load of all. Silent providers (selector/health.h)
 * are not counted among the ejected ones. */
#ifndef SELECTOR_EJECTION_H
#define SELECTOR_EJECTION_H

#include "selector/snapshot.h"

#define EJECTION_OVER_LIMIT (-1) /* not ejected, because the limit would be exceeded */

/* Ejects a provider after failures, for eject_ms times the number of ejections in a row, unless
 * more than half of the snapshot's providers would then be ejected. Returns the length in
 * milliseconds; 0: the provider is ejected already, or has answered meanwhile; EJECTION_OVER_LIMIT.
 * The caller holds selector_context.ejecting. */
int64_t ejection_after_failures(provider *failed, const snapshot *of, int64_t eject_ms);

/* Ejects a provider after refusals, under the same limit. failures_max: see health_refused().
 * Returns the same as ejection_after_failures(). The caller holds selector_context.ejecting. */
int64_t ejection_after_refusals(provider *refusing, const snapshot *of, int failures_max);

/* For a new snapshot: if more than half of its providers are ejected, because others have left the
 * list, ends some of the ejections. */
void ejection_limit(const snapshot *of);

#endif
