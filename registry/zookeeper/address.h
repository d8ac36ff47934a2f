/* Reading ZooKeeper's registry URLs: dubboc's own form, Dubbo's (backup=) and dubbogo's bare list
 * (wire.md 5.11). */
#ifndef REGISTRY_ZOOKEEPER_ADDRESS_H
#define REGISTRY_ZOOKEEPER_ADDRESS_H

#include "base/slice.h"
#include <dubboc/error.h>

typedef struct zk_address {
    char *servers;      /* "h1:2181,::1:2181", as the client library wants them: no brackets */
    char *root;         /* "/dubbo"; "" is the very root */
    char *username;     /* NULL: none */
    char *password;     /* NULL: none */
    int64_t timeout_ms; /* 0: none given */
} zk_address;

#define ZK_TIMEOUT_MIN_MS 100
#define ZK_TIMEOUT_MAX_MS (3600 * 1000)
#define ZK_PORT_DEFAULT 2181
#define ZK_GROUP_DEFAULT "dubbo"

/* rest is what follows "zookeeper:", or a bare list. Params that Java Dubbo and dubbo-go know and
 * that mean nothing here are left out, and the log names them. DUBBOC_E_ARGUMENT: err names the
 * part that is wrong; params that nobody knows too. DUBBOC_E_NO_MEMORY. */
dubboc_status zk_address_parse(dubboc_slice rest, zk_address *address, dubboc_error *err);
void zk_address_fini(zk_address *address);

#endif
