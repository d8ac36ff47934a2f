/* What a node (or the URL of a call) says about its calls: time-out, retries and whether they may
 * run twice, for all methods and for some. Most nodes say nothing and have none of this. Immutable
 * once made. */
#ifndef SELECTOR_NODE_SETTINGS_H
#define SELECTOR_NODE_SETTINGS_H

#include "selector/configurator.h"

/* The node's own values for one method. */
typedef struct node_method {
    dubboc_slice name;
    int64_t timeout_ms; /* 0: none */
    int retries;        /* -1: none */
    int idempotent;     /* 1: may run twice with the same effect, 0: not, -1: it does not say */
    /* an administrator's, stronger than the consumer's own (wire.md 5.5) */
    bool timeout_is_override;
    bool retries_are_override;
} node_method;

typedef struct node_settings {
    node_method any; /* methods without values of their own */
    size_t count;
    node_method methods[]; /* their names stand behind the last one */
} node_settings;

/* *settings is made with malloc() from the URL and what configurators set in it; it stays NULL when
 * they say nothing about calls. false: no memory. */
bool node_settings_read(const configured *with, node_settings **settings);

/* The values for a method. No allocation. */
node_method node_settings_find(const node_settings *settings, dubboc_slice method);

/* What a URL says for a method, without configurators. */
node_method node_settings_of_url(const provider_url *url, dubboc_slice method);

#endif
