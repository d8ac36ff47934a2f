#include "tests/registry/file_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void keep_snapshot(void *arg, const registry_snapshot *snapshot)
{
    watched *self = arg;
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->count = snapshot->count;
    snprintf(self->first, sizeof self->first, "%s", snapshot->count > 0 ? snapshot->urls[0] : "");
    pthread_mutex_unlock(&self->lock);
}

typedef struct expectation {
    watched *self;
    size_t count;
} expectation;

static bool has_count(void *arg)
{
    const expectation *expected = arg;
    pthread_mutex_lock(&expected->self->lock);
    bool is_it = expected->self->calls > 0 && expected->self->count == expected->count;
    pthread_mutex_unlock(&expected->self->lock);
    return is_it;
}

watched watched_now(watched *self)
{
    watched now = {0};
    pthread_mutex_lock(&self->lock);
    now.calls = self->calls;
    now.count = self->count;
    memcpy(now.first, self->first, sizeof now.first);
    pthread_mutex_unlock(&self->lock);
    return now;
}

void wait_for_count(watched *self, size_t count)
{
    expectation expected = {self, count};
    if (!test_wait_for(has_count, &expected, LIMIT_MS))
        fail_msg("heard of %zu nodes in %u calls, expected %zu", watched_now(self).count,
            watched_now(self).calls, count);
}

dubboc_status try_open(
    const char *folder, int64_t self_check_ms, registry **self, dubboc_error *err)
{
    char address[300];
    registry_settings settings = {.address = address, .self_check_ms = self_check_ms};
    snprintf(address, sizeof address, "file://%s", folder);
    return registry_open(&settings, self, err);
}

registry *open_at(const char *folder)
{
    registry *self = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, try_open(folder, 0, &self, &err), &err);
    return self;
}

void subscribe_at(registry *from, watched *self)
{
    dubboc_error err;
    *self = (watched){0};
    pthread_mutex_init(&self->lock, NULL);
    assert_status(DUBBOC_OK,
        registry_subscribe(
            from, INTERFACE, REGISTRY_PROVIDERS, keep_snapshot, self, &self->subscription, &err),
        &err);
}

registry_registration *register_at(registry *into, const char *url)
{
    registry_registration *made = NULL;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, registry_register(into, INTERFACE, REGISTRY_PROVIDERS, url, &made, &err), &err);
    return made;
}

char *in_folder(const char *root, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/dubbo/" INTERFACE "/providers/%s", root, name) > 0);
    return path;
}

bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

void make_folder(const char *root, const char *below)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s%s", root, below) > 0);
    assert_true(mkdir(path, 0777) == 0 || errno == EEXIST);
    free(path);
}

/* Makes a file in the folder of the providers, and locks it as an owner does if is_live. Returns
 * its descriptor. */
int make_file(const char *root, const char *name, const char *data, size_t len, bool is_live)
{
    char *path = in_folder(root, name);
    make_folder(root, "/dubbo");
    make_folder(root, "/dubbo/" INTERFACE);
    make_folder(root, "/dubbo/" INTERFACE "/providers");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    if (is_live)
        assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
    free(path);
    return fd;
}

int new_folder(void **state)
{
    *state = test_folder_new();
    return 0;
}

int remove_folder(void **state)
{
    test_folder_remove(*state);
    return 0;
}
