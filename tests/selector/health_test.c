#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "selector/health.h"

/* --- the domain's words -------------------------------------------------------------------------------------------------------------------- */

static directory *start(fixture *f, size_t providers)
{
    fixture_start_in_turn(f);
    directory *of = directory_of(f, SERVICE);
    char **urls = many_urls(providers, 8080);
    fake_registry_push(f->source, SERVICE, (const char *const *)urls, providers);
    free_urls(urls, providers);
    return of;
}

static provider *at(directory *of, size_t i)
{
    return atomic_load(&of->current)->entries[i].provider;
}

/* As if a call to it had ended so. */
static void call_ends(directory *of, provider *called, pick_outcome outcome, int times)
{
    for (int i = 0; i < times; i++) {
        atomic_fetch_add(&called->in_flight, 1);
        pick held = {.provider = called};
        pick_release(of, &held, outcome);
    }
}

static size_t resting(directory *of)
{
    size_t count = 0;
    for (size_t i = 0; i < directory_count(of); i++)
        count += !health_may_serve(at(of, i));
    return count;
}

/* --- tests --------------------------------------------------------------------------------------------------------------------------------- */

static void rests_after_five_failures_in_a_row(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 4);
    call_ends(of, at(of, 0), PICK_FAILED, 4);
    assert_true(health_may_serve(at(of, 0)));
    call_ends(of, at(of, 0), PICK_FAILED, 1);
    assert_false(health_may_serve(at(of, 0)));
    for (int i = 0; i < 40; i++)
        assert_string_not_equal(at(of, 0)->label, pick_label(of, NULL, PICK_GOOD));
    clock_go_on(29999);
    assert_false(health_may_serve(at(of, 0)));
    clock_go_on(1);
    assert_true(health_may_serve(at(of, 0)));
    fixture_end(&f);
}

static void an_answer_forgets_the_failures_before(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 4);
    for (int i = 0; i < 10; i++) {
        call_ends(of, at(of, 0), PICK_FAILED, 4);
        call_ends(of, at(of, 0), PICK_GOOD, 1);
    }
    assert_true(health_may_serve(at(of, 0)));
    call_ends(of, at(of, 0), PICK_FAILED, 4);
    call_ends(of, at(of, 0), PICK_UNKNOWN, 1); /* says nothing, forgets nothing */
    call_ends(of, at(of, 0), PICK_FAILED, 1);
    assert_false(health_may_serve(at(of, 0)));
    call_ends(of, at(of, 0), PICK_GOOD, 1); /* a late answer: it lives */
    assert_true(health_may_serve(at(of, 0)));
    fixture_end(&f);
}

static void rests_longer_each_time_in_a_row(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 4);
    provider *bad = at(of, 0);
    call_ends(of, bad, PICK_FAILED, 5);
    for (int times = 1; times <= HEALTH_RESTS_MAX + 2; times++) {
        int64_t rest_ms = 30000 * (int64_t)(times < HEALTH_RESTS_MAX ? times : HEALTH_RESTS_MAX);
        clock_go_on(rest_ms - 1);
        assert_false(health_may_serve(bad));
        clock_go_on(1);
        assert_true(health_may_serve(bad));
        call_ends(of, bad, PICK_FAILED, 1); /* one is enough: it has not answered since */
    }
    call_ends(of, bad, PICK_GOOD, 1);
    call_ends(of, bad, PICK_FAILED, 5);
    clock_go_on(30000);
    assert_true(health_may_serve(bad));
    fixture_end(&f);
}

static void calls_in_flight_at_its_fall_do_not_lengthen_the_rest(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 4);
    call_ends(of, at(of, 0), PICK_FAILED, 5 + 16);
    assert_int_equal(1, atomic_load(&at(of, 0)->rests));
    clock_go_on(30000);
    assert_true(health_may_serve(at(of, 0)));
    fixture_end(&f);
}

static void never_more_than_half_rest(void **state)
{
    (void)state;
    static const struct {
        size_t providers, resting;
    } cases[] = {{1, 0}, {2, 1}, {3, 1}, {4, 2}, {9, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        directory *of = start(&f, cases[i].providers);
        for (size_t k = 0; k < cases[i].providers; k++)
            call_ends(of, at(of, k), PICK_FAILED, 10);
        assert_int_equal(cases[i].resting, resting(of));
        fixture_end(&f);
    }
}

static void some_serve_again_when_the_others_leave_the_list(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 8);
    for (size_t k = 0; k < 4; k++)
        call_ends(of, at(of, k), PICK_FAILED, 5);
    assert_int_equal(4, resting(of));
    char **urls = many_urls(8, 8080);
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 5);
    assert_int_equal(2, resting(of));
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 1);
    assert_int_equal(0, resting(of));
    free_urls(urls, 8);
    fixture_end(&f);
}

static void health_outlives_a_changed_list(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 8);
    call_ends(of, at(of, 1), PICK_FAILED, 5);
    char **urls = many_urls(8, 8080);
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 7);
    assert_int_equal(1, resting(of));
    assert_false(health_may_serve(at(of, 1)));
    free_urls(urls, 8);
    fixture_end(&f);
}

static void nobody_rests_when_that_is_switched_off(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 4);
    f.selector->settings.health_failures = 0;
    call_ends(of, at(of, 0), PICK_FAILED, 100);
    assert_int_equal(0, resting(of));
    fixture_end(&f);
}

typedef struct failing {
    directory *of;
    size_t from;
} failing;

static void *fail_all(void *arg)
{
    const failing *self = arg;
    for (size_t k = 0; k < 10; k++)
        call_ends(self->of, at(self->of, (self->from + k) % 10), PICK_FAILED, 10);
    return NULL;
}

static void threads_that_fail_together_do_not_rest_more_than_half(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 10);
    pthread_t threads[4];
    failing args[4];
    for (size_t i = 0; i < 4; i++) {
        args[i] = (failing){.of = of, .from = i * 3};
        assert_int_equal(0, pthread_create(&threads[i], NULL, fail_all, &args[i]));
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(5, resting(of));
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rests_after_five_failures_in_a_row),
        cmocka_unit_test(an_answer_forgets_the_failures_before),
        cmocka_unit_test(rests_longer_each_time_in_a_row),
        cmocka_unit_test(calls_in_flight_at_its_fall_do_not_lengthen_the_rest),
        cmocka_unit_test(never_more_than_half_rest),
        cmocka_unit_test(some_serve_again_when_the_others_leave_the_list),
        cmocka_unit_test(health_outlives_a_changed_list),
        cmocka_unit_test(nobody_rests_when_that_is_switched_off),
        cmocka_unit_test(threads_that_fail_together_do_not_rest_more_than_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
