/* What an administrator can change in a running consumer: overrides in the registry and rules in
 * the config centre, as dubbo-admin writes them, with a real ZooKeeper. Also the consumer's node,
 * which dubbo-admin displays. */
#include "tests/support/test.h"

#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"
#include "registry/registry.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/zookeeper_client.h"
#include "tests/support/zookeeper_server.h"

#define SERVICE "x.Y"
/* The time in which a change must take effect. A sanitizer makes everything slower. */
#define WITHIN_MS (getenv("SANITIZER") == NULL ? 1000 : 10000)
#define START_MS 20000

/* A consumer, and two providers in ZooKeeper on closed ports. The tests look at the explanation of
 * a call, because no call can succeed. */
typedef struct world {
    zookeeper_client *admin;
    dubboc_config *config;
    dubboc_client *client;
    char *folder;
    const char *wanted; /* text in the explanation of a call */
    bool is_absent;     /* true: the text must be absent */
    char seen[4096];
    dubboc_error err;
} world;

static void create_url(zookeeper_client *admin, const char *interface, const char *category,
    const char *url, char *path, size_t size)
{
    buffer name;
    buffer_init(&name, 65536);
    url_encode(&name, slice_of(url));
    snprintf(path, size, "/dubbo/%s/%s/%s", interface, category, buffer_text(&name));
    buffer_fini(&name);
    zookeeper_client_create(admin, path, "127.0.0.1", false);
}

/* Starts the world. settings are lines of the configuration. */
static void begin(world *self, const char *settings)
{
    char path[1024], address[64];
    *self = (world){.folder = test_folder_new()};
    self->admin = zookeeper_client_new(zookeeper_server_address(shared_zookeeper), NULL);
    create_url(self->admin, SERVICE, "providers",
        "jsonrpc://127.0.0.1:1/" SERVICE "?interface=" SERVICE, path, sizeof path);
    create_url(self->admin, SERVICE, "providers",
        "jsonrpc://127.0.0.1:2/" SERVICE "?interface=" SERVICE, path, sizeof path);
    snprintf(path, sizeof path, "%s/x.ini", self->folder);
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(shared_zookeeper));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "[application]\nname = shop\n[registry]\naddress = %s\n%s\n", address, settings);
    fclose(file);
    assert_status(DUBBOC_OK, dubboc_config_load(path, &self->config, &self->err), &self->err);
    const dubboc_client_options options = {.size = sizeof options, .config = self->config};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &self->err), &self->err);
}

static void end(world *self)
{
    dubboc_client_free(self->client);
    dubboc_config_free(self->config);
    zookeeper_client_delete_children(self->admin, "/dubbo/" SERVICE "/providers");
    zookeeper_client_free(self->admin);
    test_folder_remove(self->folder);
}

static void note(void *arg, const char *line)
{
    world *self = arg;
    size_t len = strlen(self->seen);
    snprintf(self->seen + len, sizeof self->seen - len, "%s\n", line);
}

/* Makes a call, which fails because both ports are closed, and looks for the wanted text in its
 * explanation and error. */
static bool is_seen(void *arg)
{
    world *self = arg;
    dubboc_text result = {0};
    const dubboc_slice params = {"[]", 2};
    const dubboc_call_options options = {
        .size = sizeof options, .explain = note, .explain_arg = self, .timeout_ms = 5000};
    self->seen[0] = '\0';
    assert_int_not_equal(DUBBOC_OK,
        dubboc_call_raw(self->client, SERVICE, "m", params, &options, &result, &self->err));
    note(self, self->err.text);
    return (strstr(self->seen, self->wanted) != NULL) != self->is_absent;
}

static void comes_within(world *self, const char *wanted, int limit_ms)
{
    self->wanted = wanted;
    self->is_absent = false;
    if (!test_wait_for(is_seen, self, limit_ms))
        fail_msg("\"%s\" did not come within %d ms; at the end: %s", wanted, limit_ms, self->seen);
}

static void goes_within(world *self, const char *wanted, int limit_ms)
{
    self->wanted = wanted;
    self->is_absent = true;
    if (!test_wait_for(is_seen, self, limit_ms))
        fail_msg("\"%s\" did not go within %d ms; at the end: %s", wanted, limit_ms, self->seen);
}

static void an_override_takes_effect_within_a_second_and_is_undone(void **state)
{
    (void)state;
    world w;
    char one[1024], other[1024];
    begin(&w, "");
    comes_within(&w, "candidate: jsonrpc://127.0.0.1:1/", START_MS);
    create_url(w.admin, SERVICE, "configurators",
        "override://127.0.0.1:1/" SERVICE
        "?category=configurators&disabled=true&dynamic=false&enabled=true",
        one, sizeof one);
    goes_within(&w, "candidate: jsonrpc://127.0.0.1:1/", WITHIN_MS);
    create_url(w.admin, SERVICE, "configurators",
        "override://127.0.0.1:2/" SERVICE
        "?category=configurators&disabled=true&dynamic=false&enabled=true",
        other, sizeof other);
    comes_within(&w, "127.0.0.1:2/x.Y: disabled by override 127.0.0.1:2", WITHIN_MS);
    zookeeper_client_delete(w.admin, other);
    zookeeper_client_delete(w.admin, one);
    comes_within(&w, "attempt 2:", WITHIN_MS);
    end(&w);
}

static void a_rule_of_the_config_centre_takes_effect_within_a_second_and_is_undone(void **state)
{
    (void)state;
    const char *path = "/dubbo/config/dubbo/" SERVICE "::.configurators",
               *all_off = "configVersion: v2.7\nscope: service\nkey: " SERVICE
                          "\nenabled: true\nconfigs:\n"
                          "- addresses: [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n  enabled: true\n  "
                          "side: provider\n  parameters:\n   "
                          " disabled: true\n";
    world w;
    begin(&w, "");
    comes_within(&w, "candidate: jsonrpc://127.0.0.1:1/", START_MS);
    zookeeper_client_create(w.admin, path, all_off, false);
    comes_within(&w, "127.0.0.1:1/x.Y: disabled by the service's rule 127.0.0.1:1", WITHIN_MS);
    zookeeper_client_set(w.admin, path, "configs: [");
    zookeeper_client_create(w.admin, "/dubbo/config/dubbo/shop.configurators",
        "scope: application\nkey: shop\nconfigs: [{side: consumer, parameters: {timeout: 77}}]",
        false);
    /* two from the former rule, because the malformed one is ignored, and one from
     * the application */
    comes_within(&w, "3 configurators", WITHIN_MS + 1000);
    zookeeper_client_delete(w.admin, path);
    comes_within(&w, "attempt 2:", WITHIN_MS);
    zookeeper_client_delete(w.admin, "/dubbo/config/dubbo/shop.configurators");
    end(&w);
}

/* Checks that the last request has a Timeout header of at most limit_ms. */
static void has_said_timeout(scripted_peer *peer, long long limit_ms)
{
    char *request = scripted_peer_last_request(peer);
    assert_non_null(request);
    const char *header = strstr(request, "\r\nTimeout: ");
    assert_non_null(header);
    assert_in_range(strtoll(header + strlen("\r\nTimeout: "), NULL, 10), 1, limit_ms * NS_PER_MS);
    free(request);
}

/* wire.md 5.5: an override is stronger than the consumer's own section. The option of the call is
 * stronger than both. */
static void an_overridden_timeout_wins_over_that_of_the_reference(void **state)
{
    (void)state;
    const peer_script silent = {{PEER_READ, PEER_WAIT}};
    scripted_peer *peer = scripted_peer_new(&silent, 1);
    char address[512];
    dubboc_client *client = NULL;
    dubboc_error err;
    dubboc_text result = {0};
    const dubboc_slice params = {"[]", 2};
    snprintf(address, sizeof address,
        "static:jsonrpc://127.0.0.1:%d/" SERVICE ",override://0.0.0.0/" SERVICE
        "?category=configurators&m.timeout=200",
        scripted_peer_port(peer));
    setenv("DUBBOC_REFERENCE_X_Y_TIMEOUT", "1h", 1);
    const dubboc_client_options options = {.size = sizeof options, .registry = address};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    int64_t begun_ns = clock_now_ns();
    assert_status(
        DUBBOC_E_TIMEOUT, dubboc_call_raw(client, SERVICE, "m", params, NULL, &result, &err), &err);
    assert_in_range((clock_now_ns() - begun_ns) / NS_PER_MS, 199, 10000);
    has_said_timeout(peer, 200);
    const dubboc_call_options own = {.size = sizeof own, .timeout_ms = 100};
    assert_status(
        DUBBOC_E_TIMEOUT, dubboc_call_raw(client, SERVICE, "m", params, &own, &result, &err), &err);
    has_said_timeout(peer, 100);
    unsetenv("DUBBOC_REFERENCE_X_Y_TIMEOUT");
    dubboc_client_free(client);
    scripted_peer_free(peer);
}

static void a_service_offered_at_application_level_only_is_reported_as_such(void **state)
{
    (void)state;
    world w;
    begin(&w, "");
    zookeeper_client_delete_children(w.admin, "/dubbo/" SERVICE "/providers");
    zookeeper_client_create(w.admin, "/dubbo/mapping/" SERVICE, "demo-provider,other", false);
    comes_within(&w, "offered at application level only, by demo-provider,other", START_MS);
    zookeeper_client_delete(w.admin, "/dubbo/mapping/" SERVICE);
    goes_within(&w, "application level", START_MS);
    end(&w);
}

/* --- the consumer's own node --- */

typedef struct consumers {
    registry *source;
    registry_list urls;
} consumers;

static bool has_consumer(void *arg)
{
    consumers *self = arg;
    dubboc_error err;
    registry_list_free(&self->urls);
    return registry_lookup(self->source, SERVICE, REGISTRY_CONSUMERS, deadline_in_ms(5000),
               &self->urls, &err) == DUBBOC_OK &&
           self->urls.count > 0;
}

static bool has_no_consumer(void *arg)
{
    return !has_consumer(arg);
}

static void look(consumers *self)
{
    static char address[64];
    dubboc_error err;
    snprintf(address, sizeof address, "zookeeper://%s", zookeeper_server_address(shared_zookeeper));
    const registry_settings settings = {.address = address, .timeout_ms = 5000};
    *self = (consumers){0};
    assert_status(DUBBOC_OK, registry_open(&settings, &self->source, &err), &err);
}

static void is_param(const provider_url *url, const char *key, const char *value)
{
    if (!slice_is(provider_url_find(url, key), value))
        fail_msg("%s is \"%.*s\" in %s, expected \"%s\"", key,
            SLICE_ARGS(provider_url_find(url, key)), url->text, value);
}

/* The node has the form of wire.md 5.4 and 9.2 N16. */
static void a_consumer_registers_itself_as_a_java_consumer_does(void **state)
{
    (void)state;
    world w;
    consumers seen;
    provider_url *url = NULL;
    begin(&w, "[reference " SERVICE "]\ngroup = g1\nversion = 1.0\n");
    comes_within(&w, "group none, wanted g1", START_MS);
    look(&seen);
    assert_true(test_wait_for(has_consumer, &seen, START_MS));
    assert_int_equal(1, seen.urls.count);
    assert_status(
        DUBBOC_OK, provider_url_from_text(slice_of(seen.urls.items[0]), &url, &w.err), &w.err);
    assert_true(slice_is(url->scheme, "consumer"));
    assert_int_equal(0, url->address.port);
    assert_true(slice_is(url->path, "/" SERVICE));
    static const char *const params[][2] = {{"application", "shop"}, {"category", "consumers"},
        {"check", "false"}, {"dubbo", "2.0.2"}, {"group", "g1"}, {"interface", SERVICE},
        {"side", "consumer"}, {"version", "1.0"}};
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        is_param(url, params[i][0], params[i][1]);
    assert_int_equal(13, provider_url_find(url, "timestamp").len); /* 13 digits: milliseconds */
    assert_true(provider_url_find(url, "pid").len > 0);
    provider_url_free(url);
    end(&w);
    /* the node vanishes when the client is freed */
    assert_true(test_wait_for(has_no_consumer, &seen, START_MS));
    registry_list_free(&seen.urls);
    registry_free(seen.source);
}

static void a_consumer_does_not_register_itself_when_that_is_switched_off(void **state)
{
    (void)state;
    world w;
    consumers seen;
    begin(&w, "[client]\nregister = false\n");
    comes_within(&w, "candidate: jsonrpc://127.0.0.1:1/", START_MS);
    look(&seen);
    assert_false(test_wait_for(has_consumer, &seen, 300));
    registry_list_free(&seen.urls);
    registry_free(seen.source);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_override_takes_effect_within_a_second_and_is_undone),
        cmocka_unit_test(a_rule_of_the_config_centre_takes_effect_within_a_second_and_is_undone),
        cmocka_unit_test(an_overridden_timeout_wins_over_that_of_the_reference),
        cmocka_unit_test(a_service_offered_at_application_level_only_is_reported_as_such),
        cmocka_unit_test(a_consumer_registers_itself_as_a_java_consumer_does),
        cmocka_unit_test(a_consumer_does_not_register_itself_when_that_is_switched_off),
    };
    return cmocka_run_group_tests(tests, shared_zookeeper_start, shared_zookeeper_free);
}
