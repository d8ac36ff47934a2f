/* Finds out why there is no connection to ZooKeeper, by opening a connection to each server. */
#ifndef REGISTRY_ZOOKEEPER_PROBE_H
#define REGISTRY_ZOOKEEPER_PROBE_H

#include "registry/zookeeper/mailbox.h"

/* Tries the servers ("host:port,host:port", copied) one after the other on its own thread, for at
 * most 1 s each and 4 s in all. Then a ZK_EVENT_PROBED with is_reachable and the reason in path
 * comes to the mailbox, such as "connection refused by 127.0.0.1:2181"; the reasons of several
 * servers are separated by semicolons. false: no memory or no thread; no event will come. */
bool zk_probe_start(const char *servers, zk_mailbox *mailbox);

#endif
