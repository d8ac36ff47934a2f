/* The contract of writable registries: lost nodes are created again, and lost subscriptions are
 * restored. */
#include "tests/registry/contract_steps.h"

static void a_node_deleted_by_hand_is_written_again(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.ByHand";
    registry *provider = contract_open(), *reader = contract_open();
    registry_registration *made =
        contract_register_provider(provider, interface, "jsonrpc://10.0.0.1:1/hand");
    recorder *listener = recorder_subscribe(reader, interface, REGISTRY_PROVIDERS);
    recorder_expect(listener, "jsonrpc://10.0.0.1:1/hand\n");
    assert_true(test_wait_for(contract_is_registered, made, contract_limit_ms()));
    for (int i = 0; i < 3; i++) {
        contract_kind()->delete_by_hand(contract_kind()->store, interface);
        unsigned before = recorder_calls(listener);
        registry_refresh(reader, listener->subscription);
        recorder_expect_call(listener, before + 1, "jsonrpc://10.0.0.1:1/hand\n");
        assert_true(test_wait_for(contract_is_registered, made, contract_limit_ms()));
    }
    contract_unregister(provider, made);
    recorder_expect(listener, "");
    recorder_unsubscribe(reader, listener);
    registry_free(provider);
    registry_free(reader);
}

static void registrations_and_subscriptions_survive_the_end_of_the_sessions(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Disturbed";
    registry *provider = contract_open(), *reader = contract_open();
    registry_registration *made =
        contract_register_provider(provider, interface, "jsonrpc://10.0.0.1:1/dist");
    recorder *listener = recorder_subscribe(reader, interface, REGISTRY_PROVIDERS);
    recorder_expect(listener, "jsonrpc://10.0.0.1:1/dist\n");
    contract_kind()->disturb(contract_kind()->store);
    assert_true(test_wait_for(contract_is_registered, made, contract_limit_ms()));
    recorder_expect(listener, "jsonrpc://10.0.0.1:1/dist\n");
    registry_registration *late =
        contract_register_provider(provider, interface, "jsonrpc://10.0.0.2:1/dist");
    recorder_expect(listener, "jsonrpc://10.0.0.1:1/dist\njsonrpc://10.0.0.2:1/dist\n");
    contract_unregister(provider, late);
    contract_unregister(provider, made);
    recorder_expect(listener, "");
    recorder_unsubscribe(reader, listener);
    registry_free(provider);
    registry_free(reader);
}

void contract_add_recover(contract_tests *to)
{
    const struct CMUnitTest by_hand = cmocka_unit_test(a_node_deleted_by_hand_is_written_again);
    const struct CMUnitTest disturbed =
        cmocka_unit_test(registrations_and_subscriptions_survive_the_end_of_the_sessions);
    if (contract_kind()->delete_by_hand != NULL)
        contract_add(to, &by_hand, 1);
    if (contract_kind()->disturb != NULL)
        contract_add(to, &disturbed, 1);
}
