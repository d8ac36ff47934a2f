/* The cache selector: for each (interface, group, version) that is used, a directory with an
 * immutable snapshot of the providers that may be called, fed by the registry's watch, read again
 * every TTL, kept when that fails, changed by what administrators set (selector/configurator.h). A
 * pick reads the current snapshot without a lock and without allocating (selector/snapshot.h says
 * how snapshots are reclaimed), asks the policy, and holds the provider by its in-flight count.
 *
 * Providers outlive snapshots: a changed list keeps the connections, the health and the policy's
 * counters of those that stay. */
#ifndef SELECTOR_SELECTOR_H
#define SELECTOR_SELECTOR_H

#include "registry/registry.h"
#include "registry/url_match.h"
#include "selector/direct.h"
#include "selector/directory_room.h"
#include "selector/directory_wait.h"
#include "selector/explain.h"
#include "selector/handles.h"
#include "selector/pick.h"
#include "selector/pick_release.h"
#include "selector/settings.h"

/* source may be NULL: then only fixed directories work. Both are borrowed and must outlive the
 * selector. Starts a thread.
 * DUBBOC_E_ARGUMENT, DUBBOC_E_UNSUPPORTED: settings->load_balance, as selector_check_policy().
 * DUBBOC_E_SYSTEM: the snapshot folder cannot be made or written to, or there is no thread.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status selector_new(const selector_settings *settings, registry *source, http_client *http,
    selector **self, dubboc_error *err);
/* No pick may run or be held any more. Writes snapshot files that are due, so it may wait for the
 * disk. NULL is accepted. */
void selector_free(selector *self);

/* Has settings->extra_work called soon, from the upkeep thread. Any thread. */
void selector_wake_upkeep(selector *self);

/* Whether there is such a policy; the error lists those that are. DUBBOC_E_UNSUPPORTED: known to
 * Dubbo, not in this release. DUBBOC_E_ARGUMENT. */
dubboc_status selector_check_policy(const char *name, dubboc_error *err);

/* The directory for what is wanted, made at first use. Look-up of a known one takes no lock. Does
 * not block: a thread of the selector reads the snapshot file and subscribes, and a call waits for
 * the outcome (directory_wait_begin()). Never freed before the selector. Any thread.
 * DUBBOC_E_REGISTRY: there is no registry. DUBBOC_E_TOO_BIG: more than 65536 are asked for.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status selector_directory(
    selector *self, const url_wanted *wanted, directory **found, dubboc_error *err);

/* A directory with exactly one provider, by URL ("http://host:port/path"), without registry. Kept
 * until the end and found again by its URL, so this is for URLs of the configuration. jsonrpc:// is
 * http://; the port is 80, or 443 for https, and the path "/", when the URL has none. Any thread.
 * DUBBOC_E_ARGUMENT: no such URL. DUBBOC_E_TOO_BIG. DUBBOC_E_NO_MEMORY. */
dubboc_status selector_fixed(selector *self, const char *url, directory **found, dubboc_error *err);

/* The same for a call's own URL: held until it is given back (direct_give_back()). Those used last
 * are kept with their connections (selector/direct.h). Errors as selector_fixed(), but never
 * DUBBOC_E_TOO_BIG. Nothing is allocated for a URL without '?' that is kept. Any thread. */
dubboc_status selector_direct_take(
    selector *self, const char *url, dubboc_slice method, direct_hold *hold, dubboc_error *err);
void selector_direct_give_back(direct_hold *hold);

#endif
