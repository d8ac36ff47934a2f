/* Tests how the memory limits of control groups (version 1 and 2) are read. A folder takes the
 * place of the root folder. */
#include "tests/support/test.h"

#include <sys/stat.h>

#include "base/memory_size.h"

#define MACHINE UINT64_C(8000000000)

static char *root;

static int begin(void **state)
{
    (void)state;
    root = test_folder_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    test_folder_remove(root);
    return 0;
}

/* Writes the file and creates the folders above it. */
static void write_file(const char *path, const char *text)
{
    char full[1024];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *at = strchr(full + strlen(root) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(full, 0700);
        *at = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void check(uint64_t expected)
{
    assert_int_equal(memory_size_within(root, MACHINE), expected);
}

static void without_control_groups_the_memory_of_the_machine_is_used(void **state)
{
    (void)state;
    check(MACHINE);
}

static void reads_the_limit_of_a_group_of_version_2(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "0::/system.slice/own.service\n");
    write_file("/sys/fs/cgroup/system.slice/own.service/memory.max", "1000000\n");
    check(1000000);
}

static void the_lowest_limit_of_all_parent_groups_counts(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "0::/a/b/c\n");
    write_file("/sys/fs/cgroup/a/b/c/memory.max", "max\n");
    write_file("/sys/fs/cgroup/a/b/memory.max", "3000000\n");
    write_file("/sys/fs/cgroup/a/memory.max", "2000000\n");
    check(2000000);
}

static void reads_the_limit_of_a_group_of_version_1(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "12:cpu,cpuacct:/x\n5:hugetlb,memory:/own\n0::/\n");
    write_file("/sys/fs/cgroup/memory/own/memory.limit_in_bytes", "4000000\n");
    /* not the memory group of this process */
    write_file("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "7\n");
    check(4000000);
}

static void a_container_sees_its_own_group_as_the_root(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "4:memory:/docker/0123456789\n");
    write_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "5000000\n");
    check(5000000);
}

static void a_limit_above_the_machines_memory_is_ignored(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "4:memory:/own\n");
    write_file("/sys/fs/cgroup/memory/own/memory.limit_in_bytes", "9223372036854771712\n");
    check(MACHINE);
}

static void limits_that_cannot_be_read_are_ignored(void **state)
{
    (void)state;
    write_file("/proc/self/cgroup", "\nmemory\n0:\n0::\n:memory:\n0::/own\n");
    write_file("/sys/fs/cgroup/own/memory.max", "many\n");
    check(MACHINE);
}

static void the_memory_size_of_this_process_is_at_least_a_mebibyte(void **state)
{
    (void)state;
    assert_in_range(memory_size_of_process(""), 1 << 20, UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_control_groups_the_memory_of_the_machine_is_used),
        TEST(reads_the_limit_of_a_group_of_version_2),
        TEST(the_lowest_limit_of_all_parent_groups_counts),
        TEST(reads_the_limit_of_a_group_of_version_1),
        TEST(a_container_sees_its_own_group_as_the_root),
        TEST(a_limit_above_the_machines_memory_is_ignored),
        TEST(limits_that_cannot_be_read_are_ignored),
        TEST(the_memory_size_of_this_process_is_at_least_a_mebibyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
