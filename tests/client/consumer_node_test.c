/* When a consumer registers its own node. Calls do not need this node, so no call may wait
 * for it. */
#include "tests/client/call_fixture.h"

#include <stdatomic.h>

#include "client/reference.h"
#include "selector/selector_inside.h"
#include "tests/selector/fake_registry.h"

#define LIMIT_MS 20000

typedef struct world {
    dubboc_client *client;
    /* the client's own selector; the client uses one with the fake registry until world_end() */
    selector *own_selector;
    registry *source;
    scripted_peer *peer;
    dubboc_error err;
} world;

static void world_begin(world *self)
{
    const dubboc_client_options options = {.size = sizeof options};
    *self = (world){.source = fake_registry_new(), .peer = scripted_peer_new(&refuses_each, 1)};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &self->err), &self->err);
    const selector_settings settings = {
        .ttl_ms = -1, .extra_work = references_register_nodes, .extra_arg = self->client};
    self->own_selector = self->client->selector;
    self->client->registry = self->source;
    assert_status(DUBBOC_OK,
        selector_new(
            &settings, self->source, self->client->http, &self->client->selector, &self->err),
        &self->err);
}

static void world_end(world *self)
{
    selector_free(self->client->selector);
    self->client->selector = self->own_selector;
    dubboc_client_free(self->client); /* also frees the fake registry */
    scripted_peer_free(self->peer);
}

static void registry_has_the_peer(world *self)
{
    char url[128];
    const char *const list[] = {url};
    snprintf(url, sizeof url, "jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y",
        scripted_peer_port(self->peer));
    fake_registry_push(self->source, "x.Y", list, 1);
}

typedef struct first_call {
    world *in;
    dubboc_status status;
    atomic_bool has_ended;
} first_call;

static void *call_first(void *arg)
{
    first_call *self = arg;
    dubboc_error err;
    const dubboc_call_options options = {.size = sizeof options, .timeout_ms = LIMIT_MS};
    self->status = dubboc_call_with(self->in->client, "x.Y", "m", NULL, &options, NULL, &err);
    atomic_store(&self->has_ended, true);
    return NULL;
}

static bool has_ended(void *arg)
{
    return atomic_load(&((first_call *)arg)->has_ended);
}

static bool is_subscribed(void *arg)
{
    return fake_registry_subscriptions(arg) > 0;
}

static bool is_registered(void *arg)
{
    return fake_registry_registrations(arg) > 0;
}

static void the_first_call_does_not_wait_until_its_consumer_node_is_registered(void **state)
{
    (void)state;
    world w;
    pthread_t thread;
    world_begin(&w);
    first_call call = {.in = &w};
    fake_registry_hold_register(w.source);
    assert_int_equal(0, pthread_create(&thread, NULL, call_first, &call));
    assert_true(test_wait_for(is_subscribed, w.source, LIMIT_MS));
    registry_has_the_peer(&w);
    bool ended = test_wait_for(has_ended, &call, LIMIT_MS / 4);
    unsigned registrations = fake_registry_registrations(w.source);
    fake_registry_let_register(w.source);
    pthread_join(thread, NULL);
    assert_true(ended);
    assert_int_equal(0, registrations);
    assert_int_equal(DUBBOC_E_REMOTE, call.status); /* the peer has answered */
    assert_true(test_wait_for(is_registered, w.source, LIMIT_MS));
    world_end(&w);
}

static void a_client_may_be_freed_before_its_consumer_node_is_registered(void **state)
{
    (void)state;
    world w;
    reference *made;
    world_begin(&w);
    fake_registry_hold_subscribe(w.source); /* blocks the upkeep thread */
    assert_status(DUBBOC_OK, reference_find(w.client, "x.Y", &made, &w.err), &w.err);
    fake_registry_let_subscribe(w.source);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_call_does_not_wait_until_its_consumer_node_is_registered),
        cmocka_unit_test(a_client_may_be_freed_before_its_consumer_node_is_registered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
