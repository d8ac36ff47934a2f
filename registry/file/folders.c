/* The table of watched folders. Only the registry's thread creates and removes watches; other
 * threads change the table under the lock. */
#include "registry/file/folders.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/slice.h"
#include "registry/file/node.h"

#define WATCHED                                                                                    \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF |       \
        IN_MOVE_SELF | IN_ONLYDIR)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)
#define POLL_NS NS_PER_S

/* After an event the folder is read again after these times, because a killed owner's lock is
 * released a moment after the event, or later on a busy machine. */
static const int64_t recheck_after_ns[] = {
    2 * NS_PER_MS, 10 * NS_PER_MS, 40 * NS_PER_MS, 200 * NS_PER_MS, NS_PER_S};

#define RECHECKS (sizeof recheck_after_ns / sizeof recheck_after_ns[0])

dubboc_status file_folders_open(file_folders *self, dubboc_slice root, dubboc_error *err)
{
    *self = (file_folders){.inotify_fd = -1};
    self->root = mem_dup_slice(root);
    if (self->root == NULL)
        return error_no_memory(err);
    mutex_init(&self->lock, MUTEX_RANK_FILE_FOLDERS);
    self->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (self->inotify_fd < 0)
        LOG(DUBBOC_LOG_WARN, "registry",
            "inotify is not available, reading folders every second instead",
            "root=\"%s\" reason=\"%s\"", self->root, strerror(errno));
    return DUBBOC_OK;
}

static void file_folder_free(file_folder *folder)
{
    free(folder->path);
    free(folder);
}

void file_folders_close(file_folders *self)
{
    if (self->root == NULL)
        return;
    while (self->first != NULL) {
        file_folder *next = self->first->next;
        file_folder_free(self->first);
        self->first = next;
    }
    if (self->inotify_fd >= 0)
        close(self->inotify_fd);
    mutex_fini(&self->lock);
    free(self->root);
    self->root = NULL;
}

/* --- watching one folder; only called by the registry's thread */

#define ABOVE_MAX 4       /* <root>/dubbo/<interface>/<category> and the three folders above */
#define WATCH_ATTEMPTS 10 /* folders may be created and removed while they are searched */

/* Watches path, or the deepest existing folder above it; *above is the number of levels between
 * them. Returns the watch descriptor, or -1 (errno; ENOENT: even the root does not exist). */
static int folders_watch_deepest(const file_folders *self, const char *path, unsigned *above)
{
    size_t len = strlen(path);
    for (*above = 0; *above < ABOVE_MAX; (*above)++) {
        char *level = mem_dup_slice(len > 0 ? slice_make(path, len) : slice_of("/"));
        int watch = level != NULL ? inotify_add_watch(self->inotify_fd, level, WATCHED) : -1;
        int reason = level != NULL ? errno : ENOMEM;
        free(level);
        errno = reason;
        if (watch >= 0 || reason != ENOENT)
            return watch;
        while (len > 0 && path[--len] != '/')
            continue;
    }
    return -1;
}

static bool folders_watch_is_used_locked(const file_folders *self, int watch)
{
    for (const file_folder *folder = self->first; folder != NULL; folder = folder->next)
        if (folder->watch == watch)
            return true;
    return false;
}

/* Replaces the folder's watch by the given one (-1: none). Removes the former watch unless another
 * folder uses it, because the former watch may be on a folder that was moved away. */
static void folders_replace_watch(file_folders *self, file_folder *folder, int watch)
{
    mutex_lock(&self->lock);
    int former = folder->watch;
    folder->watch = watch;
    bool is_left = former >= 0 && !folders_watch_is_used_locked(self, former);
    mutex_unlock(&self->lock);
    if (is_left)
        inotify_rm_watch(self->inotify_fd, former);
}

/* Watches the folder, or the deepest existing one above it. The next level may be created while the
 * watch above it is being added, so this repeats until nothing changes. *above > 0: the folder does
 * not exist. errno says why nothing is watched. */
static void folders_find_watch(file_folders *self, file_folder *folder, unsigned *above)
{
    unsigned former;
    int reason;
    *above = ABOVE_MAX + 1;
    for (int i = 0; i < WATCH_ATTEMPTS; i++) {
        former = *above;
        int watch = folders_watch_deepest(self, folder->path, above);
        reason = errno;
        folders_replace_watch(self, folder, watch);
        errno = reason;
        if (watch < 0 || *above == 0 || *above == former)
            return;
    }
}

/* If the folder cannot be watched, it is read every second, which is logged once; if the root does
 * not exist, nothing is logged. */
static void folder_start_watch(file_folders *self, file_folder *folder)
{
    unsigned above = 0;
    if (self->inotify_fd >= 0)
        folders_find_watch(self, folder, &above);
    int reason = errno;
    mutex_lock(&self->lock);
    bool is_watched = folder->watch >= 0;
    bool is_refused = !is_watched && self->inotify_fd >= 0 && reason != ENOENT;
    bool is_news = is_refused && !folder->is_polled;
    folder->is_missing = is_watched && above > 0;
    folder->is_lost = !is_watched;
    folder->is_polled = is_refused;
    if (!is_watched)
        folder->recheck_ns = clock_now_ns() + POLL_NS;
    mutex_unlock(&self->lock);
    if (is_news)
        LOG(DUBBOC_LOG_WARN, "registry", "cannot watch folder, reading it every second instead",
            "path=\"%s\" reason=\"%s\"", folder->path, strerror(reason));
}

/* --- the table */

static file_folder *folders_find_locked(file_folders *self, const char *path)
{
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        if (strcmp(folder->path, path) == 0)
            return folder;
    return NULL;
}

/* Finds the folder, or adds it as one to be watched and read; takes path over. NULL: no memory. */
static file_folder *folders_find_or_add(file_folders *self, char *path_take)
{
    file_folder *added = MEM_NEW(file_folder);
    mutex_lock(&self->lock);
    file_folder *folder = folders_find_locked(self, path_take);
    if (folder == NULL && added != NULL) {
        folder = added;
        *folder = (file_folder){.next = self->first,
            .path = path_take,
            .watch = -1,
            .is_changed = true,
            .is_lost = true,
            .recheck_ns = DEADLINE_NEVER};
        self->first = folder;
        path_take = NULL;
        added = NULL;
    }
    if (folder != NULL)
        folder->references++;
    mutex_unlock(&self->lock);
    free(added);
    free(path_take);
    return folder;
}

dubboc_status file_folders_ref(file_folders *self, const char *interface,
    registry_category category, file_folder **out, dubboc_error *err)
{
    char *path;
    dubboc_status status = file_folder_path(self->root, interface, category, &path, err);
    if (status != DUBBOC_OK)
        return status;
    file_folder *folder = folders_find_or_add(self, path);
    if (folder == NULL)
        return error_no_memory(err);
    *out = folder;
    return DUBBOC_OK;
}

/* The folder is freed by the registry's thread, because only that thread handles watches. */
void file_folders_unref(file_folders *self, file_folder *folder)
{
    mutex_lock(&self->lock);
    folder->references--;
    mutex_unlock(&self->lock);
}

/* Removes a folder without references from the table. NULL: there is none. */
static file_folder *folders_take_unused_locked(file_folders *self)
{
    for (file_folder **at = &self->first; *at != NULL; at = &(*at)->next)
        if ((*at)->references == 0) {
            file_folder *unused = *at;
            *at = unused->next;
            return unused;
        }
    return NULL;
}

static void folders_free_unused(file_folders *self)
{
    file_folder *unused;
    do {
        mutex_lock(&self->lock);
        unused = folders_take_unused_locked(self);
        mutex_unlock(&self->lock);
        if (unused != NULL) {
            folders_replace_watch(self, unused, -1);
            file_folder_free(unused);
        }
    } while (unused != NULL);
}

/* --- events */

static void folder_note_change_locked(file_folder *folder, bool may_be_death, int64_t now)
{
    folder->is_changed = true;
    if (!may_be_death)
        return;
    folder->recheck = 0;
    folder->recheck_ns = now + recheck_after_ns[0];
}

static void folders_take_event_locked(
    file_folders *self, const struct inotify_event *event, int64_t now)
{
    if ((event->mask & GONE) == 0 && event->len > 0 && event->name[0] == '.')
        return; /* a temporary file of a writer */
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next) {
        bool is_all = (event->mask & IN_Q_OVERFLOW) != 0;
        if (!is_all && (folder->watch < 0 || folder->watch != event->wd))
            continue;
        folder_note_change_locked(folder, is_all || (event->mask & IN_CLOSE_WRITE) != 0, now);
        if ((event->mask & GONE) != 0 || folder->is_missing)
            folder->is_lost = true; /* the watch is gone, or a missing folder may exist now */
    }
}

void file_folders_take_events(file_folders *self)
{
    _Alignas(struct inotify_event) char room[8192];
    ssize_t len;
    while (self->inotify_fd >= 0 && (len = read(self->inotify_fd, room, sizeof room)) > 0) {
        int64_t now = clock_now_ns();
        mutex_lock(&self->lock);
        for (const char *at = room; at < room + len;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
            folders_take_event_locked(self, event, now);
            at += sizeof *event + event->len;
        }
        mutex_unlock(&self->lock);
    }
}

void file_folders_touch_all(file_folders *self)
{
    mutex_lock(&self->lock);
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        folder->is_changed = true;
    mutex_unlock(&self->lock);
}

/* --- reading */

static void folder_plan_next_look_locked(file_folder *folder, int64_t now)
{
    if (folder->recheck_ns > now)
        return;
    if (++folder->recheck < RECHECKS)
        folder->recheck_ns =
            now + recheck_after_ns[folder->recheck] - recheck_after_ns[folder->recheck - 1];
    else
        folder->recheck_ns = DEADLINE_NEVER;
}

/* The next folder to be read, with a reference. NULL: there is none. */
static file_folder *folders_take_due_locked(file_folders *self, int64_t now)
{
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        if (folder->is_changed || folder->recheck_ns <= now) {
            folder->is_changed = false;
            folder->references++;
            folder_plan_next_look_locked(folder, now);
            return folder;
        }
    return NULL;
}

static void folders_watch_again(file_folders *self, file_folder *folder)
{
    mutex_lock(&self->lock);
    bool is_lost = folder->is_lost;
    mutex_unlock(&self->lock);
    if (is_lost)
        folder_start_watch(self, folder);
}

void file_folders_visit(
    file_folders *self, void (*changed)(void *arg, file_folder *folder), void *arg)
{
    int64_t now = clock_now_ns();
    folders_free_unused(self);
    for (;;) {
        mutex_lock(&self->lock);
        file_folder *folder = folders_take_due_locked(self, now);
        mutex_unlock(&self->lock);
        if (folder == NULL)
            return;
        folders_watch_again(self, folder);
        changed(arg, folder);
        file_folders_unref(self, folder);
    }
}

int64_t file_folders_next_ns(file_folders *self)
{
    int64_t next = DEADLINE_NEVER;
    mutex_lock(&self->lock);
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        next = deadline_min(next, folder->is_changed ? 0 : folder->recheck_ns);
    mutex_unlock(&self->lock);
    return next;
}
