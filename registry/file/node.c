/* Reading is careful, because any process may put anything into the folder: it skips symbolic
 * links, fifos, and files larger than a URL can be. */
#include "registry/file/node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/url_codec.h"
#include "registry/file/lock.h"
#include "registry/provider_url.h"

#define HOST_SHOWN_MAX 100
#define HASH_DIGITS 16
#define TEMPORARY_PREFIX ".new-"
#define CREATE_ATTEMPTS 5

/* --- names */

dubboc_status file_folder_path(const char *root, const char *interface, registry_category category,
    char **path, dubboc_error *err)
{
    buffer name;
    buffer_init(&name, SIZE_MAX / 2);
    bool is_dotted = interface[0] == '.'; /* "..", or a name that looks like a temporary file */
    if (is_dotted)
        buffer_append_text(&name, "%2E");
    url_encode(&name, slice_of(interface + (is_dotted ? 1 : 0)));
    dubboc_status status = DUBBOC_OK;
    if (name.status == DUBBOC_OK && (name.len == 0 || name.len > NAME_MAX))
        status = error_set(err, DUBBOC_E_ARGUMENT,
            "an interface name of %zu bytes cannot be a folder name", strlen(interface));
    else if (buffer_text(&name) == NULL || (*path = mem_printf("%s/dubbo/%s/%s", root, name.data,
                                                registry_category_name(category))) == NULL)
        status = error_no_memory(err);
    buffer_fini(&name);
    return status;
}

/* A hash of the URL and a random number, so that the same name is not drawn twice. */
static uint64_t node_draw_hash(const char *url)
{
    return hash_add(HASH_START ^ random_next(), slice_of(url));
}

/* Returns a name such as "10.0.0.1-8080-0123456789abcdef". */
static char *node_draw_name(const char *url)
{
    provider_url *parsed = NULL;
    char host[3 * HOST_SHOWN_MAX] = "url";
    if (provider_url_from_text(slice_of(url), &parsed, NULL) == DUBBOC_OK) {
        size_t len =
            parsed->address.host.len < HOST_SHOWN_MAX ? parsed->address.host.len : HOST_SHOWN_MAX;
        for (size_t i = 0; i < len; i++)
            host[i] =
                ascii_is_alnum(parsed->address.host.at[i]) || parsed->address.host.at[i] == '.'
                    ? parsed->address.host.at[i]
                    : '_';
        host[len] = '\0';
    }
    char *name =
        mem_printf("%s-%u-%016llx", host, parsed != NULL ? (unsigned)parsed->address.port : 0,
            (unsigned long long)node_draw_hash(url));
    provider_url_free(parsed);
    return name;
}

/* Whether the name can be that of a node. Other files do not belong to the registry. */
static bool node_is_name(const char *name)
{
    size_t len = strlen(name);
    if (name[0] == '.' || len < HASH_DIGITS + 4 || name[len - HASH_DIGITS - 1] != '-')
        return false;
    for (size_t i = len - HASH_DIGITS; i < len; i++)
        if (!ascii_is_digit(name[i]) && !(name[i] >= 'a' && name[i] <= 'f'))
            return false;
    return true;
}

/* --- creating */

bool file_folder_make(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return true;
    if (errno == EEXIST)
        return true; /* if it is not a folder, opening it will fail */
    const char *slash = strrchr(path, '/');
    if (errno != ENOENT || slash == NULL || slash == path)
        return false;
    char *above = mem_dup_slice(slice_make(path, (size_t)(slash - path)));
    bool is_made =
        above != NULL && file_folder_make(above) && (mkdir(path, 0777) == 0 || errno == EEXIST);
    int reason = above != NULL ? errno : ENOMEM;
    free(above);
    errno = reason;
    return is_made;
}

bool file_folder_interface_exists(const char *path)
{
    struct stat info;
    const char *slash = strrchr(path, '/');
    char *interface = mem_dup_slice(slice_make(path, (size_t)(slash - path)));
    bool exists = interface != NULL && stat(interface, &info) == 0 && S_ISDIR(info.st_mode);
    free(interface);
    return exists;
}

static bool node_write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        len -= (size_t)written;
    }
    return true;
}

/* Writes, locks and renames one temporary file. Returns the descriptor, or -1 (errno). A process
 * that cleans up may lock or remove the file before it is locked here: EAGAIN, ENOENT. */
static int node_create_once(const char *temporary, const char *path, const char *url)
{
    int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return -1;
    if (file_lock_take(fd) && node_write_all(fd, url, strlen(url)) && node_write_all(fd, "\n", 1) &&
        rename(temporary, path) == 0)
        return fd;
    int reason = errno;
    unlink(temporary);
    file_lock_close(fd);
    errno = reason;
    return -1;
}

/* Returns 0 or an errno. */
static int node_create_named(const char *folder, const char *url, file_node *node)
{
    char *name = node_draw_name(url);
    char *path = name != NULL ? mem_printf("%s/%s", folder, name) : NULL;
    char *temporary = name != NULL ? mem_printf("%s/" TEMPORARY_PREFIX "%s", folder, name) : NULL;
    int fd = -1, reason = ENOMEM;
    if (path != NULL && temporary != NULL) {
        fd = node_create_once(temporary, path, url);
        reason = fd < 0 ? errno : 0;
    }
    if (fd >= 0) {
        *node = (file_node){.path = path, .fd = fd};
        path = NULL;
    }
    free(name);
    free(path);
    free(temporary);
    return reason;
}

dubboc_status file_node_create(
    const char *folder, const char *url, file_node *node, dubboc_error *err)
{
    int reason = 0;
    for (int attempt = 0; attempt < CREATE_ATTEMPTS; attempt++) {
        if (!file_folder_make(folder))
            return errno == ENOMEM ? error_no_memory(err)
                                   : error_set(err, DUBBOC_E_SYSTEM,
                                         "cannot make the folder %s: %s", folder, strerror(errno));
        reason = node_create_named(folder, url, node);
        if (reason != EAGAIN && reason != ENOENT &&
            reason != EEXIST) /* another process removed the file or the folder: try again */
            break;
    }
    if (reason == ENOMEM)
        return error_no_memory(err);
    return reason == 0 ? DUBBOC_OK
                       : error_set(err, DUBBOC_E_SYSTEM, "cannot write to %s: %s", folder,
                             strerror(reason));
}

bool file_node_stands(const file_node *node)
{
    struct stat named, own;
    return node->fd >= 0 && fstat(node->fd, &own) == 0 && lstat(node->path, &named) == 0 &&
           named.st_ino == own.st_ino && named.st_dev == own.st_dev;
}

void file_node_remove(file_node *node)
{
    if (node->fd < 0)
        return;
    if (file_node_stands(node))
        unlink(node->path);
    file_lock_close(node->fd);
    free(node->path);
    *node = (file_node){.fd = -1};
}

/* --- reading */

static void node_say_skipped(const char *folder, const char *name, const char *reason)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "registry", "file skipped", "path=\"%s/%s\" reason=\"%s\"",
        folder, name, reason);
}

/* Whether the cause of the failure is this process or machine and not the file. If so, the whole
 * reading fails. */
static bool node_is_own_trouble(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOMEM || reason == EIO ||
           reason == EINTR;
}

/* Reads the text of a living node, of size bytes and possibly a line end, into text, which has room
 * for one more zero byte. Returns NULL on success, otherwise why the file is not a node; errno is
 * then set if the failure is this process's own (node_is_own_trouble()). */
static const char *node_read_text(int fd, char *text, size_t size)
{
    errno = 0;
    ssize_t len = pread(fd, text, size, 0);
    if (len < 0)
        return strerror(errno);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    text[len] = '\0';
    return len == 0 || strlen(text) != (size_t)len ? "holds no URL" : NULL;
}

/* Removes the name if it still refers to the file that is open as fd, which holds a lock on it. */
static void node_remove_dead(int folder_fd, const char *name, const struct stat *opened)
{
    struct stat named;
    if (fstatat(folder_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        named.st_ino == opened->st_ino && named.st_dev == opened->st_dev)
        unlinkat(folder_fd, name, 0);
}

/* Adds the text of a living node; otherwise sets *reason, which says why the file is not a node.
 * DUBBOC_E_NO_MEMORY, DUBBOC_E_REGISTRY: the list would be incomplete. */
static dubboc_status node_add_to_list(
    int fd, size_t size, registry_list *urls, size_t *capacity, const char **reason)
{
    dubboc_status status = DUBBOC_OK;
    char *text = malloc(size + 1);
    if (text == NULL)
        return DUBBOC_E_NO_MEMORY;
    *reason = node_read_text(fd, text, size);
    if (*reason != NULL)
        status = node_is_own_trouble(errno) ? DUBBOC_E_REGISTRY : DUBBOC_OK;
    else if (!registry_list_add(urls, capacity, slice_of(text)))
        status = DUBBOC_E_NO_MEMORY;
    free(text);
    return status;
}

/* Adds the node in the open file. A file that is not a living node is skipped with a log line. Any
 * other failure makes the whole reading fail, because an incomplete list would look as if providers
 * had left. */
static dubboc_status node_read_open(int folder_fd, const char *folder, const char *name, int fd,
    registry_list *urls, size_t *capacity, dubboc_error *err)
{
    struct stat info;
    const char *reason = NULL;
    dubboc_status status = DUBBOC_OK;
    if (fstat(fd, &info) != 0) {
        reason = strerror(errno);
        status = DUBBOC_E_REGISTRY;
    } else if (!S_ISREG(info.st_mode)) {
        reason = "not a regular file";
    } else if (file_lock_is_dead(fd)) {
        node_remove_dead(folder_fd, name, &info);
    } else if (errno != EAGAIN && errno != EACCES) {
        reason = strerror(errno);
        status = DUBBOC_E_REGISTRY;
    } else if (info.st_size > (off_t)URL_BYTES_MAX + 1) {
        reason = "longer than a URL can be";
    } else {
        status = node_add_to_list(fd, (size_t)info.st_size, urls, capacity, &reason);
    }
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(err);
    if (status != DUBBOC_OK)
        return error_set(err, status, "cannot read %s/%s: %s", folder, name, reason);
    if (reason != NULL)
        node_say_skipped(folder, name, reason);
    return DUBBOC_OK;
}

static void node_clean_temporary(int folder_fd, const char *name)
{
    struct stat info;
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && file_lock_is_dead(fd))
        node_remove_dead(folder_fd, name, &info);
    close(fd);
}

static dubboc_status node_read_one(int folder_fd, const char *folder, const char *name,
    registry_list *urls, size_t *capacity, dubboc_error *err)
{
    if (name[0] == '.')
        return DUBBOC_OK;
    if (!node_is_name(name)) {
        node_say_skipped(folder, name, "not a node's name");
        return DUBBOC_OK;
    }
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && node_is_own_trouble(errno))
        return error_set(
            err, DUBBOC_E_REGISTRY, "cannot read %s/%s: %s", folder, name, strerror(errno));
    if (fd < 0) {
        if (errno != ENOENT)
            node_say_skipped(folder, name, strerror(errno));
        return DUBBOC_OK;
    }
    dubboc_status status = node_read_open(folder_fd, folder, name, fd, urls, capacity, err);
    close(fd);
    return status;
}

static dubboc_status folder_read_all(
    DIR *entries, const char *folder, registry_list *urls, dubboc_error *err)
{
    size_t capacity = 0;
    registry_list list = {0};
    dubboc_status status = DUBBOC_OK;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (entry == NULL && errno != 0)
            status =
                error_set(err, DUBBOC_E_REGISTRY, "cannot read %s: %s", folder, strerror(errno));
        if (entry == NULL || status != DUBBOC_OK)
            break;
        status = node_read_one(dirfd(entries), folder, entry->d_name, &list, &capacity, err);
    }
    if (status != DUBBOC_OK) {
        registry_list_free(&list);
        return status;
    }
    registry_list_sort(&list);
    *urls = list;
    return DUBBOC_OK;
}

dubboc_status file_folder_read(const char *folder, registry_list *urls, dubboc_error *err)
{
    DIR *entries = opendir(folder);
    if (entries == NULL && errno != ENOENT)
        return error_set(err, DUBBOC_E_REGISTRY, "cannot read %s: %s", folder, strerror(errno));
    if (entries == NULL) {
        *urls = (registry_list){0};
        return DUBBOC_OK;
    }
    dubboc_status status = folder_read_all(entries, folder, urls, err);
    closedir(entries);
    return status;
}

void file_folder_clean(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL)
        if (strncmp(entry->d_name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0)
            node_clean_temporary(dirfd(entries), entry->d_name);
    if (entries != NULL)
        closedir(entries);
}
