/* Paths of ZooKeeper nodes. */
#ifndef REGISTRY_ZOOKEEPER_PATH_H
#define REGISTRY_ZOOKEEPER_PATH_H

#include "registry/category.h"
#include <dubboc/error.h>

/* path is one below the root, "a/b". NULL: a node can have it; otherwise what is wrong, to follow
 * the path and a colon in an error's text. Checked beforehand because ZooKeeper's client refuses
 * such a path without a word on the wire, each time anew. */
const char *zk_path_fault(dubboc_slice path);

/* "<root>/<interface>/<category>/<url>", interface and url encoded; url NULL: the directory. *path
 * is the caller's. DUBBOC_E_ARGUMENT: there is no such interface name. DUBBOC_E_TOO_BIG,
 * DUBBOC_E_NO_MEMORY. */
dubboc_status zk_path_make(const char *root, const char *interface, registry_category category,
    const char *url, char **path, dubboc_error *err);

/* Of "/dubbo/S/consumers/url", which has at least one '/': */
dubboc_slice zk_path_directory(const char *path); /* "/dubbo/S/consumers" */
dubboc_slice zk_path_interface(const char *path); /* "/dubbo/S"; empty: path is not that deep */
const char *zk_path_name(const char *path);       /* "url" */

/* For creating a directory level by level: its first level beyond the made_len bytes that exist. */
dubboc_slice zk_path_next_level(dubboc_slice directory, size_t made_len);

#endif
