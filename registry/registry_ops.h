/* What a kind of registry implements: registry.h's functions forward here. A kind embeds struct
 * registry as its first member. */
#ifndef REGISTRY_REGISTRY_OPS_H
#define REGISTRY_REGISTRY_OPS_H

#include "registry/registry.h"

typedef struct registry_ops {
    const char *scheme; /* "zookeeper" */

    /* rest: the address without its scheme and ':' ("//h1:2181,h2:2181/?group=x", "///var/lib/x",
     * "jsonrpc://..."); of a bare list of hosts ("h1:2181,h2:2181"), which is zookeeper's, all of
     * it. The caller fills in ops and address of what it returns, so threads that it starts leave
     * those two alone. On failure nothing is left behind. */
    dubboc_status (*open)(
        const registry_settings *settings, dubboc_slice rest, registry **self, dubboc_error *err);
    /* NULL: the kind cannot tell */
    dubboc_status (*check_exists)(dubboc_slice rest, dubboc_error *err);
    void (*free)(registry *self);
    bool (*is_connected)(const registry *self);
    /* As registry_trouble(). NULL: it is never away. */
    void (*trouble)(const registry *self, char text[REGISTRY_TROUBLE_SIZE]);
    /* As registry_servers(). NULL: it has none. */
    const char *(*servers)(const registry *self);
    /* url: 1 to URL_BYTES_MAX bytes */
    dubboc_status (*register_)(registry *self, const char *interface, registry_category category,
        const char *url, registry_registration **registration, dubboc_error *err);
    /* As registry_register_all(); on failure none is registered. NULL: the front calls register_
     * for each. */
    dubboc_status (*register_all)(registry *self, const registry_wanted *wanted, size_t count,
        registry_registration **registrations, dubboc_error *err);
    bool (*is_registered)(const registry_registration *registration);
    /* As registry_was_registered(). NULL: a registration stands from the first, in a registry that
     * others read. */
    bool (*was_registered)(const registry_registration *registration);
    void (*unregister)(registry *self, registry_registration *registration, int64_t timeout_ms);
    /* As registry_unregister_all(). NULL: the front calls unregister for each. */
    void (*unregister_all)(
        registry *self, registry_registration **registrations, size_t count, int64_t timeout_ms);
    dubboc_status (*subscribe)(registry *self, const char *interface, registry_category category,
        registry_listener listener, void *arg, registry_subscription **subscription,
        dubboc_error *err);
    void (*refresh)(registry *self, registry_subscription *subscription);
    void (*unsubscribe)(registry *self, registry_subscription *subscription);
    dubboc_status (*lookup)(registry *self, const char *interface, registry_category category,
        int64_t deadline_ns, registry_list *urls, dubboc_error *err);
    dubboc_status (*interfaces)(
        registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err);
    /* NULL: the kind keeps no data. */
    dubboc_status (*watch_data)(registry *self, const char *path, registry_data_listener listener,
        void *arg, registry_subscription **subscription, dubboc_error *err);
} registry_ops;

struct registry {
    const registry_ops *ops;
    char *address; /* for people, without passwords; set by registry_open() */
};

/* Each handle begins with its registry's operations; the kind sets them. */
struct registry_subscription {
    const registry_ops *ops;
};
struct registry_registration {
    const registry_ops *ops;
};

/* Whether a URL's node belongs under that category: its category param, providers when it has none;
 * "provider" and "consumer" are dubbogo's (wire.md P13). */
bool registry_category_matches(registry_category category, dubboc_slice named);

/* Lists under construction: {0} at first, capacity beside it. add copies text; false: no memory,
 * nothing changed. sort leaves each text once. */
bool registry_list_add(registry_list *list, size_t *capacity, dubboc_slice text);
void registry_list_sort(registry_list *list);
bool registry_list_equal(const registry_list *a, const registry_list *b); /* both sorted */

extern const registry_ops registry_static_ops;
extern const registry_ops registry_file_ops;
extern const registry_ops registry_zookeeper_ops;

#endif
