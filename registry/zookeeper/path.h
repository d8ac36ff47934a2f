/* Paths of ZooKeeper nodes: builds and splits them, and checks what ZooKeeper accepts. */
#ifndef REGISTRY_ZOOKEEPER_PATH_H
#define REGISTRY_ZOOKEEPER_PATH_H

#include "registry/category.h"
#include <dubboc/error.h>

/* Checks a path below the root, such as "a/b". Returns NULL if a node can have this path, otherwise
 * the reason why not, which the caller prints after the path and a colon. This is checked in
 * advance, because ZooKeeper's client library or the server rejects such a path every time, so the
 * request would be repeated in vain. */
const char *zk_path_fault(dubboc_slice path);

/* Builds "<root>/<interface>/<category>/<url>", with interface and url encoded; url NULL: the
 * directory. The caller frees *path. DUBBOC_E_ARGUMENT: no interface can have that name.
 * DUBBOC_E_TOO_BIG, DUBBOC_E_NO_MEMORY. */
dubboc_status zk_path_make(const char *root, const char *interface, registry_category category,
    const char *url, char **path, dubboc_error *err);

/* Parts of a path such as "/dubbo/S/consumers/url", which must contain at least one '/': */
dubboc_slice zk_path_directory(const char *path); /* "/dubbo/S/consumers" */
dubboc_slice zk_path_interface(const char *path); /* "/dubbo/S"; empty: the path is too short */
const char *zk_path_name(const char *path);       /* "url" */

/* For creating a directory level by level: returns the path of the first level after the made_len
 * bytes that exist. */
dubboc_slice zk_path_next_level(dubboc_slice directory, size_t made_len);

#endif
