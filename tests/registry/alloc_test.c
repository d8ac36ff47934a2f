/* Makes each allocation of URLs and of the registries fail in turn. The result must be
 * DUBBOC_E_NO_MEMORY, without a crash and without a leak (AddressSanitizer checks this). */
#include "tests/support/test.h"

#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "registry/url_writer.h"
#include "registry/registry.h"
#include "tests/registry/nodes.h"
#include "tests/support/alloc_fail.h"

static bool is_done(dubboc_status status, bool must_work)
{
    if (status != DUBBOC_OK && (must_work || status != DUBBOC_E_NO_MEMORY))
        fail_msg("%s", dubboc_status_name(status));
    return status == DUBBOC_OK;
}

static void read_a_node(void *arg, bool must_work)
{
    const char *node = arg;
    provider_url *url = NULL;
    dubboc_error err;
    buffer identity;
    if (!is_done(provider_url_from_node(slice_of(node), &url, &err), must_work)) {
        assert_null(url);
        return;
    }
    buffer_init(&identity, 1000);
    provider_url_identity(url, &identity);
    is_done(identity.status, must_work);
    buffer_fini(&identity);
    provider_url_free(url);
}

static void write_a_url(void *arg, bool must_work)
{
    (void)arg;
    url_writer *writer = url_writer_new("jsonrpc", "h:1", "/a b");
    if (writer == NULL) {
        assert_false(must_work);
        return;
    }
    for (int i = 0; i < 20; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02d", i);
        url_writer_add(writer, key, "a;b&c");
        url_writer_add(writer, key, "another");
        url_writer_addf(writer, "pid", "%d", i);
    }
    char *text = url_writer_text(writer);
    assert_true(text != NULL || !must_work);
    if (text != NULL)
        assert_contains(text, "jsonrpc://h:1/a%20b?k00=another&k01=another&");
    free(text);
    url_writer_free(writer);
}

static void listen(void *arg, const registry_snapshot *snapshot)
{
    (void)arg, (void)snapshot;
}

static void use_a_registry(registry *self, bool must_work)
{
    dubboc_error err;
    registry_list list;
    registry_registration *made = NULL;
    registry_subscription *heard = NULL;
    if (is_done(registry_register(self, "i", REGISTRY_PROVIDERS, "jsonrpc://h:1/i", &made, &err),
            must_work))
        assert_true(registry_is_registered(made));
    registry_registration *both[2];
    const registry_wanted wanted[] = {
        {"i", REGISTRY_PROVIDERS, "jsonrpc://h:3/i"}, {"j", REGISTRY_PROVIDERS, "jsonrpc://h:3/j"}};
    if (is_done(registry_register_all(self, wanted, 2, both, &err), must_work))
        registry_unregister_all(self, both, 2, 0);
    is_done(
        registry_subscribe(self, "i", REGISTRY_CONSUMERS, listen, NULL, &heard, &err), must_work);
    if (is_done(registry_lookup(self, "i", REGISTRY_PROVIDERS, 0, &list, &err), must_work))
        registry_list_free(&list);
    if (is_done(registry_interfaces(self, 0, &list, &err), must_work))
        registry_list_free(&list);
    registry_unregister(self, made, 0);
    registry_unsubscribe(self, heard);
}

static void open_and_use(void *arg, bool must_work)
{
    registry *self = NULL;
    dubboc_error err;
    registry_settings settings = {.address = arg};
    if (!is_done(registry_open(&settings, &self, &err), must_work))
        return;
    use_a_registry(self, must_work);
    registry_free(self);
}

static void reading_urls_survives_every_failing_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sample_nodes / sizeof sample_nodes[0]; i += 5)
        assert_true(alloc_fail_each(read_a_node, (void *)(uintptr_t)sample_nodes[i].encoded) >= 4);
}

static void writing_urls_survives_every_failing_allocation(void **state)
{
    (void)state;
    assert_true(alloc_fail_each(write_a_url, NULL) >= 40);
}

static void the_static_registry_survives_every_failing_allocation(void **state)
{
    (void)state;
    static char address[] = "static:jsonrpc://h:1/i,jsonrpc://h:2/i,jsonrpc://u:p@h:1/j";
    assert_true(alloc_fail_each(open_and_use, address) >= 10);
}

static void the_file_registry_survives_every_failing_allocation(void **state)
{
    (void)state;
    char *folder = test_folder_new(), address[300];
    snprintf(address, sizeof address, "file://%s", folder);
    assert_true(alloc_fail_each(open_and_use, address) >= 10);
    test_folder_remove(folder);
}

/* A look-up returns the complete list or an error, and never a shorter list. */
static void list_two_providers(void *arg, bool must_work)
{
    registry_list list;
    dubboc_error err;
    if (!is_done(registry_lookup(arg, "i", REGISTRY_PROVIDERS, 0, &list, &err), must_work))
        return;
    assert_int_equal(list.count, 2);
    registry_list_free(&list);
}

static void list_the_interfaces(void *arg, bool must_work)
{
    registry_list list;
    dubboc_error err;
    if (!is_done(registry_interfaces(arg, 0, &list, &err), must_work))
        return;
    assert_int_equal(list.count, 1);
    registry_list_free(&list);
}

static void a_failing_allocation_never_shortens_a_list(void **state)
{
    (void)state;
    char *folder = test_folder_new(), in_file[300];
    snprintf(in_file, sizeof in_file, "file://%s", folder);
    const char *const addresses[] = {in_file, "static:jsonrpc://h:1/i,jsonrpc://h:2/i"};
    for (size_t i = 0; i < 2; i++) {
        registry *self = NULL;
        registry_registration *made;
        dubboc_error err;
        registry_settings settings = {.address = addresses[i]};
        assert_status(DUBBOC_OK, registry_open(&settings, &self, &err), &err);
        assert_status(DUBBOC_OK,
            registry_register(self, "i", REGISTRY_PROVIDERS, "jsonrpc://h:1/i", &made, &err), &err);
        assert_status(DUBBOC_OK,
            registry_register(self, "i", REGISTRY_PROVIDERS, "jsonrpc://h:2/i", &made, &err), &err);
        assert_true(alloc_fail_each(list_two_providers, self) >= 3);
        assert_true(alloc_fail_each(list_the_interfaces, self) >= 2);
        registry_free(self);
    }
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_urls_survives_every_failing_allocation),
        cmocka_unit_test(writing_urls_survives_every_failing_allocation),
        cmocka_unit_test(the_static_registry_survives_every_failing_allocation),
        cmocka_unit_test(the_file_registry_survives_every_failing_allocation),
        cmocka_unit_test(a_failing_allocation_never_shortens_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
