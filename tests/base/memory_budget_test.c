/* Tests which waiter of a memory budget is granted memory, and in which order. */
#include "tests/support/test.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/memory_budget.h"

#define MAX_BYTES 100

static memory_budget budget;
static char told[16]; /* the names of the waiters that were granted memory, in order */
static size_t told_count;

typedef struct asker {
    memory_waiter waiter;
    char name;
} asker;

static void note_granted(memory_waiter *waiter)
{
    told[told_count++] = ((asker *)waiter)->name;
    told[told_count] = '\0';
}

static int begin(void **state)
{
    (void)state;
    memory_budget_init(&budget, MAX_BYTES);
    told_count = 0;
    told[0] = '\0';
    return 0;
}

static int end(void **state)
{
    (void)state;
    memory_budget_give_back(&budget, memory_budget_used(&budget));
    memory_budget_fini(&budget);
    return 0;
}

static bool ask(asker *self, char name, size_t bytes)
{
    *self = (asker){.waiter.granted = note_granted, .name = name};
    return memory_budget_take_or_queue(&budget, bytes, &self->waiter);
}

static void memory_is_taken_up_to_the_ceiling(void **state)
{
    (void)state;
    asker a, b, c;
    assert_true(ask(&a, 'a', 60));
    assert_true(ask(&b, 'b', 40));
    assert_false(ask(&c, 'c', 1));
    assert_int_equal(memory_budget_used(&budget), MAX_BYTES);
    assert_int_equal(memory_budget_waiting(&budget), 1);
    assert_true(memory_budget_withdraw(&budget, &c.waiter));
    assert_string_equal(told, "");
}

static void waiters_are_served_in_the_order_of_arrival(void **state)
{
    (void)state;
    asker a, b, c, d;
    assert_true(ask(&a, 'a', 100));
    assert_false(ask(&b, 'b', 50));
    assert_false(ask(&c, 'c', 50));
    assert_false(ask(&d, 'd', 10));
    memory_budget_give_back(&budget, 100);
    assert_string_equal(told, "bc");
    memory_budget_give_back(&budget, 50);
    assert_string_equal(told, "bcd");
}

static void a_small_waiter_does_not_overtake_a_large_one(void **state)
{
    (void)state;
    asker a, large, small;
    assert_true(ask(&a, 'a', 60));
    assert_false(ask(&large, 'l', 90));
    /* enough memory is free, but the large waiter asked first */
    assert_false(ask(&small, 's', 10));
    memory_budget_give_back(&budget, 40);
    assert_string_equal(told, "");
    memory_budget_give_back(&budget, 20);
    assert_string_equal(told, "ls");
}

static void a_waiter_that_withdraws_lets_the_next_one_through(void **state)
{
    (void)state;
    asker a, large, small;
    assert_true(ask(&a, 'a', 60));
    assert_false(ask(&large, 'l', 90));
    assert_false(ask(&small, 's', 10));
    assert_true(memory_budget_withdraw(&budget, &large.waiter));
    assert_string_equal(told, "s");
    assert_int_equal(memory_budget_used(&budget), 70);
}

static void a_waiter_that_was_granted_memory_cannot_withdraw(void **state)
{
    (void)state;
    asker a, b;
    assert_true(ask(&a, 'a', 100));
    assert_false(ask(&b, 'b', 100));
    memory_budget_give_back(&budget, 100);
    assert_string_equal(told, "b");
    assert_false(memory_budget_withdraw(&budget, &b.waiter));
    assert_int_equal(memory_budget_used(&budget), 100);
}

static void a_thread_waits_no_longer_than_its_deadline(void **state)
{
    (void)state;
    asker a;
    assert_true(ask(&a, 'a', 100));
    int64_t before_ns = clock_now_ns();
    assert_false(memory_budget_wait(&budget, 1, 8, before_ns + 5 * NS_PER_MS));
    assert_true(clock_now_ns() - before_ns >= 5 * NS_PER_MS);
    assert_int_equal(memory_budget_waiting(&budget), 0);
}

static void a_thread_does_not_wait_when_too_many_others_do(void **state)
{
    (void)state;
    asker a, b;
    assert_true(ask(&a, 'a', 100));
    assert_false(memory_budget_wait(&budget, 1, 0, DEADLINE_NEVER));
    assert_false(ask(&b, 'b', 1));
    assert_false(memory_budget_wait(&budget, 1, 1, DEADLINE_NEVER));
    assert_true(memory_budget_withdraw(&budget, &b.waiter));
    memory_budget_give_back(&budget, 1);
    assert_true(memory_budget_wait(&budget, 1, 0, DEADLINE_NEVER));
}

static void *wait_for_all(void *arg)
{
    return memory_budget_wait(&budget, MAX_BYTES, 8, DEADLINE_NEVER) ? arg : NULL;
}

static bool somebody_waits(void *arg)
{
    (void)arg;
    return memory_budget_waiting(&budget) == 1;
}

static void a_thread_that_waits_is_woken(void **state)
{
    (void)state;
    pthread_t thread;
    asker a;
    void *got;
    assert_true(ask(&a, 'a', 1));
    assert_int_equal(pthread_create(&thread, NULL, wait_for_all, &a), 0);
    assert_true(test_wait_for(somebody_waits, NULL, 10000));
    memory_budget_give_back(&budget, 1);
    assert_int_equal(pthread_join(thread, &got), 0);
    assert_ptr_equal(got, &a);
    assert_int_equal(memory_budget_used(&budget), MAX_BYTES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_is_taken_up_to_the_ceiling),
        TEST(waiters_are_served_in_the_order_of_arrival),
        TEST(a_small_waiter_does_not_overtake_a_large_one),
        TEST(a_waiter_that_withdraws_lets_the_next_one_through),
        TEST(a_waiter_that_was_granted_memory_cannot_withdraw),
        TEST(a_thread_waits_no_longer_than_its_deadline),
        TEST(a_thread_does_not_wait_when_too_many_others_do),
        TEST(a_thread_that_waits_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
