/* Nodes that are registered together are created and deleted in one transaction. Uses a real
 * server. */
#include "tests/registry/server_fixture.h"

#define TOGETHER 40
#define TOGETHER_DIRECTORY "/dubbo/com.together.S%zu/providers"

static void check_one_change_of_all(zookeeper_client *client, int count)
{
    int64_t first = 0;
    for (size_t i = 0; i < TOGETHER / 2; i++) {
        char path[64];
        snprintf(path, sizeof path, TOGETHER_DIRECTORY, i);
        assert_int_equal(count, zookeeper_client_count(client, path));
        int64_t change = zookeeper_client_last_change(client, path);
        first = i == 0 ? change : first;
        assert_true(change == first);
    }
}

/* Registers two nodes in each of several directories, like a server with two schemes. */
static void nodes_registered_together_come_and_go_in_one_transaction(void **state)
{
    (void)state;
    registry *self = open_registry();
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    registry_registration *made[TOGETHER];
    registry_wanted wanted[TOGETHER];
    char interfaces[TOGETHER][32], urls[TOGETHER][64];
    dubboc_error err;
    for (size_t i = 0; i < TOGETHER; i++) {
        snprintf(interfaces[i], sizeof interfaces[i], "com.together.S%zu", i / 2);
        snprintf(urls[i], sizeof urls[i], "%s://10.0.0.1:8080/%s", i % 2 == 0 ? "jsonrpc" : "http",
            interfaces[i]);
        wanted[i] = (registry_wanted){interfaces[i], REGISTRY_PROVIDERS, urls[i]};
    }
    for (int round = 0; round < 2; round++) { /* first without the directories, then with them */
        assert_status(DUBBOC_OK, registry_register_all(self, wanted, TOGETHER, made, &err), &err);
        for (size_t i = 0; i < TOGETHER; i++)
            assert_true(test_wait_for(is_registered, made[i], LIMIT_MS));
        check_one_change_of_all(client, 2);
        registry_unregister_all(self, made, TOGETHER, LIMIT_MS);
        check_one_change_of_all(client, 0);
    }
    zookeeper_client_free(client);
    registry_free(self);
}

/* If the nodes do not fit into one transaction, several are sent, each within the limits of the
 * server. */
static void more_nodes_than_one_transaction_holds_are_registered(void **state)
{
    (void)state;
    enum { MANY = 300, LONG = 10000 };
    static char urls[MANY][LONG + 100];
    static registry_wanted wanted[MANY];
    static registry_registration *made[MANY];
    registry *self = open_registry();
    dubboc_error err;
    for (size_t i = 0; i < MANY; i++) {
        int len =
            snprintf(urls[i], sizeof urls[i], "jsonrpc://10.0.0.1:%zu/com.together.Long?x=", i + 1);
        memset(urls[i] + len, 'x', LONG);
        wanted[i] = (registry_wanted){"com.together.Long", REGISTRY_PROVIDERS, urls[i]};
    }
    assert_status(DUBBOC_OK, registry_register_all(self, wanted, 60, made, &err), &err);
    for (size_t i = 0; i < 60; i++)
        assert_true(test_wait_for(is_registered, made[i], LIMIT_MS));
    registry_unregister_all(self, made, 60, LIMIT_MS);
    for (size_t i = 0; i < MANY; i++)
        urls[i][50] = '\0';
    assert_status(DUBBOC_OK, registry_register_all(self, wanted, MANY, made, &err), &err);
    for (size_t i = 0; i < MANY; i++)
        assert_true(test_wait_for(is_registered, made[i], LIMIT_MS));
    registry_unregister_all(self, made, MANY, LIMIT_MS);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    assert_int_equal(0, zookeeper_client_count(client, "/dubbo/com.together.Long/providers"));
    zookeeper_client_free(client);
    registry_free(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_registered_together_come_and_go_in_one_transaction),
        cmocka_unit_test(more_nodes_than_one_transaction_holds_are_registered),
    };
    return cmocka_run_group_tests(tests, shared_zookeeper_start, shared_zookeeper_free);
}
