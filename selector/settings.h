/* The settings of a selector. */
#ifndef SELECTOR_SETTINGS_H
#define SELECTOR_SETTINGS_H

#include "registry/provider_url.h"

typedef struct selector_settings {
    int64_t ttl_ms; /* lists are read again after this, jittered by 10 %; < 0: never */
    /* An empty list clears the known providers only after this time. */
    int64_t empty_grace_ms;
    /* Lists are kept there for starts without a registry. NULL or "": they are not. */
    const char *snapshot_dir;
    const char *load_balance; /* default policy; NULL or "": random */
    /* A provider is ejected after so many failures or refusals in a row; <= 0: never. */
    int health_failures;
    int64_t health_rest_ms; /* how long after failures, times how often in a row */
    /* The own name, by which configurators may choose consumers. NULL or "": none. */
    const char *application;
    /* What kind of peer wrote a node, for picks to tell; NULL: all are 0. Any thread; must not
     * block. */
    uint8_t (*peer_of)(const provider_url *url);
    /* Work of the selector's owner that no call may wait for. The upkeep thread calls it with
     * extra_arg at the end of each round, and soon after selector_wake_upkeep(). It may block, but
     * what the upkeep thread does is late then. It does not run any more when selector_free()
     * returns. NULL: there is none. */
    void (*extra_work)(void *extra_arg);
    void *extra_arg;
} selector_settings;

#endif
