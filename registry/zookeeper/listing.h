/* Blocking reads of the ZooKeeper registry: the nodes of one directory as a list. */
#ifndef REGISTRY_ZOOKEEPER_LISTING_H
#define REGISTRY_ZOOKEEPER_LISTING_H

#include "registry/zookeeper/actor.h"

/* Reads the names of the nodes in the directory at path_take, which is taken over in any case;
 * keeps those for which is_wanted returns true (NULL: all). Blocks until deadline_ns, when the
 * actor ends the lookup. *list belongs to the caller.
 * DUBBOC_E_REGISTRY: the directory could not be read in time; err says why, without naming the
 * registry. DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
dubboc_status zk_listing_read(zk_actor *actor, char *path_take, bool (*is_wanted)(const char *name),
    int64_t deadline_ns, registry_list *list, dubboc_error *err);

/* The function looked_up of zk_session_out. */
void zk_listing_looked_up(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason);

#endif
