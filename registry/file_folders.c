#include "registry/file_folders.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/file_node.h"

#define WATCHED                                                                                                                  \
    (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)
#define POLL_NS NS_PER_S

/* How long after an event its folder is looked at again: a killed owner's lock goes a moment after the event, on a busy machine later. */
static const int64_t recheck_after_ns[] = {2 * NS_PER_MS, 10 * NS_PER_MS, 40 * NS_PER_MS, 200 * NS_PER_MS, NS_PER_S};

#define RECHECKS (sizeof recheck_after_ns / sizeof recheck_after_ns[0])

dubboc_status file_folders_open(file_folders *self, dubboc_slice root, dubboc_error *err)
{
    *self = (file_folders){.inotify_fd = -1};
    self->root = mem_dup_slice(root);
    if (self->root == NULL)
        return error_no_memory(err);
    pthread_mutex_init(&self->lock, NULL);
    self->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (self->inotify_fd < 0)
        LOG(DUBBOC_LOG_WARN, "registry", "no inotify, folders are looked at every second", "root=\"%s\" reason=\"%s\"",
            self->root, strerror(errno));
    return DUBBOC_OK;
}

static void folder_free(file_folder *folder)
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
        folder_free(self->first);
        self->first = next;
    }
    if (self->inotify_fd >= 0)
        close(self->inotify_fd);
    pthread_mutex_destroy(&self->lock);
    free(self->root);
    self->root = NULL;
}

/* --- watching one */

/* Makes the folder and watches it, outside the lock: what happens in it from then on is told. One that cannot be watched is said once. */
static void start_watch(file_folders *self, file_folder *folder)
{
    bool is_made = file_folder_make(folder->path);
    int watch = is_made && self->inotify_fd >= 0 ? inotify_add_watch(self->inotify_fd, folder->path, WATCHED) : -1;
    int reason = errno;
    pthread_mutex_lock(&self->lock);
    bool is_news = watch < 0 && !folder->is_polled && self->inotify_fd >= 0;
    folder->watch = watch;
    folder->is_lost = folder->is_polled = watch < 0;
    if (watch < 0)
        folder->recheck_ns = clock_now_ns() + POLL_NS;
    pthread_mutex_unlock(&self->lock);
    if (is_news)
        LOG(DUBBOC_LOG_WARN, "registry", "folder not watched, it is looked at every second", "path=\"%s\" reason=\"%s\"",
            folder->path, strerror(reason));
}

/* --- the table */

static file_folder *find_locked(file_folders *self, const char *path)
{
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        if (strcmp(folder->path, path) == 0)
            return folder;
    return NULL;
}

/* Finds the folder or adds it, unwatched; takes path over. NULL: no memory. */
static file_folder *find_or_add(file_folders *self, char *path_take)
{
    file_folder *added = MEM_NEW(file_folder);
    pthread_mutex_lock(&self->lock);
    file_folder *folder = find_locked(self, path_take);
    if (folder == NULL && added != NULL) {
        folder = added;
        *folder =
            (file_folder){.next = self->first, .path = path_take, .watch = -1, .is_lost = true, .recheck_ns = DEADLINE_NEVER};
        self->first = folder;
        path_take = NULL;
        added = NULL;
    }
    if (folder != NULL)
        folder->references++;
    pthread_mutex_unlock(&self->lock);
    free(added);
    free(path_take);
    return folder;
}

dubboc_status file_folders_ref(
    file_folders *self, const char *interface, registry_category category, file_folder **out, dubboc_error *err)
{
    char *path;
    dubboc_status status = file_folder_path(self->root, interface, category, &path, err);
    if (status != DUBBOC_OK)
        return status;
    file_folder *folder = find_or_add(self, path);
    if (folder == NULL)
        return error_no_memory(err);
    start_watch(self, folder);
    *out = folder;
    return DUBBOC_OK;
}

void file_folders_unref(file_folders *self, file_folder *folder)
{
    pthread_mutex_lock(&self->lock);
    bool is_last = --folder->references == 0;
    for (file_folder **at = &self->first; is_last && *at != NULL; at = &(*at)->next)
        if (*at == folder) {
            *at = folder->next;
            break;
        }
    pthread_mutex_unlock(&self->lock);
    if (!is_last)
        return;
    /* Should somebody have begun to watch the same folder meanwhile, IN_IGNORED tells him. */
    if (folder->watch >= 0)
        inotify_rm_watch(self->inotify_fd, folder->watch);
    folder_free(folder);
}

/* --- events */

static void note_change_locked(file_folder *folder, bool may_be_death, int64_t now)
{
    folder->is_changed = true;
    if (!may_be_death)
        return;
    folder->recheck = 0;
    folder->recheck_ns = now + recheck_after_ns[0];
}

static void take_event_locked(file_folders *self, const struct inotify_event *event, int64_t now)
{
    if ((event->mask & GONE) == 0 && event->len > 0 && event->name[0] == '.')
        return; /* a temporary file */
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next) {
        bool is_all = (event->mask & IN_Q_OVERFLOW) != 0;
        if (!is_all && (folder->watch < 0 || folder->watch != event->wd))
            continue;
        note_change_locked(folder, is_all || (event->mask & IN_CLOSE_WRITE) != 0, now);
        if ((event->mask & GONE) != 0)
            folder->is_lost = true;
    }
}

void file_folders_take_events(file_folders *self)
{
    _Alignas(struct inotify_event) char room[8192];
    ssize_t len;
    while (self->inotify_fd >= 0 && (len = read(self->inotify_fd, room, sizeof room)) > 0) {
        int64_t now = clock_now_ns();
        pthread_mutex_lock(&self->lock);
        for (const char *at = room; at < room + len;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
            take_event_locked(self, event, now);
            at += sizeof *event + event->len;
        }
        pthread_mutex_unlock(&self->lock);
    }
}

void file_folders_touch_all(file_folders *self)
{
    pthread_mutex_lock(&self->lock);
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        folder->is_changed = true;
    pthread_mutex_unlock(&self->lock);
}

/* --- looking */

static void plan_next_look_locked(file_folder *folder, int64_t now)
{
    if (folder->recheck_ns > now)
        return;
    if (++folder->recheck < RECHECKS)
        folder->recheck_ns = now + recheck_after_ns[folder->recheck] - recheck_after_ns[folder->recheck - 1];
    else
        folder->recheck_ns = DEADLINE_NEVER;
}

/* The next folder to be looked at, held; NULL: there is none. */
static file_folder *take_due_locked(file_folders *self, int64_t now)
{
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        if (folder->is_changed || folder->recheck_ns <= now) {
            folder->is_changed = false;
            folder->references++;
            plan_next_look_locked(folder, now);
            return folder;
        }
    return NULL;
}

/* Watches a folder that was lost (again). The former watch may still hang on a folder that was moved away. */
static void watch_again(file_folders *self, file_folder *folder)
{
    pthread_mutex_lock(&self->lock);
    bool is_lost = folder->is_lost;
    int former = folder->watch;
    if (is_lost)
        folder->watch = -1;
    pthread_mutex_unlock(&self->lock);
    if (!is_lost)
        return;
    if (former >= 0)
        inotify_rm_watch(self->inotify_fd, former);
    start_watch(self, folder);
}

void file_folders_visit(file_folders *self, void (*changed)(void *arg, file_folder *folder), void *arg)
{
    int64_t now = clock_now_ns();
    for (;;) {
        pthread_mutex_lock(&self->lock);
        file_folder *folder = take_due_locked(self, now);
        pthread_mutex_unlock(&self->lock);
        if (folder == NULL)
            return;
        watch_again(self, folder);
        changed(arg, folder);
        file_folders_unref(self, folder);
    }
}

int64_t file_folders_next_ns(file_folders *self)
{
    int64_t next = DEADLINE_NEVER;
    pthread_mutex_lock(&self->lock);
    for (file_folder *folder = self->first; folder != NULL; folder = folder->next)
        next = deadline_min(next, folder->is_changed ? 0 : folder->recheck_ns);
    pthread_mutex_unlock(&self->lock);
    return next;
}
