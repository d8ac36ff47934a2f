/* Tests directories: how they are made and subscribed, what they read from a list of nodes, and
 * which providers are picked. */
#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/random.h"
#include "selector/candidates.h"

/* --- directories --- */

static void finds_the_same_directory_for_the_same_request(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *first = directory_of(&f, SERVICE), *other = NULL;
    assert_ptr_equal(first, directory_of(&f, SERVICE));
    const url_wanted in_group = {.interface = slice_of(SERVICE), .group = slice_of("g1")};
    assert_status(DUBBOC_OK, selector_directory(f.selector, &in_group, &other, &f.err), &f.err);
    selector_do_round(f.selector);
    assert_ptr_not_equal(first, other);
    assert_int_equal(2, fake_registry_subscriptions(f.source));
    fixture_end(&f);
}

static void count_wake(waiter *of);

/* A waiter in the place of a call. It counts how often it is woken. */
typedef struct waiting_call {
    waiter waiter;
    readiness_wait wait;
    atomic_uint wakes;
} waiting_call;

static void count_wake(waiter *of)
{
    atomic_fetch_add(&((waiting_call *)of)->wakes, 1);
}

static void a_failed_subscription_ends_the_wait_and_the_next_call_tries_again(void **state)
{
    (void)state;
    fixture f;
    waiting_call first = {.waiter.wake = count_wake}, second = {.waiter.wake = count_wake};
    fixture_start_in_turn(&f);
    fake_registry_fail_subscribe(f.source, true);
    directory *of = directory_of(&f, SERVICE);
    directory_wait_begin(of, &first.wait, &first.waiter);
    selector_do_round(f.selector);
    assert_int_equal(1, atomic_load(&first.wakes));
    assert_int_equal(READINESS_FAILED, directory_look(of, &first.wait, &f.err));
    assert_int_equal(DUBBOC_E_NO_MEMORY, f.err.status);
    assert_string_equal("the fake does not want to", f.err.text);
    fake_registry_fail_subscribe(f.source, false);
    selector_do_round(f.selector); /* no call waits, so the selector does not try to subscribe */
    assert_int_equal(0, fake_registry_subscriptions(f.source));
    assert_int_equal(READINESS_PENDING, directory_wait_begin(of, &second.wait, &second.waiter));
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_subscriptions(f.source));
    assert_int_equal(READINESS_PENDING, directory_look(of, &second.wait, &f.err));
    registry_has(&f, LIST(A));
    assert_int_equal(1, atomic_load(&second.wakes));
    assert_int_equal(READINESS_READY, directory_look(of, &second.wait, &f.err));
    directory_wait_end(of, &first.wait);
    directory_wait_end(of, &second.wait);
    fixture_end(&f);
}

static void making_a_directory_does_not_wait_for_the_registry(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    directory *of = NULL;
    fake_registry_hold_subscribe(f.source);
    assert_status(DUBBOC_OK, selector_directory(f.selector, &wanted, &of, &f.err), &f.err);
    assert_status(DUBBOC_E_REGISTRY, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    assert_int_equal(0, fake_registry_subscriptions(f.source));
    fake_registry_let_subscribe(f.source);
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_subscriptions(f.source));
    fixture_end(&f);
}

/* Nodes of other implementations may have no port, and may contain a user and a password (wire.md
 * P28, P55). */
static void a_node_is_called_at_its_address_without_its_user_information(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"jsonrpc://10.0.0.1/" SERVICE "?interface=" SERVICE, "10.0.0.1:80/" SERVICE},
        {"jsonrpc://u:p@10.0.0.1:7070/" SERVICE "?interface=" SERVICE, "10.0.0.1:7070/" SERVICE},
        {"jsonrpc://u:p@10.0.0.1/" SERVICE "?interface=" SERVICE, "10.0.0.1:80/" SERVICE},
        {"jsonrpc://u:p@[::1]/" SERVICE "?interface=" SERVICE, "[::1]:80/" SERVICE},
        {"http://u:p@h/" SERVICE "?interface=" SERVICE "&release=3.0.0", "h:80/" SERVICE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        directory *own = fixture_start_with(&f, LIST(cases[i][0]));
        assert_string_equal(cases[i][1], pick_label(own, NULL, PICK_GOOD));
        fixture_end(&f);
    }
}

static void an_unknown_policy_is_refused_with_the_known_names(void **state)
{
    (void)state;
    dubboc_error err;
    assert_status(DUBBOC_OK, selector_check_policy("random", &err), &err);
    assert_status(DUBBOC_OK, selector_check_policy("roundrobin", &err), &err);
    assert_status(DUBBOC_E_UNSUPPORTED, selector_check_policy("leastactive", &err), &err);
    assert_contains(err.text, "not in this release");
    assert_status(DUBBOC_E_ARGUMENT, selector_check_policy("best", &err), &err);
    assert_contains(err.text, "random, roundrobin");
}

/* --- lists --- */

static void a_changed_list_keeps_the_providers_that_stay(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with(&f, LIST(A));
    pick before, after;
    provider *kept = pick_one(of, "echo", &before);
    http_client_endpoint *endpoint = kept->endpoint;
    registry_has(&f, LIST(C, B, A "&weight=50"));
    assert_int_equal(3, directory_count(of));
    registry_has(&f, LIST(A "&weight=50"));
    assert_int_equal(1, directory_count(of));
    assert_ptr_equal(kept, pick_one(of, "echo", &after));
    assert_ptr_equal(endpoint, after.provider->endpoint);
    assert_int_equal(2, atomic_load(&kept->in_flight));
    pick_release(of, &before, PICK_GOOD);
    pick_release(of, &after, PICK_GOOD);
    fixture_end(&f);
}

static void services_on_one_address_share_its_connections(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *one = directory_of(&f, SERVICE), *other = directory_of(&f, "com.example.Other");
    registry_has(&f, LIST(A));
    fake_registry_push(f.source, "com.example.Other",
        LIST("jsonrpc://10.0.0.1:80/com.example.Other?interface=com.example.Other"), 1);
    pick first, second;
    assert_ptr_not_equal(pick_one(one, "m", &first), pick_one(other, "m", &second));
    assert_ptr_equal(first.provider->endpoint, second.provider->endpoint);
    pick_release(one, &first, PICK_GOOD);
    pick_release(other, &second, PICK_GOOD);
    fixture_end(&f);
}

static void one_service_under_two_schemes_is_one_provider(void **state)
{
    (void)state;
    fixture f;
    char line[1024];
    directory *of = fixture_start_with(
        &f, LIST("http://10.0.0.1:80/" SERVICE "?interface=" SERVICE "&release=3.2.0&weight=7",
                A "&weight=9"));
    assert_int_equal(1, directory_count(of));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "2 nodes seen");
    assert_contains(line, "the same provider as another node");
    assert_int_equal(9, atomic_load(&of->current)->entries[0].weight);
    fixture_end(&f);
}

static void of_several_nodes_of_one_provider_the_latest_is_used(void **state)
{
    (void)state;
    fixture f;
    /* Go writes timestamps in seconds, Java in milliseconds (wire.md P19) */
    directory *of = fixture_start_with(
        &f, LIST(A "&timestamp=1700000000999&weight=1", A "&timestamp=1700000001&weight=2",
                A "&timestamp=1600000000000&weight=3"));
    assert_int_equal(1, directory_count(of));
    assert_int_equal(2, atomic_load(&of->current)->entries[0].weight);
    fixture_end(&f);
}

static void bad_nodes_are_left_out_and_the_good_ones_used(void **state)
{
    (void)state;
    fixture f;
    char line[2048];
    directory *of = fixture_start_with(
        &f, LIST("nonsense", "jsonrpc://h:70000/x", "file:///etc/passwd",
                "dubbo://10.0.0.9:1/" SERVICE "?interface=" SERVICE, A "&group=g1", "", B));
    assert_int_equal(1, directory_count(of));
    assert_string_equal(B_LABEL, pick_label(of, NULL, PICK_GOOD));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "7 nodes seen");
    assert_contains(line, "protocol dubbo");
    assert_contains(line, "group g1, wanted none");
    assert_contains(line, "70000");
    assert_contains(line, B_LABEL ": usable");
    fixture_end(&f);
}

static void a_weight_of_zero_beside_others_is_never_picked(void **state)
{
    (void)state;
    fixture f;
    char line[1024];
    int picks_of_a = 0;
    directory *of = fixture_start_with(&f, LIST(A "&weight=0", B));
    for (int i = 0; i < 100; i++)
        assert_string_equal(B_LABEL, pick_label(of, i % 2 ? "random" : "roundrobin", PICK_GOOD));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, A_LABEL ": weight 0");
    registry_has(&f, LIST(A "&weight=0", B "&weight=0"));
    assert_int_equal(2, directory_count(of));
    for (int i = 0; i < 4; i++) /* each provider is picked twice, because they are picked in turn */
        picks_of_a += strcmp(A_LABEL, pick_label(of, "roundrobin", PICK_GOOD)) == 0;
    assert_int_equal(2, picks_of_a);
    fixture_end(&f);
}

static void count_visit(void *arg, const char *url, const char *reason)
{
    unsigned *counts = arg;
    counts[0] += url[0] != '\0';
    counts[1] += reason != NULL;
}

static void a_reason_common_to_many_nodes_is_given_once(void **state)
{
    (void)state;
    fixture f;
    char line[400];
    directory *of =
        fixture_start_with(&f, LIST("dubbo://10.0.0.1:1/" SERVICE, "dubbo://10.0.0.2:1/" SERVICE,
                                   "dubbo://10.0.0.3:1/" SERVICE, "dubbo://10.0.0.4:1/" SERVICE,
                                   "dubbo://10.0.0.5:1/" SERVICE, A "&group=g1", B "&group=g1"));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "10.0.0.1:1/" SERVICE " and 4 more: protocol dubbo; ");
    assert_contains(line, A_LABEL " and 1 more: group g1, wanted none");
    directory_explain(of, line, strlen(line), NULL, NULL);
    assert_contains(line, " and 4 more: protocol dubbo; and 2 more");
    fixture_end(&f);
}

static void an_explanation_has_twenty_reasons_in_one_line_and_visits_every_node(void **state)
{
    (void)state;
    fixture f;
    char line[8192], small[16];
    unsigned counts[2] = {0, 0};
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "fake://there has not been read yet (connected)");
    char **urls = many_urls(50, 8080);
    fake_registry_push(f.source, SERVICE, (const char *const *)urls, 50);
    directory_explain(of, line, sizeof line, count_visit, counts);
    assert_contains(line, "50 nodes seen");
    assert_contains(line, " and 49 more: usable");
    assert_int_equal(50, counts[0]);
    assert_int_equal(0, counts[1]);
    char other[50][80];
    const char *others[51] = {NULL};
    for (int i = 0; i < 50; i++) {
        snprintf(other[i], sizeof other[i], "p%02d://h:1/" SERVICE, i);
        others[i] = other[i];
    }
    registry_has(&f, others);
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "protocol p19; and 30 more");
    directory_explain(of, small, sizeof small, NULL, NULL);
    assert_int_equal(sizeof small - 1, strlen(small));
    free_urls(urls, 50);
    fixture_end(&f);
}

static void a_node_may_have_time_outs_and_retries_of_its_own(void **state)
{
    (void)state;
    fixture f;
    pick held;
    directory *of = fixture_start_with(&f,
        LIST(
            A "&timeout=700&echo.timeout=100&methods.add.retries=2&retries=1&default.timeout=900"));
    static const struct {
        const char *method;
        int64_t timeout_ms;
        int retries;
    } cases[] = {{"echo", 100, 1}, {"add", 700, 2}, {"other", 700, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pick_one(of, cases[i].method, &held);
        assert_int_equal(cases[i].timeout_ms, held.timeout_ms);
        assert_int_equal(cases[i].retries, held.retries);
        pick_release(of, &held, PICK_GOOD);
    }
    registry_has(&f, LIST(B));
    pick_one(of, "echo", &held);
    assert_int_equal(0, held.timeout_ms);
    assert_int_equal(-1, held.retries);
    pick_release(of, &held, PICK_GOOD);
    fixture_end(&f);
}

static void a_node_may_say_which_methods_may_run_twice(void **state)
{
    (void)state;
    fixture f;
    pick held;
    directory *of = fixture_start_with(
        &f, LIST(A "&Get.idempotent=true&methods.Put.idempotent=true&Pay.idempotent=false&"
                   "odd.idempotent=maybe"));
    static const struct {
        const char *method;
        int idempotent;
    } cases[] = {{"Get", 1}, {"Put", 1}, {"Pay", 0}, {"odd", -1}, {"other", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pick_one(of, cases[i].method, &held);
        assert_int_equal(cases[i].idempotent, held.idempotent);
        assert_int_equal(-1, held.retries);
        pick_release(of, &held, PICK_GOOD);
    }
    registry_has(&f, LIST(A "&idempotent=true&Pay.idempotent=false"));
    pick_one(of, "Get", &held);
    assert_int_equal(1, held.idempotent);
    pick_release(of, &held, PICK_GOOD);
    pick_one(of, "Pay", &held);
    assert_int_equal(0, held.idempotent);
    pick_release(of, &held, PICK_GOOD);
    registry_has(&f, LIST(B));
    pick_one(of, "Get", &held);
    assert_int_equal(-1, held.idempotent);
    pick_release(of, &held, PICK_GOOD);
    fixture_end(&f);
}

static void a_list_that_differs_only_in_its_order_makes_no_new_snapshot(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with(&f, LIST(A, B, C));
    const snapshot *before = atomic_load(&of->current);
    registry_has(&f, LIST(C, A, B, A));
    assert_ptr_equal(before, atomic_load(&of->current));
    fixture_end(&f);
}

static void lists_of_every_order_become_the_same_snapshot(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    fixture f;
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    char **urls = many_urls(COUNT, 8080);
    const char *listed[COUNT];
    random_seed(7);
    for (int round = 0; round < 200; round++) {
        bool is_in[COUNT] = {false};
        size_t count = 0;
        for (size_t i = 0; i < COUNT; i++)
            if (random_next() % 4 != 0) {
                is_in[i] = true;
                listed[count++] = urls[i];
            }
        /* shuffles the list, except in every third round */
        for (size_t i = count; i > 1 && round % 3 != 0; i--) {
            size_t j = (size_t)(random_next() % i);
            const char *other = listed[i - 1];
            listed[i - 1] = listed[j];
            listed[j] = other;
        }
        fake_registry_push(f.source, SERVICE, listed, count);
        const snapshot *current = atomic_load(&of->current);
        assert_int_equal(count, current->count);
        for (size_t i = 0; i + 1 < current->count; i++)
            assert_true(strcmp(current->entries[i].provider->info->identity,
                            current->entries[i + 1].provider->info->identity) < 0);
        size_t found = 0;
        for (size_t i = 0; i < current->count; i++)
            for (size_t k = 0; k < COUNT; k++)
                found += is_in[k] && strncmp(urls[k] + strlen("jsonrpc://"),
                                         current->entries[i].provider->info->label,
                                         strlen(current->entries[i].provider->info->label)) == 0;
        assert_int_equal(count, found);
    }
    free_urls(urls, COUNT);
    fixture_end(&f);
}

/* A registry passes on a name that it cannot decode without changing it. */
static void a_name_with_a_wrong_escape_is_left_out_for_that_reason(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    char line[512];
    registry_has(&f,
        LIST(A, "jsonrpc%3A%2F%2Fh%zz", "garbage", "jsonrpc%253A%252F%252F10.0.0.7%253A80%252Fx"));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "jsonrpc%3A%2F%2Fh%zz: invalid escape %zz at byte 17");
    assert_contains(line, "garbage and 1 more: no ://");
    registry_has(&f, LIST(A, "jsonrpc%253A%252F%252F10.0.0.7%253A80%252Fx"));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "%252Fx: no ://");
    assert_int_equal(1, directory_count(of));
    fixture_end(&f);
}

typedef struct told {
    directory *of;
    int count;
    int locked; /* how many events came while the directory was locked */
} told;

static void look_whether_locked(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed)
{
    told *t = arg;
    (void)level, (void)message, (void)fields, (void)suppressed;
    if (strcmp(area, "selector") != 0)
        return;
    t->count++;
    if (pthread_mutex_trylock(&t->of->lock.mutex) == 0)
        pthread_mutex_unlock(&t->of->lock.mutex);
    else
        t->locked++;
}

/* A log callback may make a call, and a failing call needs the directory's lock to explain its
 * failure. */
static void logs_nothing_while_a_lock_is_held(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    told t = {.of = directory_of(&f, SERVICE)};
    /* ends the selector's first round, so that no other thread takes the lock later */
    selector_do_round(f.selector);
    dubboc_log_set(look_whether_locked, &t, DUBBOC_LOG_DEBUG);
    /* logs two skipped nodes and a change */
    registry_has(&f, LIST(A, "broken", "dubbo://10.0.0.9:1/" SERVICE));
    /* logs that the grace period begins */
    registry_has(&f, NOTHING);
    clock_go_on(f.settings.empty_grace_ms + 1);
    /* logs the end of the grace period and a change, because the list stayed empty */
    selector_do_round(f.selector);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_int_equal(6, t.count);
    assert_int_equal(0, t.locked);
    fixture_end(&f);
}

typedef struct visits {
    size_t count, at_most;
    char hosts[256];
} visits;

static bool visit_endpoint(void *arg, http_client_endpoint *endpoint)
{
    visits *self = arg;
    size_t used = strlen(self->hosts);
    snprintf(
        self->hosts + used, sizeof self->hosts - used, "%s ", http_client_endpoint_host(endpoint));
    return ++self->count < self->at_most;
}

static void each_endpoint_of_a_candidate_is_visited_once(void **state)
{
    (void)state;
    fixture f;
    const pick_request request = {.method = slice_of("echo")};
    visits all = {.at_most = 4}, first = {.at_most = 1};
    directory *of = fixture_start_with(
        &f, LIST("jsonrpc://host:80/a?interface=" SERVICE, "jsonrpc://host:80/b?interface=" SERVICE,
                "jsonrpc://host:80/c?interface=" SERVICE, B));
    const snapshot *current = atomic_load(&of->current);
    assert_true(candidates_each(current, &request, visit_endpoint, &all) == DEADLINE_NEVER);
    assert_string_equal("10.0.0.2:80 host:80 ", all.hosts);
    (void)candidates_each(current, &request, visit_endpoint, &first);
    assert_int_equal(1, first.count);
    fixture_end(&f);
}

static void a_provider_is_picked_by_its_endpoint_while_it_is_in_the_list(void **state)
{
    (void)state;
    fixture f;
    pick first, again;
    const pick_request request = {.method = slice_of("echo")};
    directory *of = fixture_start_with(&f, LIST(A, B));
    assert_true(directory_pick(of, &request, &first));
    http_client_endpoint *endpoint = first.provider->endpoint;
    assert_true(directory_pick_at(of, endpoint, &request, &again));
    assert_ptr_equal(first.provider, again.provider);
    pick_release(of, &again, PICK_UNKNOWN);
    registry_has(&f, LIST("jsonrpc://10.0.0.9:80/c?interface=" SERVICE));
    assert_false(directory_pick_at(of, endpoint, &request, &again));
    pick_release(of, &first, PICK_UNKNOWN);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_same_directory_for_the_same_request),
        cmocka_unit_test(a_failed_subscription_ends_the_wait_and_the_next_call_tries_again),
        cmocka_unit_test(making_a_directory_does_not_wait_for_the_registry),
        cmocka_unit_test(a_node_is_called_at_its_address_without_its_user_information),
        cmocka_unit_test(an_unknown_policy_is_refused_with_the_known_names),
        cmocka_unit_test(a_changed_list_keeps_the_providers_that_stay),
        cmocka_unit_test(services_on_one_address_share_its_connections),
        cmocka_unit_test(one_service_under_two_schemes_is_one_provider),
        cmocka_unit_test(of_several_nodes_of_one_provider_the_latest_is_used),
        cmocka_unit_test(bad_nodes_are_left_out_and_the_good_ones_used),
        cmocka_unit_test(a_weight_of_zero_beside_others_is_never_picked),
        cmocka_unit_test(a_reason_common_to_many_nodes_is_given_once),
        cmocka_unit_test(an_explanation_has_twenty_reasons_in_one_line_and_visits_every_node),
        cmocka_unit_test(a_node_may_have_time_outs_and_retries_of_its_own),
        cmocka_unit_test(a_node_may_say_which_methods_may_run_twice),
        cmocka_unit_test(a_list_that_differs_only_in_its_order_makes_no_new_snapshot),
        cmocka_unit_test(lists_of_every_order_become_the_same_snapshot),
        cmocka_unit_test(a_name_with_a_wrong_escape_is_left_out_for_that_reason),
        cmocka_unit_test(logs_nothing_while_a_lock_is_held),
        cmocka_unit_test(each_endpoint_of_a_candidate_is_visited_once),
        cmocka_unit_test(a_provider_is_picked_by_its_endpoint_while_it_is_in_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
