/* The control groups of a process are listed in /proc/self/cgroup, one per line: "0::/path" for
 * version 2, "7:memory:/path" for version 1. In a container the path may be the one that the group
 * has outside of the container, and does not exist inside. Then only the root of the mounted tree
 * exists, which is the container's group. */
#include "base/memory_size.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"

#define GROUP_PATH_MAX 4096

typedef struct group_version {
    const char *folder; /* where the hierarchy is mounted */
    const char *file;   /* the file in a group that holds its limit */
} group_version;

static const group_version version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"};
static const group_version version_2 = {"/sys/fs/cgroup", "memory.max"};

/* The text up to its line end. */
static dubboc_slice memory_size_line(const char *text)
{
    return slice_make(text, strcspn(text, "\n"));
}

/* Reads a limit. UINT64_MAX: the file contains "max", or cannot be read or parsed. */
static uint64_t memory_size_read_limit(const char *path)
{
    char text[64];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return UINT64_MAX;
    bool has_text = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    uint64_t limit;
    if (!has_text || !slice_u64(memory_size_line(text), UINT64_MAX, &limit))
        return UINT64_MAX;
    return limit;
}

/* The lowest limit of the group and the groups above it. */
static uint64_t memory_size_of_group(const char *root, const group_version *version, char *group)
{
    char path[2 * GROUP_PATH_MAX];
    uint64_t least = UINT64_MAX;
    for (;;) {
        snprintf(path, sizeof path, "%s%s%s/%s", root, version->folder, group, version->file);
        uint64_t limit = memory_size_read_limit(path);
        least = limit < least ? limit : least;
        char *last = strrchr(group, '/');
        if (last == NULL)
            return least;
        *last = '\0';
    }
}

/* Whether a comma-separated list of controllers contains "memory". */
static bool memory_size_is_controlled(dubboc_slice controllers)
{
    dubboc_slice item;
    while (slice_next(&controllers, ',', &item)) {
        if (slice_is(item, "memory"))
            return true;
    }
    return false;
}

/* The limit of the group in one line of /proc/self/cgroup. */
static uint64_t memory_size_of_line(const char *root, dubboc_slice line)
{
    dubboc_slice number, controllers, rest, path;
    char group[GROUP_PATH_MAX];
    slice_cut(line, ':', &number, &rest);
    slice_cut(rest, ':', &controllers, &path);
    bool is_second = slice_is(number, "0") && controllers.len == 0;
    if ((!is_second && !memory_size_is_controlled(controllers)) || path.len >= sizeof group)
        return UINT64_MAX;
    snprintf(group, sizeof group, "%.*s", SLICE_ARGS(path));
    return memory_size_of_group(root, is_second ? &version_2 : &version_1, group);
}

uint64_t memory_size_within(const char *root, uint64_t machine_bytes)
{
    char path[GROUP_PATH_MAX], line[GROUP_PATH_MAX + 64];
    uint64_t least = machine_bytes;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return least;
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t limit = memory_size_of_line(root, memory_size_line(line));
        least = limit < least ? limit : least;
    }
    fclose(file);
    return least;
}

uint64_t memory_size_of_process(const char *root)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    bool is_known = pages > 0 && page_bytes > 0;
    uint64_t machine_bytes = is_known ? (uint64_t)pages * (uint64_t)page_bytes : UINT64_MAX;
    return memory_size_within(root, machine_bytes);
}
