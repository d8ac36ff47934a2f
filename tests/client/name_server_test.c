/* A client whose registry address contains host names, while the name server does not answer. */
#include "tests/support/test.h"

#include <pthread.h>

#include "client/reference.h"
#include "tests/support/names.h"

#define REGISTRY "zookeeper://slow1.invalid:2181,slow2.invalid:2181,slow3.invalid:2181"
#define LIMIT_MS 20000

static dubboc_client *client_with(bool registers)
{
    dubboc_config *config = NULL;
    dubboc_client *client = NULL;
    dubboc_error err = {0};
    const char *value = registers ? "true" : "false";
    assert_status(DUBBOC_OK, dubboc_config_load(NULL, &config, &err), &err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "client", "register", value, &err), &err);
    const dubboc_client_options options = {
        .size = sizeof options, .config = config, .registry = REGISTRY};
    names_let_go(false);
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    dubboc_config_free(config);
    return client;
}

static void client_end(dubboc_client *client)
{
    /* lets getaddrinfo() return, because a thread of the ZooKeeper library is blocked in it */
    names_let_go(true);
    dubboc_client_free(client);
}

static void call_in_vain(dubboc_client *client, const char *interface)
{
    dubboc_error err = {0};
    const dubboc_call_options options = {.size = sizeof options, .timeout_ms = 20};
    assert_status(DUBBOC_E_REGISTRY,
        dubboc_call_with(client, interface, "m", NULL, &options, NULL, &err), &err);
}

static void making_a_client_asks_no_name_server_for_the_own_address(void **state)
{
    (void)state;
    for (int registers = 0; registers < 2; registers++) {
        int before = names_asked_for_own_address();
        dubboc_client *client = client_with(registers != 0);
        assert_int_equal(before, names_asked_for_own_address());
        client_end(client);
    }
}

static void a_client_that_does_not_register_asks_no_name_server(void **state)
{
    (void)state;
    int before = names_asked_for_own_address();
    dubboc_client *client = client_with(false);
    call_in_vain(client, "a.S");
    assert_int_equal(before, names_asked_for_own_address());
    client_end(client);
}

typedef struct node_wanted {
    dubboc_client *client;
    const char *interface;
} node_wanted;

static bool has_consumer_node(void *arg)
{
    const node_wanted *wanted = arg;
    reference *found;
    dubboc_error err;
    if (reference_find(wanted->client, wanted->interface, &found, &err) != DUBBOC_OK)
        return false;
    mutex_lock(&wanted->client->lock);
    bool has_node = found->consumer_node != NULL;
    mutex_unlock(&wanted->client->lock);
    return has_node;
}

/* The first two nodes wait for the same search for the own address. The third node is registered at
 * once, because the address is known by then. */
static void consumer_nodes_are_registered_when_the_own_address_is_known(void **state)
{
    (void)state;
    static const char *const interfaces[] = {"a.S", "b.S", "c.S"};
    int before = names_asked_for_own_address();
    dubboc_client *client = client_with(true);
    call_in_vain(client, interfaces[0]);
    call_in_vain(client, interfaces[1]);
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        node_wanted wanted = {client, interfaces[i]};
        assert_true(test_wait_for(has_consumer_node, &wanted, LIMIT_MS));
    }
    assert_int_equal(before + 1, names_asked_for_own_address());
    client_end(client);
}

static void a_client_may_be_freed_while_it_looks_for_its_address(void **state)
{
    (void)state;
    dubboc_client *client = client_with(true);
    call_in_vain(client, "a.S");
    client_end(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_a_client_asks_no_name_server_for_the_own_address),
        cmocka_unit_test(a_client_that_does_not_register_asks_no_name_server),
        cmocka_unit_test(consumer_nodes_are_registered_when_the_own_address_is_known),
        cmocka_unit_test(a_client_may_be_freed_while_it_looks_for_its_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
