/* The registry: where providers are written down and found. One interface, several kinds
 * (zookeeper:, file:, static:), which all pass the same contract suite (tests/registry/contract.h).
 *
 * A registry deals in URL texts and does not interpret them: a subscriber receives every node of
 * the category and decides itself (selector/). A registration or subscription is a wish that lasts
 * until it is taken back: the registry fulfils it again after every loss, without being asked. No
 * function waits for the network, except registry_lookup(), registry_interfaces() and those with a
 * timeout. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "registry/registry_types.h"

/* Opens the registry that settings->address names. Does not wait for a connection.
 * DUBBOC_E_ARGUMENT: no such kind, or a fault in the address; err says what. DUBBOC_E_SYSTEM: a
 * folder or thread cannot be had. DUBBOC_E_NO_MEMORY. */
dubboc_status registry_open(const registry_settings *settings, registry **self, dubboc_error *err);

/* For tools that only read: whether what the address names is there. DUBBOC_E_NOT_FOUND: the folder
 * of a file: registry is not; err names it. DUBBOC_OK of the other kinds, which cannot tell.
 * DUBBOC_E_ARGUMENT, DUBBOC_E_NO_MEMORY. */
dubboc_status registry_check_exists(const char *address, dubboc_error *err);

/* Removes the nodes that are still registered (waiting at most 2 s for it), ends the threads and
 * frees everything. No callback runs after it has returned. Must not be called from a callback.
 * NULL is accepted. */
void registry_free(registry *self);

/* "zookeeper://h1:2181,h2:2181", for people: secrets are masked (base/mask.h). */
const char *registry_address(const registry *self);

/* "h1:2181,h2:2181": the servers that it connects to, "": none (file:, static:). For
 * own_address(). */
const char *registry_servers(const registry *self);

/* Whether it is connected now (file:, static: always). For logs, waits and error texts. */
bool registry_is_connected(const registry *self);

/* Writes why it is not connected ("connection refused by 127.0.0.1:2181"), as far as it is known;
 * "" when it is connected. Any thread. */
void registry_trouble(const registry *self, char text[REGISTRY_TROUBLE_SIZE]);

/* Somebody waits for the registry until deadline_ns: when it is not connected, the reason is found
 * out before that, so that registry_trouble() can tell it. Does not wait. Any thread. */
void registry_seek_trouble(registry *self, int64_t deadline_ns);

/* Registers url (decoded) under interface and category, as a node that ends with this process. The
 * function notes the wish and returns; the node is written, and written again after a loss, in the
 * background.
 *
 * ZooKeeper: a node of the same URL that another session owns is replaced (wire.md 5.11). If
 * settings->owns_addresses, ephemeral nodes of the same provider under other URLs that other
 * sessions own are removed once, as soon as the new node stands; this is done in the category of
 * providers only, and what cannot be parsed or deleted stays. file: a node that no living process
 * holds is not listed, so there is nothing to remove.
 *
 * A consumer's node does not create the directory of its interface, because the name may be
 * mistyped. It is written as soon as that directory exists; registry_is_registered() tells
 * whether it has been.
 *
 * DUBBOC_E_ARGUMENT: no node can be called that, or url is empty or over URL_BYTES_MAX, so that no
 * reader would take it. DUBBOC_E_SYSTEM: file: the node cannot be written. DUBBOC_E_CLOSED,
 * DUBBOC_E_NO_MEMORY. */
dubboc_status registry_register(registry *self, const char *interface, registry_category category,
    const char *url, registry_registration **registration, dubboc_error *err);

/* The same for several nodes that come and go together. ZooKeeper creates them in one transaction,
 * so that watchers see one change. A transaction holds up to 128 nodes or 256 KiB of paths; more
 * nodes are spread over several transactions, and nodes of one interface that follow each other
 * stay together where possible. A node that ZooKeeper refuses does not keep the others away.
 * registrations receives count handles; on failure none is written, and nothing is registered. */
dubboc_status registry_register_all(registry *self, const registry_wanted *wanted, size_t count,
    registry_registration **registrations, dubboc_error *err);

/* Whether the node stands in the registry now. */
bool registry_is_registered(const registry_registration *registration);

/* Whether the node has stood at any time since registry_register(), so that others may know of it.
 * Always false for static:, which nobody else reads. */
bool registry_was_registered(const registry_registration *registration);

/* Removes the node and waits until that is done, at most timeout_ms; at the latest it ends with the
 * session. Frees registration. NULL is accepted. */
void registry_unregister(registry *self, registry_registration *registration, int64_t timeout_ms);

/* The same for several, at most timeout_ms in all. What was registered together is removed from
 * ZooKeeper in one transaction, within the same limits. */
void registry_unregister_all(
    registry *self, registry_registration **registrations, size_t count, int64_t timeout_ms);

/* Calls listener as above until it is taken back. A subscription creates nothing: what is not there
 * is an empty list until somebody registers it. DUBBOC_E_ARGUMENT, DUBBOC_E_SYSTEM,
 * DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
dubboc_status registry_subscribe(registry *self, const char *interface, registry_category category,
    registry_listener listener, void *arg, registry_subscription **subscription, dubboc_error *err);

/* Reads again now, and calls the listener even if nothing changed (the selector's TTL). */
void registry_refresh(registry *self, registry_subscription *subscription);

/* After it returns the listener is not running and will not be called. Not from the listener
 * itself. Frees it. NULL is accepted. */
void registry_unsubscribe(registry *self, registry_subscription *subscription);

/* Blocking reads for tools, until deadline_ns: the nodes of a category; the names of all interfaces
 * (decoded), sorted.
 * DUBBOC_E_REGISTRY: not reachable in time; err says why. DUBBOC_E_NOT_FOUND never: what is not
 * there is an empty list. */
dubboc_status registry_lookup(registry *self, const char *interface, registry_category category,
    int64_t deadline_ns, registry_list *urls, dubboc_error *err);
dubboc_status registry_interfaces(
    registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err);

/* Watches one node's data (a path below the root, "config/dubbo/<key>": wire.md 5.9): called as a
 * registry_listener, data NULL when there is no such node. Ended by registry_unsubscribe().
 * DUBBOC_E_ARGUMENT: no node can have that path. static:, file: keep none: DUBBOC_E_UNSUPPORTED. */
dubboc_status registry_watch_data(registry *self, const char *path, registry_data_listener listener,
    void *arg, registry_subscription **subscription, dubboc_error *err);

#endif
