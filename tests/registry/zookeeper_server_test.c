/* The ZooKeeper registry against a real server, through everything that happens to sessions. */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "registry/registry.h"
#include "registry/zookeeper/zookeeper_registry.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/zookeeper_client.h"
#include "tests/support/zookeeper_server.h"

#define INTERFACE "com.dubboc.EchoService"
#define DIRECTORY "/dubbo/" INTERFACE "/providers"
#define URL "jsonrpc://10.0.0.1:8080/" INTERFACE "?side=provider&timestamp=1"
#define NODE                                                                                       \
    DIRECTORY "/jsonrpc%3A%2F%2F10.0.0.1%3A8080%2F" INTERFACE "%3Fside%3Dprovider%26timestamp%3D1"
#define SESSION_MS 1000
#define LIMIT_MS 20000

/* Of a session that a restart is to leave whole: the server needs seconds to start, and a server
 * that starts may accept a connection and never answer it (3.8 fails while it closes one that comes
 * before its database is there). The client library gives up such a connection after two thirds of
 * the session's time-out, which has to be well within LIMIT_MS. */
#define RESTART_SESSION_MS 15000

/* The last snapshot that a listener received. */
typedef struct watched {
    pthread_mutex_t lock;
    int calls;
    size_t count;
    char first[256];
    char data[64];
    bool has_data;
    size_t wanted;
    const char *wanted_data;
    registry *lookup_in; /* NULL: none; the listener itself looks up */
    bool has_looked_up;
} watched;

static registry *open_as(const registry_settings *settings)
{
    registry *opened;
    dubboc_error err;
    assert_status(DUBBOC_OK, registry_open(settings, &opened, &err), &err);
    return opened;
}

static registry *open_at(const char *address, int64_t self_check_ms)
{
    return open_as(&(registry_settings){
        .address = address, .timeout_ms = SESSION_MS, .self_check_ms = self_check_ms});
}

static registry *open_registry(void)
{
    char address[64];
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(shared_zookeeper));
    return open_at(address, 0);
}

static void keep_snapshot(void *arg, const registry_snapshot *snapshot)
{
    watched *self = arg;
    if (self->lookup_in != NULL) {
        registry_list list = {0};
        dubboc_error err;
        dubboc_status status = registry_lookup(self->lookup_in, snapshot->interface,
            snapshot->category, deadline_in_ms(5000), &list, &err);
        self->has_looked_up = status == DUBBOC_OK;
        registry_list_free(&list);
    }
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->count = snapshot->count;
    snprintf(self->first, sizeof self->first, "%s", snapshot->count > 0 ? snapshot->urls[0] : "");
    pthread_mutex_unlock(&self->lock);
}

static void keep_data(void *arg, const char *path, const char *data, size_t len)
{
    watched *self = arg;
    assert_string_equal("config/dubbo/rules", path);
    pthread_mutex_lock(&self->lock);
    self->calls++;
    self->has_data = data != NULL;
    snprintf(self->data, sizeof self->data, "%.*s", (int)len, data != NULL ? data : "");
    pthread_mutex_unlock(&self->lock);
}

static bool has_wanted_count(void *arg)
{
    watched *self = arg;
    pthread_mutex_lock(&self->lock);
    bool is_so = self->calls > 0 && self->count == self->wanted;
    pthread_mutex_unlock(&self->lock);
    return is_so;
}

static bool has_wanted_data(void *arg)
{
    watched *self = arg;
    pthread_mutex_lock(&self->lock);
    bool is_so =
        self->calls > 0 &&
        (self->wanted_data == NULL ? !self->has_data : strcmp(self->data, self->wanted_data) == 0);
    pthread_mutex_unlock(&self->lock);
    return is_so;
}

#define wait_for_count(w, n) wait_for_count_(w, n, __LINE__)
static void wait_for_count_(watched *self, size_t count, int line)
{
    self->wanted = count;
    if (test_wait_for(has_wanted_count, self, LIMIT_MS))
        return;
    print_error("%zu nodes seen in %d calls, expected %zu\n", self->count, self->calls, count);
    _fail(__FILE__, line);
}

static bool is_connected(void *arg)
{
    return registry_is_connected(arg);
}

static bool is_disconnected(void *arg)
{
    return !registry_is_connected(arg);
}

static bool is_registered(void *arg)
{
    return registry_is_registered(arg);
}

#define wait_until(condition, arg) assert_true(test_wait_for((condition), (arg), LIMIT_MS))

static int64_t session_of(registry *self)
{
    int64_t id = 0;
    char password[16];
    return zookeeper_registry_session(self, &id, password) ? id : 0;
}

static registry_registration *register_at(registry *self, const char *url)
{
    registry_registration *made;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, registry_register(self, INTERFACE, REGISTRY_PROVIDERS, url, &made, &err), &err);
    return made;
}

static registry_subscription *subscribe_at(registry *self, watched *into)
{
    registry_subscription *made;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(self, INTERFACE, REGISTRY_PROVIDERS, keep_snapshot, into, &made, &err),
        &err);
    return made;
}

/* Whether the node stands and belongs to this registry's present session, seen by somebody else. */
typedef struct seen {
    zookeeper_client *client;
    registry *owner;
    int64_t former; /* a session that does not count */
} seen;

static bool node_is_ours(void *arg)
{
    seen *self = arg;
    int64_t owner = 0;
    return zookeeper_client_exists(self->client, NODE, &owner) && owner != 0 &&
           owner != self->former && owner == session_of(self->owner);
}

static bool node_is_gone(void *arg)
{
    return !zookeeper_client_exists(((seen *)arg)->client, NODE, NULL);
}

static int64_t elapsed_ms(int64_t since_ns)
{
    return (clock_now_ns() - since_ns) / NS_PER_MS;
}

#define assert_freed_in_time(self) assert_freed_in_time_(self, __LINE__)
static void assert_freed_in_time_(registry *self, int line)
{
    int64_t since_ns = clock_now_ns();
    registry_free(self);
    if (elapsed_ms(since_ns) <= 2300)
        return;
    print_error("registry_free() took %lld ms\n", (long long)elapsed_ms(since_ns));
    _fail(__FILE__, line);
}

#define WATCHED                                                                                    \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* --- tests */

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

static void nodes_go_when_the_registry_is_freed(void **state)
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

static void watches_a_directory_that_does_not_exist_yet_and_does_not_make_it(void **state)
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
    /* passed on as it is: the reader says why it is skipped */
    assert_string_equal("%zz", seen_nodes.first);
    registry_unsubscribe(self, subscription);
    int calls = seen_nodes.calls;
    zookeeper_client_free(client);
    registry_free(self);
    assert_int_equal(calls, seen_nodes.calls);
}

static void a_consumer_is_written_once_somebody_offers_its_interface(void **state)
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

static void a_path_that_no_node_can_have_is_not_watched(void **state)
{
    (void)state;
    static const char *const names[] = {"", "/a", "a/", "a//b", "a/../b", "config/dubbo/a\xFF"};
    registry *self = open_registry();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        registry_subscription *made;
        dubboc_error err;
        assert_status(DUBBOC_E_ARGUMENT,
            registry_watch_data(self, names[i], keep_data, NULL, &made, &err), &err);
        assert_contains(err.text, "is no path below the root: ");
    }
    registry_free(self);
}

static void a_storm_of_refreshes_is_answered_a_few_times(void **state)
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

static void at_an_address_of_its_own_what_an_earlier_process_left_is_removed(void **state)
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

static void an_expired_session_is_replaced_with_all_that_it_had(void **state)
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

static void a_restart_within_the_session_loses_nothing(void **state)
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

static void a_restart_after_the_session_is_recovered_from(void **state)
{
    (void)state;
    registry *self = open_registry();
    registry_registration *registration = register_at(self, URL);
    wait_until(is_registered, registration);
    int64_t down_ns = clock_now_ns();
    zookeeper_server_kill(shared_zookeeper);
    wait_until(is_disconnected, self);
    while (elapsed_ms(down_ns) < 2 * SESSION_MS)
        usleep(10000); /* the session's time-out is the server's: it has to pass */
    zookeeper_server_start(shared_zookeeper);
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    seen seen_node = {client, self, 0};
    wait_until(node_is_ours, &seen_node);
    wait_until(is_registered, registration);
    zookeeper_client_free(client);
    registry_free(self);
}

/* Beside the two thirds of the session's time-out that the client library needs to see it, it costs
 * nothing. */
static void a_handshake_that_is_never_answered_loses_nothing(void **state)
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
    print_message("# taken back %lld ms after the connection was lost\n", (long long)took_ms);
    assert_true(took_ms >= 3900 && took_ms < 10000);
    assert_true(registry_is_registered(kept));
    assert_true(session_of(self) == before);
    registry_free(self);
    tcp_relay_free(relay);
}

/* traps.md Z3: the client library reconnects for ever and says nothing. */
static void a_wiped_server_is_recovered_from(void **state)
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

static void unregistering_while_the_server_is_away_ends_in_time_and_is_done_later(void **state)
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

static void a_silent_server_holds_nobody_up(void **state)
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

static void credentials_are_sent_and_open_what_they_protect(void **state)
{
    (void)state;
    zookeeper_client *owner =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), "mike:p@ss+1");
    zookeeper_client_create_private(owner, "/secret");
    char address[128];
    snprintf(address, sizeof address, "zookeeper://mike:p%%40ss+1@%s?group=secret",
        zookeeper_server_address(shared_zookeeper));
    registry *self = open_at(address, 0);
    assert_null(strstr(registry_address(self), "p%40ss"));
    wait_until(is_registered, register_at(self, URL));
    registry_free(self);
    snprintf(address, sizeof address, "zookeeper://%s?group=secret",
        zookeeper_server_address(shared_zookeeper));
    self = open_at(address, 0);
    registry_registration *refused;
    registry_list list;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_register(self, "com.other.Service", REGISTRY_PROVIDERS, URL, &refused, &err),
        &err);
    assert_status(
        DUBBOC_E_REGISTRY, registry_interfaces(self, deadline_in_ms(5000), &list, &err), &err);
    assert_contains(err.text, "not authenticated");
    assert_false(registry_is_registered(refused));
    zookeeper_client_free(owner);
    registry_free(self);
}

/* --- what answers is no ZooKeeper */

typedef struct impostor {
    int listener;
    int port;
    const char *reply;
    pthread_t thread;
} impostor;

static void *answer_wrongly(void *arg)
{
    impostor *self = arg;
    for (int fd; (fd = accept(self->listener, NULL, NULL)) >= 0; close(fd)) {
        char request[256];
        if (recv(fd, request, sizeof request, 0) > 0)
            send(fd, self->reply, strlen(self->reply), MSG_NOSIGNAL);
    }
    return NULL;
}

static void impostor_start(impostor *self, const char *reply)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    self->reply = reply;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(self->listener, (struct sockaddr *)&address, len));
    assert_int_equal(0, listen(self->listener, 16));
    getsockname(self->listener, (struct sockaddr *)&address, &len);
    self->port = ntohs(address.sin_port);
    assert_int_equal(0, pthread_create(&self->thread, NULL, answer_wrongly, self));
}

static void impostor_stop(impostor *self)
{
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
}

static void what_is_no_zookeeper_is_not_taken_for_one(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: "
        "0\r\nConnection: close\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n and then some more bytes so that it is long "
        "enough for a greeting\r\n",
        "?",
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        impostor wrong;
        impostor_start(&wrong, replies[i]);
        char address[64];
        snprintf(address, sizeof address, "zookeeper://127.0.0.1:%d", wrong.port);
        registry *self = open_at(address, 0);
        registry_registration *registration = register_at(self, URL);
        registry_list list;
        dubboc_error err;
        assert_status(DUBBOC_E_REGISTRY,
            registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(700), &list, &err),
            &err);
        assert_false(registry_is_connected(self));
        assert_false(registry_is_registered(registration));
        assert_freed_in_time(self);
        impostor_stop(&wrong);
    }
}

static void a_name_that_does_not_resolve_is_reported_and_holds_nobody_up(void **state)
{
    (void)state;
    registry *self = open_at("no-such-host.invalid:2181", 0);
    registry_list list;
    dubboc_error err;
    assert_status(DUBBOC_E_REGISTRY,
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(100), &list, &err),
        &err);
    assert_freed_in_time(self);
}

static void finds_one_provider_at(const char *address)
{
    registry_list list;
    dubboc_error err;
    registry *self = open_at(address, 0);
    dubboc_status status =
        registry_lookup(self, INTERFACE, REGISTRY_PROVIDERS, deadline_in_ms(LIMIT_MS), &list, &err);
    if (status != DUBBOC_OK)
        print_error("%s\n", address);
    assert_status(DUBBOC_OK, status, &err);
    assert_int_equal(1, list.count);
    registry_list_free(&list);
    registry_free(self);
}

/* Looking up reaches the server whichever way its IPv6 address is written. */
static void connects_to_an_ipv6_server_in_every_spelling(void **state)
{
    (void)state;
    zookeeper_server *server = zookeeper_server_new_v6();
    if (server == NULL)
        skip();
    zookeeper_server_start(server);
    zookeeper_client *client = zookeeper_client_new(zookeeper_server_address(server), NULL);
    zookeeper_client_create(client, NODE, "", false);
    char elsewhere[512];
    snprintf(elsewhere, sizeof elsewhere, "/g/h%s", &NODE[strlen("/dubbo")]);
    zookeeper_client_create(client, elsewhere, "", false);
    /* what stands before the port and behind it; nobody listens on port 1 */
    static const char *const spellings[][2] = {
        {"zookeeper://[::1]:", ""},
        {"[::1]:", ""},
        {"zookeeper://::1:", ""},
        {"zookeeper://[0:0:0:0:0:0:0:1]:", "/?group=/g/h"},
        {"zookeeper://u:p@[::1]:", "?group=g/h"},
        {"zookeeper://[::1]:", ",127.0.0.1:1,[::1]:1"},
        {"zookeeper://127.0.0.1:1,[::1]:", ""},
        {"zookeeper://127.0.0.1:1?backup=[::1]:", "&group=g/h"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char address[128];
        int port = zookeeper_server_port(server);
        snprintf(address, sizeof address, "%s%d%s", spellings[i][0], port, spellings[i][1]);
        finds_one_provider_at(address);
    }
    zookeeper_client_free(client);
    zookeeper_server_free(server);
}

static void connects_to_an_ipv4_server_by_its_mapped_address(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof address, "zookeeper://[::ffff:127.0.0.1]:%d",
        zookeeper_server_port(shared_zookeeper));
    zookeeper_client *client =
        zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    zookeeper_client_create(client, NODE, "", false);
    finds_one_provider_at(address);
    zookeeper_client_delete(client, NODE);
    zookeeper_client_free(client);
}

/* --- several together */

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

/* Two nodes in each of several directories, as a server of two schemes has. */
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
    for (int round = 0; round < 2; round++) { /* without directories at first, then with them */
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

/* More than one transaction may hold: each is still within what the server accepts. */
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
        cmocka_unit_test(registers_an_ephemeral_node_below_persistent_open_directories),
        cmocka_unit_test(nodes_go_when_the_registry_is_freed),
        cmocka_unit_test(watches_a_directory_that_does_not_exist_yet_and_does_not_make_it),
        cmocka_unit_test(a_consumer_is_written_once_somebody_offers_its_interface),
        cmocka_unit_test(a_listener_may_look_up),
        cmocka_unit_test(lists_nodes_and_interfaces),
        cmocka_unit_test(watches_the_data_of_a_node_before_and_after_it_exists),
        cmocka_unit_test(a_path_that_no_node_can_have_is_not_watched),
        cmocka_unit_test(a_storm_of_refreshes_is_answered_a_few_times),
        cmocka_unit_test(a_node_of_another_session_is_replaced),
        cmocka_unit_test(at_an_address_of_its_own_what_an_earlier_process_left_is_removed),
        cmocka_unit_test(a_node_deleted_by_hand_comes_back),
        cmocka_unit_test(an_expired_session_is_replaced_with_all_that_it_had),
        cmocka_unit_test(credentials_are_sent_and_open_what_they_protect),
        cmocka_unit_test(a_restart_within_the_session_loses_nothing),
        cmocka_unit_test(a_handshake_that_is_never_answered_loses_nothing),
        cmocka_unit_test(a_restart_after_the_session_is_recovered_from),
        cmocka_unit_test(a_wiped_server_is_recovered_from),
        cmocka_unit_test(a_server_that_starts_late_is_found),
        cmocka_unit_test(unregistering_while_the_server_is_away_ends_in_time_and_is_done_later),
        cmocka_unit_test(a_silent_server_holds_nobody_up),
        cmocka_unit_test(what_is_no_zookeeper_is_not_taken_for_one),
        cmocka_unit_test(a_name_that_does_not_resolve_is_reported_and_holds_nobody_up),
        cmocka_unit_test(connects_to_an_ipv6_server_in_every_spelling),
        cmocka_unit_test(connects_to_an_ipv4_server_by_its_mapped_address),
        cmocka_unit_test(nodes_registered_together_come_and_go_in_one_transaction),
        cmocka_unit_test(more_nodes_than_one_transaction_holds_are_registered),
    };
    return cmocka_run_group_tests(tests, shared_zookeeper_start, shared_zookeeper_free);
}
