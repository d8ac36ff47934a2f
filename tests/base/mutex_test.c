#include "base/mutex.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/condition.h"
#include "base/thread.h"
#include "tests/support/test.h"

#ifndef NDEBUG

/* Returns whether the function ends the program by abort(). Runs it in a child process. */
static bool ends_the_program(void (*misuse)(void))
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGABRT, SIG_DFL); /* cmocka has installed its own handler */
        close(STDERR_FILENO);
        misuse();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void lock_in_the_wrong_order(void)
{
    mutex outer, inner;
    mutex_init(&outer, MUTEX_RANK_CLIENT);
    mutex_init(&inner, MUTEX_RANK_DIRECTORY);
    mutex_lock(&inner);
    mutex_lock(&outer);
}

static void lock_twice(void)
{
    mutex only;
    mutex_init(&only, MUTEX_RANK_CLIENT);
    mutex_lock(&only);
    mutex_lock(&only);
}

static void unlock_what_is_not_held(void)
{
    mutex only;
    mutex_init(&only, MUTEX_RANK_CLIENT);
    mutex_unlock(&only);
}

static void wait_while_another_is_held(void)
{
    mutex outer, inner;
    condition never;
    mutex_init(&outer, MUTEX_RANK_CLIENT);
    mutex_init(&inner, MUTEX_RANK_DIRECTORY);
    condition_init(&never);
    mutex_lock(&outer);
    mutex_lock(&inner);
    condition_wait(&never, &inner, 0);
}

static void misuse_ends_the_program(void **state)
{
    (void)state;
    assert_true(ends_the_program(lock_in_the_wrong_order));
    assert_true(ends_the_program(lock_twice));
    assert_true(ends_the_program(unlock_what_is_not_held));
    assert_true(ends_the_program(wait_while_another_is_held));
}

static void a_thread_knows_which_mutexes_it_holds(void **state)
{
    (void)state;
    mutex outer, inner;
    mutex_init(&outer, MUTEX_RANK_CLIENT);
    mutex_init(&inner, MUTEX_RANK_DIRECTORY);
    mutex_lock(&outer);
    assert_true(mutex_is_only_one_held(&outer));
    mutex_lock(&inner);
    assert_false(mutex_is_only_one_held(&inner));
    mutex_unlock(&outer); /* mutexes may be unlocked in any order */
    assert_false(mutex_is_held(&outer));
    assert_true(mutex_is_only_one_held(&inner));
    mutex_unlock(&inner);
    assert_false(mutex_is_held(&inner));
    mutex_fini(&inner);
    mutex_fini(&outer);
}

#endif

typedef struct meeting {
    mutex lock;
    condition changed;
    bool has_come;
    char name[16];
    sigset_t blocked;
} meeting;

static void *come(void *arg)
{
    meeting *self = arg;
    mutex_lock(&self->lock);
    pthread_getname_np(pthread_self(), self->name, sizeof self->name);
    pthread_sigmask(SIG_BLOCK, NULL, &self->blocked);
    self->has_come = true;
    condition_wake_all(&self->changed);
    mutex_unlock(&self->lock);
    return NULL;
}

static void a_wait_ends_when_another_thread_wakes_it(void **state)
{
    (void)state;
    meeting self = {.has_come = false};
    pthread_t thread;
    mutex_init(&self.lock, MUTEX_RANK_CLIENT);
    condition_init(&self.changed);
    mutex_lock(&self.lock);
    assert_int_equal(
        thread_start(&thread, come, &self, "a-long-name-of-a-thread", NULL), DUBBOC_OK);
    while (!self.has_come)
        assert_true(condition_wait(&self.changed, &self.lock, deadline_in_ms(10000)));
    mutex_unlock(&self.lock);
    pthread_join(thread, NULL);
    assert_string_equal(self.name, "a-long-name-of-");
    assert_int_equal(sigismember(&self.blocked, SIGTERM), 1);
    condition_fini(&self.changed);
    mutex_fini(&self.lock);
}

static int64_t clock_that_stands(void)
{
    return 1000 * NS_PER_S;
}

static void a_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    mutex lock;
    condition never;
    mutex_init(&lock, MUTEX_RANK_CLIENT);
    condition_init(&never);
    mutex_lock(&lock);
    assert_false(condition_wait(&never, &lock, clock_now_ns() - 1));
    int64_t deadline_ns = deadline_in_ms(20);
    while (condition_wait(&never, &lock, deadline_ns))
        continue;
    assert_true(deadline_is_over(deadline_ns));
    clock_set_source(clock_that_stands); /* the clock stands still, but the wait must end */
    while (condition_wait(&never, &lock, deadline_in_ms(20)))
        continue;
    clock_set_source(NULL);
    mutex_unlock(&lock);
    condition_fini(&never);
    mutex_fini(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef NDEBUG
        cmocka_unit_test(misuse_ends_the_program),
        cmocka_unit_test(a_thread_knows_which_mutexes_it_holds),
#endif
        cmocka_unit_test(a_wait_ends_when_another_thread_wakes_it),
        cmocka_unit_test(a_wait_ends_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
