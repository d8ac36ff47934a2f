/* The work queue: which waiting request is started next, and which requests are refused. The test
 * sets the time. */
#include "tests/support/test.h"

#include "base/clock.h"
#include "server/work_queue.h"

#define MS NS_PER_MS
#define MAX 4

static work_queue queue;
static work works[8];
static work_cost cost;

static int set_up(void **state)
{
    (void)state;
    queue = (work_queue){.max = MAX};
    cost = (work_cost){0};
    return 0;
}

/* Adds works[index]. Its caller gives up at deadline_ms; 0: no deadline, so the work may wait for 3
 * s. */
static work *add(int index, int64_t now_ms, int64_t deadline_ms)
{
    works[index] =
        (work){.cost = &cost, .deadline_ns = deadline_ms > 0 ? deadline_ms * MS : DEADLINE_NEVER};
    works[index].start_by_ns = deadline_ms > 0 ? deadline_ms * MS : (now_ms + 3000) * MS;
    return work_queue_add(&queue, &works[index], now_ms * MS);
}

static void assert_takes(int index, int64_t now_ms)
{
    work *refused;
    work *taken = work_queue_take(&queue, now_ms * MS, &refused);
    assert_null(refused);
    assert_ptr_equal(taken, &works[index]);
    assert_int_equal(taken->started_ns, now_ms * MS);
}

/* Checks that only works[index] was refused, and for the reason why. */
static void assert_refused(const work *refused, int index, work_refusal why)
{
    assert_ptr_equal(refused, &works[index]);
    assert_int_equal(refused->refusal, why);
    assert_null(refused->older);
}

static void a_short_queue_is_first_in_first_out(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_null(add(i, i, 0));
    for (int i = 0; i < 3; i++)
        assert_takes(i, 49);
    assert_int_equal(queue.count, 0);
}

static void a_standing_queue_is_last_in_first_out(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_null(add(i, i, 0));
    assert_takes(2, 50);
    assert_null(add(3, 51, 0));
    assert_takes(3, 52);
    assert_takes(1, 53);
    assert_takes(0, 54);
    assert_null(add(4, 55, 0)); /* the queue was empty, so the oldest work goes first again */
    assert_null(add(5, 56, 0));
    assert_takes(4, 104);
    assert_takes(5, 106);
}

static void a_full_queue_refuses_the_request_that_would_be_started_last(void **state)
{
    (void)state;
    for (int i = 0; i < MAX; i++)
        assert_null(add(i, 0, 0));
    assert_refused(add(4, 1, 0), 4, WORK_QUEUE_FULL);
    assert_refused(add(5, 50, 0), 0, WORK_QUEUE_FULL);
    assert_takes(5, 51);
    assert_int_equal(queue.count, MAX - 1);
}

static void work_whose_deadline_has_passed_is_never_started(void **state)
{
    (void)state;
    work *refused;
    assert_null(add(0, 0, 10));
    assert_null(add(1, 0, 20));
    assert_takes(0, 9);
    assert_null(work_queue_take(&queue, 20 * MS, &refused));
    assert_refused(refused, 1, WORK_TOO_LATE);
}

static void work_without_a_deadline_waits_for_the_queue_time(void **state)
{
    (void)state;
    assert_null(add(0, 0, 0));
    assert_null(work_queue_expire(&queue, 2999 * MS));
    assert_refused(work_queue_expire(&queue, 3000 * MS), 0, WORK_QUEUED_TOO_LONG);
}

static void only_work_that_can_end_in_time_is_started_under_a_standing_queue(void **state)
{
    (void)state;
    work *refused;
    work_cost_note(&cost, 20 * MS);
    assert_null(add(0, 0, 90));
    assert_null(add(1, 40, 60)); /* at 50 ms it has 10 ms left, but a handler takes 20 ms */
    assert_null(add(2, 45, 75));
    assert_ptr_equal(work_queue_take(&queue, 50 * MS, &refused), &works[2]);
    assert_null(refused);
    assert_ptr_equal(work_queue_take(&queue, 50 * MS, &refused), &works[0]);
    assert_refused(refused, 1, WORK_TOO_LATE);
}

static void work_is_refused_by_its_average_only_under_a_standing_queue(void **state)
{
    (void)state;
    work_cost_note(&cost, 5000 * MS);
    assert_null(add(0, 0, 100));
    assert_takes(0, 1);
    for (int i = 0; i < 3; i++)
        assert_null(add(i, 10, 100));
    assert_takes(0, 59); /* works[0] waited, but the queue is not a standing queue yet */
}

static void expired_work_is_found_behind_work_that_can_wait(void **state)
{
    (void)state;
    assert_null(add(0, 0, 0));
    assert_null(add(1, 1, 30));
    assert_refused(work_queue_expire(&queue, 30 * MS), 1, WORK_TOO_LATE);
    assert_int_equal(queue.count, 1);
    assert_ptr_equal(queue.oldest, &works[0]);
    assert_ptr_equal(queue.newest, &works[0]);
}

static void the_average_follows_what_is_measured(void **state)
{
    (void)state;
    work_cost_note(&cost, 80 * MS);
    assert_int_equal(atomic_load(&cost.average_ns), 80 * MS);
    work_cost_note(&cost, 0);
    assert_int_equal(atomic_load(&cost.average_ns), 70 * MS);
    for (int i = 0; i < 100; i++)
        work_cost_note(&cost, 10 * MS);
    assert_in_range(atomic_load(&cost.average_ns), 10 * MS, 11 * MS);
}

/* The first call took 5 s, and all later callers allow 1 s. The method must be started again after
 * some refusals. */
static void a_wrong_average_does_not_starve_a_method_under_a_standing_queue(void **state)
{
    (void)state;
    enum { TRIES_MAX = 60 };
    int tries = 0;
    work *refused, *taken = NULL,
                   other = {.deadline_ns = DEADLINE_NEVER, .start_by_ns = DEADLINE_NEVER};
    work_cost_note(&cost, 5000 * MS);
    assert_null(work_queue_add(&queue, &other, 0)); /* `other` keeps the queue from being empty */
    for (int64_t now = 100; taken == NULL && tries < TRIES_MAX; now += 10, tries++) {
        add(1, now, now + 1000);
        taken = work_queue_take(&queue, now * MS, &refused);
        if (taken == &other) {
            assert_refused(refused, 1, WORK_TOO_LATE);
            assert_null(work_queue_add(&queue, &other, 0));
            queue.not_empty_since_ns = 0;
            taken = NULL;
        }
    }
    assert_ptr_equal(taken, &works[1]);
    assert_in_range(tries, 2, TRIES_MAX - 1);
}

static void a_refusal_after_a_long_wait_does_not_change_the_average(void **state)
{
    (void)state;
    work_cost_note(&cost, 20 * MS);
    for (int i = 0; i < 3; i++)
        assert_null(add(i, 0, 100));
    assert_non_null(work_queue_expire(&queue, 90 * MS));
    assert_int_equal(queue.count, 0);
    assert_int_equal(atomic_load(&cost.average_ns), 20 * MS);
}

static void stopping_empties_the_queue(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_null(add(i, 0, 0));
    int count = 0;
    for (work *each = work_queue_take_all(&queue, WORK_POOL_STOPPED); each != NULL;
         each = each->older, count++)
        assert_int_equal(each->refusal, WORK_POOL_STOPPED);
    assert_int_equal(count, 3);
    assert_int_equal(queue.count, 0);
    assert_null(queue.oldest);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_short_queue_is_first_in_first_out),
        TEST(a_standing_queue_is_last_in_first_out),
        TEST(a_full_queue_refuses_the_request_that_would_be_started_last),
        TEST(work_whose_deadline_has_passed_is_never_started),
        TEST(work_without_a_deadline_waits_for_the_queue_time),
        TEST(only_work_that_can_end_in_time_is_started_under_a_standing_queue),
        TEST(work_is_refused_by_its_average_only_under_a_standing_queue),
        TEST(expired_work_is_found_behind_work_that_can_wait),
        TEST(the_average_follows_what_is_measured),
        TEST(a_wrong_average_does_not_starve_a_method_under_a_standing_queue),
        TEST(a_refusal_after_a_long_wait_does_not_change_the_average),
        TEST(stopping_empties_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
