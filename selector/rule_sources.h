/* Where the rules for a directory's nodes come from: the category configurators of the interface in
 * the registry, and two rules in the config centre, for the application and for the service. The
 * sources are listed in one table at the top of rule_sources.c; to add a source, add a line that
 * says how it is read and who merges it.
 *
 * Each source keeps its last valid reading. When one changes, the rules are computed again from all
 * sources that are merged together, and passed to the owner. A malformed rule is logged, and the
 * former reading of its source remains. */
#ifndef SELECTOR_RULE_SOURCES_H
#define SELECTOR_RULE_SOURCES_H

#include <stdatomic.h>

#include "base/mutex.h"
#include "registry/registry.h"
#include "selector/configurator.h"

typedef struct rule_sources rule_sources;

/* What a reading changes. */
typedef struct rule_change {
    /* The configurators have changed; if false, only the fact that a source has been read is
     * reported. */
    bool has_configurators;
    configurators *configurators; /* owned by the owner if its function returns true; NULL: none */
    /* higher with each change; calls of the owner may arrive out of order */
    uint64_t version;
    bool is_stale; /* no memory: call rule_sources_refresh() later */
} rule_change;

/* The function of the owner that takes over new rules. Called without a lock, from any thread,
 * possibly by several at once. If version is older than that of the last call, the owner frees the
 * configurators and returns true. false: no memory; the source must then be read again (is_stale).
 */
typedef bool (*rule_sources_owner)(void *arg, const rule_change *reading);

typedef struct rule_source {
    rule_sources *of; /* constant, as is kind */
    const struct rule_source_kind *kind;
    /* Guarded by the lock of rule_sources: */
    /* NULL: not subscribed, or there is nothing to subscribe */
    registry_subscription *subscription;
    registry_list texts; /* the last valid reading, sorted */
    bool is_read;        /* a reading has arrived */
    bool is_stale;       /* no memory for the last reading: must be read again */
} rule_source;

struct rule_sources {
    /* constant */
    registry *from;
    const char *interface;
    configurator_consumer consumer;
    rule_sources_owner owner;
    void *arg;

    atomic_int unread; /* number of sources that have not been read yet */

    mutex lock; /* guards the fields below; never held while the owner is called */
    /* One for each configurator_source. */
    rule_source sources[CONFIGURATOR_SOURCES];
    uint64_t version;
};

/* The arguments are borrowed and must outlive self. from NULL: there is no registry to subscribe
 * to. */
void rule_sources_init(rule_sources *self, registry *from, const char *interface,
    const configurator_consumer *consumer, rule_sources_owner owner, void *arg);
void rule_sources_fini(rule_sources *self);

/* Subscribes the sources that are not subscribed yet. A source that the registry does not keep is
 * empty. One thread at a time. The same errors as registry_subscribe(): DUBBOC_E_ARGUMENT,
 * DUBBOC_E_SYSTEM, DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
dubboc_status rule_sources_subscribe(rule_sources *self, dubboc_error *err);
void rule_sources_unsubscribe(rule_sources *self);

/* Makes the registry read all sources again, or only stale ones. */
void rule_sources_refresh(rule_sources *self, bool only_stale);

/* Whether all sources have been read. Takes no lock. */
bool rule_sources_are_read(const rule_sources *self);

#endif
