/* The selector: for each (interface, group, version) that is used, it keeps a directory with an
 * immutable snapshot of the providers that may be called. The registry reports changes; in addition
 * the list is read again every TTL, and kept if that fails. Administrators can change the params of
 * providers (selector/configurator.h). A pick reads the current snapshot without a lock and without
 * allocating (selector/readers.h says how snapshots are reclaimed), asks the policy for a provider,
 * and holds the provider by its in_flight count.
 *
 * Providers outlive snapshots: when a list changes, the providers that remain keep their
 * connections, their health and the counters of the policy. */
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

/* Creates a selector and starts its upkeep thread. source may be NULL: then only fixed directories
 * work. source and http are borrowed and must outlive the selector. DUBBOC_E_ARGUMENT,
 * DUBBOC_E_UNSUPPORTED: settings->load_balance, see selector_check_policy(). DUBBOC_E_SYSTEM: the
 * snapshot folder cannot be created or written to, or no thread could be started.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status selector_new(const selector_settings *settings, registry *source, http_client *http,
    selector **self, dubboc_error *err);
/* No pick may be running or held. Writes pending snapshot files, so it may block on the disk. NULL
 * is accepted. */
void selector_free(selector *self);

/* Makes the upkeep thread call settings->extra_work soon. Any thread. */
void selector_wake_upkeep(selector *self);

/* Whether there is a policy of that name; err lists the existing ones. DUBBOC_E_UNSUPPORTED: Dubbo
 * has it, but this release does not. DUBBOC_E_ARGUMENT: unknown. */
dubboc_status selector_check_policy(const char *name, dubboc_error *err);

/* Finds the directory for what is wanted; creates it at first use. A known directory is found
 * without a lock. Does not block: the upkeep thread loads the snapshot file and subscribes, and the
 * call waits for the result (directory_wait_begin()). A directory exists until the selector is
 * freed. Any thread. DUBBOC_E_REGISTRY: there is no registry. DUBBOC_E_TOO_BIG: more than 65536
 * directories. DUBBOC_E_NO_MEMORY. */
dubboc_status selector_directory(
    selector *self, const url_wanted *wanted, directory **found, dubboc_error *err);

/* Finds or creates a directory with exactly one provider, by URL ("http://host:port/path"), without
 * a registry. It exists until the selector is freed, so this is for URLs of the configuration.
 * jsonrpc:// is taken as http://; without a port, 80 is used (443 for https), and without a path,
 * "/". Any thread. DUBBOC_E_ARGUMENT: not a valid URL. DUBBOC_E_TOO_BIG. DUBBOC_E_NO_MEMORY. */
dubboc_status selector_fixed(selector *self, const char *url, directory **found, dubboc_error *err);

/* Finds or creates a directory like selector_fixed(), but for the URL in a call option. Release it
 * with selector_direct_give_back(). Recently used directories are kept with their connections
 * (selector/direct.h). Allocates nothing for a known URL without query part. Any thread.
 * DUBBOC_E_ARGUMENT: not a valid URL. DUBBOC_E_NO_MEMORY. */
dubboc_status selector_direct_take(
    selector *self, const char *url, dubboc_slice method, direct_hold *hold, dubboc_error *err);
void selector_direct_give_back(direct_hold *hold);

#endif
