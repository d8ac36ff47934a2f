/* Providers that a call addresses directly with a URL instead of the registry: which URLs are
 * valid, what an error text shows of them, and how long their directories are kept. */
#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include <assert.h>
#include <pthread.h>

#include "base/clock.h"

static void only_direct_addresses_work_without_a_registry(void **state)
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

static void a_direct_address_is_used_as_written(void **state)
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

static void a_wrong_direct_address_is_refused(void **state)
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

static void an_at_sign_in_the_path_belongs_to_the_path(void **state)
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

/* If a password is not escaped, a part of it may look like a port and a path. */
static void an_unescaped_password_is_refused_and_not_shown(void **state)
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

static void the_label_of_a_provider_masks_what_may_be_a_password(void **state)
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

/* A program may use a new address for each call, so the number of addresses that are kept is
 * limited. */
static void unused_direct_addresses_are_dropped_above_the_maximum(void **state)
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

static void a_recently_used_direct_address_is_kept(void **state)
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

/* Calls many addresses: every other call uses an address of this thread only, the others use
 * addresses that all threads share. */
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

static void threads_may_call_while_other_direct_addresses_are_dropped(void **state)
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

/* The settings in a URL are not stored with its address, because the next URL of the same address
 * may have other settings. */
static void the_settings_in_a_direct_url_hold_for_its_call_only(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_direct_addresses_work_without_a_registry),
        cmocka_unit_test(a_direct_address_is_used_as_written),
        cmocka_unit_test(a_wrong_direct_address_is_refused),
        cmocka_unit_test(an_at_sign_in_the_path_belongs_to_the_path),
        cmocka_unit_test(an_unescaped_password_is_refused_and_not_shown),
        cmocka_unit_test(the_label_of_a_provider_masks_what_may_be_a_password),
        cmocka_unit_test(unused_direct_addresses_are_dropped_above_the_maximum),
        cmocka_unit_test(a_recently_used_direct_address_is_kept),
        cmocka_unit_test(threads_may_call_while_other_direct_addresses_are_dropped),
        cmocka_unit_test(the_settings_in_a_direct_url_hold_for_its_call_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
