/* Registrations of the ZooKeeper registry: creates nodes, several together in batches, and removes
 * them. */
#ifndef REGISTRY_ZOOKEEPER_REGISTRATION_H
#define REGISTRY_ZOOKEEPER_REGISTRATION_H

#include "registry/zookeeper/actor.h"

/* Data that all registrations of one registry share. */
typedef struct zk_registrar {
    zk_actor *actor;
    const char *root;    /* such as "/dubbo"; borrowed */
    bool owns_addresses; /* as in registry_settings */
} zk_registrar;

/* Implements register_all of registry_ops. *failed: the index of the node that the fault concerns;
 * count: it concerns none. */
dubboc_status zk_registrar_add(const zk_registrar *self, const registry_wanted *wanted,
    size_t count, registry_registration **registrations, size_t *failed, dubboc_error *err);

/* Implements unregister_all. */
void zk_registrar_remove(const zk_registrar *self, registry_registration **registrations,
    size_t count, int64_t timeout_ms);

/* Implement is_registered and was_registered. */
bool zk_registration_stands(const registry_registration *registration);
bool zk_registration_has_stood(const registry_registration *registration);

/* The function node_gone of zk_session_out. */
void zk_registration_gone(void *arg, zk_node *node);

#endif
