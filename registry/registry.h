/* The registry: where providers are registered and found. One interface, several kinds (zookeeper:,
 * file:, static:), which all pass the same contract suite (tests/registry/contract.h).
 *
 * A registry stores and delivers the texts of URLs and does not interpret them: a subscriber gets
 * every node of the category and decides which ones to use (selector/). A registration or
 * subscription lasts until it is withdrawn: after a loss of the connection the registry restores
 * all of them by itself. No function waits for the network, except registry_free(),
 * registry_lookup(), registry_interfaces() and the functions with a time-out. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "registry/registry_types.h"

/* Opens the registry at settings->address. Does not wait for a connection.
 * DUBBOC_E_ARGUMENT: unknown kind, or a fault in the address; err says which. DUBBOC_E_SYSTEM: a
 * folder or thread cannot be created. DUBBOC_E_NO_MEMORY. */
dubboc_status registry_open(const registry_settings *settings, registry **self, dubboc_error *err);

/* For tools that only read: whether the registry at that address exists. DUBBOC_E_NOT_FOUND: the
 * folder of a file: registry does not exist; err names it. Other kinds cannot tell and return
 * DUBBOC_OK. DUBBOC_E_ARGUMENT, DUBBOC_E_NO_MEMORY. */
dubboc_status registry_check_exists(const char *address, dubboc_error *err);

/* Removes the nodes that are still registered (waits at most 2 s for that), ends the threads and
 * frees everything. After it has returned, no listener is called any more. Must not be called from
 * a listener. NULL is accepted. */
void registry_free(registry *self);

/* The address for people, such as "zookeeper://h1:2181,h2:2181"; secrets are masked
 * (base/mask.h). */
const char *registry_address(const registry *self);

/* The servers that the registry connects to, such as "h1:2181,h2:2181", for own_address(). "": none
 * (file:, static:). */
const char *registry_servers(const registry *self);

/* Whether the registry is connected now; file: and static: always are. For logs, waits and error
 * texts. */
bool registry_is_connected(const registry *self);

/* Writes the reason why the registry is not connected ("connection refused by 127.0.0.1:2181"); ""
 * if it is connected or the reason is not known. Any thread. */
void registry_trouble(const registry *self, char text[REGISTRY_TROUBLE_SIZE]);

/* Tells the registry that a caller waits for it until deadline_ns. A registry that is not connected
 * then finds out the reason before that time, so that registry_trouble() can return it. Does not
 * wait. Any thread. */
void registry_seek_trouble(registry *self, int64_t deadline_ns);

/* Registers url (decoded) under interface and category, as a node that is removed when this process
 * ends. ZooKeeper: the node is written in the background. file: the node is written before the
 * function returns. After a loss the node is written again in the background.
 *
 * ZooKeeper: a node with the same URL that belongs to another session is replaced (docs/wire.md
 * 5.11). If settings->owns_addresses is set, ephemeral nodes of the same provider with other URLs
 * that belong to other sessions are removed once, as soon as the new node exists; only in the
 * category providers. Nodes that cannot be parsed or deleted remain. file: a node whose process has
 * ended is not listed, so nothing has to be removed.
 *
 * A consumer's node does not create the directory of its interface, because the name may be
 * mistyped. The node is written as soon as that directory exists; registry_is_registered() tells
 * whether it has been.
 *
 * DUBBOC_E_ARGUMENT: no node can have that name, or url is empty or longer than URL_BYTES_MAX, so
 * that no reader would accept it. DUBBOC_E_SYSTEM: file: the node cannot be written.
 * DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
dubboc_status registry_register(registry *self, const char *interface, registry_category category,
    const char *url, registry_registration **registration, dubboc_error *err);

/* Registers several nodes that appear and disappear together. ZooKeeper creates them in one
 * transaction, so that watchers see one change. A transaction has at most 128 nodes and 256 KiB of
 * paths; more nodes are spread over several transactions, and consecutive nodes of one interface
 * stay together where possible. A node that ZooKeeper rejects does not prevent the others. On
 * success registrations receives count handles; on failure nothing is registered. */
dubboc_status registry_register_all(registry *self, const registry_wanted *wanted, size_t count,
    registry_registration **registrations, dubboc_error *err);

/* Whether the node exists in the registry now. */
bool registry_is_registered(const registry_registration *registration);

/* Whether the node has existed at any time since registry_register(), so that others may know it.
 * Always false for static:, which no other process reads. */
bool registry_was_registered(const registry_registration *registration);

/* Removes the node and waits at most timeout_ms for that; at the latest the node is removed when
 * the session ends. Frees registration. NULL is accepted. */
void registry_unregister(registry *self, registry_registration *registration, int64_t timeout_ms);

/* Like registry_unregister(), but removes several nodes and waits at most timeout_ms for all of
 * them together. Nodes that were registered together are removed from ZooKeeper in one transaction,
 * within the limits of registry_register_all(). */
void registry_unregister_all(
    registry *self, registry_registration **registrations, size_t count, int64_t timeout_ms);

/* Calls listener (registry_types.h) with each new list until registry_unsubscribe(). A subscription
 * creates nothing: an interface that does not exist has an empty list until a provider registers
 * it. DUBBOC_E_ARGUMENT, DUBBOC_E_SYSTEM, DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
dubboc_status registry_subscribe(registry *self, const char *interface, registry_category category,
    registry_listener listener, void *arg, registry_subscription **subscription, dubboc_error *err);

/* Reads the list again now and calls the listener even if nothing has changed. For the selector,
 * which reads a list again when the list is older than its TTL. */
void registry_refresh(registry *self, registry_subscription *subscription);

/* Ends a subscription and frees it. After it returns, the listener is not running and will not be
 * called. Must not be called from that listener. NULL is accepted. */
void registry_unsubscribe(registry *self, registry_subscription *subscription);

/* Blocking reads for tools, until deadline_ns: the nodes of a category; the names of all
 * interfaces, decoded and sorted. What does not exist is an empty list, never DUBBOC_E_NOT_FOUND.
 * DUBBOC_E_REGISTRY: not reachable in time; err says why. */
dubboc_status registry_lookup(registry *self, const char *interface, registry_category category,
    int64_t deadline_ns, registry_list *urls, dubboc_error *err);
dubboc_status registry_interfaces(
    registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err);

/* Watches the data of one node. path is below the root: "config/dubbo/<key>" (docs/wire.md 5.9).
 * listener is called like a registry_listener; data is NULL if the node does not exist. Ended by
 * registry_unsubscribe().
 * DUBBOC_E_ARGUMENT: no node can have that path. DUBBOC_E_UNSUPPORTED: static: and file:, which
 * keep no data. */
dubboc_status registry_watch_data(registry *self, const char *path, registry_data_listener listener,
    void *arg, registry_subscription **subscription, dubboc_error *err);

#endif
