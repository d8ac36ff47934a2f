/* The ZooKeeper registry with a real server that keeps running: what it writes to the server and
 * reads from it. */
#include "tests/registry/server_fixture.h"

static void registers_an_ephemeral_node_below_persistent_open_directories(void **state)
{
    (void)state;
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    int64_t owner = -1;
    assert_true(zookeeper_client_exists(client, NODE, &owner));
    assert_true(owner == session_of(self));
    assert_true(zookeeper_client_exists(client, DIRECTORY, &owner));
    assert_true(owner == 0);
    registry_unregister(self, registration, 5000);
    assert_false(zookeeper_client_exists(client, NODE, NULL));
    zookeeper_client_free(client);
    assert_freed_in_time(self);
}

static void nodes_are_deleted_when_the_registry_is_freed(void **state)
{
    (void)state;
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    registry *self = open_registry();
    wait_until(is_registered, register_at(self, URL));
    registry_free(self);
    assert_false(zookeeper_client_exists(client, NODE, NULL));
    zookeeper_client_free(client);
}

static void watches_a_directory_that_does_not_exist_yet_without_creating_it(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    registry *self = open_registry();
    registry_subscription *subscription;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(self, "com.new.A$B", REGISTRY_CONSUMERS, keep_snapshot, &seen_nodes,
            &subscription, &err),
        &err);
    wait_for_count(&seen_nodes, 0);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    assert_false(zookeeper_client_exists(client, "/dubbo/com.new.A%24B", NULL));
    zookeeper_client_create(
        client, "/dubbo/com.new.A%24B/consumers/consumer%3A%2F%2Fh%2Fx+y", "", true);
    wait_for_count(&seen_nodes, 1);
    assert_string_equal("consumer://h/x y", seen_nodes.first);
    zookeeper_client_create(client, "/dubbo/com.new.A%24B/consumers/%zz", "", true);
    wait_for_count(&seen_nodes, 2);
    /* passed on without decoding: the reader reports why it skips the node */
    assert_string_equal("%zz", seen_nodes.first);
    registry_unsubscribe(self, subscription);
    int calls = seen_nodes.calls;
    zookeeper_client_free(client);
    registry_free(self);
    assert_int_equal(calls, seen_nodes.calls);
}

static void a_consumer_node_is_created_once_a_provider_offers_its_interface(void **state)
{
    (void)state;
    registry *self = open_registry();
    registry_registration *consumer;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_register(
            self, "com.new.C", REGISTRY_CONSUMERS, "consumer://h/com.new.C", &consumer, &err),
        &err);
    registry_list list;
    assert_status(
        DUBBOC_OK, registry_interfaces(self, deadline_in_ms(LIMIT_MS), &list, &err), &err);
    for (size_t i = 0; i < list.count; i++)
        assert_string_not_equal("com.new.C", list.items[i]);
    registry_list_free(&list);
    assert_false(registry_is_registered(consumer));
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, "/dubbo/com.new.C", "", false);
    wait_until(is_registered, consumer);
    assert_int_equal(1, zookeeper_client_count(client, "/dubbo/com.new.C/consumers"));
    zookeeper_client_free(client);
    registry_free(self);
}

static void a_listener_may_look_up(void **state)
{
    (void)state;
    registry *self = open_registry();
    watched seen_nodes = WATCHED;
    seen_nodes.lookup_in = self;
    subscribe_at(self, &seen_nodes);
    wait_for_count(&seen_nodes, 0);
    assert_true(seen_nodes.has_looked_up);
    registry_free(self);
}

static void lists_nodes_and_interfaces(void **state)
{
    (void)state;
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, "/dubbo/config/dubbo", "", false);
    registry_list list;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(5000), &list, &err),
        &err);
    assert_int_equal(1, list.count);
    assert_string_equal(URL, list.items[0]);
    registry_list_free(&list);
    assert_status(DUBBOC_OK,
        registry_lookup(
            self, "no.such.Service", REGISTRY_PROVIDERS, deadline_in_ms(5000), &list, &err),
        &err);
    assert_int_equal(0, list.count);
    registry_list_free(&list);
    assert_status(DUBBOC_OK, registry_interfaces(self, deadline_in_ms(5000), &list, &err), &err);
    for (size_t i = 0; i < list.count; i++)
        assert_string_not_equal("config", list.items[i]);
    assert_true(list.count >= 1);
    assert_string_equal(INTERFACE, list.items[0]);
    registry_list_free(&list);
    zookeeper_client_free(client);
    registry_free(self);
}

static void watches_the_data_of_a_node_before_and_after_it_exists(void **state)
{
    (void)state;
    watched seen_data = WATCHED;
    registry *self = open_registry();
    registry_subscription *subscription;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_watch_data(self, "config/dubbo/rules", keep_data, &seen_data, &subscription, &err),
        &err);
    wait_until(has_wanted_data, &seen_data);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, "/dubbo/config/dubbo/rules", "one", false);
    seen_data.wanted_data = "one";
    wait_until(has_wanted_data, &seen_data);
    zookeeper_client_set(client, "/dubbo/config/dubbo/rules", "two");
    seen_data.wanted_data = "two";
    wait_until(has_wanted_data, &seen_data);
    zookeeper_client_delete(client, "/dubbo/config/dubbo/rules");
    seen_data.wanted_data = NULL;
    wait_until(has_wanted_data, &seen_data);
    registry_unsubscribe(self, subscription);
    zookeeper_client_free(client);
    registry_free(self);
}

static void an_invalid_path_is_not_watched(void **state)
{
    (void)state;
    static const char *const names[] = {"", "/a", "a/", "a//b", "a/../b", "config/dubbo/a\xFF"};
    registry *self = open_registry();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        registry_subscription *made;
        dubboc_error err;
        assert_status(DUBBOC_E_ARGUMENT,
            registry_watch_data(self, names[i], keep_data, NULL, &made, &err), &err);
        assert_contains(err.text, "cannot be a path below the root: ");
    }
    registry_free(self);
}

static void a_storm_of_refreshes_causes_few_readings(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    registry *self = open_registry();
    registry_subscription *subscription = subscribe_at(self, &seen_nodes);
    wait_for_count(&seen_nodes, 0);
    int64_t since_ns = clock_now_ns();
    for (int i = 0; i < 10000; i++)
        registry_refresh(self, subscription);
    int64_t readings_max = elapsed_ms(since_ns) / 50 + 4;
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, DIRECTORY "/after", "", true);
    wait_for_count(&seen_nodes, 1);
    registry_unsubscribe(self, subscription);
    assert_in_range(seen_nodes.calls, 2, readings_max);
    zookeeper_client_free(client);
    registry_free(self);
}

static void a_node_of_another_session_is_replaced(void **state)
{
    (void)state;
    zookeeper_client *former =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(former, NODE, "", true);
    registry *self = open_registry();
    seen seen_node = {former, self, 0};
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    assert_true(node_is_ours(&seen_node));
    zookeeper_client_free(former);
    registry_free(self);
}

#define NODE_AT(host, timestamp)                                                                   \
    DIRECTORY "/jsonrpc%3A%2F%2F" host "%2F" INTERFACE "%3Fside%3Dprovider%26timestamp%"           \
              "3D" timestamp

typedef struct path_at {
    zookeeper_client *client;
    const char *path;
} path_at;

static bool path_is_gone(void *arg)
{
    path_at *self = arg;
    return !zookeeper_client_exists(self->client, self->path, NULL);
}

static void leftovers_of_an_earlier_process_at_the_own_address_are_removed(void **state)
{
    (void)state;
    static const char left[] = NODE_AT("10.0.0.1%3A8080", "0"),
                      other[] = NODE_AT("10.0.0.2%3A8080", "0"),
                      by_hand[] = NODE_AT("10.0.0.1%3A8080", "7");
    char address[64];
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(shared_zookeeper));
    zookeeper_client *former =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(former, left, "", true);
    zookeeper_client_create(former, other, "", true);
    zookeeper_client_create(former, by_hand, "", false);
    registry *self = open_as(
        &(registry_settings){.address = address, .timeout_ms = SESSION_MS, .owns_addresses = true});
    seen seen_node = {former, self, 0};
    wait_until(is_registered, register_at(self, URL));
    wait_until(path_is_gone, (&(path_at){former, left}));
    assert_true(node_is_ours(&seen_node));
    registry_free(self);
    assert_true(zookeeper_client_exists(former, other, NULL));
    assert_true(zookeeper_client_exists(former, by_hand, NULL));
    zookeeper_client_delete(former, by_hand);
    zookeeper_client_free(former);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_an_ephemeral_node_below_persistent_open_directories),
        cmocka_unit_test(nodes_are_deleted_when_the_registry_is_freed),
        cmocka_unit_test(watches_a_directory_that_does_not_exist_yet_without_creating_it),
        cmocka_unit_test(a_consumer_node_is_created_once_a_provider_offers_its_interface),
        cmocka_unit_test(a_listener_may_look_up),
        cmocka_unit_test(lists_nodes_and_interfaces),
        cmocka_unit_test(watches_the_data_of_a_node_before_and_after_it_exists),
        cmocka_unit_test(an_invalid_path_is_not_watched),
        cmocka_unit_test(a_storm_of_refreshes_causes_few_readings),
        cmocka_unit_test(a_node_of_another_session_is_replaced),
        cmocka_unit_test(leftovers_of_an_earlier_process_at_the_own_address_are_removed),
    };
    return cmocka_run_group_tests(tests, shared_zookeeper_start, shared_zookeeper_free);
}
