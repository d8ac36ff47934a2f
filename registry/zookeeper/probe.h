/* Why no connection to ZooKeeper comes about, found out by one connection of our own to each
 * server. */
#ifndef REGISTRY_ZOOKEEPER_PROBE_H
#define REGISTRY_ZOOKEEPER_PROBE_H

#include "registry/zookeeper/mailbox.h"

/* Tries the servers ("host:port,host:port", copied) on a thread of its own, one after the other,
 * each for 1 s at most, 4 s in all. A ZK_EVENT_PROBED with path "connection refused by
 * 127.0.0.1:2181" (or what else it was; several servers with "; " between) and is_reachable comes
 * to the mailbox. false: no memory or no thread, and none will come. */
bool zk_probe_start(const char *servers, zk_mailbox *mailbox);

#endif
