/* What a kind of registry implements. The functions of registry.h check their arguments and forward
 * to these slots. A kind embeds struct registry as its first member, and is listed in kinds.h.
 *
 * Holds for every slot unless it says otherwise:
 *  - It may be called from any thread, by several threads at once, and from a listener; free() is
 *    the only exception. The caller holds no lock of registry/, and may hold locks of its own, so a
 *    slot never calls a listener.
 *  - It does not wait for the network, a name server or another process. It may take locks of the
 *    kind, which are held for memory accesses only.
 *  - Arguments are borrowed during the call. self, handles, outputs and texts are never NULL.
 *  - On failure err is set, outputs are not written, and nothing is kept: what the call allocated
 *    is freed, what it wrote is taken back. On success registry.c clears err.
 *  - A handle belongs to the caller until the slot that ends it (unregister, unsubscribe). Handles
 *    that are left when the registry is freed are freed with it. registry.c sets the ops of a
 *    registration. */
#ifndef REGISTRY_REGISTRY_OPS_H
#define REGISTRY_REGISTRY_OPS_H

#include "registry/registry_types.h"

typedef struct registry_ops {
    const char *scheme; /* "zookeeper" */

    /* The address is recognised by "scheme:" alone ("static:"). Otherwise "//" must follow, because
     * "zookeeper:2181" may also be a host and its port. */
    bool is_recognised_without_slashes;

    /* Makes the registry that settings describe, and starts its threads. rest is the address
     * without its scheme and ':' ("//h1:2181,h2:2181/?group=x", "///var/lib/x", "jsonrpc://...");
     * of an address without a scheme ("h1:2181,h2:2181") it is the whole address. settings is
     * borrowed: what is needed later is copied. May touch the local file system; does not wait for
     * a connection.
     * registry_open() sets ops and address of *self afterwards, so the kind's threads must not read
     * these two.
     * DUBBOC_E_ARGUMENT: a fault in the address or in settings; err says what, and
     * registry_open() puts the address before it. DUBBOC_E_SYSTEM: no folder or thread.
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status (*open)(
        const registry_settings *settings, dubboc_slice rest, registry **self, dubboc_error *err);

    /* Whether what the address names exists, without making it. May touch the local file system.
     * DUBBOC_E_NOT_FOUND: it does not; err names it. DUBBOC_E_ARGUMENT, DUBBOC_E_NO_MEMORY. NULL:
     * the kind cannot tell, and it is taken to exist. */
    dubboc_status (*check_exists)(dubboc_slice rest, dubboc_error *err);

    /* Takes back what is still registered, ends the kind's threads and frees everything, handles
     * included, except address, which is registry.c's. Blocks at most 2 s for that, and until a
     * running listener returns. No other slot runs any more. Called once, not from a listener. */
    void (*free)(registry *self);

    /* Whether the registry can be read and written at the moment. No lock is taken. NULL: always.
     */
    bool (*is_connected)(const registry *self);

    /* As registry_trouble(): writes the reason why it is not connected, "" if it is or if the
     * reason is not known. NULL: "". */
    void (*trouble)(const registry *self, char text[REGISTRY_TROUBLE_SIZE]);

    /* As registry_seek_trouble(). Takes no longer than a look when it is connected. Cannot fail:
     * without memory the reason stays unknown. NULL: there is nothing to find out. */
    void (*seek_trouble)(registry *self, int64_t deadline_ns);

    /* As registry_servers(): borrowed until free(). NULL: the kind connects to no server. */
    const char *(*servers)(const registry *self);

    /* Notes that url (1 to URL_BYTES_MAX bytes) shall stand under interface and category until
     * unregister(); whether it is written during the call or later by a thread is the kind's
     * choice. May touch the local file system.
     * DUBBOC_E_ARGUMENT: no node can be called that. DUBBOC_E_SYSTEM: the node cannot be written.
     * DUBBOC_E_TOO_BIG: no path is that long. DUBBOC_E_CLOSED: the registry is being freed.
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status (*register_)(registry *self, const char *interface, registry_category category,
        const char *url, registry_registration **registration, dubboc_error *err);

    /* The same for count (at least 1) nodes, which appear together as far as the kind can do that.
     * On failure none is registered, and err begins with "service " and the interface that the
     * fault is about, if it is about one. NULL: registry.c calls register_ for each. */
    dubboc_status (*register_all)(registry *self, const registry_wanted *wanted, size_t count,
        registry_registration **registrations, dubboc_error *err);

    /* Whether the node stands now. No lock is taken. */
    bool (*is_registered)(const registry_registration *registration);

    /* Whether the node has stood at any time, so that others may know of it. No lock is taken.
     * NULL: every registration stands from the first. */
    bool (*was_registered)(const registry_registration *registration);

    /* Takes the node back and blocks until that is done, at most timeout_ms (<= 0: does not wait);
     * the rest is then done later. Frees the handle in any case. Cannot fail. */
    void (*unregister)(registry *self, registry_registration *registration, int64_t timeout_ms);

    /* The same for count (at least 1) handles, at most timeout_ms in all. The array is borrowed.
     * NULL: registry.c calls unregister for each. */
    void (*unregister_all)(
        registry *self, registry_registration **registrations, size_t count, int64_t timeout_ms);

    /* From now on listener is called as registry_listener says: by a thread of the kind, one call
     * at a time for each subscription, with no lock held, first with the current list. Creates no
     * node. arg is kept until unsubscribe() returns.
     * DUBBOC_E_ARGUMENT: there is no such interface name. DUBBOC_E_SYSTEM, DUBBOC_E_CLOSED,
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status (*subscribe)(registry *self, const char *interface, registry_category category,
        registry_listener listener, void *arg, registry_subscription **subscription,
        dubboc_error *err);

    /* Has the list read again and the listener called, changed or not. Cannot fail. */
    void (*refresh)(registry *self, registry_subscription *subscription);

    /* Ends a subscription or data watch and frees the handle. Blocks while the listener runs; when
     * it returns, the listener will not run any more. Not called from that listener. */
    void (*unsubscribe)(registry *self, registry_subscription *subscription);

    /* Reads the URLs of one category, sorted and without duplicates; may block until deadline_ns
     * (DEADLINE_NEVER: no limit) and not much longer. What does not exist is an empty list. The
     * list is the caller's.
     * DUBBOC_E_REGISTRY: it could not be read in time; err says why. DUBBOC_E_ARGUMENT,
     * DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
    dubboc_status (*lookup)(registry *self, const char *interface, registry_category category,
        int64_t deadline_ns, registry_list *urls, dubboc_error *err);

    /* The same for the names of all interfaces, decoded. */
    dubboc_status (*interfaces)(
        registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err);

    /* Watches the data of the node at path below the root; otherwise as subscribe().
     * DUBBOC_E_ARGUMENT: no node can have that path. NULL: the kind keeps no data. */
    dubboc_status (*watch_data)(registry *self, const char *path, registry_data_listener listener,
        void *arg, registry_subscription **subscription, dubboc_error *err);
} registry_ops;

struct registry {
    const registry_ops *ops;
    char *address; /* for people, without passwords */
};

/* A kind's registration begins with this. Its subscriptions are what it likes: nobody else looks
 * into them. */
struct registry_registration {
    const registry_ops *ops;
};

#endif
