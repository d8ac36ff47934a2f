#include "tests/support/test.h"

#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void test_status_is(dubboc_status expected, dubboc_status actual, const dubboc_error *err,
    const char *what, const char *file, int line)
{
    if (expected == actual)
        return;
    print_error("%s is %s, expected %s: %s\n", what, dubboc_status_name(actual),
        dubboc_status_name(expected), err != NULL ? err->text : "");
    _fail(file, line);
}

void test_contains(const char *text, const char *part, const char *file, int line)
{
    if (text != NULL && strstr(text, part) != NULL)
        return;
    print_error("\"%s\" does not contain \"%s\"\n", text != NULL ? text : "(null)", part);
    _fail(file, line);
}

char *test_folder_new(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/dubboc-test-XXXXXX", base != NULL ? base : "/tmp") < 0 ||
        mkdtemp(path) == NULL) {
        print_error("no folder for the test: %s\n", path);
        _fail(__FILE__, __LINE__);
    }
    return path;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void test_folder_remove(char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* Does not use clock_now_ns(), because a test may have stopped that clock. */
static int64_t test_real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool test_wait_for(bool (*condition)(void *arg), void *arg, int limit_ms)
{
    int64_t deadline_ms = test_real_ms() + limit_ms;
    while (!condition(arg)) {
        if (test_real_ms() > deadline_ms)
            return false;
        poll(NULL, 0, 1);
    }
    return true;
}

/* Field 3 of proc(5) stat, behind the name in parentheses, which may hold any character. */
bool test_thread_is_blocked(int thread)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[len] = '\0';
    const char *name_end = strrchr(line, ')');
    return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'S';
}

/* waitid() reports a stop after the last thread has stopped. */
static bool process_has_stopped(void *child)
{
    siginfo_t info = {0};
    pid_t pid = *(pid_t *)child;
    return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == pid;
}

void test_process_stop(pid_t child)
{
    if (kill(child, SIGSTOP) == 0 && test_wait_for(process_has_stopped, &child, 30 * 1000))
        return;
    print_error("process %d does not stop\n", (int)child);
    _fail(__FILE__, __LINE__);
}

void test_process_continue(pid_t child)
{
    assert_int_equal(0, kill(child, SIGCONT));
}
