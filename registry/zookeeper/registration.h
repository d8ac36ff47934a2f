/* Registrations of the ZooKeeper registry: the nodes that a caller wants, several together in
 * batches, and taking them back. */
#ifndef REGISTRY_ZOOKEEPER_REGISTRATION_H
#define REGISTRY_ZOOKEEPER_REGISTRATION_H

#include "registry/zookeeper/actor.h"

/* What all registrations of one registry share. */
typedef struct zk_registrar {
    zk_actor *actor;
    const char *root;    /* "/dubbo"; borrowed */
    bool owns_addresses; /* registry_settings */
} zk_registrar;

/* The slot register_all of registry_ops. *failed: which one the fault is about, count: none. */
dubboc_status zk_registrar_add(const zk_registrar *self, const registry_wanted *wanted,
    size_t count, registry_registration **registrations, size_t *failed, dubboc_error *err);

/* The slot unregister_all. */
void zk_registrar_remove(const zk_registrar *self, registry_registration **registrations,
    size_t count, int64_t timeout_ms);

/* The slots is_registered and was_registered. */
bool zk_registration_stands(const registry_registration *registration);
bool zk_registration_has_stood(const registry_registration *registration);

/* node_gone of zk_session_out. */
void zk_registration_gone(void *arg, zk_node *node);

#endif
