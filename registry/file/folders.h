/* The folders that a file registry watches, and when each must be read again.
 *
 * inotify reports all changes, including the death of an owner: the kernel closes the dead owner's
 * file, which is an event. The kernel sends that event before it releases the lock, so after an
 * event the folder is read again a few times within a second. A folder that cannot be watched, for
 * example because the limit of watches is reached, is read once a second.
 *
 * A subscription creates no folder, because it would leave one for every mistyped name. If a folder
 * does not exist, the deepest existing folder above it is watched, up to the root of the registry;
 * if the root does not exist either, it is looked for once a second. */
#ifndef REGISTRY_FILE_FOLDERS_H
#define REGISTRY_FILE_FOLDERS_H

#include "registry/category.h"
#include "registry/registry_list.h"
#include <dubboc/error.h>
#include "base/mutex.h"

typedef struct file_folder {
    struct file_folder *next;
    char *path;
    unsigned references; /* subscriptions and registrations that use it */
    int watch;           /* watch descriptor of inotify; -1: none */
    /* The folder does not exist: watch is that of a folder above it, which others may share. */
    bool is_missing;
    bool is_changed; /* must be read now */
    bool is_lost;    /* must be watched, or watched again */
    /* The folder is read every second, because it cannot be watched, and this has been logged. */
    bool is_polled;
    size_t recheck;     /* index into recheck_after_ns of the next reading after an event */
    int64_t recheck_ns; /* when to read it without an event; DEADLINE_NEVER: never */
} file_folder;

typedef struct file_folders {
    char *root;
    int inotify_fd; /* -1: inotify is not available, all folders are read every second */
    mutex lock;
    /* Guarded by lock, which also guards those fields of each folder that change: */
    file_folder *first;
} file_folders;

/* DUBBOC_E_NO_MEMORY. If inotify is not available, that is logged and is no failure. */
dubboc_status file_folders_open(file_folders *self, dubboc_slice root, dubboc_error *err);
void file_folders_close(file_folders *self);

/* Finds or adds the folder of that category, which need not exist, and watches it from now on.
 * DUBBOC_E_ARGUMENT: the interface's name cannot be a folder. DUBBOC_E_NO_MEMORY. Any thread. */
dubboc_status file_folders_ref(file_folders *self, const char *interface,
    registry_category category, file_folder **folder, dubboc_error *err);
void file_folders_unref(file_folders *self, file_folder *folder);

/* Only for the registry's thread. file_folders_take_events() reads what inotify reports.
 * file_folders_visit() calls changed, without the lock, for each folder that must be read now.
 * file_folders_next_ns() returns when to call file_folders_visit() again. */
void file_folders_take_events(file_folders *self);
void file_folders_visit(
    file_folders *self, void (*changed)(void *arg, file_folder *folder), void *arg);
int64_t file_folders_next_ns(file_folders *self);

/* Marks all folders as to be read. */
void file_folders_touch_all(file_folders *self);

#endif
