/* The contract of writable registries: every registry object sees what any of them registers. */
#include "tests/registry/contract_steps.h"

static void a_registration_is_seen_by_subscribers_until_it_is_removed(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Seen",
                      url[] = "jsonrpc://10.0.0.1:1/com.contract.Seen?x=1";
    registry *provider = contract_open(), *consumer = contract_open();
    recorder *listener = recorder_subscribe(consumer, interface, REGISTRY_PROVIDERS);
    recorder_expect(listener, "");
    for (int i = 0; i < 5; i++) {
        registry_registration *made = contract_register_provider(provider, interface, url);
        recorder_expect(listener, "jsonrpc://10.0.0.1:1/com.contract.Seen?x=1\n");
        assert_true(test_wait_for(contract_is_registered, made, contract_limit_ms()));
        contract_unregister(provider, made);
        recorder_expect(listener, "");
    }
    registry_unregister(provider, NULL, 0);
    recorder_unsubscribe(consumer, listener);
    registry_free(provider);
    registry_free(consumer);
}

static void the_registering_object_sees_its_own_registration(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Self";
    registry *self = contract_open();
    registry_registration *made =
        contract_register_provider(self, interface, "jsonrpc://10.0.0.1:1/s");
    recorder *listener = recorder_subscribe(self, interface, REGISTRY_PROVIDERS);
    recorder_expect(listener, "jsonrpc://10.0.0.1:1/s\n");
    contract_unregister(self, made);
    recorder_expect(listener, "");
    recorder_unsubscribe(self, listener);
    registry_free(self);
}

static void categories_are_kept_apart(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Apart";
    static const char *const texts[] = {
        "jsonrpc://h:1/p\n", "consumer://h/c\n", "override://0.0.0.0/o\n", "route://0.0.0.0/r\n"};
    registry *self = contract_open(), *reader = contract_open();
    registry_registration *made[4];
    for (int i = 0; i < 4; i++) {
        char url[100];
        snprintf(url, sizeof url, "%.*s", (int)strlen(texts[i]) - 1, texts[i]);
        made[i] = contract_register(self, interface, (registry_category)i, url);
    }
    for (int i = 0; i < 4; i++) {
        recorder *listener = recorder_subscribe(reader, interface, (registry_category)i);
        recorder_expect(listener, texts[i]);
        recorder_unsubscribe(reader, listener);
        char *found = contract_lookup(reader, interface, (registry_category)i);
        assert_string_equal(found, texts[i]);
        free(found);
    }
    for (int i = 0; i < 4; i++)
        contract_unregister(self, made[i]);
    registry_free(self);
    registry_free(reader);
}

/* If reading created nodes, a mistyped interface would be listed as a service afterwards. */
static void subscribing_and_looking_up_create_nothing(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Mistyped";
    registry *self = contract_open(), *provider = contract_open();
    recorder *recorders[4];
    for (int i = 0; i < 4; i++) {
        recorders[i] = recorder_subscribe(self, interface, (registry_category)i);
        recorder_expect(recorders[i], "");
    }
    registry_registration *consumer =
        contract_register(self, interface, REGISTRY_CONSUMERS, "consumer://h/c");
    registry_refresh(self, recorders[0]->subscription);
    recorder_expect_call(recorders[0], 2, "");
    free(contract_lookup(self, interface, REGISTRY_PROVIDERS));
    assert_false(registry_is_registered(consumer));
    assert_false(contract_is_listed(self, interface));
    registry_registration *made =
        contract_register_provider(provider, interface, "jsonrpc://h:1/p");
    recorder_expect(recorders[REGISTRY_PROVIDERS], "jsonrpc://h:1/p\n");
    recorder_expect(recorders[REGISTRY_CONSUMERS], "consumer://h/c\n");
    assert_true(test_wait_for(contract_is_registered, consumer, contract_limit_ms()));
    contract_unregister(self, consumer);
    recorder_expect(recorders[REGISTRY_CONSUMERS], "");
    contract_unregister(provider, made);
    for (int i = 0; i < 4; i++)
        recorder_unsubscribe(self, recorders[i]);
    registry_free(self);
    registry_free(provider);
}

static void a_url_registered_twice_is_listed_once_until_both_are_unregistered(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Twice", url[] = "jsonrpc://10.0.0.1:1/twice";
    registry *one = contract_open(), *reader = contract_open();
    recorder *listener = recorder_subscribe(reader, interface, REGISTRY_PROVIDERS);
    registry_registration *first = contract_register_provider(one, interface, url);
    registry_registration *second = contract_register_provider(one, interface, url);
    recorder_expect(listener, "jsonrpc://10.0.0.1:1/twice\n");
    assert_true(test_wait_for(contract_is_registered, first, contract_limit_ms()) &&
                test_wait_for(contract_is_registered, second, contract_limit_ms()));
    contract_unregister(one, first);
    unsigned before = recorder_calls(listener);
    registry_refresh(reader, listener->subscription);
    recorder_expect_call(listener, before + 1, "jsonrpc://10.0.0.1:1/twice\n");
    contract_unregister(one, second);
    recorder_expect(listener, "");
    recorder_unsubscribe(reader, listener);
    registry_free(one);
    registry_free(reader);
}

static void changes_during_a_call_of_the_listener_are_reported_together(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    static const char interface[] = "com.contract.Many";
    registry *provider = contract_open(), *reader = contract_open();
    registry_registration *made[COUNT];
    char urls[COUNT][64];
    const char *all[COUNT];
    recorder *listener = recorder_subscribe(reader, interface, REGISTRY_PROVIDERS);
    recorder_expect(listener, "");
    recorder_hold(listener);
    registry_refresh(reader, listener->subscription);
    assert_true(test_wait_for(recorder_is_running, listener, contract_limit_ms()));
    for (int i = 0; i < COUNT; i++) {
        snprintf(urls[i], sizeof urls[i], "jsonrpc://10.0.0.1:%d/many", 1000 + i);
        all[i] = urls[i];
        made[i] = contract_register_provider(provider, interface, urls[i]);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(test_wait_for(contract_is_registered, made[i], contract_limit_ms()));
    recorder_release(listener);
    char *text = contract_join(all, COUNT);
    recorder_expect(listener, text);
    assert_true(recorder_calls(listener) < COUNT / 2);
    free(text);
    for (int i = 0; i < COUNT; i++)
        contract_unregister(provider, made[i]);
    recorder_expect(listener, "");
    recorder_unsubscribe(reader, listener);
    registry_free(provider);
    registry_free(reader);
}

static void many_interfaces_are_kept_apart(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    registry *provider = contract_open(), *reader = contract_open();
    registry_registration *made[COUNT];
    recorder *recorders[COUNT];
    char interfaces[COUNT][64], lines[COUNT][80];
    for (int i = 0; i < COUNT; i++) {
        char url[64];
        snprintf(interfaces[i], sizeof interfaces[i], "com.contract.side.S%03d", i);
        snprintf(url, sizeof url, "jsonrpc://10.0.0.1:%d/s", 2000 + i);
        snprintf(lines[i], sizeof lines[i], "%s\n", url);
        recorders[i] = recorder_subscribe(reader, interfaces[i], REGISTRY_PROVIDERS);
        made[i] = contract_register_provider(provider, interfaces[i], url);
    }
    for (int i = 0; i < COUNT; i++) {
        recorder_expect(recorders[i], lines[i]);
        assert_true(test_wait_for(contract_is_registered, made[i], contract_limit_ms()));
    }
    for (int i = 0; i < COUNT; i += 33)
        assert_true(contract_is_listed(reader, interfaces[i]));
    for (int i = 0; i < COUNT; i++) {
        contract_unregister(provider, made[i]);
        recorder_expect(recorders[i], "");
        recorder_unsubscribe(reader, recorders[i]);
    }
    registry_free(provider);
    registry_free(reader);
}

/* Registers one URL under one interface, and checks that another registry object sees it unchanged:
 * by subscribing, looking up and listing. */
static void expect_unchanged(const char *interface, const char *url)
{
    registry *provider = contract_open(), *reader = contract_open();
    char *line = NULL;
    assert_true(asprintf(&line, "%s\n", url) > 0);
    recorder *listener = recorder_subscribe(reader, interface, REGISTRY_PROVIDERS);
    registry_registration *made = contract_register_provider(provider, interface, url);
    recorder_expect(listener, line);
    char *found = contract_lookup(reader, interface, REGISTRY_PROVIDERS);
    assert_string_equal(found, line);
    assert_true(contract_is_listed(reader, interface));
    contract_unregister(provider, made);
    recorder_expect(listener, "");
    recorder_unsubscribe(reader, listener);
    free(found);
    free(line);
    registry_free(provider);
    registry_free(reader);
}

static void long_names_and_urls_are_kept_whole(void **state)
{
    (void)state;
    char interface[201], url[3000];
    memset(interface, 'i', 200);
    interface[200] = '\0';
    expect_unchanged(interface, "jsonrpc://10.0.0.1:1/short");
    snprintf(
        url, sizeof url, "jsonrpc://10.0.0.1:1/%s?interface=%s&methods=", interface, interface);
    for (int i = 0; i < 100; i++)
        sprintf(url + strlen(url), "%smethod%d", i > 0 ? "," : "", i);
    assert_true(strlen(url) > 1000);
    expect_unchanged(interface, url);
}

static void unusual_characters_are_kept(void **state)
{
    (void)state;
    static const char *const interfaces[] = {"com.contract.Outer$Inner", "a b", "a+b", "100%",
        "a/b", "\xC3\x9C.\xE6\x97\xA5", "a?b&c=d#e;f", ".hidden"};
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++)
        expect_unchanged(interfaces[i], "jsonrpc://10.0.0.1:1/odd");
    static const char *const urls[] = {
        "jsonrpc://10.0.0.1:1/a?x=a b+c%20d%zz&y=;#'\"\\<>|`~!@^*()[]{}",
        "jsonrpc://[::1]:1/a?n=\xC3\xBC\xF0\x9F\x98\x80", "this is no URL at all",
        "jsonrpc://10.0.0.1:1/a?"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        expect_unchanged("com.contract.Odd", urls[i]);
}

typedef struct churner {
    registry *into;
    int number;
} churner;

static void *churn(void *arg)
{
    const churner *self = arg;
    char url[64];
    snprintf(url, sizeof url, "jsonrpc://10.0.0.1:%d/churn", 3000 + self->number);
    for (int i = 0; i < 25; i++) {
        registry_registration *made = NULL;
        if (registry_register(self->into, "com.contract.Churn", REGISTRY_PROVIDERS, url, &made,
                NULL) != DUBBOC_OK)
            return (void *)"register failed";
        registry_unregister(self->into, made, contract_limit_ms());
    }
    return NULL;
}

static void the_last_state_is_reported_after_changes_from_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    registry *provider = contract_open(), *reader = contract_open();
    recorder *listener = recorder_subscribe(reader, "com.contract.Churn", REGISTRY_PROVIDERS);
    pthread_t threads[THREADS];
    churner churners[THREADS];
    for (int i = 0; i < THREADS; i++) {
        churners[i] = (churner){provider, i};
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &churners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        assert_null(failure);
    }
    registry_registration *last =
        contract_register_provider(provider, "com.contract.Churn", "jsonrpc://10.0.0.1:9/last");
    recorder_expect(listener, "jsonrpc://10.0.0.1:9/last\n");
    contract_unregister(provider, last);
    recorder_expect(listener, "");
    recorder_unsubscribe(reader, listener);
    registry_free(provider);
    registry_free(reader);
}

void contract_add_register(contract_tests *to)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_is_seen_by_subscribers_until_it_is_removed),
        cmocka_unit_test(the_registering_object_sees_its_own_registration),
        cmocka_unit_test(categories_are_kept_apart),
        cmocka_unit_test(subscribing_and_looking_up_create_nothing),
        cmocka_unit_test(a_url_registered_twice_is_listed_once_until_both_are_unregistered),
        cmocka_unit_test(changes_during_a_call_of_the_listener_are_reported_together),
        cmocka_unit_test(many_interfaces_are_kept_apart),
        cmocka_unit_test(long_names_and_urls_are_kept_whole),
        cmocka_unit_test(unusual_characters_are_kept),
        cmocka_unit_test(the_last_state_is_reported_after_changes_from_many_threads),
    };
    contract_add(to, tests, sizeof tests / sizeof tests[0]);
}
