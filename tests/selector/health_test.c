#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "base/random.h"
#include "selector/health.h"

/* --- helpers --- */

/* Starts a call to the provider without picking it. */
static pick call_begins(provider *called)
{
    atomic_fetch_add(&called->in_flight, 1);
    return (pick){.provider = called, .refused_ms = atomic_load(&called->health.refused_ms)};
}

/* Starts and ends calls to the provider with this outcome, one after the other. */
static void call_ends(directory *of, provider *called, pick_outcome outcome, int times)
{
    for (int i = 0; i < times; i++) {
        pick held = call_begins(called);
        pick_release(of, &held, outcome);
    }
}

static size_t count_ejected(directory *of)
{
    size_t count = 0;
    for (size_t i = 0; i < directory_count(of); i++)
        count += !health_may_serve(&provider_at(of, i)->health);
    return count;
}

/* --- tests --- */

static void five_failures_in_a_row_eject_a_provider(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    call_ends(of, provider_at(of, 0), PICK_FAILED, 4);
    assert_true(health_may_serve(&provider_at(of, 0)->health));
    call_ends(of, provider_at(of, 0), PICK_FAILED, 1);
    assert_false(health_may_serve(&provider_at(of, 0)->health));
    for (int i = 0; i < 40; i++)
        assert_string_not_equal(provider_at(of, 0)->info->label, pick_label(of, NULL, PICK_GOOD));
    clock_go_on(29999);
    assert_false(health_may_serve(&provider_at(of, 0)->health));
    clock_go_on(1);
    assert_true(health_may_serve(&provider_at(of, 0)->health));
    fixture_end(&f);
}

static void an_answer_resets_the_count_of_failures(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    for (int i = 0; i < 10; i++) {
        call_ends(of, provider_at(of, 0), PICK_FAILED, 4);
        call_ends(of, provider_at(of, 0), PICK_GOOD, 1);
    }
    assert_true(health_may_serve(&provider_at(of, 0)->health));
    call_ends(of, provider_at(of, 0), PICK_FAILED, 4);
    /* an unknown outcome is no failure, and does not reset the count of failures */
    call_ends(of, provider_at(of, 0), PICK_UNKNOWN, 1);
    call_ends(of, provider_at(of, 0), PICK_FAILED, 1);
    assert_false(health_may_serve(&provider_at(of, 0)->health));
    call_ends(
        of, provider_at(of, 0), PICK_GOOD, 1); /* a late answer shows that the provider is alive */
    assert_false(health_is_ejected(&provider_at(of, 0)->health));
    fixture_end(&f);
}

static void each_ejection_in_a_row_is_longer(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    provider *bad = provider_at(of, 0);
    call_ends(of, bad, PICK_FAILED, 5);
    for (int times = 1; times <= HEALTH_EJECTIONS_MAX + 2; times++) {
        int64_t rest_ms =
            30000 * (int64_t)(times < HEALTH_EJECTIONS_MAX ? times : HEALTH_EJECTIONS_MAX);
        clock_go_on(rest_ms - 1);
        assert_false(health_may_serve(&bad->health));
        clock_go_on(1);
        assert_true(health_may_serve(&bad->health));
        /* one failure is enough, because it has not answered since the ejection */
        call_ends(of, bad, PICK_FAILED, 1);
    }
    call_ends(of, bad, PICK_GOOD, 1);
    call_ends(of, bad, PICK_FAILED, 5);
    clock_go_on(30000);
    assert_true(health_may_serve(&bad->health));
    fixture_end(&f);
}

static void calls_in_flight_at_the_ejection_do_not_lengthen_it(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    call_ends(of, provider_at(of, 0), PICK_FAILED, 5 + 16);
    assert_int_equal(1, atomic_load(&provider_at(of, 0)->health.ejections));
    clock_go_on(30000);
    assert_true(health_may_serve(&provider_at(of, 0)->health));
    fixture_end(&f);
}

static void failures_never_eject_more_than_half_of_the_providers(void **state)
{
    (void)state;
    static const struct {
        size_t providers, ejected;
    } cases[] = {{1, 0}, {2, 1}, {3, 1}, {4, 2}, {9, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        directory *of = fixture_start_with_many(&f, cases[i].providers);
        for (size_t k = 0; k < cases[i].providers; k++)
            call_ends(of, provider_at(of, k), PICK_FAILED, 10);
        assert_int_equal(cases[i].ejected, count_ejected(of));
        fixture_end(&f);
    }
}

static int limited_ejections; /* log lines that say that the limit prevented an ejection */

static void count_limited_ejections(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed)
{
    (void)arg, (void)level, (void)area, (void)fields;
    if (strstr(message, "provider not ejected") != NULL)
        limited_ejections += 1 + (int)suppressed;
}

static void a_limited_ejection_is_logged_only_when_the_limit_prevented_it(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 2);
    clock_go_on(3600 * 1000); /* past the throttle that earlier cases have set */
    dubboc_log_set(count_limited_ejections, NULL, DUBBOC_LOG_WARN);
    call_ends(of, provider_at(of, 1), PICK_FAILED, 5);
    limited_ejections = 0; /* also counts lines of earlier cases that were suppressed */
    call_ends(of, provider_at(of, 1), PICK_FAILED, 16);
    assert_int_equal(1, count_ejected(of));
    assert_int_equal(0, limited_ejections);
    call_ends(of, provider_at(of, 0), PICK_FAILED, 5);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_int_equal(1, count_ejected(of));
    assert_true(limited_ejections > 0);
    fixture_end(&f);
}

static void some_ejections_end_when_the_other_providers_leave_the_list(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 8);
    for (size_t k = 0; k < 4; k++)
        call_ends(of, provider_at(of, k), PICK_FAILED, 5);
    assert_int_equal(4, count_ejected(of));
    char **urls = many_urls(8, 8080);
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 5);
    assert_int_equal(2, count_ejected(of));
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 1);
    assert_int_equal(0, count_ejected(of));
    free_urls(urls, 8);
    fixture_end(&f);
}

static void a_provider_stays_ejected_when_the_list_changes(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 8);
    call_ends(of, provider_at(of, 1), PICK_FAILED, 5);
    char **urls = many_urls(8, 8080);
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 7);
    assert_int_equal(1, count_ejected(of));
    assert_false(health_may_serve(&provider_at(of, 1)->health));
    free_urls(urls, 8);
    fixture_end(&f);
}

static void no_provider_is_ejected_when_ejection_is_switched_off(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    f.selector->context.settings.health_failures = 0;
    call_ends(of, provider_at(of, 0), PICK_FAILED, 100);
    assert_int_equal(0, count_ejected(of));
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
        call_ends(self->of, provider_at(self->of, (self->from + k) % 10), PICK_FAILED, 10);
    return NULL;
}

static void failures_in_several_threads_eject_no_more_than_half_of_the_providers(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 10);
    pthread_t threads[4];
    failing args[4];
    for (size_t i = 0; i < 4; i++) {
        args[i] = (failing){.of = of, .from = i * 3};
        assert_int_equal(0, pthread_create(&threads[i], NULL, fail_all, &args[i]));
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(5, count_ejected(of));
    fixture_end(&f);
}

/* --- refusals */

/* Picks by roundrobin. Returns how many of the picks chose this provider. */
static int picks_of(directory *of, const provider *wanted, int picks)
{
    int count = 0;
    for (int i = 0; i < picks; i++) {
        pick held;
        const pick_request request = {.policy = "roundrobin"};
        assert_true(directory_pick(of, &request, &held));
        count += held.provider == wanted;
        pick_release(of, &held, PICK_UNKNOWN);
    }
    return count;
}

static void each_refusal_halves_the_share_of_a_provider_and_an_answer_restores_it(void **state)
{
    (void)state;
    static const struct {
        int least, most;
    } of_4000[] = {{1000, 1000}, {420, 700}, {190, 380}, {80, 200}, {30, 110}};
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    random_seed(1);
    for (size_t refusals = 0; refusals < 5; refusals++) {
        assert_in_range(picks_of(of, provider_at(of, 0), 4000), of_4000[refusals].least,
            of_4000[refusals].most);
        call_ends(of, provider_at(of, 0), PICK_REFUSED, 1);
    }
    call_ends(of, provider_at(of, 0), PICK_GOOD, 1);
    assert_int_equal(1000, picks_of(of, provider_at(of, 0), 4000));
    call_ends(of, provider_at(of, 0), PICK_REFUSED, 4);
    clock_go_on(30000); /* no call was sent to it for 30 s */
    assert_int_equal(1000, picks_of(of, provider_at(of, 0), 4000));
    fixture_end(&f);
}

static void five_refusals_eject_a_provider_for_a_second_that_doubles_up_to_thirty(void **state)
{
    (void)state;
    static const int64_t rests_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    provider *full = provider_at(of, 0);
    call_ends(of, full, PICK_REFUSED, 4);
    assert_false(health_is_ejected(&full->health));
    for (size_t i = 0; i < sizeof rests_ms / sizeof rests_ms[0]; i++) {
        call_ends(of, full, PICK_REFUSED, 1);
        clock_go_on(rests_ms[i] - 1);
        assert_true(health_is_ejected(&full->health));
        call_ends(of, full, PICK_REFUSED, 16); /* these calls were in flight */
        clock_go_on(1);
        assert_false(health_is_ejected(&full->health));
    }
    fixture_end(&f);
}

/* Checks that exactly this number of refusals ejects the provider, for rest_ms. */
static void assert_rests_for(directory *of, provider *full, int refusals, int64_t rest_ms)
{
    call_ends(of, full, PICK_REFUSED, refusals - 1);
    assert_false(health_is_ejected(&full->health));
    call_ends(of, full, PICK_REFUSED, 1);
    clock_go_on(rest_ms - 1);
    assert_true(health_is_ejected(&full->health));
    clock_go_on(1);
    assert_false(health_is_ejected(&full->health));
}

static void each_answer_shortens_the_next_ejection_after_refusals_by_one_step(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    provider *full = provider_at(of, 0);
    assert_rests_for(of, full, 5, 1000);
    assert_rests_for(of, full, 1, 2000);
    assert_rests_for(of, full, 1, 4000);
    call_ends(of, full, PICK_GOOD, 1);
    assert_rests_for(of, full, 1, 4000); /* would be 8 s without the answer */
    assert_rests_for(of, full, 1, 8000);
    call_ends(of, full, PICK_GOOD, 3);
    assert_rests_for(of, full, 1, 2000);
    call_ends(of, full, PICK_GOOD, 2);
    assert_rests_for(of, full, 5, 1000); /* all earlier ejections are forgotten */
    fixture_end(&f);
}

static void an_answer_to_a_call_before_the_last_refusal_does_not_end_the_ejection(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    provider *full = provider_at(of, 0);
    pick before[6];
    for (size_t i = 0; i < 6; i++)
        before[i] = call_begins(full);
    clock_go_on(10);
    call_ends(of, full, PICK_REFUSED, 5);
    for (size_t i = 0; i < 6; i++)
        pick_release(of, &before[i], PICK_GOOD);
    assert_true(health_is_ejected(&full->health));
    clock_go_on(1000);
    /* one refusal is enough, because it has accepted no call since the ejection */
    call_ends(of, full, PICK_REFUSED, 1);
    clock_go_on(1999);
    assert_true(health_is_ejected(&full->health));
    /* a call was sent to the ejected provider, and it was accepted */
    call_ends(of, full, PICK_GOOD, 1);
    assert_false(health_is_ejected(&full->health));
    fixture_end(&f);
}

static void refusals_and_failures_are_counted_separately(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 4);
    call_ends(of, provider_at(of, 0), PICK_REFUSED, 4);
    call_ends(of, provider_at(of, 0), PICK_FAILED, 4);
    assert_false(health_is_ejected(&provider_at(of, 0)->health));
    call_ends(of, provider_at(of, 0), PICK_FAILED, 1);
    clock_go_on(29999);
    assert_true(health_is_ejected(&provider_at(of, 0)->health));
    fixture_end(&f);
}

static void refusals_never_eject_more_than_half_of_the_providers(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 5; count++) {
        fixture f;
        directory *of = fixture_start_with_many(&f, count);
        for (size_t k = 0; k < count; k++)
            call_ends(of, provider_at(of, k), PICK_REFUSED, 10);
        size_t resting_now = 0;
        for (size_t k = 0; k < count; k++)
            resting_now += health_is_ejected(&provider_at(of, k)->health);
        assert_int_equal(count / 2, resting_now);
        fixture_end(&f);
    }
}

static bool has_willing_beside(directory *of, size_t k)
{
    return directory_has_willing(of, (provider *const[]){provider_at(of, k)}, 1);
}

/* Sets the list: provider A with these parameters of its process, and provider B. */
static void a_is(fixture *f, const char *process)
{
    char url[256];
    snprintf(url, sizeof url, A "%s", process);
    registry_has(f, LIST(url, B));
}

static void a_changed_node_ends_an_ejection_after_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        bool is_new;
    } cases[] = {
        {"&timestamp=1700000000000", "&timestamp=1700000000001", true},
        {"&pid=1&timestamp=1700000000000", "&pid=2&timestamp=1700000000000", true},
        {"&pid=1&timestamp=1700000000", "&pid=2&timestamp=1700000001", true},
        {"&pid=1", "&pid=2", true},
        {"&pid=1&timestamp=1700000000000", "&pid=1&timestamp=1700000000000&weight=50", false},
        {"&timestamp=1700000000001", "&timestamp=1700000000000", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        fixture_start_in_turn(&f);
        directory *of = directory_of(&f, SERVICE);
        a_is(&f, cases[i].before);
        call_ends(of, provider_at(of, 0), PICK_REFUSED, 5);
        assert_true(health_is_ejected(&provider_at(of, 0)->health));
        a_is(&f, cases[i].after);
        assert_int_equal(!cases[i].is_new, health_is_ejected(&provider_at(of, 0)->health));
        assert_int_equal(cases[i].is_new, has_willing_beside(of, 1));
        fixture_end(&f);
    }
}

/* The ejection ends when the changed node comes back, even if the list was without the node in
 * between. A second node of the same process does not end it. */
static void a_node_that_comes_back_changed_ends_the_ejection_but_a_duplicate_does_not(void **state)
{
    (void)state;
    static const char other_scheme[] =
        "http://10.0.0.1:80/" SERVICE "?interface=" SERVICE "&timestamp=1700000000000";
    fixture f;
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    registry_has(&f, LIST(A "&timestamp=1700000000001", B));
    call_ends(of, provider_at(of, 0), PICK_REFUSED, 5);
    registry_has(&f, LIST(A "&timestamp=1700000000001", other_scheme, B));
    assert_true(health_is_ejected(&provider_at(of, 0)->health));
    registry_has(&f, LIST(B));
    registry_has(&f, LIST(A "&timestamp=1700000000002", B));
    assert_false(health_is_ejected(&provider_at(of, 0)->health));
    fixture_end(&f);
}

static void a_changed_node_does_not_end_an_ejection_after_failures(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    a_is(&f, "&pid=1&timestamp=1700000000000");
    call_ends(of, provider_at(of, 0), PICK_REFUSED, 1);
    call_ends(of, provider_at(of, 0), PICK_FAILED, 5);
    a_is(&f, "&pid=2&timestamp=1700000000001");
    assert_true(health_is_ejected(&provider_at(of, 0)->health));
    fixture_end(&f);
}

static void a_provider_that_refused_within_the_last_second_is_not_willing(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 3);
    assert_true(has_willing_beside(of, 0));
    call_ends(of, provider_at(of, 1), PICK_REFUSED, 1);
    assert_true(has_willing_beside(of, 0));
    call_ends(of, provider_at(of, 2), PICK_REFUSED, 1);
    assert_false(has_willing_beside(of, 0));
    assert_true(has_willing_beside(of, 1));          /* provider 0 is willing */
    call_ends(of, provider_at(of, 2), PICK_GOOD, 1); /* an answer does not cancel the refusal */
    assert_false(has_willing_beside(of, 0));
    clock_go_on(1002); /* refusal times have a resolution of two milliseconds */
    assert_true(has_willing_beside(of, 0));
    fixture_end(&f);
}

static void a_failing_or_ejected_provider_is_not_willing(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 3);
    call_ends(of, provider_at(of, 1), PICK_REFUSED, 1);
    call_ends(of, provider_at(of, 2), PICK_FAILED, 1); /* is failing, but not ejected yet */
    assert_false(has_willing_beside(of, 0));
    call_ends(of, provider_at(of, 2), PICK_GOOD, 1);
    assert_true(has_willing_beside(of, 0));
    call_ends(of, provider_at(of, 2), PICK_REFUSED, 5);
    clock_go_on(1002);
    call_ends(of, provider_at(of, 2), PICK_GOOD, 1);
    assert_true(has_willing_beside(of, 0));
    call_ends(of, provider_at(of, 1), PICK_REFUSED, 1);
    call_ends(of, provider_at(of, 2), PICK_FAILED, 5);
    assert_true(health_is_ejected(&provider_at(of, 2)->health));
    assert_false(has_willing_beside(of, 0));
    fixture_end(&f);
}

/* A provider that has already refused this call would refuse it again. */
static void a_provider_that_was_tried_is_not_counted_as_willing(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with_many(&f, 3);
    provider *const tried[] = {provider_at(of, 0), provider_at(of, 1), provider_at(of, 2)};
    assert_true(directory_has_willing(of, tried, 0));
    assert_true(directory_has_willing(of, tried, 2));
    assert_false(directory_has_willing(of, tried, 3));
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_halves_the_share_of_a_provider_and_an_answer_restores_it),
        cmocka_unit_test(five_refusals_eject_a_provider_for_a_second_that_doubles_up_to_thirty),
        cmocka_unit_test(each_answer_shortens_the_next_ejection_after_refusals_by_one_step),
        cmocka_unit_test(an_answer_to_a_call_before_the_last_refusal_does_not_end_the_ejection),
        cmocka_unit_test(refusals_and_failures_are_counted_separately),
        cmocka_unit_test(refusals_never_eject_more_than_half_of_the_providers),
        cmocka_unit_test(a_changed_node_ends_an_ejection_after_refusals),
        cmocka_unit_test(a_node_that_comes_back_changed_ends_the_ejection_but_a_duplicate_does_not),
        cmocka_unit_test(a_changed_node_does_not_end_an_ejection_after_failures),
        cmocka_unit_test(a_provider_that_refused_within_the_last_second_is_not_willing),
        cmocka_unit_test(a_failing_or_ejected_provider_is_not_willing),
        cmocka_unit_test(a_provider_that_was_tried_is_not_counted_as_willing),
        cmocka_unit_test(five_failures_in_a_row_eject_a_provider),
        cmocka_unit_test(an_answer_resets_the_count_of_failures),
        cmocka_unit_test(each_ejection_in_a_row_is_longer),
        cmocka_unit_test(calls_in_flight_at_the_ejection_do_not_lengthen_it),
        cmocka_unit_test(failures_never_eject_more_than_half_of_the_providers),
        cmocka_unit_test(a_limited_ejection_is_logged_only_when_the_limit_prevented_it),
        cmocka_unit_test(some_ejections_end_when_the_other_providers_leave_the_list),
        cmocka_unit_test(a_provider_stays_ejected_when_the_list_changes),
        cmocka_unit_test(no_provider_is_ejected_when_ejection_is_switched_off),
        cmocka_unit_test(failures_in_several_threads_eject_no_more_than_half_of_the_providers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
