/* Looking up the names of hosts: by how many threads, how often, for how long. */
#include "tests/support/names.h"
#include "tests/support/test.h"

#include "base/clock.h"
#include "transport/http_client_names.h"

#define LIMIT_MS 5000

static int64_t test_ns; /* no thread of this program reads the clock while it is changed */

static int64_t test_clock(void)
{
    return test_ns;
}

typedef struct seeker {
    thread_waiter thread;
    http_client_names_wait wait;
    char text[NAMES_TEXT_SIZE];
} seeker;

static http_client_names_state seek(http_client_names *names, seeker *self, const char *host)
{
    return http_client_names_look(
        names, slice_of(host), &self->wait, &self->thread.waiter, self->text);
}

static void seeker_init(seeker *self)
{
    *self = (seeker){.text = ""};
    thread_waiter_init(&self->thread);
}

/* As a blocking caller does. */
static http_client_names_state seek_and_wait(
    http_client_names *names, seeker *self, const char *host)
{
    http_client_names_state state;
    while ((state = seek(names, self, host)) == NAMES_PENDING)
        assert_true(thread_waiter_wait(&self->thread, DEADLINE_NEVER));
    return state;
}

static bool asks(void *count)
{
    return names_waiting() == *(int *)count;
}

static void await_waiting(int count)
{
    assert_true(test_wait_for(asks, &count, LIMIT_MS));
}

static void a_known_name_has_addresses_as_curl_reads_them(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker one;
    seeker_init(&one);
    assert_int_equal(NAMES_FOUND, seek_and_wait(names, &one, "localhost"));
    assert_true(strstr(one.text, "127.0.0.1") != NULL || strstr(one.text, "[::1]") != NULL);
    assert_int_equal(NAMES_FOUND, seek(names, &one, "localhost")); /* kept */
    http_client_names_free(names);
}

static void an_unknown_name_fails_with_the_reason(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker one;
    seeker_init(&one);
    assert_int_equal(NAMES_FAILED, seek_and_wait(names, &one, "unknown.invalid"));
    assert_contains(one.text, "not known");
    http_client_names_free(names);
}

static void all_who_seek_one_name_share_one_lookup(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker all[20];
    int before = names_asked();
    names_let_go(false);
    for (int i = 0; i < 20; i++) {
        seeker_init(&all[i]);
        assert_int_equal(NAMES_PENDING, seek(names, &all[i], "slow.invalid"));
    }
    await_waiting(1);
    names_let_go(true);
    for (int i = 0; i < 20; i++)
        assert_int_equal(NAMES_FAILED, seek_and_wait(names, &all[i], "slow.invalid"));
    assert_int_equal(before + 1, names_asked());
    http_client_names_free(names);
}

static void at_most_four_lookups_run_at_once_and_the_others_follow(void **state)
{
    (void)state;
    enum { NAMES = 10 };
    http_client_names *names = http_client_names_new(10000);
    seeker all[NAMES];
    char hosts[NAMES][32];
    int before = names_asked();
    names_let_go(false);
    for (int i = 0; i < NAMES; i++) {
        seeker_init(&all[i]);
        snprintf(hosts[i], sizeof hosts[i], "slow%d.invalid", i);
        assert_int_equal(NAMES_PENDING, seek(names, &all[i], hosts[i]));
    }
    await_waiting(NAMES_THREADS);
    assert_int_equal(before + NAMES_THREADS, names_asked());
    names_let_go(true);
    for (int i = 0; i < NAMES; i++)
        assert_int_equal(NAMES_FAILED, seek_and_wait(names, &all[i], hosts[i]));
    assert_int_equal(before + NAMES, names_asked());
    http_client_names_free(names);
}

static void a_failed_lookup_is_kept_for_a_while_and_then_repeated(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker one;
    seeker_init(&one);
    test_ns = 1000 * NS_PER_S;
    clock_set_source(test_clock);
    names_let_go(true);
    int before = names_asked();
    assert_int_equal(NAMES_FAILED, seek_and_wait(names, &one, "slow.invalid"));
    test_ns += (NAMES_FAILURE_MS - 1) * NS_PER_MS;
    assert_int_equal(NAMES_FAILED, seek(names, &one, "slow.invalid"));
    assert_int_equal(before + 1, names_asked());
    test_ns += 2 * NS_PER_MS;
    assert_int_equal(NAMES_FAILED, seek_and_wait(names, &one, "slow.invalid"));
    assert_int_equal(before + 2, names_asked());
    http_client_names_free(names);
    clock_set_source(NULL);
}

static void a_caller_that_has_left_a_lookup_is_not_woken(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker leaves, stays;
    seeker_init(&leaves);
    seeker_init(&stays);
    names_let_go(false);
    assert_int_equal(NAMES_PENDING, seek(names, &leaves, "slow.invalid"));
    assert_int_equal(NAMES_PENDING, seek(names, &stays, "slow.invalid"));
    http_client_names_leave(names, &leaves.wait);
    names_let_go(true);
    assert_int_equal(NAMES_FAILED, seek_and_wait(names, &stays, "slow.invalid"));
    assert_false(atomic_load(&leaves.thread.is_woken));
    http_client_names_free(names);
}

/* The table's end waits for nothing; the thread frees it when the look-up has returned. */
static void freeing_the_table_does_not_wait_for_a_lookup_that_hangs(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker one;
    seeker_init(&one);
    names_let_go(false);
    assert_int_equal(NAMES_PENDING, seek(names, &one, "slow.invalid"));
    await_waiting(1);
    http_client_names_leave(names, &one.wait);
    http_client_names_free(names);
    names_let_go(true);
    await_waiting(0);
}

static void the_names_that_are_kept_have_a_ceiling(void **state)
{
    (void)state;
    http_client_names *names = http_client_names_new(10000);
    seeker one;
    char host[64];
    seeker_init(&one);
    for (int i = 0; i < NAMES_MAX + 10; i++) {
        snprintf(host, sizeof host, "unknown%d.invalid", i);
        assert_int_equal(NAMES_FAILED, seek_and_wait(names, &one, host));
    }
    assert_int_equal(NAMES_FAILED, seek_and_wait(names, &one, "unknown0.invalid"));
    assert_contains(one.text, "not known"); /* it has made room for others, and is sought again */
    http_client_names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_name_has_addresses_as_curl_reads_them),
        cmocka_unit_test(an_unknown_name_fails_with_the_reason),
        cmocka_unit_test(all_who_seek_one_name_share_one_lookup),
        cmocka_unit_test(at_most_four_lookups_run_at_once_and_the_others_follow),
        cmocka_unit_test(a_failed_lookup_is_kept_for_a_while_and_then_repeated),
        cmocka_unit_test(a_caller_that_has_left_a_lookup_is_not_woken),
        cmocka_unit_test(freeing_the_table_does_not_wait_for_a_lookup_that_hangs),
        cmocka_unit_test(the_names_that_are_kept_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
