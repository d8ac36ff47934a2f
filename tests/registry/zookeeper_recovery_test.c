/* The ZooKeeper registry recovers from all failures of sessions and servers. */
#include "tests/registry/server_fixture.h"

#include "registry/zookeeper/zookeeper_registry.h"

#include "tests/support/tcp_relay.h"

/* The session time-out for tests in which a session must survive a restart of the server. The
 * server needs seconds to start, and while it starts it may accept a connection and never answer it
 * (3.8 fails while it closes a connection that comes before its database is loaded). The client
 * library gives up such a connection after two thirds of the session time-out, which must be well
 * within LIMIT_MS. */
#define RESTART_SESSION_MS 15000

static void a_node_deleted_by_hand_comes_back(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(shared_zookeeper));
    registry *self = open_at(address, 200);
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_delete(client, NODE);
    seen seen_node = {client, self, 0};
    wait_until(node_is_ours, &seen_node);
    zookeeper_client_free(client);
    registry_free(self);
}

static void an_expired_session_is_replaced_by_one_with_the_same_nodes_and_watches(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    subscribe_at(self, &seen_nodes);
    wait_for_count(&seen_nodes, 1);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    seen seen_node = {client, self, 0};
    for (int round = 0; round < 3; round++) {
        int64_t id;
        char password[16];
        wait_until(is_registered, registration);
        assert_true(zookeeper_registry_session(self, &id, password));
        int64_t since_ns = clock_now_ns();
        zookeeper_client_expire(zookeeper_server_address(shared_zookeeper), id, password);
        seen_node.former = id;
        wait_until(node_is_ours, &seen_node);
        print_message(
            "# registered again %lld ms after the expiry began\n", (long long)elapsed_ms(since_ns));
    }
    zookeeper_client_create(client, DIRECTORY "/other", "", true);
    wait_for_count(&seen_nodes, 2);
    zookeeper_client_free(client);
    registry_free(self);
}

static void a_server_restart_within_the_session_time_out_keeps_nodes_and_watches(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    char address[64];
    snprintf(address, sizeof address, "zookeeper://%s?session=%d",
        zookeeper_server_address(shared_zookeeper), RESTART_SESSION_MS);
    registry *self = open_at(address, 0);
    registry_registration *registration = register_at(self, URL);
    subscribe_at(self, &seen_nodes);
    wait_until(is_registered, registration);
    wait_for_count(&seen_nodes, 1);
    int64_t before = session_of(self);
    zookeeper_server_kill(shared_zookeeper);
    wait_until(is_disconnected, self);
    zookeeper_server_start(shared_zookeeper);
    wait_until(is_connected, self);
    assert_true(registry_is_registered(registration));
    assert_true(session_of(self) == before);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, DIRECTORY "/other", "", true);
    wait_for_count(&seen_nodes, 2);
    zookeeper_client_free(client);
    registry_free(self);
}

/* The server measures the session's time-out, so the test has to wait for real time to pass. */
static bool session_is_over_since(void *down_ns)
{
    return elapsed_ms(*(int64_t *)down_ns) >= 2 * SESSION_MS;
}

static void a_node_is_created_again_after_a_server_restart_beyond_the_session_time_out(void **state)
{
    (void)state;
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    int64_t down_ns = clock_now_ns();
    zookeeper_server_kill(shared_zookeeper);
    wait_until(is_disconnected, self);
    wait_until(session_is_over_since, &down_ns);
    zookeeper_server_start(shared_zookeeper);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    seen seen_node = {client, self, 0};
    wait_until(node_is_ours, &seen_node);
    wait_until(is_registered, registration);
    zookeeper_client_free(client);
    registry_free(self);
}

/* The client library needs two thirds of the session's time-out to notice the missing answer. There
 * is no further loss. */
static void a_handshake_that_is_never_answered_keeps_the_session_and_its_nodes(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    tcp_relay *relay = tcp_relay_new(zookeeper_server_port(shared_zookeeper));
    char address[64];
    snprintf(
        address, sizeof address, "zookeeper://127.0.0.1:%d?session=6000", tcp_relay_port(relay));
    registry *self = open_at(address, 0);
    registry_registration *kept = register_at(self, URL "&kept=1");
    registry_registration *ending = register_at(self, URL);
    subscribe_at(self, &seen_nodes);
    wait_until(is_registered, kept);
    wait_until(is_registered, ending);
    wait_for_count(&seen_nodes, 2);
    int64_t before = session_of(self);
    int64_t since_ns = clock_now_ns();
    tcp_relay_cut(relay, 1);
    wait_until(is_disconnected, self);
    registry_unregister(self, ending, 100);
    wait_for_count(&seen_nodes, 1);
    int64_t took_ms = elapsed_ms(since_ns);
    print_message("# unregistered %lld ms after the connection was lost\n", (long long)took_ms);
    assert_true(took_ms >= 3900 && took_ms < 10000);
    assert_true(registry_is_registered(kept));
    assert_true(session_of(self) == before);
    registry_free(self);
    tcp_relay_free(relay);
}

/* libraries.md Z3: the client library itself would reconnect for ever and report nothing. */
static void a_registry_recovers_after_the_server_has_lost_its_data(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    for (int i = 0; i < 20; i++) {
        zookeeper_client_create(client, "/push-the-zxid-up", "", false);
        zookeeper_client_delete(client, "/push-the-zxid-up");
    }
    zookeeper_client_free(client);
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    subscribe_at(self, &seen_nodes);
    wait_for_count(&seen_nodes, 1);
    zookeeper_server_kill(shared_zookeeper);
    zookeeper_server_wipe(shared_zookeeper);
    wait_until(is_disconnected, self);
    zookeeper_server_start(shared_zookeeper);
    int64_t up_ns = clock_now_ns();
    client = zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    seen seen_node = {client, self, 0};
    wait_until(node_is_ours, &seen_node);
    wait_until(is_registered, registration);
    print_message(
        "# registered again %lld ms after the wiped server was up\n", (long long)elapsed_ms(up_ns));
    assert_true(elapsed_ms(up_ns) < 3 * SESSION_MS + 1000);
    zookeeper_client_create(client, DIRECTORY "/other", "", true);
    wait_for_count(&seen_nodes, 2);
    zookeeper_client_free(client);
    registry_free(self);
}

static void a_server_that_starts_late_is_found(void **state)
{
    (void)state;
    watched seen_nodes = WATCHED;
    zookeeper_server_kill(shared_zookeeper);
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    subscribe_at(self, &seen_nodes);
    registry_list list;
    dubboc_error err;
    int64_t since_ns = clock_now_ns();
    assert_status(DUBBOC_E_REGISTRY,
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(300), &list, &err),
        &err);
    assert_contains(err.text, "not connected");
    assert_true(elapsed_ms(since_ns) >= 300 && elapsed_ms(since_ns) < 1000);
    assert_false(registry_is_connected(self));
    assert_int_equal(0, seen_nodes.calls);
    zookeeper_server_start(shared_zookeeper);
    wait_until(is_registered, registration);
    wait_for_count(&seen_nodes, 1);
    registry_free(self);
}

static void unregistering_from_an_absent_server_returns_in_time_and_deletes_later(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof address, "zookeeper://%s?session=%d",
        zookeeper_server_address(shared_zookeeper), RESTART_SESSION_MS);
    registry *self = open_at(address, 0);
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    zookeeper_server_kill(shared_zookeeper);
    wait_until(is_disconnected, self);
    int64_t since_ns = clock_now_ns();
    registry_unregister(self, registration, 200);
    assert_true(elapsed_ms(since_ns) < 1000);
    zookeeper_server_start(shared_zookeeper);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    seen seen_node = {client, self, 0};
    wait_until(node_is_gone, &seen_node);
    zookeeper_client_free(client);
    registry_free(self);
}

static void a_silent_server_delays_no_caller(void **state)
{
    (void)state;
    registry *self = open_registry();
    wait_until(is_registered, register_at(self, URL));
    zookeeper_server_pause(shared_zookeeper);
    registry_list list;
    dubboc_error err;
    int64_t since_ns = clock_now_ns();
    assert_status(DUBBOC_E_REGISTRY,
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(200), &list, &err),
        &err);
    assert_true(elapsed_ms(since_ns) < 1000);
    registry *another = open_registry();
    assert_freed_in_time(another);
    assert_freed_in_time(self);
    zookeeper_server_resume(shared_zookeeper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_deleted_by_hand_comes_back),
        cmocka_unit_test(an_expired_session_is_replaced_by_one_with_the_same_nodes_and_watches),
        cmocka_unit_test(a_server_restart_within_the_session_time_out_keeps_nodes_and_watches),
        cmocka_unit_test(a_handshake_that_is_never_answered_keeps_the_session_and_its_nodes),
        cmocka_unit_test(
            a_node_is_created_again_after_a_server_restart_beyond_the_session_time_out),
        cmocka_unit_test(a_registry_recovers_after_the_server_has_lost_its_data),
        cmocka_unit_test(a_server_that_starts_late_is_found),
        cmocka_unit_test(unregistering_from_an_absent_server_returns_in_time_and_deletes_later),
        cmocka_unit_test(a_silent_server_delays_no_caller),
    };
    return cmocka_run_group_tests(tests, shared_zookeeper_start, shared_zookeeper_free);
}
