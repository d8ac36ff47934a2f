/* One provider's node of the file registry: a file <host>-<port>-<16 hex digits> in the folder
 * <root>/dubbo/<interface>/<category>, with the URL as its only line, alive as long as its owner
 * holds the lock on it (registry/file/lock.h).
 *
 * A name is used once: each creation draws new digits. So whoever finds a node dead may remove that
 * name without ever hitting a successor. */
#ifndef REGISTRY_FILE_NODE_H
#define REGISTRY_FILE_NODE_H

#include "registry/category.h"
#include "registry/registry_list.h"
#include <dubboc/error.h>

typedef struct file_node {
    char *path; /* NULL: there is none */
    int fd;     /* holds the lock; -1: there is none */
} file_node;

/* <root>/dubbo/<interface>/<category>, the interface encoded as in ZooKeeper; *path is the
 * caller's. DUBBOC_E_ARGUMENT: the name is empty, or too long for a folder. DUBBOC_E_NO_MEMORY. */
dubboc_status file_folder_path(const char *root, const char *interface, registry_category category,
    char **path, dubboc_error *err);

/* Makes the folder and those above it that are missing. false: errno. */
bool file_folder_make(const char *path);

/* Whether the folder of the interface, <root>/dubbo/<interface> of such a path, is there. */
bool file_folder_interface_exists(const char *path);

/* Creates the node: written under a name of its own, locked, then renamed, so that nobody sees it
 * half or unlocked. Makes the folder when it is missing. DUBBOC_E_SYSTEM (the text has the path and
 * the reason), DUBBOC_E_NO_MEMORY: *node is as before. */
dubboc_status file_node_create(
    const char *folder, const char *url, file_node *node, dubboc_error *err);

/* Whether its name still leads to it. */
bool file_node_stands(const file_node *node);

/* Takes the name away, then lets the lock go. One that is not there is accepted. */
void file_node_remove(file_node *node);

/* The URLs of the living nodes in the folder, sorted, each once; dead nodes are removed in passing,
 * whatever else lies there is skipped. A missing folder is an empty one.
 * DUBBOC_E_REGISTRY: it could not be read now (no descriptor left, say); the error text says why.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status file_folder_read(const char *folder, registry_list *urls, dubboc_error *err);

/* Removes the temporary files of those who died between creating and renaming. */
void file_folder_clean(const char *folder);

#endif
