/* How a provider that failed comes back: it is silent until a probe is answered, then one call
 * tries it, then its share grows. The probes are played by the test. */
#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/random.h"
#include "selector/health.h"

/* --- helpers --- */

static directory *start(fixture *f, size_t providers)
{
    directory *of = fixture_start_with_many(f, providers);
    random_seed(1);
    return of;
}

/* Calls to the provider, without picking it, fail. */
static void calls_fail(directory *of, provider *called, int times)
{
    for (int i = 0; i < times; i++) {
        atomic_fetch_add(&called->in_flight, 1);
        pick held = {.provider = called};
        pick_release(of, &held, PICK_FAILED);
    }
}

/* Picks so many times. Returns how many of the picks chose this provider. */
static int picks_of(directory *of, const provider *wanted, int picks)
{
    int count = 0;
    for (int i = 0; i < picks; i++) {
        pick held;
        const pick_request request = {.policy = "roundrobin"};
        assert_true(directory_pick(of, &request, &held));
        count += held.provider == wanted;
        pick_release(of, &held, held.provider == wanted ? PICK_UNKNOWN : PICK_GOOD);
    }
    return count;
}

/* Picks until the provider is chosen, and keeps that pick. */
static void pick_this(directory *of, const provider *wanted, pick *held)
{
    const pick_request request = {.policy = "roundrobin"};
    for (int i = 0; i < 1000; i++) {
        assert_true(directory_pick(of, &request, held));
        if (held->provider == wanted)
            return;
        pick_release(of, held, PICK_GOOD);
    }
    fail_msg("the provider is not picked");
}

/* --- the trial --- */

static void after_an_ejection_one_call_tries_the_provider_while_others_avoid_it(void **state)
{
    (void)state;
    fixture f;
    pick trial;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    clock_go_on(30000);
    pick_this(of, provider_at(of, 0), &trial);
    assert_int_equal(0, picks_of(of, provider_at(of, 0), 100));
    pick_release(of, &trial, PICK_GOOD);
    assert_true(picks_of(of, provider_at(of, 0), 1000) > 0);
    fixture_end(&f);
}

static void a_failed_trial_ejects_the_provider_again_for_longer(void **state)
{
    (void)state;
    fixture f;
    pick trial;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    clock_go_on(30000);
    pick_this(of, provider_at(of, 0), &trial);
    pick_release(of, &trial, PICK_FAILED);
    clock_go_on(59999);
    assert_int_equal(0, picks_of(of, provider_at(of, 0), 100));
    clock_go_on(1);
    pick_this(of, provider_at(of, 0), &trial);
    pick_release(of, &trial, PICK_GOOD);
    fixture_end(&f);
}

static void a_trial_without_an_outcome_is_followed_by_another_trial(void **state)
{
    (void)state;
    fixture f;
    pick trial;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    clock_go_on(30000);
    pick_this(of, provider_at(of, 0), &trial);
    pick_release(of, &trial, PICK_UNKNOWN);
    pick_this(of, provider_at(of, 0), &trial);
    assert_int_equal(0, picks_of(of, provider_at(of, 0), 100));
    pick_release(of, &trial, PICK_GOOD);
    fixture_end(&f);
}

static void after_the_trial_the_share_grows_for_ten_seconds(void **state)
{
    (void)state;
    static const struct {
        int64_t after_ms;
        int least, most;
    } of_3000[] = {{0, 20, 130}, {2500, 270, 400}, {5000, 520, 680}, {10000, 1000, 1000}};
    fixture f;
    pick trial;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    clock_go_on(30000);
    pick_this(of, provider_at(of, 0), &trial);
    pick_release(of, &trial, PICK_GOOD);
    int64_t passed_ms = 0;
    for (size_t i = 0; i < sizeof of_3000 / sizeof of_3000[0]; i++) {
        clock_go_on(of_3000[i].after_ms - passed_ms);
        passed_ms = of_3000[i].after_ms;
        assert_in_range(picks_of(of, provider_at(of, 0), 3000), of_3000[i].least, of_3000[i].most);
    }
    assert_int_equal(0, atomic_load(&provider_at(of, 0)->health.ejected_until_ns));
    fixture_end(&f);
}

/* --- silence --- */

static void silent_providers_are_not_picked_however_many_they_are(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 3);
    for (size_t i = 0; i < 2; i++) {
        calls_fail(of, provider_at(of, i), 5);
        health_presume_silence(&provider_at(of, i)->health);
        assert_true(health_note_silence(&provider_at(of, i)->health));
        assert_false(health_note_silence(&provider_at(of, i)->health)); /* it was known */
    }
    clock_go_on(3600 * 1000);
    assert_int_equal(300, picks_of(of, provider_at(of, 2), 300));
    fixture_end(&f);
}

static void a_silent_provider_does_not_count_for_the_limit_of_ejections(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    assert_true(health_note_silence(&provider_at(of, 0)->health));
    calls_fail(of, provider_at(of, 1), 5);
    assert_true(health_is_ejected(&provider_at(of, 1)->health));
    fixture_end(&f);
}

static void when_all_providers_are_silent_calls_go_to_the_one_last_known_to_live(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 3);
    static const size_t order[] = {1, 2, 0};
    for (size_t i = 0; i < 3; i++) {
        calls_fail(of, provider_at(of, order[i]), 5);
        health_note_silence(&provider_at(of, order[i])->health);
        clock_go_on(3000);
    }
    assert_int_equal(30, picks_of(of, provider_at(of, 0), 30));
    /* a second attempt goes to the next one */
    provider *const tried[] = {provider_at(of, 0)};
    const pick_request again = {.policy = "roundrobin", .excluded = tried, .excluded_count = 1};
    pick held;
    assert_true(directory_has_other(of, tried, 1));
    assert_true(directory_pick(of, &again, &held));
    assert_ptr_equal(held.provider, provider_at(of, 2));
    pick_release(of, &held, PICK_UNKNOWN);
    fixture_end(&f);
}

static void a_second_attempt_does_not_go_to_a_silent_provider(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 2);
    provider *const tried[] = {provider_at(of, 0)};
    assert_true(directory_has_other(of, tried, 1));
    calls_fail(of, provider_at(of, 1), 5);
    health_note_silence(&provider_at(of, 1)->health);
    assert_false(directory_has_other(of, tried, 1));
    const pick_request again = {.policy = "roundrobin", .excluded = tried, .excluded_count = 1};
    pick held;
    assert_true(directory_pick(of, &again, &held));
    assert_ptr_equal(held.provider, provider_at(of, 0));
    pick_release(of, &held, PICK_UNKNOWN);
    fixture_end(&f);
}

static void an_answered_probe_ends_silence_and_the_first_ejection(void **state)
{
    (void)state;
    fixture f;
    pick trial;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    health_note_silence(&provider_at(of, 0)->health);
    clock_go_on(12000);
    assert_int_equal(0, picks_of(of, provider_at(of, 0), 100));
    assert_true(health_note_life(&provider_at(of, 0)->health, clock_now_ns()));
    pick_this(of, provider_at(of, 0), &trial);
    assert_true(trial.is_trial);
    assert_int_equal(0, picks_of(of, provider_at(of, 0), 100));
    pick_release(of, &trial, PICK_GOOD);
    assert_in_range(picks_of(of, provider_at(of, 0), 3000), 20, 90);
    fixture_end(&f);
}

/* Its process lives, but its calls fail, so probes cannot tell when it is well again. */
static void an_answered_probe_does_not_end_the_second_ejection(void **state)
{
    (void)state;
    fixture f;
    pick trial;
    directory *of = start(&f, 3);
    calls_fail(of, provider_at(of, 0), 5);
    assert_true(health_note_life(&provider_at(of, 0)->health, clock_now_ns()));
    pick_this(of, provider_at(of, 0), &trial);
    pick_release(of, &trial, PICK_FAILED);
    assert_false(health_note_life(&provider_at(of, 0)->health, clock_now_ns()));
    assert_int_equal(0, picks_of(of, provider_at(of, 0), 100));
    fixture_end(&f);
}

/* At most half may be ejected, and this one lives: it keeps its full share. */
static void a_provider_beyond_the_ejection_limit_needs_no_trial_after_a_probe_answer(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 2);
    calls_fail(of, provider_at(of, 0), 5);
    calls_fail(of, provider_at(of, 1), 5);
    health_presume_silence(&provider_at(of, 1)->health);
    assert_true(health_note_life(&provider_at(of, 1)->health, clock_now_ns()));
    pick held[4];
    for (size_t i = 0; i < 4; i++)
        pick_this(of, provider_at(of, 1), &held[i]);
    for (size_t i = 0; i < 4; i++)
        pick_release(of, &held[i], PICK_GOOD);
    assert_int_equal(0, atomic_load(&provider_at(of, 1)->health.started_ms));
    fixture_end(&f);
}

/* The answer comes between the fifth failure and the ejection that follows it. */
static void an_answer_just_before_the_ejection_does_not_leave_the_provider_on_trial(void **state)
{
    (void)state;
    fixture f;
    pick trial, beside;
    directory *of = start(&f, 1);
    provider_health *health = &provider_at(of, 0)->health;
    for (int i = 0; i < 5; i++)
        (void)health_failed(health, 5);
    (void)health_good(health, 0, 5);
    (void)health_eject_failed(health, clock_now_ns(), 30000);
    clock_go_on(30000);
    pick_this(of, provider_at(of, 0), &trial);
    assert_true(trial.is_trial);
    pick_release(of, &trial, PICK_GOOD);
    assert_int_equal(RECOVERY_NONE, atomic_load(&health->recovery));
    clock_go_on(10000);
    pick_this(of, provider_at(of, 0), &trial);
    pick_this(of, provider_at(of, 0), &beside);
    assert_false(trial.is_trial || beside.is_trial);
    pick_release(of, &trial, PICK_GOOD);
    pick_release(of, &beside, PICK_GOOD);
    fixture_end(&f);
}

static void an_answer_to_a_call_ends_silence(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 3);
    atomic_fetch_add(&provider_at(of, 0)->in_flight, 1);
    pick early = {.provider = provider_at(of, 0)};
    calls_fail(of, provider_at(of, 0), 5);
    health_note_silence(&provider_at(of, 0)->health);
    pick_release(of, &early, PICK_GOOD);
    assert_false(health_is_silent(&provider_at(of, 0)->health));
    clock_go_on(10000);
    assert_int_equal(100, picks_of(of, provider_at(of, 0), 300));
    fixture_end(&f);
}

static void an_unanswered_probe_does_not_silence_a_provider_that_is_not_failing(void **state)
{
    (void)state;
    fixture f;
    directory *of = start(&f, 3);
    health_note_silence(&provider_at(of, 0)->health);
    assert_int_equal(100, picks_of(of, provider_at(of, 0), 300));
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_an_ejection_one_call_tries_the_provider_while_others_avoid_it),
        cmocka_unit_test(a_failed_trial_ejects_the_provider_again_for_longer),
        cmocka_unit_test(a_trial_without_an_outcome_is_followed_by_another_trial),
        cmocka_unit_test(after_the_trial_the_share_grows_for_ten_seconds),
        cmocka_unit_test(silent_providers_are_not_picked_however_many_they_are),
        cmocka_unit_test(a_silent_provider_does_not_count_for_the_limit_of_ejections),
        cmocka_unit_test(when_all_providers_are_silent_calls_go_to_the_one_last_known_to_live),
        cmocka_unit_test(a_second_attempt_does_not_go_to_a_silent_provider),
        cmocka_unit_test(an_answered_probe_ends_silence_and_the_first_ejection),
        cmocka_unit_test(an_answered_probe_does_not_end_the_second_ejection),
        cmocka_unit_test(a_provider_beyond_the_ejection_limit_needs_no_trial_after_a_probe_answer),
        cmocka_unit_test(an_answer_to_a_call_ends_silence),
        cmocka_unit_test(an_answer_just_before_the_ejection_does_not_leave_the_provider_on_trial),
        cmocka_unit_test(an_unanswered_probe_does_not_silence_a_provider_that_is_not_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
