/* The rules that administrators lay over a directory's nodes, and the places that they come from:
 * the registry's configurators category beside the providers, and two rules of the config centre,
 * the application's and the service's. The places are one table at the top of rule_sources.c: a new
 * source is a line there, with what it is read with and who merges it.
 *
 * Each source has its own last good reading. When one changes, the rules are made anew from all
 * sources that are merged with it, and handed to the owner. A rule that is broken is named in the
 * log, and its former reading stays. */
#ifndef SELECTOR_RULE_SOURCES_H
#define SELECTOR_RULE_SOURCES_H

#include <stdatomic.h>

#include "base/mutex.h"
#include "registry/registry.h"
#include "selector/configurator.h"

typedef struct rule_sources rule_sources;

/* What a reading has changed. */
typedef struct rule_change {
    bool has_configurators; /* they have changed; else only that a source has been read is told */
    configurators *configurators; /* the owner's if it returns true; NULL: none */
    uint64_t version;             /* rises with each change; readings may overtake each other */
    bool is_stale;                /* there was no memory: rule_sources_refresh() is to be called */
} rule_change;

/* Who uses the rules. Called without a lock, from any thread, by several at once. false: no memory;
 * the reading counts as not taken. A version that is older than the last one taken is to be freed
 * and is taken, too. */
typedef bool (*rule_sources_owner)(void *arg, const rule_change *reading);

typedef struct rule_source {
    rule_sources *of; /* constant, as kind */
    const struct rule_source_kind *kind;
    /* under the lock of the sources: */
    registry_subscription *subscription; /* NULL: not subscribed, or there is none of its kind */
    registry_list texts;                 /* what was read last, sorted */
    bool is_read;
    bool is_stale; /* there was no memory for the last reading: it is to be read again */
} rule_source;

struct rule_sources {
    /* constant */
    registry *from;
    const char *interface;
    configurator_consumer consumer;
    rule_sources_owner owner;
    void *arg;

    atomic_int unread; /* how many sources have not been read yet */

    mutex lock; /* guards what follows; the owner is not called under it */
    rule_source sources[CONFIGURATOR_SOURCES];
    uint64_t version;
};

/* All is borrowed and must outlive it. from NULL: nothing can be subscribed. */
void rule_sources_init(rule_sources *self, registry *from, const char *interface,
    const configurator_consumer *consumer, rule_sources_owner owner, void *arg);
void rule_sources_fini(rule_sources *self);

/* Subscribes those that are not yet. What the registry does not keep is an empty source. One thread
 * at a time. Errors as registry_subscribe(). */
dubboc_status rule_sources_subscribe(rule_sources *self, dubboc_error *err);
void rule_sources_unsubscribe(rule_sources *self);

/* Has all read again, or only stale ones. */
void rule_sources_refresh(rule_sources *self, bool only_stale);

/* Whether all have been read. No lock. */
bool rule_sources_are_read(const rule_sources *self);

#endif
