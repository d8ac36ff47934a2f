/* How a directory changes with time: refreshes, grace periods, waiting, providers that were
 * removed, and the snapshot file. */
#include "tests/selector/fixture.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/error.h"

/* --- time --- */

static void a_list_is_read_again_after_its_ttl_and_kept_until_the_answer_comes(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with(&f, LIST(A));
    clock_go_on(269 * 1000); /* a refresh is due after at least 270 s (TTL 300 s minus a tenth) */
    selector_do_round(f.selector);
    assert_int_equal(0, fake_registry_refreshes(f.source));
    clock_go_on(62 * 1000);
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_refreshes(f.source));
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_refreshes(f.source));
    clock_go_on(331 * 1000);
    selector_do_round(f.selector);
    assert_int_equal(2, fake_registry_refreshes(f.source));
    /* the provider stays, because the refresh got no answer */
    assert_int_equal(1, directory_count(of));
    fixture_end(&f);
}

static void an_empty_list_takes_effect_only_after_the_grace(void **state)
{
    (void)state;
    fixture f;
    char line[1024];
    directory *of = fixture_start_with(&f, LIST(A));
    registry_has(&f, NOTHING);
    assert_int_equal(1, directory_count(of));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "but now its list is empty");
    clock_go_on(29 * 1000);
    registry_has(&f, NOTHING); /* a second empty list does not prolong the grace period */
    selector_do_round(f.selector);
    assert_int_equal(1, directory_count(of));
    clock_go_on(1001);
    selector_do_round(f.selector);
    assert_int_equal(0, directory_count(of));
    assert_string_equal("none", pick_label(of, NULL, PICK_GOOD));
    fixture_end(&f);
}

static void a_list_that_comes_back_ends_the_grace(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with(&f, LIST(A));
    registry_has(&f, NOTHING);
    clock_go_on(20 * 1000);
    registry_has(&f, LIST(A));
    clock_go_on(20 * 1000);
    selector_do_round(f.selector);
    assert_int_equal(1, directory_count(of));
    registry_has(&f, NOTHING); /* starts a new grace period */
    clock_go_on(20 * 1000);
    selector_do_round(f.selector);
    assert_int_equal(1, directory_count(of));
    fixture_end(&f);
}

static void a_list_without_usable_nodes_takes_effect_at_once(void **state)
{
    (void)state;
    fixture f;
    directory *of = fixture_start_with(&f, LIST(A));
    registry_has(&f, LIST(A "&disabled=true"));
    assert_int_equal(0, directory_count(of));
    fixture_end(&f);
}

static void providers_that_are_gone_are_freed_when_no_call_holds_them(void **state)
{
    (void)state;
    fixture f;
    pick held;
    directory *of = fixture_start_with(&f, LIST(A));
    pick_one(of, "echo", &held);
    registry_has(&f, LIST(B));
    clock_go_on(PROVIDER_KEEP_MS);
    selector_do_round(f.selector);
    assert_int_equal(2, map_count(f.selector->context.providers.by_identity));
    assert_string_equal(A_LABEL, held.provider->info->label);
    pick_release(of, &held, PICK_GOOD);
    selector_do_round(f.selector);
    assert_int_equal(1, map_count(f.selector->context.providers.by_identity));
    assert_int_equal(1, map_count(f.selector->context.providers.endpoints));
    assert_int_equal(0, f.selector->context.providers.unused);
    fixture_end(&f);
}

static void a_provider_that_comes_back_at_once_keeps_its_state(void **state)
{
    (void)state;
    fixture f;
    pick held;
    directory *of = fixture_start_with(&f, LIST(A));
    provider *before = pick_one(of, "echo", &held);
    pick_release(of, &held, PICK_FAILED);
    registry_has(&f, LIST(B));
    clock_go_on(PROVIDER_KEEP_MS / 2);
    selector_do_round(f.selector);
    registry_has(&f, LIST(A));
    assert_ptr_equal(before, pick_one(of, "echo", &held));
    assert_int_equal(1, atomic_load(&before->health.failures));
    pick_release(of, &held, PICK_GOOD);
    fixture_end(&f);
}

/* --- waiting --- */

static void waiting_ends_at_the_deadline_and_reports_the_state_of_the_registry(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    directory *of = directory_of(&f, SERVICE);
    assert_status(DUBBOC_E_REGISTRY, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    assert_contains(f.err.text, SERVICE);
    assert_contains(f.err.text, "fake://there is connected, but has not answered");
    fake_registry_set_connected(f.source, false);
    assert_status(DUBBOC_E_REGISTRY, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    assert_contains(f.err.text, "cannot be reached");
    registry_has(&f, NOTHING); /* an empty list is an answer too */
    assert_status(DUBBOC_OK, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    fixture_end(&f);
}

typedef struct waiting_thread {
    directory *of;
    dubboc_status status;
} waiting_thread;

static void *wait_for_ever(void *arg)
{
    waiting_thread *self = arg;
    self->status = directory_wait_ready(self->of, DEADLINE_NEVER, NULL);
    return NULL;
}

static void waiting_ends_with_the_first_list_or_a_failure(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    for (int fails = 0; fails < 2; fails++) {
        fake_registry_fail_subscribe(f.source, fails);
        waiting_thread self = {.of = directory_of(&f, fails ? "com.example.Other" : SERVICE)};
        pthread_t thread;
        assert_int_equal(0, pthread_create(&thread, NULL, wait_for_ever, &self));
        if (!fails)
            registry_has(&f, LIST(A));
        pthread_join(thread, NULL);
        assert_status(fails ? DUBBOC_E_NO_MEMORY : DUBBOC_OK, self.status, NULL);
    }
    fixture_end(&f);
}

/* What happens in the middle of directory_wait_begin(). After a failed subscription that function
 * queues the waiter, and then reads the clock to find when the next attempt is due; this function
 * is called from that reading of the clock. Used on this thread only. */
static _Thread_local void (*in_the_middle)(directory *of);
static _Thread_local directory *middle_of;

static int64_t clock_that_interrupts(void)
{
    void (*happens)(directory *) = in_the_middle;
    in_the_middle = NULL;
    if (happens != NULL)
        happens(middle_of);
    return 1000 * NS_PER_S;
}

static void becomes_ready(directory *of)
{
    readiness_set_ready(&of->ready);
}

static void fails_again(directory *of)
{
    dubboc_error why;
    error_set(&why, DUBBOC_E_SYSTEM, "no descriptor");
    readiness_set_failed(&of->ready, &why);
}

static void wake_nobody(waiter *of)
{
    (void)of;
}

static readiness_state begin_interrupted(
    directory *of, void (*happens)(directory *of), readiness_wait *wait, waiter *nobody)
{
    middle_of = of;
    in_the_middle = happens;
    clock_set_source(clock_that_interrupts);
    readiness_state state = directory_wait_begin(of, wait, nobody);
    assert_null(in_the_middle); /* the interruption has happened */
    return state;
}

static void a_directory_that_becomes_ready_while_a_waiter_joins_does_not_block_it(void **state)
{
    (void)state;
    fixture f;
    waiter nobody = {.wake = wake_nobody};
    readiness_wait wait = {.failures = 0};
    fixture_start_in_turn(&f);
    fake_registry_fail_subscribe(f.source, true);
    directory *of = directory_of(&f, SERVICE);
    fake_registry_hold_subscribe(f.source); /* what the waiter asks for does not happen meanwhile */
    assert_int_equal(READINESS_READY, begin_interrupted(of, becomes_ready, &wait, &nobody));
    assert_false(wait.entry.is_queued);
    assert_null(of->ready.waiters.first);
    fake_registry_let_subscribe(f.source);
    fixture_end(&f);
}

static void a_failed_subscription_is_reported_to_a_waiter_that_joins_meanwhile(void **state)
{
    (void)state;
    fixture f;
    waiter nobody = {.wake = wake_nobody};
    readiness_wait wait = {.failures = 0};
    fixture_start_in_turn(&f);
    fake_registry_fail_subscribe(f.source, true);
    directory *of = directory_of(&f, SERVICE);
    fake_registry_hold_subscribe(f.source); /* what the waiter asks for does not happen meanwhile */
    assert_int_equal(READINESS_PENDING, begin_interrupted(of, fails_again, &wait, &nobody));
    assert_int_equal(READINESS_FAILED, directory_look(of, &wait, &f.err));
    assert_contains(f.err.text, "no descriptor");
    directory_wait_end(of, &wait);
    fake_registry_let_subscribe(f.source);
    fixture_end(&f);
}

/* --- the snapshot file --- */

static void start_with_folder(fixture *f, const char *folder)
{
    selector_settings settings = usual_settings();
    settings.snapshot_dir = folder;
    fixture_start(f, &settings);
}

static void starts_from_the_snapshot_file_while_the_registry_is_away(void **state)
{
    (void)state;
    fixture f;
    char line[1024];
    char *folder = test_folder_new();
    start_with_folder(&f, folder);
    directory_of(&f, SERVICE);
    registry_has(&f, LIST(A, B, "dubbo://10.0.0.9:1/" SERVICE));
    fixture_end(&f); /* saves the list if it is not saved yet */

    start_with_folder(&f, folder);
    fake_registry_set_connected(f.source, false);
    directory *of = directory_of(&f, SERVICE);
    assert_status(DUBBOC_OK, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    assert_int_equal(2, directory_count(of));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "3 nodes seen in the snapshot file");
    registry_has(&f, LIST(B)); /* the first list from the registry replaces the one from the file */
    assert_int_equal(1, directory_count(of));
    directory_explain(of, line, sizeof line, NULL, NULL);
    assert_contains(line, "1 node seen at fake://there");
    fixture_end(&f);
    test_folder_remove(folder);
}

/* The directory is ready, so no call waits for it, and no call triggers another attempt to
 * subscribe. */
static void a_directory_that_started_from_the_file_subscribes_until_it_succeeds(void **state)
{
    (void)state;
    fixture f;
    char *folder = test_folder_new();
    start_with_folder(&f, folder);
    directory_of(&f, SERVICE);
    registry_has(&f, LIST(A));
    fixture_end(&f);

    start_with_folder(&f, folder);
    fake_registry_fail_subscribe(f.source, true);
    directory *of = directory_of(&f, SERVICE);
    assert_status(DUBBOC_OK, directory_wait_ready(of, clock_now_ns(), &f.err), &f.err);
    fake_registry_fail_subscribe(f.source, false);
    selector_do_round(f.selector);
    assert_int_equal(0, fake_registry_subscriptions(f.source));
    clock_go_on(READ_AGAIN_MS);
    selector_do_round(f.selector);
    assert_int_equal(1, fake_registry_subscriptions(f.source));
    fixture_end(&f);
    test_folder_remove(folder);
}

static bool file_exists(const char *folder)
{
    char path[512];
    struct stat info;
    snprintf(path, sizeof path, "%s/" SERVICE ".providers", folder);
    return stat(path, &info) == 0;
}

static void a_changed_list_is_saved_after_a_delay_and_an_unchanged_list_is_not_saved(void **state)
{
    (void)state;
    fixture f;
    char *folder = test_folder_new();
    start_with_folder(&f, folder);
    directory *of = directory_of(&f, SERVICE);
    registry_has(&f, LIST(A));
    selector_do_round(f.selector);
    assert_false(file_exists(folder));
    clock_go_on(SAVE_AFTER_MS);
    selector_do_round(f.selector);
    assert_true(file_exists(folder));
    registry_has(&f, LIST(A));
    assert_false(of->is_dirty);
    fixture_end(&f);
    start_with_folder(&f, folder);
    of = directory_of(&f, SERVICE);
    registry_has(&f, LIST(A));
    assert_false(of->is_dirty);
    fixture_end(&f);
    test_folder_remove(folder);
}

static void a_snapshot_folder_that_cannot_be_used_is_reported_at_once(void **state)
{
    (void)state;
    fixture f;
    selector *made = NULL;
    fixture_start_in_turn(&f);
    f.settings.snapshot_dir = "/proc/dubboc-no-such-place";
    assert_status(
        DUBBOC_E_SYSTEM, selector_new(&f.settings, f.source, f.http, &made, &f.err), &f.err);
    assert_contains(f.err.text, "/proc/dubboc-no-such-place");
    assert_null(made);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_again_after_its_ttl_and_kept_until_the_answer_comes),
        cmocka_unit_test(an_empty_list_takes_effect_only_after_the_grace),
        cmocka_unit_test(a_list_that_comes_back_ends_the_grace),
        cmocka_unit_test(a_list_without_usable_nodes_takes_effect_at_once),
        cmocka_unit_test(providers_that_are_gone_are_freed_when_no_call_holds_them),
        cmocka_unit_test(a_provider_that_comes_back_at_once_keeps_its_state),
        cmocka_unit_test(waiting_ends_at_the_deadline_and_reports_the_state_of_the_registry),
        cmocka_unit_test(waiting_ends_with_the_first_list_or_a_failure),
        cmocka_unit_test(a_directory_that_becomes_ready_while_a_waiter_joins_does_not_block_it),
        cmocka_unit_test(a_failed_subscription_is_reported_to_a_waiter_that_joins_meanwhile),
        cmocka_unit_test(a_directory_that_started_from_the_file_subscribes_until_it_succeeds),
        cmocka_unit_test(starts_from_the_snapshot_file_while_the_registry_is_away),
        cmocka_unit_test(a_changed_list_is_saved_after_a_delay_and_an_unchanged_list_is_not_saved),
        cmocka_unit_test(a_snapshot_folder_that_cannot_be_used_is_reported_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
