/* The kind file (file:///path): a registry on one machine, for any number of processes. It mirrors
 * ZooKeeper's layout in folders: <path>/dubbo/<interface>/<category>/<host>-<port>-<hash>. A node
 * is alive as long as its owner holds the lock on its file (registry/file/node.h).
 *
 * Nodes are registered and removed in the caller's thread. Each registry has one thread, which
 * waits for inotify, calls listeners (registry/subscribers.h), and restores registered nodes that
 * have disappeared, both when inotify reports it and every self_check_ms. The path is used
 * unchanged, without escapes. */
#include <errno.h>
#include <dirent.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/url_codec.h"
#include "base/wake.h"
#include "registry/file/folders.h"
#include "registry/file/node.h"
#include "registry/node_label.h"
#include "registry/provider_url.h"
#include "registry/kinds.h"
#include "registry/subscribers.h"

#define SELF_CHECK_MS 30000
#define RETRY_NS NS_PER_S

typedef struct file_registration {
    registry_registration handle;
    struct file_registration *next;
    file_folder *folder;
    char *url;
    /* Used only by the thread that is checking the registration, or that has removed the
     * registration from the list. */
    file_node node;
    /* A consumer's node: it is not written before the folder of its interface exists. */
    bool needs_interface;
    bool is_waiting;    /* waits for that folder; used by the thread that owns node */
    bool is_due;        /* must be checked */
    atomic_bool stands; /* the node exists */
} file_registration;

typedef struct file_registry {
    registry base;
    file_folders folders;
    subscribers subscribers;
    int64_t self_check_ms;
    mutex lock;
    /* Under lock: */
    file_registration *registrations;
    file_registration *checking; /* the thread is checking its node outside the lock */
    condition check_ended;       /* signalled when checking becomes NULL */
} file_registry;

static file_registry *file_of(registry *self)
{
    return (file_registry *)self;
}

/* --- registrations */

static void file_registration_free(file_registry *self, file_registration *one)
{
    file_node_remove(&one->node);
    if (one->folder != NULL)
        file_folders_unref(&self->folders, one->folder);
    free(one->url);
    free(one);
}

static bool file_registration_has_to_wait(const file_registration *one)
{
    return one->needs_interface && !file_folder_interface_exists(one->folder->path);
}

/* Writes the node again if it does not exist. */
static void file_registration_check(file_registration *one)
{
    dubboc_error err;
    char label[NODE_LABEL_SIZE];
    if (file_node_stands(&one->node))
        return;
    one->is_waiting = file_registration_has_to_wait(one);
    if (one->is_waiting) {
        atomic_store(&one->stands, false);
        file_node_remove(&one->node);
        return;
    }
    node_label_of_url(one->url, label);
    bool was_there = atomic_exchange(&one->stands, false);
    file_node_remove(&one->node);
    if (file_node_create(one->folder->path, one->url, &one->node, &err) == DUBBOC_OK)
        atomic_store(&one->stands, true);
    if (one->node.fd < 0)
        LOG_THROTTLED(
            DUBBOC_LOG_WARN, "registry", "not registered", "%s reason=\"%s\"", label, err.text);
    else
        LOG(DUBBOC_LOG_INFO, "registry", was_there ? "registered again" : "registered", "%s",
            label);
}

static file_registration *file_take_due_locked(file_registry *self)
{
    for (file_registration *one = self->registrations; one != NULL; one = one->next)
        if (one->is_due) {
            one->is_due = false;
            self->checking = one;
            return one;
        }
    return NULL;
}

/* Checks the registrations that are due, outside the lock; file_unregister() waits for the one that
 * is being checked. false: some nodes do not exist. */
static bool file_check_due(file_registry *self)
{
    file_registration *one;
    bool all = true;
    mutex_lock(&self->lock);
    while ((one = file_take_due_locked(self)) != NULL) {
        mutex_unlock(&self->lock);
        file_registration_check(one);
        mutex_lock(&self->lock);
        self->checking = NULL;
        condition_wake_all(&self->check_ended);
    }
    for (one = self->registrations; one != NULL; one = one->next)
        all = all && (atomic_load(&one->stands) || one->is_waiting);
    mutex_unlock(&self->lock);
    return all;
}

/* Marks the registrations in folder (NULL: all) as due. only_missing: only those whose node does
 * not exist, after a failure. */
static void file_mark_due(file_registry *self, const file_folder *folder, bool only_missing)
{
    mutex_lock(&self->lock);
    for (file_registration *one = self->registrations; one != NULL; one = one->next)
        if ((folder == NULL || one->folder == folder) &&
            (!only_missing || !atomic_load(&one->stands)))
            one->is_due = true;
    mutex_unlock(&self->lock);
}

static dubboc_status file_check_url(const char *url, dubboc_error *err)
{
    for (size_t i = 0; url[i] != '\0'; i++)
        if ((unsigned char)url[i] < 0x20 || url[i] == 0x7F)
            return error_set(err, DUBBOC_E_ARGUMENT, "the URL to register holds a control byte");
    return DUBBOC_OK;
}

static dubboc_status file_register(registry *base, const char *interface,
    registry_category category, const char *url, registry_registration **registration,
    dubboc_error *err)
{
    file_registry *self = file_of(base);
    dubboc_status status = file_check_url(url, err);
    if (status != DUBBOC_OK)
        return status;
    file_registration *one = MEM_NEW(file_registration);
    if (one == NULL)
        return error_no_memory(err);
    one->node.fd = -1;
    one->url = mem_dup(url);
    status = one->url == NULL
                 ? error_no_memory(err)
                 : file_folders_ref(&self->folders, interface, category, &one->folder, err);
    one->needs_interface = category == REGISTRY_CONSUMERS;
    one->is_waiting = status == DUBBOC_OK && file_registration_has_to_wait(one);
    if (status == DUBBOC_OK && !one->is_waiting)
        status = file_node_create(one->folder->path, url, &one->node, err);
    if (status != DUBBOC_OK) {
        file_registration_free(self, one);
        return status;
    }
    bool stands = !one->is_waiting;
    atomic_store(&one->stands, stands);
    mutex_lock(&self->lock);
    /* An event of the folder may have been missed before the registration was in the list. */
    one->is_due = true;
    one->next = self->registrations;
    self->registrations = one;
    mutex_unlock(&self->lock);
    subscribers_wake(&self->subscribers);
    if (stands && log_is_on(DUBBOC_LOG_INFO)) {
        char label[NODE_LABEL_SIZE];
        node_label_of_url(url, label);
        LOG(DUBBOC_LOG_INFO, "registry", "registered", "%s", label);
    }
    *registration = &one->handle;
    return DUBBOC_OK;
}

static bool file_is_registered(const registry_registration *registration)
{
    return atomic_load(&((const file_registration *)registration)->stands);
}

static void file_unregister(registry *base, registry_registration *registration, int64_t timeout_ms)
{
    file_registry *self = file_of(base);
    file_registration *one = (file_registration *)registration;
    (void)timeout_ms; /* not needed: a check is only a few system calls */
    mutex_lock(&self->lock);
    file_registration **at = &self->registrations;
    while (*at != one)
        at = &(*at)->next;
    *at = one->next;
    while (self->checking == one)
        condition_wait(&self->check_ended, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
    file_registration_free(self, one);
    subscribers_wake(&self->subscribers); /* the thread frees unused folders */
}

/* --- the thread */

static void file_folder_changed(void *arg, file_folder *folder)
{
    file_registry *self = arg;
    subscribers_touch(&self->subscribers, folder);
    file_mark_due(self, folder, false);
}

static bool file_read_list(
    void *arg, const char *interface, registry_category category, registry_list *list)
{
    file_registry *self = arg;
    dubboc_error err;
    char *path;
    dubboc_status status = file_folder_path(self->folders.root, interface, category, &path, &err);
    if (status == DUBBOC_OK) {
        status = file_folder_read(path, list, &err);
        free(path);
    }
    if (status != DUBBOC_OK)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "registry", "cannot read folder, keeping the last list",
            "reason=\"%s\"", err.text);
    return status == DUBBOC_OK;
}

static void file_self_check(void *arg, file_folder *folder)
{
    file_folder_clean(folder->path);
    file_folder_changed(arg, folder);
}

/* Sleeps until an event arrives or something must be read. */
static void file_wait_for_work(file_registry *self, int64_t deadline_ns)
{
    struct pollfd waited[] = {{.fd = self->subscribers.wake.fd, .events = POLLIN},
        {.fd = self->folders.inotify_fd, .events = POLLIN}};
    deadline_ns = deadline_min(deadline_ns, file_folders_next_ns(&self->folders));
    poll(waited, 2, wake_wait_ms(deadline_poll_ms(deadline_ns)));
    wake_clear(&self->subscribers.wake);
    file_folders_take_events(&self->folders);
}

static void *file_run(void *arg)
{
    file_registry *self = arg;
    int64_t next_check_ns = deadline_in_ms(self->self_check_ms), retry_ns = DEADLINE_NEVER;
    while (!subscribers_is_stopping(&self->subscribers)) {
        file_wait_for_work(self, deadline_min(next_check_ns, retry_ns));
        if (deadline_is_over(next_check_ns)) {
            next_check_ns = deadline_in_ms(self->self_check_ms);
            file_folders_touch_all(&self->folders);
            file_folders_visit(&self->folders, file_self_check, self);
        }
        file_folders_visit(&self->folders, file_folder_changed, self);
        if (deadline_is_over(retry_ns))
            file_mark_due(self, NULL, true);
        bool is_done = file_check_due(self);
        is_done = subscribers_serve(&self->subscribers, file_read_list, self) && is_done;
        retry_ns = is_done ? DEADLINE_NEVER : clock_now_ns() + RETRY_NS;
    }
    return NULL;
}

/* --- life */

/* Gets the path: "/var/lib/x" from "///var/lib/x" or "/var/lib/x". */
static dubboc_status file_find_root(dubboc_slice rest, dubboc_slice *root, dubboc_error *err)
{
    if (slice_starts_with(rest, "//")) {
        rest.at += 2;
        rest.len -= 2;
    }
    if (rest.len == 0 || rest.at[0] != '/')
        return error_set(
            err, DUBBOC_E_ARGUMENT, "expected an absolute path: file:///var/lib/dubboc");
    while (rest.len > 0 && rest.at[rest.len - 1] == '/')
        rest.len--;
    *root = rest;
    return DUBBOC_OK;
}

static dubboc_status file_check_exists(dubboc_slice rest, dubboc_error *err)
{
    struct stat info;
    dubboc_slice root;
    dubboc_status status = file_find_root(rest, &root, err);
    if (status != DUBBOC_OK)
        return status;
    char *path = mem_printf("%.*s/", SLICE_ARGS(root));
    if (path == NULL)
        return error_no_memory(err);
    int problem = stat(path, &info) == 0 ? 0 : errno;
    if (problem == ENOTDIR)
        status = error_set(err, DUBBOC_E_NOT_FOUND, "the registry's folder %.*s is not a folder",
            SLICE_ARGS(root));
    else if (problem == ENOENT)
        status = error_set(err, DUBBOC_E_NOT_FOUND,
            "the registry's folder %.*s does not exist; the first provider makes it",
            SLICE_ARGS(root));
    free(path);
    return status;
}

/* A root that does not exist yet is created by the first provider; an existing one must be
 * readable. */
static dubboc_status file_check_root(const char *root, dubboc_error *err)
{
    struct stat info;
    char *path = mem_printf("%s/dubbo", root);
    if (path == NULL)
        return error_no_memory(err);
    dubboc_status status = DUBBOC_OK;
    bool exists = stat(path, &info) == 0;
    if (!exists && errno == ENOTDIR)
        status = error_set(err, DUBBOC_E_SYSTEM, "%s is not a folder", root);
    else if (exists && !S_ISDIR(info.st_mode))
        status = error_set(err, DUBBOC_E_SYSTEM, "%s is not a folder", path);
    else if (access(path, R_OK | X_OK) != 0 && errno != ENOENT)
        status =
            error_set(err, DUBBOC_E_SYSTEM, "cannot read the folder %s: %s", path, strerror(errno));
    free(path);
    return status;
}

static void file_release(file_registry *self)
{
    while (self->registrations != NULL) {
        file_registration *next = self->registrations->next;
        file_registration_free(self, self->registrations);
        self->registrations = next;
    }
    subscribers_close(&self->subscribers);
    file_folders_close(&self->folders);
    condition_fini(&self->check_ended);
    mutex_fini(&self->lock);
    free(self);
}

static dubboc_status file_open(
    const registry_settings *settings, dubboc_slice rest, registry **out, dubboc_error *err)
{
    dubboc_slice root;
    dubboc_status status = file_find_root(rest, &root, err);
    if (status != DUBBOC_OK)
        return status;
    file_registry *self = MEM_NEW(file_registry);
    if (self == NULL)
        return error_no_memory(err);
    self->self_check_ms = settings->self_check_ms > 0 ? settings->self_check_ms : SELF_CHECK_MS;
    mutex_init(&self->lock, MUTEX_RANK_FILE_REGISTRY);
    condition_init(&self->check_ended);
    status = subscribers_open(&self->subscribers, err);
    if (status == DUBBOC_OK)
        status = file_folders_open(&self->folders, root, err);
    if (status == DUBBOC_OK)
        status = file_check_root(self->folders.root, err);
    if (status == DUBBOC_OK)
        status = subscribers_start(&self->subscribers, file_run, self, "dubboc-file", err);
    if (status != DUBBOC_OK) {
        file_release(self);
        return status;
    }
    *out = &self->base;
    return DUBBOC_OK;
}

static void file_free(registry *base)
{
    file_registry *self = file_of(base);
    subscribers_stop(&self->subscribers);
    file_release(self);
}

/* --- subscriptions */

static dubboc_status file_subscribe(registry *base, const char *interface,
    registry_category category, registry_listener listener, void *arg,
    registry_subscription **subscription, dubboc_error *err)
{
    file_registry *self = file_of(base);
    file_folder *folder;
    dubboc_status status = file_folders_ref(&self->folders, interface, category, &folder, err);
    if (status != DUBBOC_OK)
        return status;
    status = subscribers_add(
        &self->subscribers, interface, category, listener, arg, folder, subscription, err);
    if (status != DUBBOC_OK)
        file_folders_unref(&self->folders, folder);
    return status;
}

static void file_refresh(registry *base, registry_subscription *subscription)
{
    subscribers_refresh(&file_of(base)->subscribers, subscription);
}

static void file_unsubscribe(registry *base, registry_subscription *subscription)
{
    file_folder *folder = subscribers_tag(subscription);
    subscribers_remove(&file_of(base)->subscribers, subscription);
    file_folders_unref(&file_of(base)->folders, folder);
    subscribers_wake(&file_of(base)->subscribers); /* the thread frees unused folders */
}

/* --- blocking reads */

static dubboc_status file_lookup(registry *base, const char *interface, registry_category category,
    int64_t deadline_ns, registry_list *urls, dubboc_error *err)
{
    char *path;
    (void)deadline_ns;
    dubboc_status status =
        file_folder_path(file_of(base)->folders.root, interface, category, &path, err);
    if (status != DUBBOC_OK)
        return status;
    status = file_folder_read(path, urls, err);
    free(path);
    return status;
}

/* Adds the interface name that a folder is for. false: no memory. */
static bool file_add_interface(const char *folder, registry_list *names, size_t *capacity)
{
    buffer name;
    size_t bad_at;
    buffer_init(&name, NAME_MAX);
    bool is_name = folder[0] != '.' && url_decode(&name, slice_of(folder), &bad_at);
    bool is_done = name.status == DUBBOC_OK &&
                   (!is_name || registry_list_add(names, capacity, buffer_slice(&name)));
    buffer_fini(&name);
    return is_done;
}

static dubboc_status file_read_interfaces(DIR *folders, registry_list *names)
{
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folders);
        if (entry == NULL)
            return errno == 0 ? DUBBOC_OK : DUBBOC_E_REGISTRY;
        bool is_folder = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
        if (is_folder && !file_add_interface(entry->d_name, names, &capacity))
            return DUBBOC_E_NO_MEMORY;
    }
}

static dubboc_status file_interfaces(
    registry *base, int64_t deadline_ns, registry_list *out, dubboc_error *err)
{
    registry_list names = {0};
    (void)deadline_ns;
    char *path = mem_printf("%s/dubbo", file_of(base)->folders.root);
    if (path == NULL)
        return error_no_memory(err);
    DIR *folders = opendir(path);
    dubboc_status status = folders == NULL && errno != ENOENT ? DUBBOC_E_REGISTRY : DUBBOC_OK;
    if (folders != NULL)
        status = file_read_interfaces(folders, &names);
    if (status == DUBBOC_E_REGISTRY)
        error_set(err, status, "cannot read %s: %s", path, strerror(errno));
    if (folders != NULL)
        closedir(folders);
    free(path);
    if (status != DUBBOC_OK) {
        registry_list_free(&names);
        return status == DUBBOC_E_NO_MEMORY ? error_no_memory(err) : status;
    }
    registry_list_sort(&names);
    *out = names;
    return DUBBOC_OK;
}

const registry_ops registry_file_ops = {
    .scheme = "file",
    .is_recognised_without_slashes = true,
    .open = file_open,
    .check_exists = file_check_exists,
    .free = file_free,
    .register_ = file_register,
    .is_registered = file_is_registered,
    .unregister = file_unregister,
    .subscribe = file_subscribe,
    .refresh = file_refresh,
    .unsubscribe = file_unsubscribe,
    .lookup = file_lookup,
    .interfaces = file_interfaces,
};
