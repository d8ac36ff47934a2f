#include "tests/support/alloc_fail.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selector/snapshot_file.h"

#define SERVICE "com.example.Echo"
#define FIRST "jsonrpc://10.0.0.1:80/x?a=1"
#define SECOND "jsonrpc://10.0.0.2:80/x?a=2"

/* --- helpers --- */

static dubboc_status save_two(const char *folder, const char *interface, dubboc_error *err)
{
    buffer lines;
    buffer_init(&lines, 4096);
    size_t count = snapshot_lines_add(&lines, slice_of(FIRST));
    count += snapshot_lines_add(&lines, slice_of(SECOND));
    dubboc_status status =
        lines.status == DUBBOC_OK
            ? snapshot_file_save(folder, slice_of(interface), buffer_slice(&lines), count, err)
            : lines.status;
    buffer_fini(&lines);
    return status;
}

static dubboc_status load(
    const char *folder, const char *interface, snapshot_lines *lines, dubboc_error *err)
{
    return snapshot_file_load(folder, slice_of(interface), lines, err);
}

static void assert_two(const char *folder, const char *interface)
{
    dubboc_error err;
    snapshot_lines lines;
    assert_status(DUBBOC_OK, load(folder, interface, &lines, &err), &err);
    assert_int_equal(2, lines.count);
    assert_string_equal(FIRST, lines.urls[0]);
    assert_string_equal(SECOND, lines.urls[1]);
    snapshot_lines_fini(&lines);
}

/* Returns the path of the only file in the folder. The caller frees it. */
static char *only_file(const char *folder)
{
    DIR *open = opendir(folder);
    char *path = NULL;
    assert_non_null(open);
    for (struct dirent *each = readdir(open); each != NULL; each = readdir(open))
        if (each->d_name[0] != '.') {
            assert_null(path);
            assert_true(asprintf(&path, "%s/%s", folder, each->d_name) > 0);
        }
    closedir(open);
    return path;
}

static size_t read_file(const char *path, char *content, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(content, 1, size, file);
    fclose(file);
    return len;
}

static void write_file(const char *path, const char *content, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(len, fwrite(content, 1, len, file));
    fclose(file);
}

/* --- tests --- */

static void reads_what_was_written(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    dubboc_error err;
    assert_status(DUBBOC_OK, save_two(folder, SERVICE, &err), &err);
    assert_two(folder, SERVICE);
    char *path = only_file(folder);
    assert_contains(path, "/" SERVICE ".providers");
    struct stat info;
    assert_int_equal(0, stat(path, &info));
    assert_int_equal(0600, info.st_mode & 0777); /* private, because a URL may contain a token */
    free(path);
    test_folder_remove(folder);
}

static void any_interface_has_a_file_of_its_own_inside_the_folder(void **state)
{
    (void)state;
    char long_name[300], long_other[300];
    memset(long_name, 'a', sizeof long_name);
    memset(long_other, 'a', sizeof long_other);
    long_name[299] = long_other[299] = '\0';
    long_other[298] = 'b';
    const char *const names[] = {
        "", ".", "..", "../../etc/passwd", "a/b c", "\xC3\xA4", long_name, long_other};
    char *folder = test_folder_new();
    dubboc_error err;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_status(DUBBOC_OK, save_two(folder, names[i], &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_two(folder, names[i]);
    test_folder_remove(folder);
}

static void a_missing_file_is_reported_as_not_found(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    dubboc_error err;
    snapshot_lines lines;
    assert_status(DUBBOC_E_NOT_FOUND, load(folder, SERVICE, &lines, &err), &err);
    test_folder_remove(folder);
}

static void a_url_that_no_line_can_hold_is_left_out(void **state)
{
    (void)state;
    buffer lines;
    buffer_init(&lines, 4096);
    assert_false(snapshot_lines_add(&lines, slice_of("a\nb")));
    assert_false(snapshot_lines_add(&lines, slice_make("a\0b", 3)));
    assert_false(snapshot_lines_add(&lines, slice_of("")));
    assert_true(snapshot_lines_add(&lines, slice_of("a b")));
    assert_int_equal(4, lines.len);
    buffer_fini(&lines);
}

static void a_file_changed_or_cut_anywhere_is_ignored(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    dubboc_error err;
    snapshot_lines lines;
    char content[1024], broken[1024];
    assert_status(DUBBOC_OK, save_two(folder, SERVICE, &err), &err);
    char *path = only_file(folder);
    size_t len = read_file(path, content, sizeof content);
    for (size_t at = 0; at < len; at++) {
        write_file(path, content, at);
        assert_int_not_equal(DUBBOC_OK, load(folder, SERVICE, &lines, &err));
        memcpy(broken, content, len);
        broken[at] = (char)(broken[at] ^ 1);
        write_file(path, broken, len);
        assert_int_not_equal(DUBBOC_OK, load(folder, SERVICE, &lines, &err));
        assert_contains(err.text, path);
    }
    write_file(path, content, len);
    assert_two(folder, SERVICE);
    free(path);
    test_folder_remove(folder);
}

static dubboc_status parse(const char *text, dubboc_error *err)
{
    char *memory = strdup(text);
    snapshot_lines lines;
    assert_non_null(memory);
    dubboc_status status =
        snapshot_file_parse(memory, strlen(text), slice_of(SERVICE), &lines, err);
    if (status == DUBBOC_OK)
        snapshot_lines_fini(&lines);
    free(memory);
    return status;
}

static void foreign_files_and_those_of_later_releases_are_distinguished(void **state)
{
    (void)state;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, parse("dubboc-providers 1 0 cbf29ce484222325 " SERVICE "\n", &err), &err);
    assert_status(DUBBOC_E_UNSUPPORTED, parse("dubboc-providers 2 what ever\n", &err), &err);
    assert_contains(err.text, "version 2");
    assert_status(DUBBOC_E_PARSE,
        parse("dubboc-providers 1 0 cbf29ce484222325 com.example.Other\n", &err), &err);
    assert_contains(err.text, "another interface");
    assert_status(DUBBOC_E_PARSE, parse("PK\3\4 whatever\n", &err), &err);
    assert_contains(err.text, "not a list of providers");
    assert_status(DUBBOC_E_PARSE,
        parse("dubboc-providers 1 99999999999999999999 0 " SERVICE "\n", &err), &err);
    assert_status(
        DUBBOC_E_PARSE, parse("dubboc-providers 1 1 cbf29ce484222325 " SERVICE "\n", &err), &err);
    assert_contains(err.text, "incomplete");
    assert_status(DUBBOC_E_PARSE, parse("", &err), &err);
}

static void only_a_regular_file_is_read(void **state)
{
    (void)state;
    char *folder = test_folder_new(), *path = NULL;
    dubboc_error err;
    snapshot_lines lines;
    assert_true(asprintf(&path, "%s/" SERVICE ".providers", folder) > 0);
    /* opening a FIFO without O_NONBLOCK blocks forever */
    assert_int_equal(0, mkfifo(path, 0600));
    assert_status(DUBBOC_E_PARSE, load(folder, SERVICE, &lines, &err), &err);
    assert_contains(err.text, "not a regular file");
    free(path);
    test_folder_remove(folder);
}

static void a_failed_write_keeps_the_former_file(void **state)
{
    (void)state;
    char *folder = test_folder_new(), *in_the_way = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, save_two(folder, SERVICE, &err), &err);
    assert_true(
        asprintf(&in_the_way, "%s/" SERVICE ".providers.%ld.new", folder, (long)gettid()) > 0);
    assert_int_equal(0, mkdir(in_the_way, 0700));
    assert_status(DUBBOC_E_SYSTEM, save_two(folder, SERVICE, &err), &err);
    assert_contains(err.text, in_the_way);
    assert_two(folder, SERVICE);
    free(in_the_way);
    test_folder_remove(folder);
}

static bool exists_in(const char *folder, const char *name)
{
    char path[600];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return lstat(path, &info) == 0;
}

/* A file is locked while its writer lives. A file without a lock was left by a killed writer. */
static void files_left_by_killed_writers_are_removed_by_the_next_client(void **state)
{
    (void)state;
    static const char *const names[] = {"a.B.providers.12.new", "a.providers.b.providers.9.new",
        "a.B.providers.77.new", "a.B.providers", "a.B.providers.12.old", "a.B.providers.x.new",
        ".providers.12.new", "notes.new"};
    enum { LEFT = 2, WRITTEN = 2, NAMES = sizeof names / sizeof names[0] };
    char *folder = test_folder_new(), path[600];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    dubboc_error err;
    int writer = -1;
    for (int i = 0; i < NAMES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        write_file(path, "x", 1);
        if (i == WRITTEN)
            writer = open(path, O_WRONLY | O_CLOEXEC);
    }
    assert_int_equal(0, fcntl(writer, F_OFD_SETLK, &whole));
    assert_status(DUBBOC_OK, snapshot_folder_open(folder, &err), &err);
    for (int i = 0; i < NAMES; i++)
        if (exists_in(folder, names[i]) != (i >= LEFT))
            fail_msg("%s is %s", names[i], i < LEFT ? "still there" : "gone");
    close(writer);
    assert_status(DUBBOC_OK, snapshot_folder_open(folder, &err), &err);
    assert_false(exists_in(folder, names[WRITTEN]));
    test_folder_remove(folder);
}

static void *clean_often(void *arg)
{
    dubboc_error err;
    for (int i = 0; i < 200; i++)
        if (snapshot_folder_open(arg, &err) != DUBBOC_OK)
            return strdup(err.text);
    return NULL;
}

static void *save_often(void *arg);

static void clients_that_start_do_not_disturb_those_that_save(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            0, pthread_create(&threads[i], NULL, i % 2 == 0 ? save_often : clean_often, folder));
    for (int i = 0; i < 4; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        if (failure != NULL)
            fail_msg("%s", (char *)failure);
    }
    assert_two(folder, SERVICE);
    test_folder_remove(folder);
}

static void save_and_load(void *arg, bool must_work)
{
    dubboc_error err;
    snapshot_lines lines;
    dubboc_status status = save_two(arg, SERVICE, &err);
    if (status == DUBBOC_OK)
        status = load(arg, SERVICE, &lines, &err);
    if (status == DUBBOC_OK)
        snapshot_lines_fini(&lines);
    if (must_work)
        assert_status(DUBBOC_OK, status, &err);
    else if (status != DUBBOC_OK)
        assert_status(DUBBOC_E_NO_MEMORY, status, &err);
}

static void saving_and_loading_a_snapshot_survive_every_failing_allocation(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    assert_in_range(alloc_fail_each(save_and_load, folder), 5, 100);
    test_folder_remove(folder);
}

static void *save_often(void *arg)
{
    dubboc_error err;
    for (int i = 0; i < 50; i++)
        if (save_two(arg, SERVICE, &err) != DUBBOC_OK)
            return strdup(err.text);
    return NULL;
}

/* Two clients of one process may use the same folder. */
static void threads_that_save_at_once_do_not_spoil_the_file(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, save_often, folder));
    for (int i = 0; i < 4; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        if (failure != NULL)
            fail_msg("%s", (char *)failure);
    }
    assert_two(folder, SERVICE);
    free(only_file(folder));
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(any_interface_has_a_file_of_its_own_inside_the_folder),
        cmocka_unit_test(a_missing_file_is_reported_as_not_found),
        cmocka_unit_test(a_url_that_no_line_can_hold_is_left_out),
        cmocka_unit_test(a_file_changed_or_cut_anywhere_is_ignored),
        cmocka_unit_test(foreign_files_and_those_of_later_releases_are_distinguished),
        cmocka_unit_test(only_a_regular_file_is_read),
        cmocka_unit_test(a_failed_write_keeps_the_former_file),
        cmocka_unit_test(files_left_by_killed_writers_are_removed_by_the_next_client),
        cmocka_unit_test(clients_that_start_do_not_disturb_those_that_save),
        cmocka_unit_test(saving_and_loading_a_snapshot_survive_every_failing_allocation),
        cmocka_unit_test(threads_that_save_at_once_do_not_spoil_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
