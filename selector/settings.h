/* The settings of a selector. */
#ifndef SELECTOR_SETTINGS_H
#define SELECTOR_SETTINGS_H

#include "registry/provider_url.h"

typedef struct selector_settings {
    int64_t ttl_ms; /* lists are read again after this time, +-10 %; < 0: never */
    /* An empty list clears the known providers only after this time. */
    int64_t empty_grace_ms;
    /* The folder of snapshot files, with which a client can start without a registry. NULL or "":
     * none. */
    const char *snapshot_dir;
    const char *load_balance; /* the default policy; NULL or "": random */
    /* A provider is ejected after this many failures or refusals in a row; <= 0: never. */
    int health_failures;
    /* Length of an ejection after failures; multiplied by the number of ejections in a row. */
    int64_t health_rest_ms;
    /* A provider with health_failures failures in a row is probed at this interval; <= 0: never. */
    int64_t health_probe_ms;
    /* The name of this application, by which configurators may select consumers. NULL or "":
     * none. */
    const char *application;
    /* Returns the kind of peer that wrote a node; picks report it. NULL: every peer is 0. Called by
     * any thread; must not block. */
    uint8_t (*peer_of)(const provider_url *url);
    /* Work of the selector's owner that no call may wait for. The upkeep thread calls it with
     * extra_arg at the end of each round, and soon after selector_wake_upkeep(). It may block, but
     * that delays the upkeep. It is not running any more when selector_free() returns. NULL:
     * none. */
    void (*extra_work)(void *extra_arg);
    void *extra_arg;
} selector_settings;

#endif
