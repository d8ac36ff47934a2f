/* Tests directories and their lists when an allocation fails. */
#include "tests/selector/fixture.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/test.h"

#include "base/clock.h"

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

/* Fails if malloc() would fail, so that failures of malloc() also hit aligned allocations. */
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    void *instead = malloc(1);
    if (instead == NULL)
        return NULL;
    free(instead);
    return __real_aligned_alloc(alignment, size);
}

static void a_list_is_read_again_after_an_allocation_failed(void **state)
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

static void emptying_a_list_is_retried_later_when_an_allocation_failed(void **state)
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

static void visit_node(void *arg, const char *url, const char *reason)
{
    (void)arg, (void)url, (void)reason;
}

static void use_selector(fixture *f, selector *self, directory *of, dubboc_status *status)
{
    char line[512];
    directory *fixed = NULL;
    const char *const first[] = {A "&weight=3&echo.timeout=5", B "&weight=2", "broken",
        "dubbo://10.0.0.9:1/x"},
                      *const second[] = {C, A};
    fake_registry_push(f->source, SERVICE, first, 4);
    fake_registry_push(f->source, SERVICE, second, 2);
    assert_in_range(directory_count(of), 0, 2);
    pick_label(of, NULL, PICK_FAILED);
    directory_explain(of, line, sizeof line, visit_node, NULL);
    *status = selector_fixed(self, "http://127.0.0.1:1/x", &fixed, &f->err);
    if (*status != DUBBOC_OK)
        return;
    assert_int_equal(1, directory_count(fixed));
    direct_hold hold;
    *status =
        selector_direct_take(self, "http://127.0.0.1:1/y?timeout=5", slice_of("m"), &hold, &f->err);
    selector_direct_give_back(&hold);
}

static void make_and_use_selector(void *arg, bool must_work)
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
        use_selector(f, made, of, &status);
    if (must_work)
        assert_int_equal(2, directory_count(of));
    assert_status(
        must_work || status == DUBBOC_OK ? DUBBOC_OK : DUBBOC_E_NO_MEMORY, status, &f->err);
    selector_free(made);
}

static void every_allocation_of_a_selector_may_fail(void **state)
{
    (void)state;
    fixture f;
    fixture_start_in_turn(&f);
    char *folder = test_folder_new();
    f.settings.snapshot_dir = folder;
    assert_in_range(alloc_fail_each(make_and_use_selector, &f), 50, 1000);
    test_folder_remove(folder);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_again_after_an_allocation_failed),
        cmocka_unit_test(emptying_a_list_is_retried_later_when_an_allocation_failed),
        cmocka_unit_test(every_allocation_of_a_selector_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
