/* Configurators: changes that an administrator makes to the params of provider nodes, as
 * override:// and absent:// URLs (docs/wire.md 5.7). The rules of the config centre are converted
 * to such URLs too (selector/rule_yaml.h). They are parsed and sorted once; each one says which
 * providers it applies to and which params it sets.
 *
 * This consumer applies the params weight, disabled, timeout and retries; timeout and retries also
 * for a single method. Configurators are immutable. */
#ifndef SELECTOR_CONFIGURATOR_H
#define SELECTOR_CONFIGURATOR_H

#include "registry/provider_url.h"
#include "registry/url_match.h"

#define CONFIGURATORS_MAX 2000 /* of one service; further ones are ignored, with a log line */

typedef struct configurator configurator;
typedef struct configurators configurators;

/* Where configurators come from, in the order in which they are applied: the later one wins, as in
 * Dubbo 2.7. */
typedef enum configurator_source {
    CONFIGURATOR_NODES,       /* <interface>/configurators in the registry */
    CONFIGURATOR_APPLICATION, /* the config centre's <application>.configurators */
    CONFIGURATOR_SERVICE,     /* the config centre's <interface>:<version>:<group>.configurators */
    CONFIGURATOR_SOURCES
} configurator_source;

/* The consumer that applies the configurators; many of them are for certain consumers only. */
typedef struct configurator_consumer {
    const char *application; /* "": none */
    const char *address;     /* the own IP address, as in the consumer node */
    url_wanted wanted;
} configurator_consumer;

typedef struct configurator_texts {
    const char *const *urls;
    size_t count;
} configurator_texts;

/* Parses the URLs of all sources and keeps those that apply to this consumer. A malformed URL is
 * logged and ignored; of a URL with unknown params only these params are ignored. All configurators
 * of CONFIGURATOR_NODES are dropped if one of them clears the list: an empty:// URL, or a URL for
 * 0.0.0.0 without params. false: no memory. */
bool configurators_new(const configurator_consumer *consumer,
    const configurator_texts texts[CONFIGURATOR_SOURCES], configurators **made);
void configurators_free(configurators *self); /* NULL is accepted */

/* Returns the number of configurators; 0 if self is NULL. */
size_t configurators_count(const configurators *self);

/* A provider's URL together with the params that configurators set. */
typedef struct configured {
    const provider_url *original;
    const provider_url *url; /* the URL to read: original if nothing was set, otherwise &changed */
    bool is_changed;
    provider_url changed; /* everything except its params is borrowed from original */
    url_param *params;
    const configurator **by; /* by[i] has set params[i]; NULL: the value is the node's own */
} configured;

/* Applies rules (NULL: none) to url; both must outlive *self. false: no memory, and
 * configured_fini() must not be called. */
bool configured_init(configured *self, const configurators *rules, const provider_url *url);
void configured_fini(configured *self);

/* Returns the configurator that has set this value, which was found in self->url. NULL: the value
 * is the node's own, or empty. */
const configurator *configured_by(const configured *self, dubboc_slice value);

/* Like provider_url_mismatch(), but checks the changed URL. If a configurator disabled the
 * provider, that is the reason. */
const char *configured_mismatch(
    const configured *self, const url_wanted *wanted, char *reason, size_t size);

/* Appends a text for people that says what was set, and by which configurator: "weight=200 by
 * override 10.0.0.1:80, timeout=50 by the service's rule 0.0.0.0". */
void configured_describe(const configured *self, buffer *out);

/* Whether the values that the configurator sets are stronger than the consumer's own settings: true
 * for override://, false for absent:// (docs/wire.md 5.5) and for NULL. */
bool configurator_is_override(const configurator *self);

#endif
