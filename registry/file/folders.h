/* The folders that a file registry looks at, and when each has to be looked at again.
 *
 * inotify tells of changes, deaths included: the kernel closes a dead owner's file, which is an
 * event. It sends that event before it lets the lock go, so a folder with an event is looked at
 * again shortly after, a few times. A folder that cannot be watched (no watch or descriptor left,
 * say) is looked at once a second.
 *
 * Nothing is made for who subscribes: whoever only looks would leave a folder behind for every
 * mistyped name. In place of a folder that is not there, the deepest folder above it that is there
 * is watched, up to the registry's root; while the root itself is missing, it is looked for once a
 * second. */
#ifndef REGISTRY_FILE_FOLDERS_H
#define REGISTRY_FILE_FOLDERS_H

#include "registry/category.h"
#include "registry/registry_list.h"
#include <dubboc/error.h>
#include "base/mutex.h"

typedef struct file_folder {
    struct file_folder *next;
    char *path;
    unsigned references;
    int watch;       /* inotify's number, -1: none */
    bool is_missing; /* it is not there: what is watched is a folder above it, perhaps for others
                        too */
    bool is_changed;
    bool is_lost;       /* has to be watched (again) */
    bool is_polled;     /* looked at every second, which was said */
    size_t recheck;     /* which of the looks after an event comes next */
    int64_t recheck_ns; /* when; DEADLINE_NEVER: no more */
} file_folder;

typedef struct file_folders {
    char *root;
    int inotify_fd; /* -1: there is none, all folders are looked at every second */
    mutex lock;
    /* Under lock, with what may change in each folder: */
    file_folder *first;
} file_folders;

/* DUBBOC_E_NO_MEMORY. That inotify is not to be had is said in the log and is no failure. */
dubboc_status file_folders_open(file_folders *self, dubboc_slice root, dubboc_error *err);
void file_folders_close(file_folders *self);

/* The folder of that category, which need not be there, watched from now on. DUBBOC_E_ARGUMENT: the
 * interface's name makes none. DUBBOC_E_NO_MEMORY. Any thread. */
dubboc_status file_folders_ref(file_folders *self, const char *interface,
    registry_category category, file_folder **folder, dubboc_error *err);
void file_folders_unref(file_folders *self, file_folder *folder);

/* The thread's part: takes what inotify says; calls changed, without the lock, for each folder that
 * has to be looked at now; the time of the next look. */
void file_folders_take_events(file_folders *self);
void file_folders_visit(
    file_folders *self, void (*changed)(void *arg, file_folder *folder), void *arg);
int64_t file_folders_next_ns(file_folders *self);

/* All have to be looked at. */
void file_folders_touch_all(file_folders *self);

#endif
