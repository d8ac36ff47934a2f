/* What callers of a registry (registry.h) and its kinds (registry_ops.h) both use: settings,
 * handles, and what listeners receive. */
#ifndef REGISTRY_REGISTRY_TYPES_H
#define REGISTRY_REGISTRY_TYPES_H

#include "registry/category.h"
#include "registry/registry_list.h"
#include <dubboc/error.h>

typedef struct registry registry;
typedef struct registry_subscription registry_subscription;
typedef struct registry_registration registry_registration;

typedef struct registry_settings {
    const char *address;  /* the registry URL: wire.md 5.11 */
    const char *username; /* NULL: none. ZooKeeper: for the digest scheme. */
    const char *password;
    int64_t timeout_ms;    /* ZooKeeper: the session's; unused by other kinds */
    int64_t self_check_ms; /* how often registered nodes are checked, so that a node that was
                              deleted by hand is written again */
    /* Only this process can serve at the addresses that it registers, because it listens there
     * itself and the address is not that of a gateway. Then nodes of the same identity
     * (provider_url_identity()) that an earlier process left are removed as soon as the new node
     * stands. */
    bool owns_addresses;
} registry_settings;

/* All current nodes of one category of one interface. Borrowed during the call. */
typedef struct registry_snapshot {
    const char *interface;
    registry_category category;
    /* Decoded once (wire.md 5.2), zero-ended, in no particular order. URLs that cannot be parsed
     * are included, so that the reader can say why it skips them. */
    const char *const *urls;
    size_t count;
} registry_snapshot;

/* Called with the first successful reading (an empty one too) and after every change; changes that
 * follow each other quickly are reported by one call. It runs on a thread of the registry, never
 * within registry_subscribe() or registry_refresh(); one call at a time per subscription; no lock
 * is held. It may call every function of the registry but registry_free(). While the registry is
 * not connected the listener is not called, and the last snapshot stays valid. */
typedef void (*registry_listener)(void *arg, const registry_snapshot *snapshot);

/* The same for the data of one node. data is NULL when there is no such node. */
typedef void (*registry_data_listener)(void *arg, const char *path, const char *data, size_t len);

/* A node that should stand in the registry. */
typedef struct registry_wanted {
    const char *interface;
    registry_category category;
    const char *url; /* decoded */
} registry_wanted;

#define REGISTRY_TROUBLE_SIZE 448 /* of the text of registry_trouble() */

#endif
