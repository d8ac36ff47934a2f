/* Which paths ZooKeeper takes: its client refuses the others without a word on the wire, each time
 * anew. */
#ifndef REGISTRY_ZOOKEEPER_PATH_H
#define REGISTRY_ZOOKEEPER_PATH_H

#include "base/slice.h"

/* path is one below the root, "a/b". NULL: it can be a node's; otherwise what is wrong, to follow
 * the path and a colon in an error's text. */
const char *zk_path_fault(dubboc_slice path);

#endif
