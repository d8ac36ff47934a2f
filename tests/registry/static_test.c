/* Properties of the static registry only: its address. Properties of all registries are tested in
 * contract_static_test.c. */
#include "tests/support/test.h"

#include <pthread.h>

#include "base/slice.h"
#include "base/thread.h"
#include "registry/registry.h"
#include "registry/registry_ops.h"

static registry *opened(const char *address)
{
    registry *self = NULL;
    dubboc_error err;
    registry_settings settings = {.address = address};
    assert_status(DUBBOC_OK, registry_open(&settings, &self, &err), &err);
    return self;
}

static void refuses(const char *address, const char *reason)
{
    registry *self = NULL;
    dubboc_error err;
    registry_settings settings = {.address = address};
    assert_status(DUBBOC_E_ARGUMENT, registry_open(&settings, &self, &err), &err);
    assert_contains(err.text, reason);
}

static void lists(
    const char *address, const char *interface, registry_category category, const char *joined)
{
    registry *self = opened(address);
    registry_list urls;
    dubboc_error err;
    char text[1000] = "";
    assert_status(DUBBOC_OK, registry_lookup(self, interface, category, 0, &urls, &err), &err);
    for (size_t i = 0; i < urls.count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, urls.items[i]);
    }
    assert_string_equal(text, joined);
    registry_list_free(&urls);
    registry_free(self);
}

static void separates_urls_by_commas_and_blanks_but_not_within_values(void **state)
{
    (void)state;
    lists("static:jsonrpc://b:1/i?methods=x,y,jsonrpc://a:2/i", "i", REGISTRY_PROVIDERS,
        "jsonrpc://a:2/i jsonrpc://b:1/i?methods=x,y");
    lists("static: jsonrpc://a:1/i\tjsonrpc://b:1/i?m=1, ,jsonrpc://c:1/i,\n", "i",
        REGISTRY_PROVIDERS, "jsonrpc://a:1/i jsonrpc://b:1/i?m=1 jsonrpc://c:1/i");
    lists("static:jsonrpc://a:1/i,jsonrpc://a:1/i", "i", REGISTRY_PROVIDERS, "jsonrpc://a:1/i");
    lists("static:", "i", REGISTRY_PROVIDERS, "");
}

static void sorts_urls_by_interface_and_category(void **state)
{
    (void)state;
    static const char address[] =
        "static:jsonrpc://a:1/i,jsonrpc://b:1/x?interface=i&category=provider,jsonrpc://c:1/j,"
        "consumer://d/i?category=consumers,override://0.0.0.0/i?category=configurators";
    lists(address, "i", REGISTRY_PROVIDERS,
        "jsonrpc://a:1/i jsonrpc://b:1/x?interface=i&category=provider");
    lists(address, "i", REGISTRY_CONSUMERS, "consumer://d/i?category=consumers");
    lists(address, "i", REGISTRY_CONFIGURATORS, "override://0.0.0.0/i?category=configurators");
    lists(address, "i", REGISTRY_ROUTERS, "");
    lists(address, "j", REGISTRY_PROVIDERS, "jsonrpc://c:1/j");
    lists(address, "k", REGISTRY_PROVIDERS, "");
}

static void refuses_a_list_with_a_broken_url(void **state)
{
    (void)state;
    refuses("static:jsonrpc://a:1/i,jsonrpc://b:70000/i",
        "\"jsonrpc://b:70000/i\": port 70000 is over 65535");
    refuses("static:a:1", "\"a:1\": no ://, expected jsonrpc://HOST:PORT/INTERFACE");
}

static void names_the_known_schemes_when_the_scheme_is_unknown(void **state)
{
    (void)state;
    refuses("nacos://h:8848",
        "unknown kind of registry \"nacos\", expected zookeeper:, file: or static:");
    refuses("", "empty");
    refuses("  ", "empty");
}

static void shows_its_address_without_passwords(void **state)
{
    (void)state;
    registry *self = opened("static:jsonrpc://u:p@a:1/i,jsonrpc://v:q@b:1/i?x=1@2");
    assert_string_equal(
        registry_address(self), "static:jsonrpc://********@a:1/i,jsonrpc://********@b:1/i?x=1@2");
    registry_free(self);
}

static void the_static_registry_keeps_no_data(void **state)
{
    (void)state;
    registry *self = opened("static:");
    registry_subscription *subscription;
    dubboc_error err;
    assert_status(DUBBOC_E_UNSUPPORTED,
        registry_watch_data(self, "config/dubbo/x", NULL, NULL, &subscription, &err), &err);
    registry_free(self);
}

static void *thread_name(void *name)
{
    pthread_getname_np(pthread_self(), name, 16);
    return NULL;
}

static void a_thread_has_its_name_when_its_function_begins(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        char name[16] = "";
        pthread_t thread;
        assert_int_equal(
            DUBBOC_OK, thread_start(&thread, thread_name, name, "dubboc-static", NULL));
        assert_int_equal(0, pthread_join(thread, NULL));
        assert_string_equal("dubboc-static", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separates_urls_by_commas_and_blanks_but_not_within_values),
        cmocka_unit_test(sorts_urls_by_interface_and_category),
        cmocka_unit_test(refuses_a_list_with_a_broken_url),
        cmocka_unit_test(names_the_known_schemes_when_the_scheme_is_unknown),
        cmocka_unit_test(shows_its_address_without_passwords),
        cmocka_unit_test(the_static_registry_keeps_no_data),
        cmocka_unit_test(a_thread_has_its_name_when_its_function_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
