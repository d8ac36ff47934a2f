/* An extra function of the ZooKeeper registry for tests; everything else goes through
 * registry_zookeeper_ops. */
#ifndef REGISTRY_ZOOKEEPER_ZOOKEEPER_REGISTRY_H
#define REGISTRY_ZOOKEEPER_ZOOKEEPER_REGISTRY_H

#include "registry/registry.h"

/* The current session, so that a test can end it from outside. false: none. */
bool zookeeper_registry_session(registry *self, int64_t *id, char password[16]);

#endif
