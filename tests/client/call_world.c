#include "tests/client/call_world.h"

void world_begin(world *self)
{
    const dubboc_client_options options = {.size = sizeof options, .pool_size = 1};
    const selector_settings settings = {
        .ttl_ms = -1, .empty_grace_ms = 30000, .health_failures = 5, .health_rest_ms = 30000};
    *self = (world){.source = fake_registry_new()};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &self->err), &self->err);
    self->own_selector = self->client->selector;
    assert_status(DUBBOC_OK,
        selector_new(
            &settings, self->source, self->client->http, &self->client->selector, &self->err),
        &self->err);
    self->client->registry = self->source;
    self->client->registers = false;
}

void world_end(world *self)
{
    selector_free(self->client->selector);
    self->client->selector = self->own_selector;
    self->client->registry = NULL;
    dubboc_client_free(self->client);
    fake_registry_free(self->source);
}

void world_has(world *self, unsigned present)
{
    char urls[PROVIDERS][64];
    const char *list[PROVIDERS];
    size_t count = 0;
    for (unsigned i = 0; i < PROVIDERS; i++)
        if ((present & 1u << i) != 0) {
            snprintf(urls[i], sizeof urls[i],
                "jsonrpc://127.0.0.1:%u/" SERVICE "?interface=" SERVICE, i + 1);
            list[count++] = urls[i];
        }
    selector_do_round(self->client->selector); /* subscribes */
    fake_registry_push(self->source, SERVICE, list, count);
}

call_want go_on(call *which)
{
    const call_event event = {DUBBOC_OK, NULL, NULL};
    return call_step(which, &event);
}

void world_make_call(world *self, call *made)
{
    static const dubboc_call_options options = {.size = sizeof options, .timeout_ms = 60000};
    assert_status(
        DUBBOC_OK, call_init(made, self->client, SERVICE, "m", &options, &self->err), &self->err);
    made->params = slice_of("[]");
    made->counters = &self->counters;
}

call_want world_begin_call(world *self, call *made, unsigned present)
{
    world_make_call(self, made);
    world_has(self, present);
    return go_on(made);
}

unsigned held_by(const call *of)
{
    const char *colon = strrchr(of->attempt.held.provider->info->address, ':');
    return 1u << (atoi(colon + 1) - 1);
}

void world_begin_waiting_call(world *self, call *made, thread_waiter *thread)
{
    world_make_call(self, made);
    thread_waiter_init(thread);
    made->waiter = &thread->waiter;
    assert_int_equal(CALL_WANTS_WAKE, go_on(made));
    assert_int_equal(CALL_QUEUES, made->state);
}
