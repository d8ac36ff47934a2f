/* A node of the file registry: a file <host>-<port>-<16 hex digits> in the folder
 * <root>/dubbo/<interface>/<category>, with the URL as its only line. It is alive as long as its
 * owner holds the lock on it (registry/file/lock.h).
 *
 * A name is used only once, because each creation draws new random digits. So a process that finds
 * a dead node may remove that name without ever removing a successor. */
#ifndef REGISTRY_FILE_NODE_H
#define REGISTRY_FILE_NODE_H

#include "registry/category.h"
#include "registry/registry_list.h"
#include <dubboc/error.h>

typedef struct file_node {
    char *path; /* NULL: no node */
    int fd;     /* holds the lock; -1: no node */
} file_node;

/* Sets *path to <root>/dubbo/<interface>/<category>, with the interface encoded as in ZooKeeper;
 * freed by the caller. DUBBOC_E_ARGUMENT: the name is empty, or too long for a folder.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status file_folder_path(const char *root, const char *interface, registry_category category,
    char **path, dubboc_error *err);

/* Creates the folder and missing folders above it. false: errno. */
bool file_folder_make(const char *path);

/* Whether the folder of the interface, <root>/dubbo/<interface>, of such a path exists. */
bool file_folder_interface_exists(const char *path);

/* Creates the node: writes it under a temporary name, locks it, then renames it, so that no process
 * sees it incomplete or unlocked. Creates the folder if it is missing. DUBBOC_E_SYSTEM (the text
 * has the path and the reason), DUBBOC_E_NO_MEMORY: *node is unchanged. */
dubboc_status file_node_create(
    const char *folder, const char *url, file_node *node, dubboc_error *err);

/* Whether the name still refers to the node's file. */
bool file_node_stands(const file_node *node);

/* Removes the name, then releases the lock. No-op if there is no node. */
void file_node_remove(file_node *node);

/* Reads the URLs of the living nodes in the folder, sorted and without duplicates. Dead nodes are
 * removed; other files are ignored. A missing folder counts as empty.
 * DUBBOC_E_REGISTRY: the folder cannot be read now (for example: no descriptor left); err says why.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status file_folder_read(const char *folder, registry_list *urls, dubboc_error *err);

/* Removes the temporary files of processes that died between creating and renaming them. */
void file_folder_clean(const char *folder);

#endif
