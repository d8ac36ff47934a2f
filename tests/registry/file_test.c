/* Properties of the file registry only: foreign files, folders that vanish or appear late, roots
 * that cannot be read or written, and names that cannot be file names. Properties of all registries
 * are tested in contract_file_test.c, other processes in file_process_test.c. */
#include "tests/registry/file_fixture.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_there(void *path)
{
    return exists(path);
}

static bool is_gone(void *path)
{
    return !exists(path);
}

static atomic_uint skipped_lines;

static void count_skipped(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg, (void)level, (void)area, (void)fields;
    if (strcmp(message, "file skipped") == 0)
        atomic_fetch_add(&skipped_lines, 1 + suppressed);
}

static atomic_int unread_folders; /* log lines about folders that cannot be read */

static void count_unread(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg, (void)level, (void)area, (void)fields, (void)suppressed;
    if (strstr(message, "cannot read folder") != NULL)
        atomic_fetch_add(&unread_folders, 1);
}

static bool a_folder_was_not_read(void *arg)
{
    (void)arg;
    return atomic_load(&unread_folders) > 0;
}

static void skips_foreign_files_in_the_folder(void **state)
{
    const char *folder = *state;
    static const char huge[70000] = "jsonrpc://10.0.0.1:1/huge";
    registry *self = open_at(folder);
    watched listener;
    register_at(self, "jsonrpc://10.0.0.1:1/good");
    char *note = in_folder(folder, "README"),
         *link = in_folder(folder, "10.0.0.1-1-00000000000000aa"),
         *fifo = in_folder(folder, "10.0.0.1-1-00000000000000bb"),
         *inner = in_folder(folder, "10.0.0.1-1-00000000000000cc"),
         *target = in_folder(folder, ".target");
    int fds[] = {
        make_file(folder, "README", "hello", 5, false),
        make_file(folder, ".target", "jsonrpc://10.0.0.1:1/link", 25, true),
        make_file(folder, "10.0.0.1-1-00000000000000dd", huge, sizeof huge, true),
        make_file(folder, "10.0.0.1-1-00000000000000ee", "", 0, true),
        make_file(folder, "10.0.0.1-1-00000000000000ff", "jsonrpc://10.0.0.1:1/\0nul", 24, true),
    };
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(mkfifo(fifo, 0666), 0);
    assert_int_equal(mkdir(inner, 0777), 0);
    atomic_store(&skipped_lines, 0);
    dubboc_log_set(count_skipped, NULL, DUBBOC_LOG_WARN);
    subscribe_at(self, &listener);
    wait_for_count(&listener, 1);
    assert_string_equal(watched_now(&listener).first, "jsonrpc://10.0.0.1:1/good");
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_int_equal(atomic_load(&skipped_lines), 1); /* the other log lines were throttled */
    assert_true(exists(note) && exists(link) && exists(fifo) && exists(inner) && exists(target));
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        close(fds[i]);
    free(note), free(link), free(fifo), free(inner), free(target);
    registry_free(self);
}

static void removes_dead_nodes_and_old_temporary_files(void **state)
{
    const char *folder = *state;
    registry *self = NULL;
    dubboc_error err;
    watched listener;
    assert_status(DUBBOC_OK, try_open(folder, 20, &self, &err), &err);
    subscribe_at(self, &listener);
    wait_for_count(&listener, 0);
    char *dead = in_folder(folder, "10.0.0.1-1-00000000000000aa"),
         *old = in_folder(folder, ".new-x"), *fresh = in_folder(folder, ".new-y");
    close(make_file(folder, "10.0.0.1-1-00000000000000aa", "jsonrpc://10.0.0.1:1/dead", 25, false));
    close(make_file(folder, ".new-x", "", 0, false));
    int live = make_file(folder, ".new-y", "", 0, true);
    assert_true(test_wait_for(is_gone, dead, LIMIT_MS));
    assert_true(test_wait_for(is_gone, old, LIMIT_MS));
    assert_true(exists(fresh));
    close(live);
    free(dead), free(old), free(fresh);
    registry_free(self);
}

static bool is_registered(void *arg)
{
    return registry_is_registered(arg);
}

static void survives_the_removal_of_the_whole_tree(void **state)
{
    const char *folder = *state;
    registry *provider = open_at(folder), *consumer = open_at(folder);
    watched listener;
    char *tree = NULL, *moved = NULL;
    assert_true(
        asprintf(&tree, "%s/dubbo", folder) > 0 && asprintf(&moved, "%s/moved", folder) > 0);
    registry_registration *made = register_at(provider, "jsonrpc://10.0.0.1:1/a");
    subscribe_at(consumer, &listener);
    wait_for_count(&listener, 1);
    assert_int_equal(rename(tree, moved), 0);
    test_folder_remove(strdup(moved));
    assert_true(test_wait_for(is_there, tree, LIMIT_MS));
    assert_true(test_wait_for(is_registered, made, LIMIT_MS));
    wait_for_count(&listener, 1);
    registry_registration *more = register_at(provider, "jsonrpc://10.0.0.1:2/b");
    wait_for_count(&listener, 2);
    registry_unregister(provider, more, 0);
    wait_for_count(&listener, 1);
    free(tree), free(moved);
    registry_free(provider);
    registry_free(consumer);
}

static void looks_every_second_if_inotify_is_not_available(void **state)
{
    const char *folder = *state;
    struct rlimit before, few;
    registry *self = NULL;
    dubboc_error err;
    watched listener;
    int next = dup(STDIN_FILENO);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    /* enough for the descriptor that wakes the thread, but not for inotify */
    few.rlim_cur = (rlim_t)next + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    dubboc_status status = try_open(folder, 0, &self, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_status(DUBBOC_OK, status, &err);
    registry *provider = open_at(folder);
    subscribe_at(self, &listener);
    wait_for_count(&listener, 0);
    registry_registration *made = register_at(provider, "jsonrpc://10.0.0.1:1/a");
    wait_for_count(&listener, 1);
    registry_unregister(provider, made, 0);
    wait_for_count(&listener, 0);
    registry_free(provider);
    registry_free(self);
}

static void keeps_the_list_of_providers_while_no_file_descriptor_is_available(void **state)
{
    const char *folder = *state;
    struct rlimit before, none;
    registry *self = open_at(folder), *provider = open_at(folder);
    registry_list urls;
    dubboc_error err;
    watched listener;
    register_at(provider, "jsonrpc://10.0.0.1:1/a");
    subscribe_at(self, &listener);
    wait_for_count(&listener, 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    dubboc_status status = registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, 0, &urls, &err);
    atomic_store(&unread_folders, 0);
    dubboc_log_set(count_unread, NULL, DUBBOC_LOG_WARN);
    registry_refresh(self, listener.subscription);
    bool has_failed = test_wait_for(a_folder_was_not_read, NULL, LIMIT_MS);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(has_failed);
    assert_status(DUBBOC_E_REGISTRY, status, &err);
    assert_int_equal(watched_now(&listener).count, 1);
    unsigned calls = watched_now(&listener).calls;
    register_at(provider, "jsonrpc://10.0.0.1:2/b");
    wait_for_count(&listener, 2);
    assert_true(watched_now(&listener).calls > calls);
    registry_free(self);
    registry_free(provider);
}

static void refuses_roots_that_cannot_be_folders(void **state)
{
    const char *folder = *state;
    registry *self = NULL;
    dubboc_error err;
    registry_settings settings = {.address = "file:relative/path"};
    assert_status(DUBBOC_E_ARGUMENT, registry_open(&settings, &self, &err), &err);
    assert_contains(err.text, "file:///var/lib/dubboc");
    settings.address = "file://host/path";
    assert_status(DUBBOC_E_ARGUMENT, registry_open(&settings, &self, &err), &err);
    settings.address = "file:";
    assert_status(DUBBOC_E_ARGUMENT, registry_open(&settings, &self, &err), &err);
    settings.address = "file:///dev/null/x";
    assert_status(DUBBOC_E_SYSTEM, registry_open(&settings, &self, &err), &err);
    assert_contains(err.text, "/dev/null/x is not a folder");
    char *file;
    assert_true(asprintf(&file, "%s/dubbo", folder) > 0);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
    assert_status(DUBBOC_E_SYSTEM, try_open(folder, 0, &self, &err), &err);
    assert_contains(err.text, "is not a folder");
    free(file);
}

static void a_root_that_cannot_be_created_is_reported_to_the_provider(void **state)
{
    (void)state;
    registry *self = open_at("/proc/self/no");
    registry_registration *made;
    dubboc_error err;
    watched listener;
    subscribe_at(self, &listener);
    wait_for_count(&listener, 0);
    assert_status(DUBBOC_E_SYSTEM,
        registry_register(self, INTERFACE, REGISTRY_PROVIDERS, "jsonrpc://h:1/a", &made, &err),
        &err);
    assert_contains(err.text,
        "cannot make the folder /proc/self/no/dubbo/" INTERFACE "/providers: No such file");
    registry_free(self);
}

/* Creates the folders of the path one after the other, from the root downwards. However many exist
 * when the listener begins, it must find the provider. The listener must not create a folder
 * itself. */
static void a_listener_creates_no_folders_and_notices_new_ones(void **state)
{
    static const char *const levels[] = {
        "/r", "/r/dubbo", "/r/dubbo/" INTERFACE, "/r/dubbo/" INTERFACE "/providers"};
    enum { LEVELS = sizeof levels / sizeof levels[0] };
    for (size_t there = 0; there <= LEVELS; there++) {
        char *root = NULL;
        char *folder = test_folder_new();
        assert_true(asprintf(&root, "%s/r", folder) > 0);
        for (size_t i = 0; i < there; i++)
            make_folder(folder, levels[i]);
        registry *self = open_at(root);
        watched listener, other;
        subscribe_at(self, &listener);
        subscribe_at(self, &other);
        wait_for_count(&listener, 0);
        wait_for_count(&other, 0);
        for (size_t i = there; i < LEVELS; i++) {
            char *next = NULL;
            assert_true(asprintf(&next, "%s%s", folder, levels[i]) > 0);
            assert_false(exists(next));
            free(next);
            make_folder(folder, levels[i]);
        }
        char *hidden = in_folder(root, ".hidden"),
             *node = in_folder(root, "10.0.0.1-1-00000000000000aa");
        int live = make_file(root, ".hidden", "jsonrpc://10.0.0.1:1/a", 22, true);
        assert_int_equal(rename(hidden, node), 0);
        free(hidden);
        free(node);
        wait_for_count(&listener, 1);
        registry_unsubscribe(self, other.subscription);
        close(live);
        wait_for_count(&listener, 0);
        registry_free(self);
        free(root);
        test_folder_remove(folder);
    }
    (void)state;
}

static void a_listener_notices_when_a_removed_folder_is_made_again(void **state)
{
    const char *folder = *state;
    registry *self = open_at(folder), *provider = open_at(folder);
    watched listener;
    char *providers = in_folder(folder, ""), *interface = NULL;
    assert_true(asprintf(&interface, "%s/dubbo/" INTERFACE, folder) > 0);
    subscribe_at(self, &listener);
    for (int round = 0; round < 3; round++) {
        registry_registration *made = register_at(provider, "jsonrpc://10.0.0.1:1/a");
        wait_for_count(&listener, 1);
        registry_unregister(provider, made, 0);
        wait_for_count(&listener, 0);
        assert_int_equal(rmdir(providers), 0);
        assert_int_equal(rmdir(interface), 0);
    }
    free(providers);
    free(interface);
    registry_free(provider);
    registry_free(self);
}

static void refuses_names_and_urls_that_cannot_be_file_names(void **state)
{
    registry *self = open_at(*state);
    registry_registration *made = NULL;
    registry_subscription *subscription = NULL;
    registry_list urls;
    dubboc_error err;
    char name[400];
    memset(name, 'n', 300);
    name[300] = '\0';
    assert_status(DUBBOC_E_ARGUMENT,
        registry_register(self, name, REGISTRY_PROVIDERS, "jsonrpc://h:1/a", &made, &err), &err);
    assert_contains(err.text, "300 bytes");
    assert_status(DUBBOC_E_ARGUMENT,
        registry_subscribe(self, "", REGISTRY_PROVIDERS, keep_snapshot, NULL, &subscription, &err),
        &err);
    assert_status(
        DUBBOC_E_ARGUMENT, registry_lookup(self, "", REGISTRY_PROVIDERS, 0, &urls, &err), &err);
    assert_status(
        DUBBOC_E_ARGUMENT, registry_register(self, "i", REGISTRY_PROVIDERS, "", &made, &err), &err);
    assert_status(DUBBOC_E_ARGUMENT,
        registry_register(self, "i", REGISTRY_PROVIDERS, "a://b\nc", &made, &err), &err);
    registry_free(self);
}

static void interface_names_with_dots_never_lead_outside_the_root_folder(void **state)
{
    static const char *const names[] = {"..", ".", ".new-x", "../../x"};
    const char *folder = *state;
    registry *self = open_at(folder);
    dubboc_error err;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        registry_registration *made = NULL;
        registry_list urls;
        assert_status(DUBBOC_OK,
            registry_register(self, names[i], REGISTRY_PROVIDERS, "jsonrpc://h:1/a", &made, &err),
            &err);
        assert_status(
            DUBBOC_OK, registry_lookup(self, names[i], REGISTRY_PROVIDERS, 0, &urls, &err), &err);
        assert_int_equal(urls.count, 1);
        registry_list_free(&urls);
    }
    char *outside;
    assert_true(asprintf(&outside, "%s/providers", folder) > 0);
    assert_false(exists(outside));
    registry_list found;
    assert_status(DUBBOC_OK, registry_interfaces(self, 0, &found, &err), &err);
    assert_int_equal(found.count, 4);
    registry_list_free(&found);
    free(outside);
    registry_free(self);
}

static void leaves_nothing_behind_except_folders(void **state)
{
    const char *folder = *state;
    registry *self = open_at(folder);
    char *path = in_folder(folder, "");
    register_at(self, "jsonrpc://10.0.0.1:1/a");
    registry_unregister(self, register_at(self, "jsonrpc://10.0.0.1:1/b"), 0);
    registry_free(self);
    assert_int_equal(rmdir(path), 0);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(skips_foreign_files_in_the_folder),
        FOLDER_TEST(removes_dead_nodes_and_old_temporary_files),
        FOLDER_TEST(survives_the_removal_of_the_whole_tree),
        FOLDER_TEST(looks_every_second_if_inotify_is_not_available),
        FOLDER_TEST(keeps_the_list_of_providers_while_no_file_descriptor_is_available),
        FOLDER_TEST(refuses_roots_that_cannot_be_folders),
        cmocka_unit_test(a_root_that_cannot_be_created_is_reported_to_the_provider),
        cmocka_unit_test(a_listener_creates_no_folders_and_notices_new_ones),
        FOLDER_TEST(a_listener_notices_when_a_removed_folder_is_made_again),
        FOLDER_TEST(refuses_names_and_urls_that_cannot_be_file_names),
        FOLDER_TEST(interface_names_with_dots_never_lead_outside_the_root_folder),
        FOLDER_TEST(leaves_nothing_behind_except_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
