#include "selector/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "registry/provider_url.h"

#define FILE_WORD "dubboc-providers"
#define FILE_VERSION 1
#define NAME_MAX_BYTES 180 /* of the escaped interface in a file name, which holds 255 with all that is added */

/* --- names and checksums ------------------------------------------------------------------------------------------------------------------- */

/* FNV-1a, 64 bits: tells a torn or edited file, no more. */
static uint64_t checksum(dubboc_slice data)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < data.len; i++)
        sum = (sum ^ (unsigned char)data.at[i]) * UINT64_C(1099511628211);
    return sum;
}

/* "<folder>/<interface>.providers<suffix>"; a name too long for a file keeps its beginning and gets its checksum. NULL: no memory. */
static char *file_path(const char *folder, dubboc_slice interface, const char *suffix)
{
    buffer name;
    buffer_init(&name, 4 * interface.len + NAME_MAX_BYTES);
    url_encode(&name, interface);
    char *path = NULL;
    if (name.status == DUBBOC_OK && name.len <= NAME_MAX_BYTES)
        path = mem_printf("%s/%.*s.providers%s", folder, (int)name.len, name.len > 0 ? name.data : "", suffix);
    else if (name.status == DUBBOC_OK)
        path = mem_printf(
            "%s/%.*s-%016llx.providers%s", folder, NAME_MAX_BYTES, name.data, (unsigned long long)checksum(interface), suffix);
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
    if (url.len == 0 || memchr(url.at, '\n', url.len) != NULL || memchr(url.at, '\0', url.len) != NULL)
        return false;
    buffer_append_slice(lines, url);
    buffer_append_char(lines, '\n');
    return true;
}

/* --- writing ------------------------------------------------------------------------------------------------------------------------------- */

dubboc_status snapshot_folder_open(const char *folder, dubboc_error *err)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return error_set(err, DUBBOC_E_SYSTEM, "the folder for snapshots %s cannot be made: %s", folder, strerror(errno));
    if (access(folder, W_OK | X_OK) != 0)
        return error_set(err, DUBBOC_E_SYSTEM, "the folder for snapshots %s cannot be written to: %s", folder, strerror(errno));
    return DUBBOC_OK;
}

static bool write_all(int fd, dubboc_slice data)
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

/* The new content under the temporary name, on the disk. */
static dubboc_status write_file(const char *path, dubboc_slice header, dubboc_slice lines, dubboc_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set(err, DUBBOC_E_SYSTEM, "%s: %s", path, strerror(errno));
    bool is_written = write_all(fd, header) && write_all(fd, lines) && fsync(fd) == 0;
    int failure = errno;
    if (close(fd) != 0 && is_written) {
        is_written = false;
        failure = errno;
    }
    return is_written ? DUBBOC_OK : error_set(err, DUBBOC_E_SYSTEM, "%s: %s", path, strerror(failure));
}

/* So that the new name lasts; a folder that cannot be synced is no failure. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static void write_header(buffer *header, dubboc_slice interface, dubboc_slice lines, size_t count)
{
    buffer_printf(header, FILE_WORD " %d %zu %016llx ", FILE_VERSION, count, (unsigned long long)checksum(lines));
    url_encode(header, interface);
    buffer_append_char(header, '\n');
}

dubboc_status snapshot_file_save(const char *folder, dubboc_slice interface, dubboc_slice lines, size_t count, dubboc_error *err)
{
    char suffix[32];
    /* not the process: it may have more clients than one, each with a thread that saves */
    snprintf(suffix, sizeof suffix, ".%ld.new", (long)gettid());
    char *path = file_path(folder, interface, "");
    char *fresh = file_path(folder, interface, suffix);
    buffer header;
    buffer_init(&header, 4 * interface.len + 128);
    write_header(&header, interface, lines, count);
    dubboc_status status = path == NULL || fresh == NULL || header.status != DUBBOC_OK ? error_no_memory(err) : DUBBOC_OK;
    if (status == DUBBOC_OK) {
        status = write_file(fresh, buffer_slice(&header), lines, err);
        if (status == DUBBOC_OK && rename(fresh, path) != 0)
            status = error_set(err, DUBBOC_E_SYSTEM, "%s: %s", path, strerror(errno));
        if (status == DUBBOC_OK)
            sync_folder(folder);
        else
            (void)unlink(fresh);
    }
    buffer_fini(&header);
    free(path);
    free(fresh);
    return status;
}

/* --- reading ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct file_header {
    uint64_t version;
    uint64_t count;
    dubboc_slice sum;
    dubboc_slice interface; /* escaped */
} file_header;

static dubboc_status parse_header(dubboc_slice line, file_header *header, dubboc_error *err)
{
    dubboc_slice word, version, count;
    if (!slice_cut(line, ' ', &word, &line) || !slice_is(word, FILE_WORD))
        return error_set(err, DUBBOC_E_PARSE, "it is no list of providers");
    if (!slice_cut(line, ' ', &version, &line) || !slice_u64(version, UINT32_MAX, &header->version))
        return error_set(err, DUBBOC_E_PARSE, "its version cannot be read");
    if (header->version != FILE_VERSION)
        return error_set(err, DUBBOC_E_UNSUPPORTED, "it is of version %llu, this program reads version %d",
            (unsigned long long)header->version, FILE_VERSION);
    if (!slice_cut(line, ' ', &count, &line) || !slice_u64(count, SNAPSHOT_FILE_MAX_BYTES, &header->count) ||
        !slice_cut(line, ' ', &header->sum, &header->interface))
        return error_set(err, DUBBOC_E_PARSE, "its first line is broken");
    return DUBBOC_OK;
}

/* DUBBOC_E_PARSE: it is another. */
static dubboc_status check_interface(dubboc_slice escaped, dubboc_slice interface, dubboc_error *err)
{
    buffer expected;
    buffer_init(&expected, 4 * interface.len + 1);
    url_encode(&expected, interface);
    dubboc_status status = DUBBOC_OK;
    if (expected.status != DUBBOC_OK)
        status = error_no_memory(err);
    else if (!slice_equal(buffer_slice(&expected), escaped))
        status = error_set(err, DUBBOC_E_PARSE, "it is the list of another interface");
    buffer_fini(&expected);
    return status;
}

static size_t count_lines(dubboc_slice body)
{
    size_t count = 0;
    for (size_t i = 0; i < body.len; i++)
        count += body.at[i] == '\n';
    return count;
}

/* Every line ends with a line feed, which becomes the zero byte at the URL's end. */
static dubboc_status cut_lines(char *body, size_t len, size_t count, snapshot_lines *lines, dubboc_error *err)
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

dubboc_status snapshot_file_parse(char *memory, size_t len, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err)
{
    *lines = (snapshot_lines){.count = 0};
    file_header header;
    char sum[17];
    char *stop = memchr(memory, '\n', len);
    if (stop == NULL)
        return error_set(err, DUBBOC_E_PARSE, "it is no list of providers");
    dubboc_status status = parse_header(slice_make(memory, (size_t)(stop - memory)), &header, err);
    if (status == DUBBOC_OK)
        status = check_interface(header.interface, interface, err);
    if (status != DUBBOC_OK)
        return status;
    dubboc_slice body = slice_make(stop + 1, len - (size_t)(stop + 1 - memory));
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)checksum(body));
    if (!slice_is(header.sum, sum) || (body.len > 0 && body.at[body.len - 1] != '\n') || count_lines(body) != header.count ||
        memchr(memory, '\0', len) != NULL)
        return error_set(err, DUBBOC_E_PARSE, "it is torn or was changed");
    return cut_lines(stop + 1, body.len, (size_t)header.count, lines, err);
}

static dubboc_status read_whole(int fd, char **memory, size_t *len, dubboc_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set(err, DUBBOC_E_SYSTEM, "%s", strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, DUBBOC_E_PARSE, "it is no regular file");
    if (info.st_size > (off_t)SNAPSHOT_FILE_MAX_BYTES)
        return error_set(
            err, DUBBOC_E_TOO_BIG, "it has %lld bytes, at most %u are read", (long long)info.st_size, SNAPSHOT_FILE_MAX_BYTES);
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

dubboc_status snapshot_file_load(const char *folder, dubboc_slice interface, snapshot_lines *lines, dubboc_error *err)
{
    *lines = (snapshot_lines){.count = 0};
    char *memory = NULL, *path = file_path(folder, interface, "");
    size_t len = 0;
    if (path == NULL)
        return error_no_memory(err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    dubboc_status status = DUBBOC_OK;
    if (fd < 0) {
        status = error_set(err, errno == ENOENT ? DUBBOC_E_NOT_FOUND : DUBBOC_E_SYSTEM, "%s: %s", path, strerror(errno));
        goto done;
    }
    status = read_whole(fd, &memory, &len, err);
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
