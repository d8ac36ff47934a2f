/* What a kind of registry implements. The functions of registry.h check their arguments and forward
 * to these slots. A kind embeds struct registry as its first member, and is listed in kinds.h.
 *
 * The following holds for every slot unless its comment says otherwise:
 *  - It may be called from any thread, by several threads at once, and from a listener; free() is
 *    the only exception. The caller holds no lock of registry/, but may hold its own locks, so a
 *    slot never calls a listener.
 *  - It does not wait for the network, a name server or another process. It may take locks of the
 *    kind, which are only held for memory accesses.
 *  - Arguments are borrowed during the call. self, handles, outputs and texts are never NULL.
 *  - On failure err is set, outputs are not written, and nothing remains: what the call allocated
 *    is freed, what it wrote is removed. On success registry.c clears err.
 *  - A handle belongs to the caller until the slot that ends it (unregister, unsubscribe). Handles
 *    that remain when the registry is freed are freed with it. registry.c sets the ops of a
 *    registration. */
#ifndef REGISTRY_REGISTRY_OPS_H
#define REGISTRY_REGISTRY_OPS_H

#include "registry/registry_types.h"

typedef struct registry_ops {
    const char *scheme; /* such as "zookeeper" */

    /* The scheme is recognised by "scheme:" alone ("static:"). If false, "//" must follow, because
     * "zookeeper:2181" may also be a host and its port. */
    bool is_recognised_without_slashes;

    /* Creates the registry that settings describe, and starts its threads. rest is the address
     * without its scheme and ':' ("//h1:2181,h2:2181/?group=x", "///var/lib/x", "jsonrpc://...");
     * for an address without a scheme ("h1:2181,h2:2181") it is the whole address. settings is
     * borrowed: what is needed later must be copied. May access the local file system; does not
     * wait for a connection.
     * registry_open() sets ops and address of *self afterwards, so the kind's threads must not read
     * these two fields.
     * DUBBOC_E_ARGUMENT: a fault in the address or in settings; err says which, and registry_open()
     * puts the address before it. DUBBOC_E_SYSTEM: no folder or thread. DUBBOC_E_NO_MEMORY. */
    dubboc_status (*open)(
        const registry_settings *settings, dubboc_slice rest, registry **self, dubboc_error *err);

    /* Whether the registry at that address exists; does not create it. May access the local file
     * system. DUBBOC_E_NOT_FOUND: the registry does not exist; err names it. DUBBOC_E_ARGUMENT,
     * DUBBOC_E_NO_MEMORY. NULL: the kind cannot tell; the registry is assumed to exist. */
    dubboc_status (*check_exists)(dubboc_slice rest, dubboc_error *err);

    /* Removes what is still registered, ends the kind's threads and frees everything, including
     * handles, but not address, which belongs to registry.c. Blocks at most 2 s for that, and until
     * a running listener returns. No other slot is running or will be called. Called once, not from
     * a listener. */
    void (*free)(registry *self);

    /* Whether the registry can be read and written now. Takes no lock. NULL: it always can. */
    bool (*is_connected)(const registry *self);

    /* Writes the reason why the registry is not connected, or "" if it is connected or the reason
     * is not known. Any thread. NULL: always "". */
    void (*trouble)(const registry *self, char text[REGISTRY_TROUBLE_SIZE]);

    /* Makes the kind find out, before deadline_ns, the reason why the registry is not connected.
     * No-op if the registry is connected. Does not wait. Cannot fail: without memory the reason
     * stays unknown. Any thread. NULL: there is nothing to find out. */
    void (*seek_trouble)(registry *self, int64_t deadline_ns);

    /* The servers that the registry connects to, such as "h1:2181,h2:2181"; the text is valid until
     * free(). NULL: the kind connects to no server. */
    const char *(*servers)(const registry *self);

    /* Registers url (1 to URL_BYTES_MAX bytes) under interface and category until unregister(). The
     * kind decides whether the node is written during the call or later by a thread. May access the
     * local file system.
     * DUBBOC_E_ARGUMENT: no node can have that name. DUBBOC_E_SYSTEM: the node cannot be written.
     * DUBBOC_E_TOO_BIG: the path would be too long. DUBBOC_E_CLOSED: the registry is being freed.
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status (*register_)(registry *self, const char *interface, registry_category category,
        const char *url, registry_registration **registration, dubboc_error *err);

    /* Like register_, but registers count (at least 1) nodes, which appear together if the kind can
     * do that. On failure none is registered. If the failure concerns a single node, err begins
     * with "service " and the interface of that node. NULL: registry.c calls register_ for each. */
    dubboc_status (*register_all)(registry *self, const registry_wanted *wanted, size_t count,
        registry_registration **registrations, dubboc_error *err);

    /* Whether the node exists now. Takes no lock. */
    bool (*is_registered)(const registry_registration *registration);

    /* Whether the node has existed at any time, so that others may know it. Takes no lock. NULL:
     * every registration takes effect at once. */
    bool (*was_registered)(const registry_registration *registration);

    /* Removes the node and blocks until that is done, at most timeout_ms (<= 0: does not wait). A
     * removal that takes longer is completed in the background. Frees the handle in any case.
     * Cannot fail. */
    void (*unregister)(registry *self, registry_registration *registration, int64_t timeout_ms);

    /* Like unregister, but removes the nodes of count (at least 1) handles and waits at most
     * timeout_ms for all of them together. Frees the handles; the array is borrowed. NULL:
     * registry.c calls unregister for each. */
    void (*unregister_all)(
        registry *self, registry_registration **registrations, size_t count, int64_t timeout_ms);

    /* Starts calling listener as registry_listener says: by a thread of the kind, one call at a
     * time for each subscription, with no lock held, first with the current list. Creates no node.
     * arg is used until unsubscribe() returns.
     * DUBBOC_E_ARGUMENT: no interface can have that name. DUBBOC_E_SYSTEM, DUBBOC_E_CLOSED,
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status (*subscribe)(registry *self, const char *interface, registry_category category,
        registry_listener listener, void *arg, registry_subscription **subscription,
        dubboc_error *err);

    /* Makes the kind read the list again and call the listener, whether the list has changed or
     * not. Cannot fail. */
    void (*refresh)(registry *self, registry_subscription *subscription);

    /* Ends a subscription or data watch and frees the handle. Blocks while the listener is running;
     * after it returns, the listener is not called any more. Not called from that listener. */
    void (*unsubscribe)(registry *self, registry_subscription *subscription);

    /* Reads the URLs of one category, sorted and without duplicates; may block until deadline_ns
     * (DEADLINE_NEVER: no limit) and not much longer. What does not exist is an empty list. The
     * list belongs to the caller.
     * DUBBOC_E_REGISTRY: the list could not be read in time; err says why. DUBBOC_E_ARGUMENT,
     * DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
    dubboc_status (*lookup)(registry *self, const char *interface, registry_category category,
        int64_t deadline_ns, registry_list *urls, dubboc_error *err);

    /* Like lookup, but reads the names of all interfaces, decoded and sorted.
     * DUBBOC_E_REGISTRY: the names could not be read in time; err says why. DUBBOC_E_CLOSED,
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status (*interfaces)(
        registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err);

    /* Like subscribe, but watches the data of the node at path, which is relative to the root.
     * Ended by unsubscribe().
     * DUBBOC_E_ARGUMENT: no node can have that path. NULL: the kind keeps no data. */
    dubboc_status (*watch_data)(registry *self, const char *path, registry_data_listener listener,
        void *arg, registry_subscription **subscription, dubboc_error *err);
} registry_ops;

struct registry {
    const registry_ops *ops;
    char *address; /* for people, without passwords */
};

/* The registration struct of every kind has this struct as its first member. The subscription
 * struct of a kind has no common first member, because only the kind itself accesses it. */
struct registry_registration {
    const registry_ops *ops;
};

#endif
