/* A file is written under a temporary name, flushed to the disk and renamed. The writer holds a
 * lock on the file until the rename, so that other processes can tell an unfinished file from an
 * abandoned one. */
#include "selector/snapshot_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"

#define FILE_WORD "dubboc-providers"
#define FILE_VERSION 1
/* Bytes of the escaped interface in a file name. A file name may have 255 bytes, including what is
 * added. */
#define NAME_MAX_BYTES 180

/* --- names and checksums --- */

/* Returns "<folder>/<interface>.providers<suffix>". A name that is too long keeps its beginning and
 * gets its checksum. NULL: no memory. */
static char *snapshot_file_path(const char *folder, dubboc_slice interface, const char *suffix)
{
    buffer name;
    buffer_init(&name, 4 * interface.len + NAME_MAX_BYTES);
    url_encode(&name, interface);
    char *path = NULL;
    if (name.status == DUBBOC_OK && name.len <= NAME_MAX_BYTES)
        path = mem_printf(
            "%s/%.*s.providers%s", folder, (int)name.len, name.len > 0 ? name.data : "", suffix);
    else if (name.status == DUBBOC_OK)
        path = mem_printf("%s/%.*s-%016llx.providers%s", folder, NAME_MAX_BYTES, name.data,
            (unsigned long long)hash_add(HASH_START, interface), suffix);
    buffer_fini(&name);
    return path;
}

void snapshot_lines_fini(snapshot_lines *self)
{
    free(self->memory);
    free(self->urls);
    *self = (snapshot_lines){.count = 0};
}

bool snapshot_lines_add(buffer *lines, dubboc_slice url)
{
    if (url.len == 0 || memchr(url.at, '\n', url.len) != NULL ||
        memchr(url.at, '\0', url.len) != NULL)
        return false;
    buffer_append_slice(lines, url);
    buffer_append_char(lines, '\n');
    return true;
}

/* --- writing --- */

/* A writer holds a lock on its unfinished file; the kernel releases it when the process dies. On a
 * file system that has no locks this always fails. */
static bool snapshot_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Whether the name has the form "<interface>.providers.<thread>.new". */
static bool snapshot_is_unfinished(dubboc_slice name)
{
    static const char middle[] = ".providers.", end[] = ".new";
    const size_t middle_len = sizeof middle - 1, end_len = sizeof end - 1;
    if (name.len <= end_len || memcmp(name.at + name.len - end_len, end, end_len) != 0)
        return false;
    size_t digits = name.len - end_len;
    while (digits > 0 && ascii_is_digit(name.at[digits - 1]))
        digits--;
    bool has_digits = digits < name.len - end_len;
    return has_digits && digits > middle_len &&
           memcmp(name.at + digits - middle_len, middle, middle_len) == 0;
}

/* Removes the file if no writer is working on it. */
static void snapshot_remove_unfinished(int folder_fd, const char *name)
{
    struct stat opened, named;
    int fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    bool is_left_over = fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) && snapshot_lock(fd) &&
                        fstatat(folder_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                        named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
    if (is_left_over)
        (void)unlinkat(folder_fd, name, 0);
    close(fd);
}

/* Removes the files of killed writers, which would otherwise stay for ever, because other writers
 * use other names. */
static void snapshot_folder_clean(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL)
        if (snapshot_is_unfinished(slice_of(entry->d_name)))
            snapshot_remove_unfinished(dirfd(entries), entry->d_name);
    if (entries != NULL)
        closedir(entries);
}

dubboc_status snapshot_folder_open(const char *folder, dubboc_error *err)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return error_set(err, DUBBOC_E_SYSTEM, "the folder for snapshots %s cannot be made: %s",
            folder, strerror(errno));
    if (access(folder, W_OK | X_OK) != 0)
        return error_set(err, DUBBOC_E_SYSTEM,
            "the folder for snapshots %s cannot be written to: %s", folder, strerror(errno));
    snapshot_folder_clean(folder);
    return DUBBOC_OK;
}

static bool snapshot_write_all(int fd, dubboc_slice data)
{
    while (data.len > 0) {
        ssize_t written = write(fd, data.at, data.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data = slice_make(data.at + written, data.len - (size_t)written);
    }
    return true;
}

#define OPEN_ATTEMPTS 200
#define OPEN_AGAIN_MS 1

/* Creates the unfinished file and locks it. Another process that cleans the folder may have opened
 * the file before it was locked; then a new one is created as soon as that process has removed it,
 * which takes a moment. -1: errno. */
static int snapshot_open_new(const char *path)
{
    for (int i = 0; i < OPEN_ATTEMPTS; i++) {
        struct stat info;
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -1;
        bool is_taken = !snapshot_lock(fd) && (errno == EAGAIN || errno == EACCES);
        if (!is_taken && fstat(fd, &info) == 0 && info.st_nlink > 0)
            return fd;
        close(fd);
        if (is_taken)
            poll(NULL, 0, OPEN_AGAIN_MS);
    }
    errno = EBUSY;
    return -1;
}

/* Writes the content under the temporary name, flushes it to the disk, and renames the file. */
static dubboc_status snapshot_write_file(
    const char *fresh, const char *path, dubboc_slice header, dubboc_slice lines, dubboc_error *err)
{
    int fd = snapshot_open_new(fresh);
    if (fd < 0)
        return error_set(err, DUBBOC_E_SYSTEM, "%s: %s", fresh, strerror(errno));
    dubboc_status status = DUBBOC_OK;
    if (!snapshot_write_all(fd, header) || !snapshot_write_all(fd, lines) || fsync(fd) != 0)
        status = error_set(err, DUBBOC_E_SYSTEM, "%s: %s", fresh, strerror(errno));
    else if (rename(fresh, path) != 0)
        status = error_set(err, DUBBOC_E_SYSTEM, "%s: %s", path, strerror(errno));
    if (status != DUBBOC_OK)
        (void)unlink(fresh);
    close(fd); /* also releases the lock; the content is on the disk already */
    return status;
}

/* Flushes the folder, so that the rename survives a crash. A folder that cannot be flushed is no
 * error. */
static void snapshot_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static void snapshot_write_header(
    buffer *header, dubboc_slice interface, dubboc_slice lines, size_t count)
{
    buffer_printf(header, FILE_WORD " %d %zu %016llx ", FILE_VERSION, count,
        (unsigned long long)hash_add(HASH_START, lines));
    url_encode(header, interface);
    buffer_append_char(header, '\n');
}

dubboc_status snapshot_file_save(
    const char *folder, dubboc_slice interface, dubboc_slice lines, size_t count, dubboc_error *err)
{
    char suffix[32];
    /* The thread id, not the process id, because a process may have several clients, each with a
     * thread that saves. */
    snprintf(suffix, sizeof suffix, ".%ld.new", (long)gettid());
    char *path = snapshot_file_path(folder, interface, "");
    char *fresh = snapshot_file_path(folder, interface, suffix);
    buffer header;
    buffer_init(&header, 4 * interface.len + 128);
    snapshot_write_header(&header, interface, lines, count);
    dubboc_status status = path == NULL || fresh == NULL || header.status != DUBBOC_OK
                               ? error_no_memory(err)
                               : DUBBOC_OK;
    if (status == DUBBOC_OK) {
        status = snapshot_write_file(fresh, path, buffer_slice(&header), lines, err);
        if (status == DUBBOC_OK)
            snapshot_sync_folder(folder);
    }
    buffer_fini(&header);
    free(path);
    free(fresh);
    return status;
}

/* --- reading --- */

typedef struct file_header {
    uint64_t version;
    uint64_t count;
    dubboc_slice sum;
    dubboc_slice interface; /* as in the file, escaped */
} file_header;

static dubboc_status snapshot_parse_header(
    dubboc_slice line, file_header *header, dubboc_error *err)
{
    dubboc_slice word, version, count;
    if (!slice_cut(line, ' ', &word, &line) || !slice_is(word, FILE_WORD))
        return error_set(err, DUBBOC_E_PARSE, "not a list of providers");
    if (!slice_cut(line, ' ', &version, &line) || !slice_u64(version, UINT32_MAX, &header->version))
        return error_set(err, DUBBOC_E_PARSE, "the version cannot be parsed");
    if (header->version != FILE_VERSION)
        return error_set(err, DUBBOC_E_UNSUPPORTED,
            "the file has version %llu, but this program reads version %d",
            (unsigned long long)header->version, FILE_VERSION);
    if (!slice_cut(line, ' ', &count, &line) ||
        !slice_u64(count, SNAPSHOT_FILE_MAX_BYTES, &header->count) ||
        !slice_cut(line, ' ', &header->sum, &header->interface))
        return error_set(err, DUBBOC_E_PARSE, "the first line cannot be parsed");
    return DUBBOC_OK;
}

/* DUBBOC_E_PARSE: the file is for another interface. */
static dubboc_status snapshot_check_interface(
    dubboc_slice escaped, dubboc_slice interface, dubboc_error *err)
{
    buffer expected;
    buffer_init(&expected, 4 * interface.len + 1);
    url_encode(&expected, interface);
    dubboc_status status = DUBBOC_OK;
    if (expected.status != DUBBOC_OK)
        status = error_no_memory(err);
    else if (!slice_equal(buffer_slice(&expected), escaped))
        status = error_set(err, DUBBOC_E_PARSE, "the list belongs to another interface");
    buffer_fini(&expected);
    return status;
}

static size_t snapshot_count_lines(dubboc_slice body)
{
    size_t count = 0;
    for (size_t i = 0; i < body.len; i++)
        count += body.at[i] == '\n';
    return count;
}

/* Splits the body into lines. Every line ends with a line feed, which is replaced by the zero byte
 * that ends the URL. */
static dubboc_status snapshot_cut_lines(
    char *body, size_t len, size_t count, snapshot_lines *lines, dubboc_error *err)
{
    lines->urls = MEM_NEW_ARRAY(count + 1, const char *);
    if (lines->urls == NULL)
        return error_no_memory(err);
    char *end = body + len;
    while (body < end) {
        char *stop = memchr(body, '\n', (size_t)(end - body));
        *stop = '\0';
        lines->urls[lines->count++] = body;
        body = stop + 1;
    }
    return DUBBOC_OK;
}

dubboc_status snapshot_file_parse(
    char *memory, size_t len, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err)
{
    *lines = (snapshot_lines){.count = 0};
    file_header header;
    char sum[17];
    char *stop = memchr(memory, '\n', len);
    if (stop == NULL)
        return error_set(err, DUBBOC_E_PARSE, "not a list of providers");
    dubboc_status status =
        snapshot_parse_header(slice_make(memory, (size_t)(stop - memory)), &header, err);
    if (status == DUBBOC_OK)
        status = snapshot_check_interface(header.interface, interface, err);
    if (status != DUBBOC_OK)
        return status;
    dubboc_slice body = slice_make(stop + 1, len - (size_t)(stop + 1 - memory));
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)hash_add(HASH_START, body));
    if (!slice_is(header.sum, sum) || (body.len > 0 && body.at[body.len - 1] != '\n') ||
        snapshot_count_lines(body) != header.count || memchr(memory, '\0', len) != NULL)
        return error_set(err, DUBBOC_E_PARSE, "the file is incomplete or was changed");
    return snapshot_cut_lines(stop + 1, body.len, (size_t)header.count, lines, err);
}

static dubboc_status snapshot_read_whole(int fd, char **memory, size_t *len, dubboc_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set(err, DUBBOC_E_SYSTEM, "%s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, DUBBOC_E_PARSE, "not a regular file");
    if (info.st_size > (off_t)SNAPSHOT_FILE_MAX_BYTES)
        return error_set(err, DUBBOC_E_TOO_BIG, "the file has %lld bytes, at most %u are read",
            (long long)info.st_size, SNAPSHOT_FILE_MAX_BYTES);
    size_t size = (size_t)info.st_size, filled = 0;
    *memory = malloc(size + 1);
    if (*memory == NULL)
        return error_no_memory(err);
    while (filled < size) {
        ssize_t got = read(fd, *memory + filled, size - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, DUBBOC_E_SYSTEM, "%s", strerror(errno));
        if (got == 0)
            break;
        filled += (size_t)got;
    }
    (*memory)[filled] = '\0';
    *len = filled;
    return DUBBOC_OK;
}

dubboc_status snapshot_file_load(
    const char *folder, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err)
{
    *lines = (snapshot_lines){.count = 0};
    char *memory = NULL, *path = snapshot_file_path(folder, interface, "");
    size_t len = 0;
    if (path == NULL)
        return error_no_memory(err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    dubboc_status status = DUBBOC_OK;
    if (fd < 0) {
        status = error_set(err, errno == ENOENT ? DUBBOC_E_NOT_FOUND : DUBBOC_E_SYSTEM, "%s: %s",
            path, strerror(errno));
        goto done;
    }
    status = snapshot_read_whole(fd, &memory, &len, err);
    if (status == DUBBOC_OK)
        status = snapshot_file_parse(memory, len, interface, lines, err);
    if (status == DUBBOC_OK) {
        lines->memory = memory;
        memory = NULL;
    } else {
        error_prefix(err, status, "%s", path);
    }
done:
    if (fd >= 0)
        close(fd);
    free(memory);
    free(path);
    return status;
}
