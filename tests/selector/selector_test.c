/* Directories: what they are made of, what becomes of a list of nodes, and of a want of memory. */
#include "tests/selector/fixture.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <assert.h>

#include "base/clock.h"
#include "base/random.h"

/* --- directories --- */

static void finds_the_same_directory_for_the_same_wish(void **state)
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

/* A call that waits; it only counts how often it is woken. */
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
    selector_do_round(f.selector); /* nobody asks for it, so nothing is tried */
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

static void without_a_registry_only_fixed_addresses_work(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    selector *alone = NULL;
    directory *found = NULL;
    const url_wanted wanted = {.interface = slice_of(SERVICE)};
    assert_status(DUBBOC_OK, selector_new(&f.settings, NULL, f.http, &alone, &f.err), &f.err);
    assert_status(DUBBOC_E_REGISTRY, selector_directory(alone, &wanted, &found, &f.err), &f.err);
    assert_contains(f.err.text, "no registry");
    assert_status(
        DUBBOC_OK, selector_fixed(alone, "http://127.0.0.1:7070/x", &found, &f.err), &f.err);
    assert_status(DUBBOC_OK, directory_wait_ready(found, clock_now_ns(), &f.err), &f.err);
    selector_free(alone);
    fixture_end(&f);
}

static void a_fixed_address_is_taken_as_it_is_written(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"http://127.0.0.1:7070/com.x.Y", "127.0.0.1:7070/com.x.Y"},
        {"jsonrpc://h:7070/", "h:7070/"},
        {"http://h:7070", "h:7070/"},
        {"http://h/x", "h:80/x"},
        {"https://h/x", "h:443/x"},
        {"https://h:80/x", "h:80/x"},
        {"http://[::1]:7070/x", "[::1]:7070/x"},
        {"https://[::1]/x", "[::1]:443/x"},
    };
    fixture f;
    fixture_start_in_turn(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        directory *found = NULL, *again = NULL;
        pick held;
        assert_status(DUBBOC_OK, selector_fixed(f.selector, cases[i][0], &found, &f.err), &f.err);
        assert_status(DUBBOC_OK, selector_fixed(f.selector, cases[i][0], &again, &f.err), &f.err);
        assert_ptr_equal(found, again);
        assert_int_equal(1, directory_count(found));
        assert_string_equal(cases[i][1], pick_one(found, "m", &held)->info->label);
        pick_release(found, &held, PICK_GOOD);
    }
    fixture_end(&f);
}

/* More than there ever were places for: a program may make up an address for each call. */
static void addresses_of_calls_are_kept_as_long_as_they_are_used(void **state)
{
    (void)state;
    enum { URLS = 70000 };
    fixture f;
    fixture_start_in_turn(&f);
    direct_hold first, each, again;
    pick held;
    dubboc_status status =
        selector_direct_take(f.selector, "http://h:1/0", slice_of("m"), &first, &f.err);
    assert_status(DUBBOC_OK, status, &f.err);
    provider *used = pick_one(first.directory, "m", &held);
    for (int i = 1; i < URLS; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://h:%d/%d", 1 + i % 60000, i);
        status = selector_direct_take(f.selector, url, slice_of("m"), &each, &f.err);
        assert_status(DUBBOC_OK, status, &f.err);
        selector_direct_give_back(&each);
    }
    assert_int_equal(direct_table_count(&f.selector->directs), DIRECTS_MAX);
    assert_int_equal(map_count(f.selector->context.providers.by_identity), DIRECTS_MAX);
    assert_in_range(map_count(f.selector->context.providers.endpoints), 1, DIRECTS_MAX);
    status = selector_direct_take(f.selector, "http://h:1/0", slice_of("m"), &again, &f.err);
    assert_status(DUBBOC_OK, status, &f.err);
    assert_ptr_equal(again.directory, first.directory);
    assert_string_equal(used->info->label, "h:1/0");
    selector_direct_give_back(&again);
    pick_release(first.directory, &held, PICK_GOOD);
    selector_direct_give_back(&first);
    selector_direct_give_back(&first);
    fixture_end(&f);
}

static void the_address_used_last_is_the_last_to_go(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *kept = NULL;
    for (int i = 0; i < 3 * DIRECTS_MAX; i++) {
        direct_hold each;
        char url[64];
        snprintf(url, sizeof url, "http://h:1/%d", i);
        dubboc_status status = selector_direct_take(
            f.selector, i % 2 == 0 ? "http://kept:1" : url, slice_of("m"), &each, &f.err);
        assert_status(DUBBOC_OK, status, &f.err);
        if (i == 0)
            kept = each.directory;
        if (i % 2 == 0)
            assert_ptr_equal(each.directory, kept);
        selector_direct_give_back(&each);
    }
    fixture_end(&f);
}

typedef struct caller {
    selector *self;
    size_t number;
} caller;

/* Every other address is the same for all callers, the rest nobody else's. */
static void *call_addresses(void *arg)
{
    const caller *from = arg;
    dubboc_error err;
    for (size_t i = 0; i < DIRECTS_MAX; i++) {
        direct_hold hold;
        pick held;
        char url[64];
        snprintf(url, sizeof url, "http://h:1/%zu/%zu", i % 2 == 0 ? from->number : 0,
            i % 2 == 0 ? i : i % 100);
        dubboc_status status = selector_direct_take(from->self, url, slice_of("m"), &hold, &err);
        assert(status == DUBBOC_OK && strcmp(pick_one(hold.directory, "m", &held)->info->label,
                                          url + strlen("http://")) == 0);
        pick_release(hold.directory, &held, PICK_GOOD);
        selector_direct_give_back(&hold);
    }
    return NULL;
}

static void addresses_may_be_freed_while_threads_call_others(void **state)
{
    (void)state;
    enum { CALLERS = 6 };
    fixture f;
    pthread_t threads[CALLERS];
    caller callers[CALLERS];
    fixture_start_in_turn(&f);
    for (size_t i = 0; i < CALLERS; i++) {
        callers[i] = (caller){f.selector, i + 1};
        assert_int_equal(0, pthread_create(&threads[i], NULL, call_addresses, &callers[i]));
    }
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(direct_table_count(&f.selector->directs), DIRECTS_MAX, DIRECTS_MAX + CALLERS);
    assert_in_range(
        map_count(f.selector->context.providers.by_identity), DIRECTS_MAX, DIRECTS_MAX + CALLERS);
    fixture_end(&f);
}

/* What a url says is not kept: the next one to the same address may say something else. */
static void the_settings_of_an_address_are_those_of_each_call(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    direct_hold plain, timed, of_method, wrong;
    const dubboc_slice m = slice_of("m");
    assert_status(
        DUBBOC_OK, selector_direct_take(f.selector, "http://h:1/x", m, &plain, &f.err), &f.err);
    assert_status(DUBBOC_OK,
        selector_direct_take(f.selector, "http://h:1/x?timeout=5", m, &timed, &f.err), &f.err);
    assert_status(DUBBOC_OK,
        selector_direct_take(f.selector,
            "http://h:1/x?timeout=5&m.timeout=6&retries=3&m.idempotent=true", m, &of_method,
            &f.err),
        &f.err);
    assert_ptr_equal(timed.directory, plain.directory);
    assert_ptr_equal(of_method.directory, plain.directory);
    assert_false(plain.has_settings);
    assert_int_equal(timed.timeout_ms, 5);
    assert_int_equal(timed.retries, -1);
    assert_int_equal(plain.idempotent, -1);
    assert_int_equal(timed.idempotent, -1);
    assert_int_equal(of_method.timeout_ms, 6);
    assert_int_equal(of_method.retries, 3);
    assert_int_equal(of_method.idempotent, 1);
    assert_status(DUBBOC_E_ARGUMENT,
        selector_direct_take(f.selector, "http://h:99999/x?timeout=5", m, &wrong, &f.err), &f.err);
    assert_contains(f.err.text, "http://h:99999/x?timeout=5: ");
    assert_status(DUBBOC_E_ARGUMENT,
        selector_direct_take(f.selector, "http://u:secret@h:99999/x?timeout=5", m, &wrong, &f.err),
        &f.err);
    assert_null(strstr(f.err.text, "secret"));
    selector_direct_give_back(&wrong);
    selector_direct_give_back(&plain);
    selector_direct_give_back(&timed);
    selector_direct_give_back(&of_method);
    fixture_end(&f);
}

/* Nodes of other makes may leave the port out, and may hold a user and a password (wire.md P28,
 * P55). */
static void a_node_is_called_where_it_says_without_its_user_information(void **state)
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

static void a_fixed_address_that_is_none_is_refused(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *found = NULL;
    static const char *const wrong[] = {"ftp://h:1/x", "file:///etc/passwd", "dubbo://h:1/x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_not_equal(DUBBOC_OK, selector_fixed(f.selector, wrong[i], &found, &f.err));
    assert_status(
        DUBBOC_E_ARGUMENT, selector_fixed(f.selector, "127.0.0.1:80", &found, &f.err), &f.err);
    assert_contains(f.err.text, "127.0.0.1:80: no ://");
    assert_null(found);
    fixture_end(&f);
}

static void an_at_sign_in_the_path_of_a_fixed_address_is_a_part_of_it(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"http://h:80/@api/rpc", "h:80", "/@api/rpc"},
        {"http://h:80/a@b", "h:80", "/a@b"},
        {"http://h/a@b?timeout=5", "h:80", "/a@b"},
        {"http://h:80/a/me@example.com/x:y", "h:80", "/a/me@example.com/x:y"},
        {"http://h:80/a@b:c/d", "h:80", "/a@b:c/d"},
        {"http://u:p@h:80/@api/rpc", "h:80", "/@api/rpc"},
        {"https://[::1]:443/@api", "[::1]:443", "/@api"},
        {"http://u:p%2Fq%40r@h:80/a%40b:1", "h:80", "/a%40b:1"},
    };
    fixture f;
    fixture_start_in_turn(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        directory *found = NULL;
        pick held;
        assert_status(DUBBOC_OK, selector_fixed(f.selector, cases[i][0], &found, &f.err), &f.err);
        const provider *one = pick_one(found, "m", &held);
        assert_string_equal(one->info->address, cases[i][1]);
        assert_string_equal(one->info->path, cases[i][2]);
        pick_release(found, &held, PICK_GOOD);
    }
    fixture_end(&f);
}

/* A password that was not escaped may read as a port and a path. */
static void an_at_sign_that_may_end_a_password_is_refused_without_showing_it(void **state)
{
    (void)state;
    static const char *const wrong[] = {"http://user:12/34Zq@h:80/x",
        "http://user:12/34Zq@[::1]:80/x", "http://user:12/Zq@h:1/34@h/x", "http://user/34Zq@h:80",
        "http://us/er:Zq@h/x", "http://user:pa/Zq@h/", "http://user:12/Zq@34@h:80/",
        "jsonrpc://user:12/Zq@h:80?timeout=5"};
    fixture f;
    fixture_start_in_turn(&f);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        directory *found = NULL;
        assert_status(
            DUBBOC_E_ARGUMENT, selector_fixed(f.selector, wrong[i], &found, &f.err), &f.err);
        assert_contains(f.err.text, "%40");
        assert_null(strstr(f.err.text, "Zq"));
    }
    fixture_end(&f);
}

static void what_may_be_a_password_is_not_in_the_name_of_a_provider(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *found = NULL;
    assert_status(
        DUBBOC_OK, selector_fixed(f.selector, "http://user:12/34@h/x", &found, &f.err), &f.err);
    assert_string_equal(pick_label(found, NULL, PICK_GOOD), "user:12/********@h/x");
    assert_status(
        DUBBOC_OK, selector_fixed(f.selector, "http://h:80/@api/x", &found, &f.err), &f.err);
    assert_string_equal(pick_label(found, NULL, PICK_GOOD), "h:80/@api/x");
    fixture_end(&f);
}

static void names_the_policies_there_are(void **state)
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

static void of_a_leftover_and_a_new_node_the_later_one_counts(void **state)
{
    (void)state;
    fixture f;
    /* Go writes seconds, Java milliseconds (wire.md P19) */
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
    for (int i = 0; i < 4; i++) /* two of each, in turn */
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

static void says_once_what_holds_for_many_nodes(void **state)
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

static void explains_twenty_reasons_in_the_line_and_all_to_a_visitor(void **state)
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

static void a_list_in_any_order_is_the_same_list(void **state)
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
        /* shuffled, but for every third one */
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

/* --- no memory --- */

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

/* Fails when an ordinary allocation in its place would. */
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    void *instead = malloc(1);
    if (instead == NULL)
        return NULL;
    free(instead);
    return __real_aligned_alloc(alignment, size);
}

static void a_list_for_which_there_was_no_memory_is_read_again(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    alloc_fail_at(1);
    registry_has(&f, LIST(A));
    alloc_fail_at(0);
    assert_status(DUBBOC_E_REGISTRY, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    registry_has(&f, LIST(A));
    alloc_fail_at(2);
    registry_has(&f, LIST(B, C));
    alloc_fail_at(0);
    assert_int_equal(1, directory_count(of));
    clock_go_on(READ_AGAIN_MS);
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_refreshes(f.source));
    fixture_end(&f);
}

static void use_all(fixture *f, selector *self, directory *of, dubboc_status *status)
{
    char line[512];
    unsigned counts[2] = {0, 0};
    directory *fixed = NULL;
    const char *const first[] = {A "&weight=3&echo.timeout=5", B "&weight=2", "broken",
        "dubbo://10.0.0.9:1/x"},
                      *const second[] = {C, A};
    fake_registry_push(f->source, SERVICE, first, 4);
    fake_registry_push(f->source, SERVICE, second, 2);
    assert_in_range(directory_count(of), 0, 2);
    pick_label(of, NULL, PICK_FAILED);
    directory_explain(of, line, sizeof line, count_visit, counts);
    *status = selector_fixed(self, "http://127.0.0.1:1/x", &fixed, &f->err);
    if (*status != DUBBOC_OK)
        return;
    assert_int_equal(1, directory_count(fixed));
    direct_hold hold;
    *status =
        selector_direct_take(self, "http://127.0.0.1:1/y?timeout=5", slice_of("m"), &hold, &f->err);
    selector_direct_give_back(&hold);
}

static void whole_life(void *arg, bool must_work)
{
    fixture *f = arg;
    selector *made = NULL;
    directory *of = NULL;
    const url_wanted wanted = {.interface = slice_of(SERVICE), .version = slice_of("")};
    dubboc_status status = selector_new(&f->settings, f->source, f->http, &made, &f->err);
    if (status == DUBBOC_OK)
        status = selector_directory(made, &wanted, &of, &f->err);
    if (status == DUBBOC_OK)
        status = subscribe_now(made, of, &f->err);
    if (status == DUBBOC_OK)
        use_all(f, made, of, &status);
    if (must_work)
        assert_int_equal(2, directory_count(of));
    assert_status(
        must_work || status == DUBBOC_OK ? DUBBOC_OK : DUBBOC_E_NO_MEMORY, status, &f->err);
    selector_free(made);
}

/* As a registry passes names on that it cannot decode. */
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
    assert_contains(line, "jsonrpc%3A%2F%2Fh%zz: wrong escape %zz at byte 17");
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
    int locked; /* during how many of them the directory was locked */
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

/* A program's receiver may call, and a failing call asks the directory why. */
static void says_nothing_under_a_lock(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    told t = {.of = directory_of(&f, SERVICE)};
    selector_do_round(f.selector); /* its first is over then, so that nobody else takes the lock */
    dubboc_log_set(look_whether_locked, &t, DUBBOC_LOG_DEBUG);
    registry_has(&f, LIST(A, "broken", "dubbo://10.0.0.9:1/" SERVICE)); /* two left out, a change */
    registry_has(&f, NOTHING);                                          /* the grace begins */
    clock_go_on(f.settings.empty_grace_ms + 1);
    selector_do_round(f.selector); /* and ends: the list stayed empty, a change */
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_int_equal(6, t.count);
    assert_int_equal(0, t.locked);
    fixture_end(&f);
}

static void an_empty_list_without_memory_for_it_is_not_tried_all_the_time(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with(&f, LIST(A));
    registry_has(&f, NOTHING);
    clock_go_on(f.settings.empty_grace_ms + 1);
    alloc_fail_at(1);
    selector_do_round(f.selector);
    bool was_hit = alloc_fail_was_hit();
    alloc_fail_at(0);
    assert_true(was_hit);
    assert_int_equal(1, directory_count(of));
    mutex_lock(&of->lock);
    assert_true(of->empty_at_ns > clock_now_ns());
    mutex_unlock(&of->lock);
    clock_go_on(READ_AGAIN_MS);
    selector_do_round(f.selector);
    assert_int_equal(0, directory_count(of));
    fixture_end(&f);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    char *folder = test_folder_new();
    f.settings.snapshot_dir = folder;
    assert_in_range(alloc_fail_each(whole_life, &f), 50, 1000);
    test_folder_remove(folder);
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
    visits all = {.at_most = 4}, first = {.at_most = 1}, none = {.at_most = 4};
    directory *of = fixture_start_with(
        &f, LIST("jsonrpc://host:80/a?interface=" SERVICE, "jsonrpc://host:80/b?interface=" SERVICE,
                "jsonrpc://host:80/c?interface=" SERVICE, B));
    assert_true(directory_each_candidate(of, &request, visit_endpoint, &all));
    assert_string_equal("10.0.0.2:80 host:80 ", all.hosts);
    assert_false(directory_each_candidate(of, &request, visit_endpoint, &first));
    assert_int_equal(1, first.count);
    directory *empty = directory_of(&f, "com.example.Other");
    assert_true(directory_each_candidate(empty, &request, visit_endpoint, &none));
    assert_int_equal(0, none.count);
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
        cmocka_unit_test(finds_the_same_directory_for_the_same_wish),
        cmocka_unit_test(a_failed_subscription_ends_the_wait_and_the_next_call_tries_again),
        cmocka_unit_test(making_a_directory_does_not_wait_for_the_registry),
        cmocka_unit_test(without_a_registry_only_fixed_addresses_work),
        cmocka_unit_test(a_fixed_address_is_taken_as_it_is_written),
        cmocka_unit_test(a_fixed_address_that_is_none_is_refused),
        cmocka_unit_test(an_at_sign_in_the_path_of_a_fixed_address_is_a_part_of_it),
        cmocka_unit_test(an_at_sign_that_may_end_a_password_is_refused_without_showing_it),
        cmocka_unit_test(what_may_be_a_password_is_not_in_the_name_of_a_provider),
        cmocka_unit_test(a_node_is_called_where_it_says_without_its_user_information),
        cmocka_unit_test(addresses_of_calls_are_kept_as_long_as_they_are_used),
        cmocka_unit_test(the_address_used_last_is_the_last_to_go),
        cmocka_unit_test(addresses_may_be_freed_while_threads_call_others),
        cmocka_unit_test(the_settings_of_an_address_are_those_of_each_call),
        cmocka_unit_test(names_the_policies_there_are),
        cmocka_unit_test(a_changed_list_keeps_the_providers_that_stay),
        cmocka_unit_test(services_on_one_address_share_its_connections),
        cmocka_unit_test(one_service_under_two_schemes_is_one_provider),
        cmocka_unit_test(of_a_leftover_and_a_new_node_the_later_one_counts),
        cmocka_unit_test(bad_nodes_are_left_out_and_the_good_ones_used),
        cmocka_unit_test(a_weight_of_zero_beside_others_is_never_picked),
        cmocka_unit_test(says_once_what_holds_for_many_nodes),
        cmocka_unit_test(explains_twenty_reasons_in_the_line_and_all_to_a_visitor),
        cmocka_unit_test(a_node_may_have_time_outs_and_retries_of_its_own),
        cmocka_unit_test(a_node_may_say_which_methods_may_run_twice),
        cmocka_unit_test(a_list_in_any_order_is_the_same_list),
        cmocka_unit_test(lists_of_every_order_become_the_same_snapshot),
        cmocka_unit_test(a_list_for_which_there_was_no_memory_is_read_again),
        cmocka_unit_test(a_name_with_a_wrong_escape_is_left_out_for_that_reason),
        cmocka_unit_test(says_nothing_under_a_lock),
        cmocka_unit_test(an_empty_list_without_memory_for_it_is_not_tried_all_the_time),
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(each_endpoint_of_a_candidate_is_visited_once),
        cmocka_unit_test(a_provider_is_picked_by_its_endpoint_while_it_is_in_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
