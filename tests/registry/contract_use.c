/* The contract of all registries: opening and freeing, blocking reads, errors, and what may be
 * registered. */
#include "tests/registry/contract_steps.h"

#include "base/clock.h"
#include "base/slice.h"
#include "registry/provider_url.h"

static void lookup_finds_exactly_the_registered_nodes(void **state)
{
    (void)state;
    registry *self = contract_open();
    char *found = contract_lookup(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    assert_string_equal(found, CONTRACT_PRESENT);
    free(found);
    found = contract_lookup(self, CONTRACT_INTERFACE, REGISTRY_CONFIGURATORS);
    assert_string_equal(found, "");
    free(found);
    found = contract_lookup(self, "com.contract.Never", REGISTRY_PROVIDERS);
    assert_string_equal(found, "");
    free(found);
    registry_free(self);
}

static void interfaces_are_listed_in_order(void **state)
{
    (void)state;
    registry *self = contract_open();
    assert_true(contract_is_listed(self, CONTRACT_INTERFACE));
    assert_false(contract_is_listed(self, "com.contract.Never"));
    registry_free(self);
}

/* A caller may keep one dubboc_error and look at it after each function. */
static void success_clears_the_error(void **state)
{
    (void)state;
    registry *self = contract_open();
    dubboc_error err = {.status = DUBBOC_E_REGISTRY, .text = "of an earlier call"};
    registry_list urls;
    registry_registration *made;
    registry_subscription *heard;
    recorder *listener = recorder_new();
    assert_status(DUBBOC_OK,
        registry_lookup(self, "com.clear.A", REGISTRY_PROVIDERS,
            deadline_in_ms(contract_limit_ms()), &urls, &err),
        &err);
    registry_list_free(&urls);
    assert_int_equal(DUBBOC_OK, err.status);
    assert_string_equal("", err.text);
    err = (dubboc_error){.status = DUBBOC_E_REGISTRY, .text = "of an earlier call"};
    assert_status(DUBBOC_OK,
        registry_register(self, "com.clear.A", REGISTRY_PROVIDERS,
            "jsonrpc://10.0.0.1:1/com.clear.A", &made, &err),
        &err);
    assert_string_equal("", err.text);
    err = (dubboc_error){.status = DUBBOC_E_REGISTRY, .text = "of an earlier call"};
    assert_status(DUBBOC_OK,
        registry_subscribe(
            self, "com.clear.A", REGISTRY_PROVIDERS, recorder_listen, listener, &heard, &err),
        &err);
    assert_string_equal("", err.text);
    registry_unsubscribe(self, heard);
    registry_unregister(self, made, contract_limit_ms());
    registry_free(self);
    recorder_free(listener);
}

static void an_empty_or_too_long_url_is_refused(void **state)
{
    (void)state;
    registry *provider = contract_open();
    static char url[URL_BYTES_MAX + 2] = "jsonrpc://10.0.0.1:1/";
    memset(url + strlen(url), 'u', sizeof url - 1 - strlen(url));
    const char *const refused[] = {"", url};
    for (size_t i = 0; i < 2; i++) {
        registry_registration *made;
        dubboc_error err;
        assert_status(DUBBOC_E_ARGUMENT,
            registry_register(
                provider, "com.contract.Long", REGISTRY_PROVIDERS, refused[i], &made, &err),
            &err);
        assert_contains(err.text, " cannot be registered, expected 1 to 65536 bytes");
    }
    registry_free(provider);
}

static void several_urls_are_registered_together_or_not_at_all(void **state)
{
    (void)state;
    registry *self = contract_open();
    registry_wanted wanted[] = {
        {"com.contract.Together", REGISTRY_PROVIDERS, "jsonrpc://10.0.0.1:1/com.contract.Together"},
        {"com.contract.Together", REGISTRY_PROVIDERS, "http://10.0.0.1:1/com.contract.Together"},
        {"com.contract.Other", REGISTRY_PROVIDERS, "jsonrpc://10.0.0.1:1/com.contract.Other"},
    };
    registry_registration *made[3] = {NULL};
    dubboc_error err;
    assert_status(DUBBOC_OK, registry_register_all(self, wanted, 0, made, &err), &err);
    assert_status(DUBBOC_OK, registry_register_all(self, wanted, 3, made, &err), &err);
    for (size_t i = 0; i < 3; i++)
        assert_true(test_wait_for(contract_is_registered, made[i], contract_limit_ms()));
    registry_unregister_all(self, made, 3, contract_limit_ms());
    wanted[2].url = "";
    assert_status(DUBBOC_E_ARGUMENT, registry_register_all(self, wanted, 3, made, &err), &err);
    assert_contains(err.text, "com.contract.Other");
    char *left = contract_lookup(self, "com.contract.Together", REGISTRY_PROVIDERS);
    assert_string_equal("", left);
    free(left);
    registry_free(self);
}

static void freeing_a_registry_ends_its_registrations_and_subscriptions(void **state)
{
    (void)state;
    registry *self = contract_open(), *witness = contract_open();
    recorder *listener = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    recorder *other = recorder_subscribe(witness, "com.contract.Left", REGISTRY_PROVIDERS);
    recorder_expect(listener, CONTRACT_PRESENT);
    registry_registration *left = contract_register_provider(
        self, "com.contract.Left", "jsonrpc://10.0.0.4:1/com.contract.Left");
    if (contract_kind()->is_writable) {
        assert_true(test_wait_for(contract_is_registered, left, contract_limit_ms()));
        recorder_expect(other, "jsonrpc://10.0.0.4:1/com.contract.Left\n");
    }
    registry_free(self);
    atomic_store(&listener->is_over, true);
    recorder_expect(other, "");
    assert_int_equal(atomic_load(&listener->unwanted), 0);
    recorder_free(listener);
    recorder_unsubscribe(witness, other);
    registry_free(witness);
    registry_free(NULL);
}

static void a_registry_can_be_opened_and_closed_many_times(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        registry *self = contract_open();
        recorder *listener =
            i % 2 == 0 ? recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS) : NULL;
        registry_free(self);
        if (listener != NULL)
            recorder_free(listener);
    }
}

void contract_add_use(contract_tests *to)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookup_finds_exactly_the_registered_nodes),
        cmocka_unit_test(interfaces_are_listed_in_order),
        cmocka_unit_test(success_clears_the_error),
        cmocka_unit_test(an_empty_or_too_long_url_is_refused),
        cmocka_unit_test(several_urls_are_registered_together_or_not_at_all),
        cmocka_unit_test(freeing_a_registry_ends_its_registrations_and_subscriptions),
        cmocka_unit_test(a_registry_can_be_opened_and_closed_many_times),
    };
    contract_add(to, tests, sizeof tests / sizeof tests[0]);
}
