/* Shared by the tests of the file registry: a folder for each test, one interface, and a listener
 * that keeps the last list. */
#ifndef TESTS_REGISTRY_FILE_FIXTURE_H
#define TESTS_REGISTRY_FILE_FIXTURE_H

#include "tests/support/test.h"

#include <pthread.h>

#include "registry/registry.h"

#define INTERFACE "com.file.Test"
#define LIMIT_MS 10000

/* A test with an empty folder. *state is the path of the folder. */
#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, new_folder, remove_folder)
int new_folder(void **state);
int remove_folder(void **state);

dubboc_status try_open(
    const char *folder, int64_t self_check_ms, registry **self, dubboc_error *err);
registry *open_at(const char *folder);

/* Registers a provider of INTERFACE. */
registry_registration *register_at(registry *into, const char *url);

/* The last snapshot that a listener received. */
typedef struct watched {
    registry_subscription *subscription;
    pthread_mutex_t lock;
    /* Under lock: */
    unsigned calls;
    size_t count;
    char first[200];
} watched;

/* The listener function; arg is a watched. */
void keep_snapshot(void *arg, const registry_snapshot *snapshot);

/* Subscribes to the providers of INTERFACE. The registry must be freed before *self becomes
 * invalid. */
void subscribe_at(registry *from, watched *self);

/* Waits until the last snapshot has `count` providers. */
void wait_for_count(watched *self, size_t count);

/* Returns a copy of what was received so far, without the lock and the subscription. */
watched watched_now(watched *self);

/* Returns <root>/dubbo/INTERFACE/providers/<name>. The caller frees it. */
char *in_folder(const char *root, const char *name);

bool exists(const char *path);

/* Makes the folder root + below unless it exists. */
void make_folder(const char *root, const char *below);

/* Makes a file in the folder of the providers, and locks it as an owner does if is_live. Returns
 * its descriptor. */
int make_file(const char *root, const char *name, const char *data, size_t len, bool is_live);

#endif
