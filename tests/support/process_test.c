/* Tests how tests/support/test.h stops and continues child processes. */
#include "tests/support/test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 16

static void *count_up(void *counter)
{
    for (;;)
        atomic_fetch_add_explicit((atomic_ulong *)counter, 1, memory_order_relaxed);
    return NULL;
}

/* Forks a child. Each of its threads increments its own counter. */
static pid_t counting_child(atomic_ulong *counters)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, count_up, &counters[i]) != 0)
            _exit(1);
    }
    count_up(&counters[0]);
    _exit(1);
}

static bool all_count(void *counters)
{
    for (int i = 0; i < THREADS; i++)
        if (atomic_load(&((atomic_ulong *)counters)[i]) == 0)
            return false;
    return true;
}

static unsigned long sum(atomic_ulong *counters)
{
    unsigned long all = 0;
    for (int i = 0; i < THREADS; i++)
        all += atomic_load(&counters[i]);
    return all;
}

static void a_stopped_process_does_not_run(void **state)
{
    (void)state;
    size_t size = THREADS * sizeof(atomic_ulong);
    atomic_ulong *counters =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(MAP_FAILED, counters);
    pid_t child = counting_child(counters);
    assert_true(child > 0);
    assert_true(test_wait_for(all_count, counters, 30 * 1000));
    for (int round = 0; round < 20; round++) {
        test_process_stop(child);
        unsigned long before = sum(counters);
        for (int i = 0; i < 1000; i++)
            sched_yield();
        unsigned long after = sum(counters);
        test_process_continue(child);
        assert_int_equal(before, after);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    munmap(counters, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_process_does_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
