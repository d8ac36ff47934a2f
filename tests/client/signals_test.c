/* Signals belong to the program: no thread of the library, or of a library that it uses, may
 * receive one. */
#include "tests/client/call_fixture.h"

#include <dirent.h>
#include <signal.h>

#include "tests/support/names.h"

#define LIMIT_MS 20000

/* The number of threads of the program, and how many of them do not block SIGTERM. */
typedef struct threads_seen {
    int all, takers;
} threads_seen;

static bool takes_sigterm(const char *status)
{
    const char *blocked = strstr(status, "\nSigBlk:\t");
    assert_non_null(blocked);
    return (strtoull(blocked + strlen("\nSigBlk:\t"), NULL, 16) & 1ull << (SIGTERM - 1)) == 0;
}

/* Counts one thread, unless it has ended. */
static void count_thread(const char *id, threads_seen *seen)
{
    char path[512], status[4096];
    snprintf(path, sizeof path, "/proc/self/task/%s/status", id);
    FILE *file = fopen(path, "r");
    size_t len = file != NULL ? fread(status, 1, sizeof status - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    if (len == 0)
        return;
    status[len] = '\0';
    seen->all++;
    seen->takers += takes_sigterm(status);
}

static threads_seen see_threads(void)
{
    threads_seen seen = {0};
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *each; (each = readdir(tasks)) != NULL;)
        if (each->d_name[0] != '.')
            count_thread(each->d_name, &seen);
    closedir(tasks);
    return seen;
}

static bool has_so_many_threads(void *least)
{
    return see_threads().all >= *(const int *)least;
}

static bool has_so_many_takers(void *expected)
{
    return see_threads().takers == *(const int *)expected;
}

static bool is_looking_a_name_up(void *arg)
{
    (void)arg;
    return names_waiting() > 0;
}

static void threads_of_the_client_and_of_the_zookeeper_library_take_no_signals(void **state)
{
    (void)state;
    threads_seen before = see_threads();
    dubboc_client *client = new_client("zookeeper://127.0.0.1:1");
    /* one upkeep thread; actor, notifier and keeper; and two of the ZooKeeper library */
    int least = before.all + 6;
    assert_true(test_wait_for(has_so_many_threads, &least, LIMIT_MS));
    assert_int_equal(before.takers, see_threads().takers);
    dubboc_client_free(client);
}

/* Only the thread that makes the call still receives signals while it waits. */
static void the_thread_on_which_libcurl_looks_a_name_up_takes_no_signals(void **state)
{
    (void)state;
    const dubboc_client_options patient = {
        .size = sizeof patient, .connect_timeout_ms = 4 * LIMIT_MS, .timeout_ms = 4 * LIMIT_MS};
    fixture self = {.options = {.size = sizeof self.options, .url = "http://slow.example:1/x.Y"}};
    assert_status(DUBBOC_OK, dubboc_client_new(&patient, &self.client, &self.err), &self.err);
    background_call call = {.self = &self};
    int expected = see_threads().takers + 1; /* the thread that makes the call */
    pthread_t thread = start(&call);
    bool looks = test_wait_for(is_looking_a_name_up, NULL, LIMIT_MS);
    bool is_as_expected = test_wait_for(has_so_many_takers, &expected, LIMIT_MS / 4);
    int takers = see_threads().takers;
    names_let_go(true);
    pthread_join(thread, NULL);
    names_let_go(false);
    assert_true(looks);
    if (!is_as_expected)
        fail_msg("%d threads take SIGTERM, expected %d", takers, expected);
    assert_status(DUBBOC_E_CONNECT, call.status, &call.err);
    dubboc_client_free(self.client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_of_the_client_and_of_the_zookeeper_library_take_no_signals),
        cmocka_unit_test(the_thread_on_which_libcurl_looks_a_name_up_takes_no_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
