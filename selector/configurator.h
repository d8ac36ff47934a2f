/* Configurators: what an administrator lays over provider nodes, as override:// and absent:// URLs
 * (wire.md 5.7), which is also what the rules of the config centre become (selector/rule_yaml.h).
 * Read and sorted once; each says which providers it means and which of their params it sets.
 *
 * Of what can be set weight, disabled, timeout and retries (the latter two also for one method)
 * mean something to this consumer. Immutable once made. */
#ifndef SELECTOR_CONFIGURATOR_H
#define SELECTOR_CONFIGURATOR_H

#include "registry/provider_url.h"
#include "registry/url_match.h"

#define CONFIGURATORS_MAX 2000 /* of one service; more are left out, loudly */

typedef struct configurator configurator;
typedef struct configurators configurators;

/* Where they come from, in the order in which they are applied: the later wins (as in Dubbo
 * 2.7). */
typedef enum configurator_source {
    CONFIGURATOR_NODES,       /* <interface>/configurators in the registry */
    CONFIGURATOR_APPLICATION, /* the config centre's <application>.configurators */
    CONFIGURATOR_SERVICE,     /* the config centre's <interface>:<version>:<group>.configurators */
    CONFIGURATOR_SOURCES
} configurator_source;

/* Who asks: many configurators mean only some consumers. */
typedef struct configurator_consumer {
    const char *application; /* "": none */
    const char *address;     /* the own IP, as in the consumer's node */
    url_wanted wanted;
} configurator_consumer;

typedef struct configurator_texts {
    const char *const *urls;
    size_t count;
} configurator_texts;

/* Reads all sources and keeps what is for this consumer. A URL that is broken, or sets something
 * that is not understood, is logged and left out or taken for the rest. No configurator of
 * CONFIGURATOR_NODES is kept when one of them says so: an empty:// URL, or one of 0.0.0.0 without
 * params. false: no memory. */
bool configurators_new(const configurator_consumer *consumer,
    const configurator_texts texts[CONFIGURATOR_SOURCES], configurators **made);
void configurators_free(configurators *self); /* NULL is accepted */

size_t configurators_count(const configurators *self); /* NULL: 0 */

/* A provider's URL with what the configurators set in it. */
typedef struct configured {
    const provider_url *original;
    const provider_url *url; /* read this one: the original when nothing was set, else .changed */
    bool is_changed;
    provider_url changed; /* all but its params belongs to the original */
    url_param *params;
    const configurator **by; /* for each of params: who set it; NULL: the node's own */
} configured;

/* Lays them over url; both must outlive *self. rules NULL: none. false: no memory, *self needs no
 * configured_fini(). */
bool configured_init(configured *self, const configurators *rules, const provider_url *url);
void configured_fini(configured *self);

/* Who set this value, which was found in self->url; NULL: the node's own, or empty. */
const configurator *configured_by(const configured *self, dubboc_slice value);

/* As provider_url_mismatch(), of the URL as it is now; a provider that is disabled by a
 * configurator has that as its reason. */
const char *configured_mismatch(
    const configured *self, const url_wanted *wanted, char *reason, size_t size);

/* Appends what was set and by whom, for people: "weight=200 by override 10.0.0.1:80, timeout=50 by
 * the service's rule 0.0.0.0". */
void configured_describe(const configured *self, buffer *out);

/* Whether what it sets is stronger than the consumer's own settings: those of override are, those
 * of absent are not (wire.md 5.5). NULL: no. */
bool configurator_is_override(const configurator *self);

#endif
