/* The file registry's own matters: death, foreign files, folders that vanish, roots that cannot be
 * written to. What it shares with the other kinds is in contract_file_test.c. Other processes are
 * this program again, started with the name of their part. */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/registry.h"

#define INTERFACE "com.file.Test"
#define LIMIT_MS 10000

extern char **environ;

/* --- helpers */

typedef struct ear {
    registry_subscription *subscription;
    pthread_mutex_t lock;
    unsigned calls;
    size_t count;
    char first[200];
} ear;

static void hear(void *arg, const registry_snapshot *snapshot)
{
    ear *self = arg;
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->count = snapshot->count;
    snprintf(self->first, sizeof self->first, "%s", snapshot->count > 0 ? snapshot->urls[0] : "");
    pthread_mutex_unlock(&self->lock);
}

typedef struct expectation {
    ear *who;
    size_t count;
} expectation;

static bool has_heard(void *arg)
{
    const expectation *expected = arg;
    pthread_mutex_lock(&expected->who->lock);
    bool is_it = expected->who->calls > 0 && expected->who->count == expected->count;
    pthread_mutex_unlock(&expected->who->lock);
    return is_it;
}

/* What was heard last, and in how many calls so far. */
static ear heard_so_far(ear *who)
{
    ear now = {0};
    pthread_mutex_lock(&who->lock);
    now.calls = who->calls;
    now.count = who->count;
    memcpy(now.first, who->first, sizeof now.first);
    pthread_mutex_unlock(&who->lock);
    return now;
}

static void hears(ear *who, size_t count)
{
    expectation expected = {who, count};
    if (!test_wait_for(has_heard, &expected, LIMIT_MS))
        fail_msg("heard of %zu nodes in %u calls, expected %zu", heard_so_far(who).count,
            heard_so_far(who).calls, count);
}

static dubboc_status try_open(
    const char *folder, int64_t self_check_ms, registry **self, dubboc_error *err)
{
    char address[300];
    registry_settings settings = {.address = address, .self_check_ms = self_check_ms};
    snprintf(address, sizeof address, "file://%s", folder);
    return registry_open(&settings, self, err);
}

static registry *opened(const char *folder)
{
    registry *self = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, try_open(folder, 0, &self, &err), &err);
    return self;
}

static void listen_to(registry *from, ear *who)
{
    dubboc_error err;
    *who = (ear){0};
    pthread_mutex_init(&who->lock, NULL);
    assert_status(DUBBOC_OK,
        registry_subscribe(
            from, INTERFACE, REGISTRY_PROVIDERS, hear, who, &who->subscription, &err),
        &err);
}

static registry_registration *put(registry *into, const char *url)
{
    registry_registration *made = NULL;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, registry_register(into, INTERFACE, REGISTRY_PROVIDERS, url, &made, &err), &err);
    return made;
}

static char *in_folder(const char *root, const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/dubbo/" INTERFACE "/providers/%s", root, name) > 0);
    return path;
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static bool is_there(void *path)
{
    return exists(path);
}

static bool is_gone(void *path)
{
    return !exists(path);
}

static void make_folder(const char *root, const char *below)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s%s", root, below) > 0);
    assert_true(mkdir(path, 0777) == 0 || errno == EEXIST);
    free(path);
}

/* A file in the providers' folder; a live one is locked as an owner does. Its descriptor. */
static int make_file(const char *root, const char *name, const char *data, size_t len, bool is_live)
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

/* --- other processes */

static pid_t spawn(const char *part, const char *folder, int *output)
{
    int ends[2];
    pid_t child;
    posix_spawn_file_actions_t actions;
    char *const args[] = {
        (char *)(uintptr_t) "file_test", (char *)(uintptr_t)part, (char *)(uintptr_t)folder, NULL};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    assert_int_equal(posix_spawn(&child, "/proc/self/exe", &actions, NULL, args, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *output = ends[0];
    return child;
}

/* What the child says first, a number; waits for it. */
static int said(int output)
{
    char text[32] = "";
    size_t len = 0;
    ssize_t got;
    while (len < sizeof text - 1 && strchr(text, '\n') == NULL &&
           (got = read(output, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    assert_non_null(strchr(text, '\n'));
    return atoi(text);
}

static int64_t kill_and_wait_until_gone(pid_t child, ear *who, size_t left)
{
    int64_t start = clock_now_ns();
    assert_int_equal(kill(child, SIGKILL), 0);
    hears(who, left);
    return clock_now_ns() - start;
}

/* Registers and lives until it is killed. */
static _Noreturn void be_provider(const char *folder)
{
    registry *self = opened(folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    put(self, "jsonrpc://10.0.0.1:1/child");
    dprintf(STDOUT_FILENO, "0\n");
    for (;;)
        pause();
}

/* Registers, forks without exec, says the grandchild's pid, lives until it is killed; the
 * grandchild lives on. */
static _Noreturn void be_forker(const char *folder)
{
    registry *self = opened(folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    put(self, "jsonrpc://10.0.0.1:1/forker");
    pid_t grandchild = fork();
    if (grandchild != 0)
        dprintf(STDOUT_FILENO, "%d\n", (int)grandchild);
    else
        alarm(60); /* should the test not come to ending it */
    for (;;)
        pause();
}

/* Uses a root that it may not write to; says what went wrong, 0: nothing. */
static int be_guest(const char *folder)
{
    registry *self = NULL;
    registry_registration *made;
    dubboc_error err;
    ear who;
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (try_open(folder, 0, &self, &err) != DUBBOC_OK)
        return 2;
    if (registry_register(self, INTERFACE, REGISTRY_PROVIDERS, "jsonrpc://h:1/a", &made, &err) !=
            DUBBOC_E_SYSTEM ||
        strstr(err.text, "Permission denied") == NULL)
        return 3;
    listen_to(self, &who);
    hears(&who, 0);
    dprintf(STDOUT_FILENO, "0\n");
    hears(&who, 1);
    registry_free(self);
    return 0;
}

/* --- tests */

static void a_killed_provider_is_gone_within_100_ms(void **state)
{
    enum { ROUNDS = 20 };
    const char *folder = *state;
    registry *self = opened(folder);
    ear who;
    int in_time = 0;
    int64_t worst = 0;
    listen_to(self, &who);
    hears(&who, 0);
    for (int i = 0; i < ROUNDS; i++) {
        int output;
        pid_t child = spawn("provider", folder, &output);
        said(output);
        hears(&who, 1);
        int64_t took = kill_and_wait_until_gone(child, &who, 0);
        worst = took > worst ? took : worst;
        in_time += took <= 100 * NS_PER_MS;
        waitpid(child, NULL, 0);
        close(output);
    }
    print_message("# %d of %d killed providers gone within 100 ms, the slowest after %lld us\n",
        in_time, ROUNDS, (long long)(worst / 1000));
    assert_in_range(in_time, ROUNDS - 3, ROUNDS); /* a loaded machine may delay a few */
    registry_free(self);
}

/* What the kernel does at a death, slowed down: the file's closing is told first, the lock goes
 * after it, without a further event. */
static void a_lock_that_goes_after_its_event_is_noticed(void **state)
{
    static const char name[] = "10.0.0.1-1-00000000000000aa";
    const char *folder = *state;
    registry *self = opened(folder);
    ear who;
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    char *path = in_folder(folder, name);
    listen_to(self, &who);
    hears(&who, 0);
    char *hidden = in_folder(folder, ".hidden");
    int live = make_file(folder, ".hidden", "jsonrpc://10.0.0.1:1/a", 22, true);
    assert_int_equal(rename(hidden, path), 0);
    hears(&who, 1);
    close(open(path, O_WRONLY | O_CLOEXEC));
    usleep(5000); /* the event has been taken, and the node seen alive */
    assert_int_equal(fcntl(live, F_OFD_SETLK, &whole), 0);
    hears(&who, 0);
    close(live);
    free(path), free(hidden);
    registry_free(self);
}

static void a_url_of_two_processes_stays_until_both_are_dead(void **state)
{
    const char *folder = *state;
    registry *self = opened(folder);
    ear who;
    int outputs[2];
    listen_to(self, &who);
    pid_t one = spawn("provider", folder, &outputs[0]),
          two = spawn("provider", folder, &outputs[1]);
    said(outputs[0]);
    said(outputs[1]);
    hears(&who, 1);
    kill_and_wait_until_gone(one, &who, 1);
    waitpid(one, NULL, 0);
    registry_list urls;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, 0, &urls, &err), &err);
    assert_int_equal(urls.count, 1);
    registry_list_free(&urls);
    kill_and_wait_until_gone(two, &who, 0);
    waitpid(two, NULL, 0);
    close(outputs[0]);
    close(outputs[1]);
    registry_free(self);
}

static void a_forked_child_does_not_keep_its_dead_parents_nodes(void **state)
{
    const char *folder = *state;
    registry *self = opened(folder);
    ear who;
    int output;
    listen_to(self, &who);
    pid_t child = spawn("forker", folder, &output);
    pid_t grandchild = said(output);
    hears(&who, 1);
    kill_and_wait_until_gone(child, &who, 0);
    assert_int_equal(kill(grandchild, 0), 0);
    kill(grandchild, SIGKILL);
    waitpid(child, NULL, 0);
    close(output);
    registry_free(self);
}

static atomic_uint skipped_lines;

static void count_skipped(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg, (void)level, (void)area, (void)fields;
    if (strcmp(message, "file skipped") == 0)
        atomic_fetch_add(&skipped_lines, 1 + suppressed);
}

static void skips_what_others_left_in_the_folder(void **state)
{
    const char *folder = *state;
    static const char huge[70000] = "jsonrpc://10.0.0.1:1/huge";
    registry *self = opened(folder);
    ear who;
    put(self, "jsonrpc://10.0.0.1:1/good");
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
    listen_to(self, &who);
    hears(&who, 1);
    assert_string_equal(heard_so_far(&who).first, "jsonrpc://10.0.0.1:1/good");
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_int_equal(atomic_load(&skipped_lines), 1); /* the others were throttled */
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
    ear who;
    assert_status(DUBBOC_OK, try_open(folder, 20, &self, &err), &err);
    listen_to(self, &who);
    hears(&who, 0);
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

static bool stands(void *arg)
{
    return registry_is_registered(arg);
}

static void survives_the_removal_of_the_whole_tree(void **state)
{
    const char *folder = *state;
    registry *provider = opened(folder), *consumer = opened(folder);
    ear who;
    char *tree = NULL, *moved = NULL;
    assert_true(
        asprintf(&tree, "%s/dubbo", folder) > 0 && asprintf(&moved, "%s/moved", folder) > 0);
    registry_registration *made = put(provider, "jsonrpc://10.0.0.1:1/a");
    listen_to(consumer, &who);
    hears(&who, 1);
    assert_int_equal(rename(tree, moved), 0);
    test_folder_remove(strdup(moved));
    assert_true(test_wait_for(is_there, tree, LIMIT_MS));
    assert_true(test_wait_for(stands, made, LIMIT_MS));
    hears(&who, 1);
    registry_registration *more = put(provider, "jsonrpc://10.0.0.1:2/b");
    hears(&who, 2);
    registry_unregister(provider, more, 0);
    hears(&who, 1);
    free(tree), free(moved);
    registry_free(provider);
    registry_free(consumer);
}

static void a_guest_may_subscribe_where_it_may_not_write(void **state)
{
    const char *folder = *state;
    int output, status = 0;
    assert_int_equal(chmod(folder, 0555), 0);
    pid_t child = spawn("guest", folder, &output);
    char answer[8] = "";
    ssize_t got = read(output, answer, sizeof answer - 1);
    assert_int_equal(chmod(folder, 0755), 0);
    if (got > 0) {
        registry *self = opened(folder);
        put(self, "jsonrpc://10.0.0.1:1/a");
        waitpid(child, &status, 0);
        registry_free(self);
    } else {
        waitpid(child, &status, 0);
    }
    close(output);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

static void looks_every_second_where_inotify_is_not_to_be_had(void **state)
{
    const char *folder = *state;
    struct rlimit before, few;
    registry *self = NULL;
    dubboc_error err;
    ear who;
    int next = dup(STDIN_FILENO);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)next + 1; /* room for the thread's wake-up, not for inotify */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    dubboc_status status = try_open(folder, 0, &self, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_status(DUBBOC_OK, status, &err);
    registry *provider = opened(folder);
    listen_to(self, &who);
    hears(&who, 0);
    registry_registration *made = put(provider, "jsonrpc://10.0.0.1:1/a");
    hears(&who, 1);
    registry_unregister(provider, made, 0);
    hears(&who, 0);
    registry_free(provider);
    registry_free(self);
}

static void keeps_the_list_while_it_has_no_descriptor_to_read_with(void **state)
{
    const char *folder = *state;
    struct rlimit before, none;
    registry *self = opened(folder), *provider = opened(folder);
    registry_list urls;
    dubboc_error err;
    ear who;
    put(provider, "jsonrpc://10.0.0.1:1/a");
    listen_to(self, &who);
    hears(&who, 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    dubboc_status status = registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, 0, &urls, &err);
    for (int i = 0; i < 20; i++) {
        registry_refresh(self, who.subscription);
        usleep(1000);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_status(DUBBOC_E_REGISTRY, status, &err);
    assert_int_equal(heard_so_far(&who).count, 1);
    unsigned calls = heard_so_far(&who).calls;
    put(provider, "jsonrpc://10.0.0.1:2/b");
    hears(&who, 2);
    assert_true(heard_so_far(&who).calls > calls);
    registry_free(self);
    registry_free(provider);
}

static void refuses_roots_that_cannot_be(void **state)
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
    assert_contains(err.text, "/dev/null/x is no folder");
    char *file;
    assert_true(asprintf(&file, "%s/dubbo", folder) > 0);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
    assert_status(DUBBOC_E_SYSTEM, try_open(folder, 0, &self, &err), &err);
    assert_contains(err.text, "is no folder");
    free(file);
}

static void a_provider_is_told_that_its_root_cannot_be_made(void **state)
{
    (void)state;
    registry *self = opened("/proc/self/no");
    registry_registration *made;
    dubboc_error err;
    ear who;
    listen_to(self, &who);
    hears(&who, 0);
    assert_status(DUBBOC_E_SYSTEM,
        registry_register(self, INTERFACE, REGISTRY_PROVIDERS, "jsonrpc://h:1/a", &made, &err),
        &err);
    assert_contains(err.text,
        "cannot make the folder /proc/self/no/dubbo/" INTERFACE "/providers: No such file");
    registry_free(self);
}

/* The folders of a path, from the root downwards, come one after the other; the listener finds the
 * provider however many were there when it began, and leaves no folder behind itself. */
static void who_listens_before_the_folders_are_there_makes_none_and_misses_nothing(void **state)
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
        registry *self = opened(root);
        ear who, other;
        listen_to(self, &who);
        listen_to(self, &other);
        hears(&who, 0);
        hears(&other, 0);
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
        hears(&who, 1);
        registry_unsubscribe(self, other.subscription);
        close(live);
        hears(&who, 0);
        registry_free(self);
        free(root);
        test_folder_remove(folder);
    }
    (void)state;
}

static void a_listener_whose_folder_was_removed_finds_the_next_one(void **state)
{
    const char *folder = *state;
    registry *self = opened(folder), *provider = opened(folder);
    ear who;
    char *providers = in_folder(folder, ""), *interface = NULL;
    assert_true(asprintf(&interface, "%s/dubbo/" INTERFACE, folder) > 0);
    listen_to(self, &who);
    for (int round = 0; round < 3; round++) {
        registry_registration *made = put(provider, "jsonrpc://10.0.0.1:1/a");
        hears(&who, 1);
        registry_unregister(provider, made, 0);
        hears(&who, 0);
        assert_int_equal(rmdir(providers), 0);
        assert_int_equal(rmdir(interface), 0);
    }
    free(providers);
    free(interface);
    registry_free(provider);
    registry_free(self);
}

static void refuses_names_and_urls_that_make_no_file(void **state)
{
    registry *self = opened(*state);
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
        registry_subscribe(self, "", REGISTRY_PROVIDERS, hear, NULL, &subscription, &err), &err);
    assert_status(
        DUBBOC_E_ARGUMENT, registry_lookup(self, "", REGISTRY_PROVIDERS, 0, &urls, &err), &err);
    assert_status(
        DUBBOC_E_ARGUMENT, registry_register(self, "i", REGISTRY_PROVIDERS, "", &made, &err), &err);
    assert_status(DUBBOC_E_ARGUMENT,
        registry_register(self, "i", REGISTRY_PROVIDERS, "a://b\nc", &made, &err), &err);
    registry_free(self);
}

static void keeps_dotted_names_inside_its_root(void **state)
{
    static const char *const names[] = {"..", ".", ".new-x", "../../x"};
    const char *folder = *state;
    registry *self = opened(folder);
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

static void leaves_nothing_behind_but_folders(void **state)
{
    const char *folder = *state;
    registry *self = opened(folder);
    char *path = in_folder(folder, "");
    put(self, "jsonrpc://10.0.0.1:1/a");
    registry_unregister(self, put(self, "jsonrpc://10.0.0.1:1/b"), 0);
    registry_free(self);
    assert_int_equal(rmdir(path), 0);
    free(path);
}

static int new_folder(void **state)
{
    *state = test_folder_new();
    return 0;
}

static int remove_folder(void **state)
{
    test_folder_remove(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_folder, remove_folder)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_killed_provider_is_gone_within_100_ms),
        TEST(a_lock_that_goes_after_its_event_is_noticed),
        TEST(a_url_of_two_processes_stays_until_both_are_dead),
        TEST(a_forked_child_does_not_keep_its_dead_parents_nodes),
        TEST(skips_what_others_left_in_the_folder),
        TEST(removes_dead_nodes_and_old_temporary_files),
        TEST(survives_the_removal_of_the_whole_tree),
        TEST(a_guest_may_subscribe_where_it_may_not_write),
        TEST(looks_every_second_where_inotify_is_not_to_be_had),
        TEST(keeps_the_list_while_it_has_no_descriptor_to_read_with),
        TEST(refuses_roots_that_cannot_be),
        cmocka_unit_test(a_provider_is_told_that_its_root_cannot_be_made),
        cmocka_unit_test(who_listens_before_the_folders_are_there_makes_none_and_misses_nothing),
        TEST(a_listener_whose_folder_was_removed_finds_the_next_one),
        TEST(refuses_names_and_urls_that_make_no_file),
        TEST(keeps_dotted_names_inside_its_root),
        TEST(leaves_nothing_behind_but_folders),
    };
    if (argc == 3 && strcmp(argv[1], "provider") == 0)
        be_provider(argv[2]);
    if (argc == 3 && strcmp(argv[1], "forker") == 0)
        be_forker(argv[2]);
    if (argc == 3 && strcmp(argv[1], "guest") == 0)
        return be_guest(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
