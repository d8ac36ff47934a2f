/* Parses ZooKeeper's registry URLs: dubboc's own form, Dubbo's (backup=) and dubbogo's plain list
 * of servers (docs/wire.md 5.11). */
#ifndef REGISTRY_ZOOKEEPER_ADDRESS_H
#define REGISTRY_ZOOKEEPER_ADDRESS_H

#include "base/slice.h"
#include <dubboc/error.h>

typedef struct zk_address {
    char *servers;      /* such as "h1:2181,::1:2181": without brackets, for the client library */
    char *root;         /* such as "/dubbo"; "" means ZooKeeper's own root */
    char *username;     /* NULL: none */
    char *password;     /* NULL: none */
    int64_t timeout_ms; /* 0: not given */
} zk_address;

#define ZK_TIMEOUT_MIN_MS 100
#define ZK_TIMEOUT_MAX_MS (3600 * 1000)
#define ZK_PORT_DEFAULT 2181
#define ZK_GROUP_DEFAULT "dubbo"

/* Parses an address. rest is what follows "zookeeper:", or a plain list. Params that Java Dubbo and
 * dubbo-go know, but that have no effect here, are ignored and logged. DUBBOC_E_ARGUMENT: err names
 * the part that is wrong; unknown params are wrong too. DUBBOC_E_NO_MEMORY. */
dubboc_status zk_address_parse(dubboc_slice rest, zk_address *address, dubboc_error *err);
void zk_address_fini(zk_address *address);

#endif
