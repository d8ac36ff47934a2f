/* What a kind of registry implements: registry.h's functions forward here. A kind embeds struct registry as its first member. */
#ifndef REGISTRY_REGISTRY_OPS_H
#define REGISTRY_REGISTRY_OPS_H

#include "registry/registry.h"

typedef struct registry_ops {
    const char *scheme; /* "zookeeper" */

    /* address without its scheme and ':'. On failure nothing is left behind. */
    dubboc_status (*open)(const registry_settings *settings, dubboc_slice rest, registry **self, dubboc_error *err);
    void (*free)(registry *self);
    bool (*is_connected)(const registry *self);
    dubboc_status (*register_)(registry *self, const char *interface, registry_category category, const char *url,
        registry_registration **registration, dubboc_error *err);
    bool (*is_registered)(const registry_registration *registration);
    void (*unregister)(registry *self, registry_registration *registration, int64_t timeout_ms);
    dubboc_status (*subscribe)(registry *self, const char *interface, registry_category category, registry_listener listener,
        void *arg, registry_subscription **subscription, dubboc_error *err);
    void (*refresh)(registry *self, registry_subscription *subscription);
    void (*unsubscribe)(registry *self, registry_subscription *subscription);
    dubboc_status (*lookup)(registry *self, const char *interface, registry_category category, int64_t deadline_ns,
        registry_list *urls, dubboc_error *err);
    dubboc_status (*interfaces)(registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err);
    dubboc_status (*watch_data)(registry *self, const char *path, registry_data_listener listener, void *arg,
        registry_subscription **subscription, dubboc_error *err);
} registry_ops;

struct registry {
    const registry_ops *ops;
    char *address; /* for people, without passwords; set by registry_open() */
};

/* Each handle begins with its registry's operations. */
struct registry_subscription {
    const registry_ops *ops;
};
struct registry_registration {
    const registry_ops *ops;
};

extern const registry_ops registry_static_ops;
extern const registry_ops registry_file_ops;
extern const registry_ops registry_zookeeper_ops;

#endif
