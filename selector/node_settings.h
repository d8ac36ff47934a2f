/* The settings for calls in a node, or in the URL of a call: time-out, retries, and whether methods
 * are idempotent, for all methods or for single ones. Most nodes have none, and then this struct
 * does not exist. Immutable. */
#ifndef SELECTOR_NODE_SETTINGS_H
#define SELECTOR_NODE_SETTINGS_H

#include "selector/configurator.h"

/* The node's values for one method. */
typedef struct node_method {
    dubboc_slice name;
    int64_t timeout_ms; /* 0: not set */
    int retries;        /* -1: not set */
    int idempotent;     /* 1: may run twice, 0: may not, -1: not set */
    /* The value was set by an administrator and is stronger than the consumer's (docs/wire.md
     * 5.5): */
    bool timeout_is_override;
    bool retries_are_override;
} node_method;

typedef struct node_settings {
    node_method any; /* for methods without values of their own */
    size_t count;
    node_method methods[]; /* the names are stored behind the last one */
} node_settings;

/* Creates *settings, to be freed with free(), from the URL and what configurators set in it.
 * *settings stays NULL if there are no settings. false: no memory. */
bool node_settings_read(const configured *with, node_settings **settings);

/* Returns the values for a method. Allocates nothing. */
node_method node_settings_find(const node_settings *settings, dubboc_slice method);

/* Returns the values for a method directly from a URL, without configurators. */
node_method node_settings_of_url(const provider_url *url, dubboc_slice method);

#endif
