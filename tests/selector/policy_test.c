/* Tests the contract of all policies with each policy, and the further promises of
 * single policies. */
#include "tests/selector/fixture.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/test.h"

#include <assert.h>
#include <math.h>

#include "base/config_keys.h"
#include "base/random.h"
#include "selector/health.h"

#define MANY 10000
#define THREADS 8

/* --- helpers --- */

/* A snapshot with its own providers, and the state of a policy. */
typedef struct bench {
    snapshot *of;
    provider *providers;
    policy_state *state;
} bench;

static bench bench_new(size_t count, unsigned (*weight)(size_t i))
{
    bench made = {.of = snapshot_new(count),
        .providers = calloc(count, sizeof(provider)),
        .state = cache_line_zeroed(sizeof(policy_state))};
    assert_non_null(made.of);
    assert_non_null(made.providers);
    assert_non_null(made.state);
    for (size_t i = 0; i < count; i++)
        made.of->entries[i] = (snapshot_entry){.provider = &made.providers[i], .weight = weight(i)};
    assert_true(snapshot_prepare(made.of));
    return made;
}

static void bench_free(bench *self)
{
    snapshot_free(self->of);
    free(self->providers);
    free(self->state);
}

static size_t choose(const bench *self, int which)
{
    size_t at = policies[which]->choose(self->of, &self->of->tables[which], self->state, NULL);
    assert_in_range(at, 0, self->of->count - 1);
    return at;
}

static void count_picks(const bench *self, int which, size_t picks, size_t *counts)
{
    memset(counts, 0, self->of->count * sizeof *counts);
    for (size_t i = 0; i < picks; i++)
        counts[choose(self, which)]++;
}

static uint64_t sum_of_weights(const bench *self)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < self->of->count; i++)
        sum += self->of->entries[i].weight;
    return sum;
}

/* Checks the counts of picks. They may differ from a fair draw by five standard deviations plus
 * one. */
static void assert_fair(const bench *self, const size_t *counts, size_t picks)
{
    double sum = (double)sum_of_weights(self);
    for (size_t i = 0; i < self->of->count; i++) {
        double share = (double)self->of->entries[i].weight / sum, expected = share * (double)picks;
        double allowed = 5 * sqrt(expected * (1 - share)) + 1;
        if (fabs((double)counts[i] - expected) > allowed)
            fail_msg("entry %zu of weight %u was picked %zu times, expected %.1f +- %.1f", i,
                self->of->entries[i].weight, counts[i], expected, allowed);
    }
}

static unsigned all_100(size_t i)
{
    (void)i;
    return 100;
}

static unsigned all_0(size_t i)
{
    (void)i;
    return 0;
}

static unsigned rising(size_t i)
{
    return (unsigned)(i % 17 + 1) * 10;
}

static unsigned one_heavy(size_t i)
{
    return i == 3 ? 1000 : 1;
}

static unsigned primes_and_giants(size_t i)
{
    static const unsigned weights[] = {2147483647, 1, 7919, 1000003, 2147483646, 13};
    return weights[i % 6];
}

/* --- the contract --- */

static void respects_weights(void **state)
{
    int which = *(const int *)*state;
    static unsigned (*const kinds[])(size_t i) = {all_100, all_0, rising, one_heavy};
    size_t counts[50];
    random_seed(1);
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (size_t count = 1; count <= 50; count += 7) {
            bench b = bench_new(count, kinds[kind]);
            count_picks(&b, which, 20000, counts);
            assert_fair(&b, counts, 20000);
            bench_free(&b);
        }
}

static void accepts_any_weights(void **state)
{
    int which = *(const int *)*state;
    size_t counts[6];
    random_seed(2);
    bench b = bench_new(6, primes_and_giants);
    count_picks(&b, which, 100000, counts);
    assert_in_range(counts[0], 49000, 51000);
    assert_in_range(counts[4], 49000, 51000);
    bench_free(&b);
}

static void each_of_ten_thousand_providers_gets_a_fair_share(void **state)
{
    int which = *(const int *)*state;
    size_t *counts = calloc(MANY, sizeof *counts);
    assert_non_null(counts);
    random_seed(3);
    for (int is_equal = 0; is_equal < 2; is_equal++) {
        bench b = bench_new(MANY, is_equal ? all_100 : rising);
        count_picks(&b, which, 100 * MANY, counts);
        assert_fair(&b, counts, 100 * MANY);
        bench_free(&b);
    }
    free(counts);
}

static void the_only_provider_of_a_list_is_always_chosen(void **state)
{
    int which = *(const int *)*state;
    static unsigned (*const kinds[])(size_t i) = {all_100, all_0};
    for (size_t kind = 0; kind < 2; kind++) {
        bench b = bench_new(1, kinds[kind]);
        for (int i = 0; i < 100; i++)
            assert_int_equal(0, choose(&b, which));
        bench_free(&b);
    }
}

/* Starts a selector and returns a directory with `count` providers, for tests
 * of directory_pick(). */
static directory *filled(fixture *f, size_t count)
{
    selector_settings settings = usual_settings();
    fixture_start(f, &settings);
    directory *of = directory_of(f, SERVICE);
    char **urls = many_urls(count, 8080);
    fake_registry_push(f->source, SERVICE, (const char *const *)urls, count);
    free_urls(urls, count);
    return of;
}

static void an_excluded_provider_is_picked_only_when_there_is_no_other(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    pick held;
    directory *of = filled(&f, 3);
    provider *excluded[3];
    for (size_t i = 0; i < 3; i++)
        excluded[i] = atomic_load(&of->current)->entries[i].provider;
    for (size_t excluding = 0; excluding <= 3; excluding++) {
        const pick_request request = {
            .policy = policy_names[which], .excluded = excluded, .excluded_count = excluding};
        for (int i = 0; i < 200; i++) {
            assert_true(directory_pick(of, &request, &held));
            bool is_excluded = false;
            for (size_t k = 0; k < excluding; k++)
                is_excluded = is_excluded || held.provider == excluded[k];
            assert_int_equal(excluding == 3, is_excluded);
            pick_release(of, &held, PICK_GOOD);
        }
    }
    fixture_end(&f);
}

static void an_ejected_provider_is_picked_only_when_all_others_were_tried(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    pick held;
    directory *of = filled(&f, 3);
    const snapshot *current = atomic_load(&of->current);
    provider *ejected = current->entries[1].provider,
             *excluded[] = {current->entries[0].provider, current->entries[2].provider};
    atomic_store(&ejected->health.ejected_until_ns, INT64_MAX);
    for (int i = 0; i < 200; i++) {
        const pick_request request = {
            .policy = policy_names[which], .excluded = excluded, .excluded_count = i % 2 ? 2 : 0};
        assert_true(directory_pick(of, &request, &held));
        assert_int_equal(i % 2, held.provider == ejected);
        pick_release(of, &held, PICK_UNKNOWN);
    }
    fixture_end(&f);
}

static void the_share_of_an_ejected_provider_goes_to_all_others_evenly(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    pick held;
    size_t counts[4] = {0};
    directory *of = filled(&f, 4);
    const snapshot *current = atomic_load(&of->current);
    atomic_store(&current->entries[0].provider->health.ejected_until_ns, INT64_MAX);
    const pick_request request = {.policy = policy_names[which]};
    random_seed(4);
    for (int i = 0; i < 3000; i++) {
        assert_true(directory_pick(of, &request, &held));
        for (size_t k = 0; k < 4; k++)
            counts[k] += held.provider == current->entries[k].provider;
        pick_release(of, &held, PICK_UNKNOWN);
    }
    assert_int_equal(0, counts[0]);
    for (size_t k = 1; k < 4; k++)
        /* the provider next to the ejected one does not get a double share */
        assert_in_range(counts[k], 850, 1150);
    fixture_end(&f);
}

/* --- room --- */

bool __wrap_http_client_endpoint_has_room(const http_client_endpoint *endpoint);

/* The endpoints that have no room in these tests, whatever their pools contain. */
static const http_client_endpoint *full[3];
static size_t full_count;

bool __wrap_http_client_endpoint_has_room(const http_client_endpoint *endpoint)
{
    for (size_t i = 0; i < full_count; i++)
        if (full[i] == endpoint)
            return false;
    return true;
}

/* Returns a directory with three providers. The first `count` of them are full. */
static directory *filled_with_full(fixture *f, size_t count)
{
    directory *of = filled(f, 3);
    full_count = count;
    for (size_t i = 0; i < count; i++)
        full[i] = atomic_load(&of->current)->entries[i].provider->endpoint;
    return of;
}

/* Picks a provider that has room; NULL: none has. */
static const provider *pick_with_room(directory *of, int which, provider *const *excluded)
{
    pick held;
    const pick_request request = {.policy = policy_names[which],
        .excluded = excluded,
        .excluded_count = excluded != NULL ? 1 : 0,
        .needs_room = true};
    if (!directory_pick(of, &request, &held))
        return NULL;
    const provider *picked = held.provider;
    pick_release(of, &held, PICK_UNKNOWN);
    return picked;
}

static void a_full_provider_is_passed_over_when_room_is_needed(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    directory *of = filled_with_full(&f, 2);
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(provider_at(of, 2), pick_with_room(of, which, NULL));
    fixture_end(&f);
}

static void a_full_provider_is_picked_when_no_room_is_needed(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    pick held;
    directory *of = filled_with_full(&f, 3);
    const pick_request request = {.policy = policy_names[which]};
    assert_true(directory_pick(of, &request, &held));
    pick_release(of, &held, PICK_UNKNOWN);
    fixture_end(&f);
}

static void nothing_is_picked_when_no_provider_has_the_needed_room(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    directory *of = filled_with_full(&f, 3);
    assert_null(pick_with_room(of, which, NULL));
    fixture_end(&f);
}

static void waiting_is_preferred_to_an_ejected_or_excluded_provider_with_room(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    directory *of = filled_with_full(&f, 2);
    provider *excluded[] = {provider_at(of, 2)};
    assert_null(pick_with_room(of, which, excluded));
    atomic_store(&excluded[0]->health.ejected_until_ns, INT64_MAX);
    assert_null(pick_with_room(of, which, NULL));
    fixture_end(&f);
}

static void an_ejected_provider_with_room_is_picked_when_all_are_ejected(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    directory *of = filled_with_full(&f, 2);
    for (size_t i = 0; i < 3; i++)
        atomic_store(&provider_at(of, i)->health.ejected_until_ns, INT64_MAX);
    assert_ptr_equal(provider_at(of, 2), pick_with_room(of, which, NULL));
    fixture_end(&f);
}

/* If it were not picked, the call would wait for the other providers, and no event would wake it
 * although this provider has room. */
static void a_provider_that_refuses_is_picked_when_only_it_has_room(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    directory *of = filled_with_full(&f, 2);
    health_refused(&provider_at(of, 2)->health, 5);
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(provider_at(of, 2), pick_with_room(of, which, NULL));
    fixture_end(&f);
}

static void a_pick_allocates_nothing(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    pick held;
    directory *of = filled(&f, MANY);
    const pick_request request = {.policy = policy_names[which], .method = slice_of("echo")};
    alloc_fail_at(0);
    for (int i = 0; i < 1000; i++) {
        assert_true(directory_pick(of, &request, &held));
        pick_release(of, &held, i % 3 ? PICK_GOOD : PICK_FAILED);
    }
    assert_int_equal(0, alloc_fail_count());
    fixture_end(&f);
}

static void a_table_that_cannot_be_allocated_is_reported(void **state)
{
    int which = *(const int *)*state;
    bench b = bench_new(20, rising);
    for (unsigned long nth = 1; nth < 4; nth++) {
        void *table = NULL;
        alloc_fail_at(nth);
        bool is_made = policies[which]->prepare(b.of, &table);
        if (alloc_fail_was_hit()) {
            assert_false(is_made);
            assert_null(table);
        } else {
            free(table);
        }
        alloc_fail_at(0);
    }
    bench_free(&b);
}

typedef struct crowd {
    directory *of;
    const char *policy_name;
    size_t picks;
    atomic_size_t *counts; /* one counter per entry; NULL: picks are not counted */
    const snapshot *current;
    atomic_bool is_over;
} crowd;

static void *pick_in_a_crowd(void *arg)
{
    crowd *self = arg;
    const pick_request request = {.policy = self->policy_name, .method = slice_of("echo")};
    pick held;
    for (size_t i = 0; self->picks > 0 ? i < self->picks : !atomic_load(&self->is_over); i++) {
        if (!directory_pick(self->of, &request, &held))
            continue;
        assert(held.provider->info->label[0] == '1' && held.provider->endpoint != NULL);
        for (size_t k = 0; self->counts != NULL && k < self->current->count; k++)
            if (self->current->entries[k].provider == held.provider)
                atomic_fetch_add(&self->counts[k], 1);
        pick_release(self->of, &held, PICK_GOOD);
    }
    return NULL;
}

static void run_crowd(crowd *self, void (*meanwhile)(void *arg), void *arg)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, pick_in_a_crowd, self));
    if (meanwhile != NULL)
        meanwhile(arg);
    atomic_store(&self->is_over, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void change_lists(void *arg)
{
    fixture *f = arg;
    char **urls = many_urls(40, 8080);
    /* start and length differ each time, so that equal lists rarely follow each other */
    for (size_t i = 0; i < 300; i++)
        fake_registry_push(f->source, SERVICE, (const char *const *)urls + i % 20, 1 + i % 19);
    free_urls(urls, 40);
}

static void lists_may_change_while_threads_pick(void **state)
{
    int which = *(const int *)*state;
    fixture f;
    crowd self = {.of = filled(&f, 3), .policy_name = policy_names[which]};
    run_crowd(&self, change_lists, &f);
    clock_go_on(PROVIDER_KEEP_MS);
    selector_do_round(f.selector);
    assert_int_equal(
        directory_count(self.of), map_count(f.selector->context.providers.by_identity));
    fixture_end(&f);
}

/* --- roundrobin --- */

static int roundrobin(void)
{
    return policy_find("roundrobin");
}

static void roundrobin_is_exactly_even_over_whole_rounds(void **state)
{
    (void)state;
    size_t counts[7];
    bench b = bench_new(7, all_100);
    count_picks(&b, roundrobin(), 7 * 123, counts);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(123, counts[i]);
    bench_free(&b);
    b = bench_new(7, rising); /* weights 10, 20, ... 70: a round has 28 picks */
    count_picks(&b, roundrobin(), 28 * 5, counts);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(5 * (i + 1), counts[i]);
    bench_free(&b);
}

static unsigned five_and_ones(size_t i)
{
    return i == 0 ? 5 : 1;
}

static void roundrobin_spreads_the_turns_of_a_heavy_provider(void **state)
{
    (void)state;
    bench b = bench_new(6, five_and_ones);
    size_t longest = 0, run = 0;
    for (int i = 0; i < 10 * 20; i++) {
        run = choose(&b, roundrobin()) == 0 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    /* it has five of ten turns, so they hardly ever follow each other */
    assert_in_range(longest, 1, 2);
    bench_free(&b);
}

static void roundrobin_gives_every_provider_a_turn_in_a_shortened_round(void **state)
{
    (void)state;
    size_t counts[50];
    bench b = bench_new(50, one_heavy);
    b.of->entries[3].weight = 1000000000; /* a round of 50 providers has at most 4096 + 50 picks */
    void *table = NULL;
    assert_true(policies[roundrobin()]->prepare(b.of, &table));
    free(atomic_exchange(&b.of->tables[roundrobin()], table));
    count_picks(&b, roundrobin(), 4200, counts);
    for (size_t i = 0; i < 50; i++)
        assert_true(counts[i] > 0);
    bench_free(&b);
}

static void roundrobin_is_exactly_even_from_eight_threads(void **state)
{
    (void)state;
    enum { PROVIDERS = 5, PICKS = 5000 };
    fixture f;
    crowd self = {.of = filled(&f, PROVIDERS), .policy_name = "roundrobin", .picks = PICKS};
    self.counts = calloc(PROVIDERS, sizeof *self.counts);
    self.current = atomic_load(&self.of->current);
    assert_non_null(self.counts);
    run_crowd(&self, NULL, NULL);
    for (size_t i = 0; i < PROVIDERS; i++)
        assert_int_equal(THREADS * PICKS / PROVIDERS, atomic_load(&self.counts[i]));
    free(self.counts);
    fixture_end(&f);
}

static void roundrobin_continues_where_it_was_when_the_list_changes(void **state)
{
    (void)state;
    fixture f;
    directory *of = filled(&f, 4);
    for (int i = 0; i < 3; i++)
        pick_label(of, "roundrobin", PICK_GOOD);
    char **urls = many_urls(8, 8080);
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 8);
    free_urls(urls, 8);
    assert_string_equal(atomic_load(&of->current)->entries[3].provider->info->label,
        pick_label(of, "roundrobin", PICK_GOOD));
    fixture_end(&f);
}

/* If every process began with the first provider, a thousand processes that make one call each
 * would all call that provider. */
static void roundrobin_starts_at_a_random_provider(void **state)
{
    (void)state;
    enum { STARTS = 100, COUNT = 4 };
    size_t firsts[COUNT] = {0};
    char **urls = many_urls(COUNT, 8080);
    random_seed(1);
    for (int i = 0; i < STARTS; i++) {
        fixture f;
        const url_wanted wanted = {.interface = slice_of(SERVICE)};
        directory *of = NULL;
        fixture_start_in_turn(&f);
        dubboc_status found = selector_directory(f.selector, &wanted, &of, &f.err);
        assert_status(DUBBOC_OK, found, &f.err);
        selector_do_round(f.selector);
        fake_registry_push(f.source, SERVICE, (const char *const *)urls, COUNT);
        const char *label = pick_label(of, "roundrobin", PICK_GOOD);
        for (size_t each = 0; each < COUNT; each++)
            firsts[each] +=
                strcmp(label, atomic_load(&of->current)->entries[each].provider->info->label) == 0;
        fixture_end(&f);
    }
    free_urls(urls, COUNT);
    for (size_t each = 0; each < COUNT; each++)
        assert_in_range(firsts[each], STARTS / COUNT / 2, STARTS / COUNT * 2);
}

/* --- random --- */

static void *first_random_number(void *arg)
{
    *(uint64_t *)arg = random_next();
    return NULL;
}

static void threads_draw_different_numbers(void **state)
{
    (void)state;
    uint64_t numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        assert_int_equal(0, pthread_create(&thread, NULL, first_random_number, &numbers[i]));
        pthread_join(thread, NULL);
        for (int k = 0; k < i; k++)
            assert_true(numbers[k] != numbers[i]);
    }
}

/* --- the list of policies --- */

/* Checks that a list of words in the table of keys, the accepted names or the names of a later
 * release, equals the names of the policies. */
static void assert_same_names(const char *words, const char *const *names, size_t count)
{
    dubboc_slice rest = slice_of(words), word;
    for (size_t i = 0; i < count; i++) {
        assert_true(slice_next(&rest, ' ', &word));
        if (!slice_is(word, names[i]))
            fail_msg("the configuration has \"%.*s\" where the policies have \"%s\"",
                SLICE_ARGS(word), names[i]);
    }
    assert_false(slice_next(&rest, ' ', &word));
}

static void the_configuration_accepts_the_names_of_all_policies(void **state)
{
    (void)state;
    static const char *const sections[] = {"client", "reference"};
    for (size_t i = 0; i < 2; i++) {
        const config_key *key =
            config_key_get(slice_of(sections[i]), slice_of("load_balance"), CONFIG_OF_SECTION);
        assert_non_null(key);
        assert_same_names(key->words, policy_names, POLICY_COUNT);
        assert_same_names(key->later, policy_names_planned, list_length(policy_names_planned));
    }
}

static void the_first_policy_table_that_is_offered_stays_in_use(void **state)
{
    (void)state;
    policy_table table = NULL;
    void *first = malloc(8), *second = malloc(8);
    assert_ptr_equal(first, policy_table_offer(&table, first));
    assert_ptr_equal(first, policy_table_offer(&table, second)); /* frees second */
    assert_ptr_equal(first, atomic_load(&table));
    free(first);
}

/* --- the test list --- */

typedef struct policy_case {
    const char *name;
    CMUnitTestFunction run;
} policy_case;

#define CASE(test)                                                                                 \
    {                                                                                              \
#test, test                                                                                \
    }

/* These tests run once with each policy. */
static const policy_case contract[] = {
    CASE(respects_weights),
    CASE(accepts_any_weights),
    CASE(each_of_ten_thousand_providers_gets_a_fair_share),
    CASE(the_only_provider_of_a_list_is_always_chosen),
    CASE(an_excluded_provider_is_picked_only_when_there_is_no_other),
    CASE(an_ejected_provider_is_picked_only_when_all_others_were_tried),
    CASE(the_share_of_an_ejected_provider_goes_to_all_others_evenly),
    CASE(a_full_provider_is_passed_over_when_room_is_needed),
    CASE(a_full_provider_is_picked_when_no_room_is_needed),
    CASE(nothing_is_picked_when_no_provider_has_the_needed_room),
    CASE(waiting_is_preferred_to_an_ejected_or_excluded_provider_with_room),
    CASE(an_ejected_provider_with_room_is_picked_when_all_are_ejected),
    CASE(a_provider_that_refuses_is_picked_when_only_it_has_room),
    CASE(a_pick_allocates_nothing),
    CASE(a_table_that_cannot_be_allocated_is_reported),
    CASE(lists_may_change_while_threads_pick),
};

static const struct CMUnitTest others[] = {
    cmocka_unit_test(the_configuration_accepts_the_names_of_all_policies),
    cmocka_unit_test(the_first_policy_table_that_is_offered_stays_in_use),
    cmocka_unit_test(roundrobin_is_exactly_even_over_whole_rounds),
    cmocka_unit_test(roundrobin_spreads_the_turns_of_a_heavy_provider),
    cmocka_unit_test(roundrobin_gives_every_provider_a_turn_in_a_shortened_round),
    cmocka_unit_test(roundrobin_is_exactly_even_from_eight_threads),
    cmocka_unit_test(roundrobin_continues_where_it_was_when_the_list_changes),
    cmocka_unit_test(roundrobin_starts_at_a_random_provider),
    cmocka_unit_test(threads_draw_different_numbers),
};

enum {
    CONTRACT_COUNT = sizeof contract / sizeof contract[0],
    OTHERS_COUNT = sizeof others / sizeof others[0],
    TEST_COUNT = CONTRACT_COUNT * POLICY_COUNT + OTHERS_COUNT
};

int main(void)
{
    static int indices[POLICY_COUNT];
    static char names[TEST_COUNT][128];
    struct CMUnitTest tests[TEST_COUNT];
    size_t count = 0;
    for (int which = 0; which < POLICY_COUNT; which++) {
        indices[which] = which;
        for (size_t i = 0; i < CONTRACT_COUNT; i++, count++) {
            snprintf(
                names[count], sizeof names[count], "%s_%s", policy_names[which], contract[i].name);
            tests[count] = (struct CMUnitTest){.name = names[count],
                .test_func = contract[i].run,
                .initial_state = &indices[which]};
        }
    }
    memcpy(&tests[count], others, sizeof others);
    return _cmocka_run_group_tests("policies", tests, TEST_COUNT, NULL, NULL);
}
