/* Timers (base/timers.h), compared with a plain list. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/timers.h"

#define TIMERS 64

static void no_timer_is_due_when_none_is_set(void **state)
{
    (void)state;
    timers set = {0};
    timer_entry timer = {0};
    assert_int_equal(DEADLINE_NEVER, timers_first_ns(&set));
    assert_null(timers_take_due(&set, INT64_MAX - 1));
    timers_clear(&set, &timer);
    timers_set(&set, &timer, DEADLINE_NEVER);
    assert_int_equal(DEADLINE_NEVER, timers_first_ns(&set));
}

static void due_timers_are_taken_in_the_order_of_their_times(void **state)
{
    (void)state;
    timers set = {0};
    timer_entry all[5] = {{0}};
    static const int64_t due[5] = {50, 10, 40, 20, 30};
    for (int i = 0; i < 5; i++)
        timers_set(&set, &all[i], due[i]);
    assert_null(timers_take_due(&set, 9));
    assert_ptr_equal(&all[1], timers_take_due(&set, 25));
    assert_ptr_equal(&all[3], timers_take_due(&set, 25));
    assert_null(timers_take_due(&set, 25));
    assert_ptr_equal(&all[4], timers_take_due(&set, 100));
    assert_ptr_equal(&all[2], timers_take_due(&set, 100));
    assert_ptr_equal(&all[0], timers_take_due(&set, 100));
    assert_null(timers_take_due(&set, 100));
}

static void a_timer_that_is_set_again_gets_its_new_time(void **state)
{
    (void)state;
    timers set = {0};
    timer_entry a = {0}, b = {0};
    timers_set(&set, &a, 10);
    timers_set(&set, &b, 20);
    timers_set(&set, &a, 30);
    assert_int_equal(20, timers_first_ns(&set));
    timers_set(&set, &b, DEADLINE_NEVER);
    assert_int_equal(30, timers_first_ns(&set));
}

/* --- random operations against a model --- */

static uint64_t test_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static int64_t model_first(const int64_t due[TIMERS])
{
    int64_t first = DEADLINE_NEVER;
    for (int i = 0; i < TIMERS; i++)
        first = deadline_min(first, due[i]);
    return first;
}

static void timers_agree_with_a_plain_list_in_any_order_of_operations(void **state)
{
    (void)state;
    timers set = {0};
    timer_entry all[TIMERS] = {{0}};
    int64_t due[TIMERS];
    uint64_t seed = 1;
    for (int i = 0; i < TIMERS; i++)
        due[i] = DEADLINE_NEVER;
    for (int step = 0; step < 100000; step++) {
        size_t which = (size_t)(test_random(&seed) % TIMERS);
        int64_t at = (int64_t)(test_random(&seed) % 1000);
        switch (test_random(&seed) % 4) {
        case 0:
        case 1:
            timers_set(&set, &all[which], at);
            due[which] = at;
            break;
        case 2:
            timers_clear(&set, &all[which]);
            due[which] = DEADLINE_NEVER;
            break;
        case 3: {
            const timer_entry *taken = timers_take_due(&set, at);
            int64_t first = model_first(due);
            assert_int_equal(first <= at, taken != NULL);
            if (taken != NULL) {
                assert_int_equal(first, due[taken - all]);
                due[taken - all] = DEADLINE_NEVER;
            }
            break;
        }
        }
        assert_int_equal(model_first(due), timers_first_ns(&set));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_timer_is_due_when_none_is_set),
        cmocka_unit_test(due_timers_are_taken_in_the_order_of_their_times),
        cmocka_unit_test(a_timer_that_is_set_again_gets_its_new_time),
        cmocka_unit_test(timers_agree_with_a_plain_list_in_any_order_of_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
