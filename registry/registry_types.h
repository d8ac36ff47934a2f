/* Types for both the callers of a registry (registry.h) and its kinds (registry_ops.h): settings,
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
    const char *address;  /* the registry URL (docs/wire.md 5.11) */
    const char *username; /* NULL: none. ZooKeeper: for digest authentication */
    const char *password;
    int64_t timeout_ms; /* ZooKeeper: time-out of the session; other kinds ignore it */
    /* How often registered nodes are checked, so that a node that was deleted by hand is written
     * again. */
    int64_t self_check_ms;
    /* Only this process can serve at the addresses that it registers, because it listens there
     * itself and the address is not that of a gateway. So nodes with the same identity
     * (provider_url_identity()) that an earlier process left are removed as soon as the new node
     * exists. */
    bool owns_addresses;
} registry_settings;

/* All current nodes of one category of an interface. Borrowed during the call of the listener. */
typedef struct registry_snapshot {
    const char *interface;
    registry_category category;
    /* Decoded once (docs/wire.md 5.2), ended by zero bytes, in no particular order. URLs that
     * cannot be parsed are included, so that the receiver can report why it ignores them. */
    const char *const *urls;
    size_t count;
} registry_snapshot;

/* Called with the first successful reading, also if it is empty, and after every change; several
 * changes in quick succession are reported by one call. Runs on a thread of the registry, never
 * inside registry_subscribe() or registry_refresh(); one call at a time for each subscription; no
 * lock is held. The listener may call every function of the registry except registry_free(). While
 * the registry is not connected, the listener is not called, and the last list remains valid. */
typedef void (*registry_listener)(void *arg, const registry_snapshot *snapshot);

/* Like registry_listener, but called with the data of one node. data is NULL if the node does not
 * exist. */
typedef void (*registry_data_listener)(void *arg, const char *path, const char *data, size_t len);

/* A node to register. */
typedef struct registry_wanted {
    const char *interface;
    registry_category category;
    const char *url; /* decoded */
} registry_wanted;

#define REGISTRY_TROUBLE_SIZE 448 /* size of the text of registry_trouble() */

#endif
