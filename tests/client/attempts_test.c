/* Which providers one call tries. The test steps the call by hand. In the first tests the registry
 * is a fake and each connection attempt is refused. In the others a connection dies in the middle
 * of a call, or becomes free when the call may no longer use it. */
#include "tests/support/test.h"

#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "tests/client/call_world.h"
#include "tests/support/scripted_peer.h"
#include "transport/http_client_exchange.h"

/* Reports to the call that its connection attempt was refused, and frees the place of the
 * connection. */
static call_want cannot_connect(call *which)
{
    const call_event event = {DUBBOC_E_CONNECT, NULL, "refused"};
    http_client_endpoint_free_place(which->attempt.held.provider->endpoint);
    return call_step(which, &event);
}

static void a_call_continues_at_a_provider_that_replaced_the_one_it_tried(void **state)
{
    world self;
    call one;
    (void)state;
    world_begin(&self);
    assert_int_equal(CALL_WANTS_OPEN, world_begin_call(&self, &one, 1u << 0));
    assert_int_equal(1u << 0, held_by(&one));
    world_has(&self, 1u << 1);
    assert_int_equal(CALL_WANTS_OPEN, cannot_connect(&one));
    assert_int_equal(1u << 1, held_by(&one));
    assert_int_equal(CALL_ENDED, cannot_connect(&one));
    assert_status(DUBBOC_E_CONNECT, one.status, &self.err);
    call_fini(&one);
    world_end(&self);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* Steps one call while the list changes at random. The call must go on, and only to a provider that
 * is in the list and untried, as long as there is one; then it must end. */
static void one_call_of_the_model(world *self, unsigned *seed)
{
    call one;
    unsigned tried = 0, present = 1 + next_random(seed) % ((1u << PROVIDERS) - 1);
    call_want want = world_begin_call(self, &one, present);
    while (want == CALL_WANTS_OPEN) {
        unsigned picked = held_by(&one);
        if ((picked & present) == 0 || (picked & tried) != 0)
            fail_msg("picked %#x of %#x, tried were %#x", picked, present, tried);
        tried |= picked;
        if (next_random(seed) % 2 == 0) {
            present = 1 + next_random(seed) % ((1u << PROVIDERS) - 1);
            world_has(self, present);
        }
        want = cannot_connect(&one);
        bool goes_on = (present & ~tried) != 0;
        if (goes_on != (want == CALL_WANTS_OPEN))
            fail_msg("with %#x there and %#x tried the call %s", present, tried,
                goes_on ? "ended" : "went on");
    }
    assert_int_equal(CALL_ENDED, want);
    assert_int_equal(DUBBOC_NOT_EXECUTED, one.execution);
    call_fini(&one);
}

static void each_provider_is_tried_exactly_once_while_the_list_changes(void **state)
{
    world self;
    unsigned seed = 20;
    (void)state;
    world_begin(&self);
    for (int i = 0; i < 500; i++)
        one_call_of_the_model(&self, &seed);
    world_end(&self);
}

static _Atomic int64_t test_ns; /* atomic, because the client's upkeep thread reads it too */

static int64_t test_clock(void)
{
    return test_ns;
}

/* The registry answers so late that the time-out in the provider's node has already passed. The
 * call fails, but no provider may be counted as failing, because none was tried. */
static void a_deadline_that_passes_before_the_first_attempt_blames_no_provider(void **state)
{
    (void)state;
    static const dubboc_call_options options = {.size = sizeof options};
    static const char *const list[] = {
        "jsonrpc://127.0.0.1:1/" SERVICE "?interface=" SERVICE "&timeout=100"};
    world self;
    call one;
    pick held;
    test_ns = 1000 * NS_PER_S;
    clock_set_source(test_clock);
    world_begin(&self);
    assert_status(
        DUBBOC_OK, call_init(&one, self.client, SERVICE, "m", &options, &self.err), &self.err);
    one.counters = &self.counters;
    test_ns += 200 * NS_PER_MS;
    selector_do_round(self.client->selector); /* subscribes */
    fake_registry_push(self.source, SERVICE, list, 1);
    assert_int_equal(CALL_ENDED, go_on(&one));
    assert_int_equal(DUBBOC_NOT_EXECUTED, one.execution);
    call_fini(&one);
    const pick_request request = {.method = slice_of("m")};
    assert_true(directory_pick(one.directory, &request, &held));
    assert_int_equal(0, atomic_load(&held.provider->health.failures));
    pick_release(one.directory, &held, PICK_UNKNOWN);
    world_end(&self);
    clock_set_source(NULL);
}

static void a_first_call_reports_why_the_registry_cannot_be_reached(void **state)
{
    (void)state;
    static const dubboc_call_options options = {.size = sizeof options, .timeout_ms = 100};
    world self;
    call one;
    test_ns = 1000 * NS_PER_S;
    clock_set_source(test_clock);
    world_begin(&self);
    fake_registry_set_connected(self.source, false);
    fake_registry_has_trouble(self.source, "connection refused by 10.0.0.9:2181");
    assert_status(
        DUBBOC_OK, call_init(&one, self.client, SERVICE, "m", &options, &self.err), &self.err);
    one.counters = &self.counters;
    assert_int_equal(CALL_WANTS_WAKE, go_on(&one));
    test_ns += 100 * NS_PER_MS;
    assert_int_equal(CALL_ENDED, go_on(&one));
    assert_int_equal(DUBBOC_NOT_EXECUTED, one.execution);
    assert_status(DUBBOC_E_REGISTRY, one.status, &self.err);
    assert_contains(self.err.text,
        "the registry fake://there cannot be reached (connection refused by 10.0.0.9:2181); timed "
        "out after 100 ms (call option)");
    call_fini(&one);
    world_end(&self);
    clock_set_source(NULL);
}

/* --- a connection that dies during the call */

/* Answers with an error whose id is null, so that the answer fits every call. */
static const peer_script answers = {{PEER_READ,
    PEER_SEND("HTTP/1.1 200 OK\r\nContent-Length: "
              "46\r\n\r\n{\"id\":null,\"error\":{\"code\":-7,\"message\":\"no\"}}"),
    PEER_AGAIN}};

static bool is_readable(void *arg)
{
    struct pollfd fd = {.fd = http_client_connection_fd(arg), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* Does what the driver does in one step: opens the connection that the call wants. */
static call_want open_for(call *which)
{
    dubboc_error err;
    call_event event = {DUBBOC_OK, NULL, NULL};
    assert_status(DUBBOC_OK,
        http_client_endpoint_open(
            which->attempt.held.provider->endpoint, which->deadline_ns, &event.opened, &err),
        &err);
    return call_step(which, &event);
}

static call_want read_on(call *which, call_want want)
{
    while (want == CALL_WANTS_READ) {
        assert_int_equal(DUBBOC_OK, http_client_connection_wait(which->attempt.connection,
                                        HTTP_CLIENT_WANT_READ, which->deadline_ns));
        want = go_on(which);
    }
    return want;
}

static void finish(call *which, call_want want)
{
    assert_int_equal(CALL_ENDED, read_on(which, want));
    assert_int_equal(DUBBOC_E_REMOTE, which->status);
}

/* Replaces the check of an idle connection: it always reports a live connection, even after the
 * peer has reset it. */
static bool looks_quiet(http_client_connection *connection)
{
    (void)connection;
    return true;
}

static void deafen_idle(http_client_endpoint *endpoint, scripted_peer *peer, http_client_io *io)
{
    http_client_connection *idle = NULL;
    assert_int_equal(
        HTTP_CLIENT_TAKEN_CONNECTION, http_client_endpoint_take(endpoint, NULL, &idle));
    *io = *idle->io;
    io->is_quiet = looks_quiet;
    idle->io = io;
    scripted_peer_reset_all(peer);
    assert_true(test_wait_for(is_readable, idle, 5000));
    http_client_connection_give_back(idle);
}

/* A provider that restarts while connections to it are pooled costs no call (libraries.md C2), even
 * if the check of the idle connection did not notice it. Nothing was sent, so this does not count
 * as an attempt, and the call goes to the same provider, the only one. */
static void a_pooled_connection_that_dies_before_the_first_byte_is_replaced(void **state)
{
    (void)state;
    scripted_peer *peer = scripted_peer_new(&answers, 1);
    const dubboc_client_options made = {.size = sizeof made};
    const dubboc_call_options options = {
        .size = sizeof options, .url = scripted_peer_url(peer), .timeout_ms = 10000};
    dubboc_client *client = NULL;
    dubboc_error err;
    counter_slot slot = {0};
    assert_status(DUBBOC_OK, dubboc_client_new(&made, &client, &err), &err);
    http_client_io deaf;
    for (int i = 0; i < 2; i++) {
        call one;
        assert_status(DUBBOC_OK, call_init(&one, client, SERVICE, "m", &options, &err), &err);
        one.params = slice_of("[]");
        one.counters = &slot;
        assert_int_equal(CALL_WANTS_OPEN, go_on(&one));
        http_client_endpoint *endpoint = one.attempt.held.provider->endpoint;
        finish(&one, open_for(&one));
        assert_int_equal(1, one.sent);
        assert_int_equal(1, one.picks);
        call_fini(&one);
        if (i == 0)
            deafen_idle(endpoint, peer, &deaf);
    }
    assert_int_equal(2, http_client_connections_opened(client->http));
    assert_int_equal(2, scripted_peer_requests(peer));
    dubboc_client_free(client);
    scripted_peer_free(peer);
}

/* The call is stopped, as when its client is freed, during the pause before it is repeated. It
 * holds no provider then, but has tried one. The clock stands still, so that the pause cannot end
 * by itself. */
static void a_call_stopped_during_its_back_off_names_the_provider_it_tried(void **state)
{
    (void)state;
    static const peer_script loses_each = {{PEER_READ}};
    scripted_peer *peer = scripted_peer_new(&loses_each, 1);
    const dubboc_client_options made = {.size = sizeof made};
    const dubboc_call_options options = {.size = sizeof options,
        .url = scripted_peer_url(peer),
        .timeout_ms = 10000,
        .idempotent = 1};
    dubboc_client *client = NULL;
    dubboc_error err;
    counter_slot slot = {0};
    call one;
    char label[64];
    snprintf(label, sizeof label, "127.0.0.1:%d/", scripted_peer_port(peer));
    test_ns = 1000 * NS_PER_S;
    clock_set_source(test_clock);
    assert_status(DUBBOC_OK, dubboc_client_new(&made, &client, &err), &err);
    error_begin_call(&err);
    assert_status(DUBBOC_OK, call_init(&one, client, SERVICE, "m", &options, &err), &err);
    one.params = slice_of("[]");
    one.counters = &slot;
    assert_int_equal(CALL_WANTS_OPEN, go_on(&one));
    assert_int_equal(CALL_WANTS_WAKE, read_on(&one, open_for(&one)));
    assert_false(one.attempt.is_held);
    const call_event stopped = {DUBBOC_E_CLOSED, NULL, NULL};
    assert_int_equal(CALL_ENDED, call_step(&one, &stopped));
    call_fini(&one);
    assert_int_equal(DUBBOC_MAYBE_EXECUTED, err.execution);
    assert_int_equal(1, err.attempts);
    assert_string_equal(err.provider, label);
    dubboc_client_free(client);
    scripted_peer_free(peer);
    clock_set_source(NULL);
}

/* --- a connection is granted, but its provider has left the list */

static void a_granted_place_at_a_provider_that_left_the_list_is_not_used(void **state)
{
    (void)state;
    world self;
    call holds, waits;
    thread_waiter thread;
    world_begin(&self);
    assert_int_equal(CALL_WANTS_OPEN, world_begin_call(&self, &holds, 1u << 0));
    world_begin_waiting_call(&self, &waits, &thread);
    call_fini(&holds); /* frees the place, which is then granted to the waiting call */
    assert_true(atomic_load(&thread.is_woken));
    world_has(&self, 1u << 1);
    assert_int_equal(CALL_WANTS_OPEN, go_on(&waits));
    assert_int_equal(1u << 1, held_by(&waits));
    assert_int_equal(1, waits.picks);
    call_fini(&waits);
    /* asserts that no place was lost: a lost place would keep its endpoint alive */
    world_end(&self);
}

static bool has_no_open_connection(void *arg)
{
    return scripted_peer_open_connections(arg) == 0;
}

static void a_granted_connection_to_a_provider_that_left_the_list_is_closed(void **state)
{
    (void)state;
    test_ns = 1000 * NS_PER_S;
    clock_set_source(test_clock);
    world self;
    call holds, waits;
    thread_waiter thread;
    char url[128];
    const char *const list[] = {url};
    scripted_peer *peer = scripted_peer_new(&answers, 1);
    snprintf(url, sizeof url, "jsonrpc://127.0.0.1:%d/" SERVICE "?interface=" SERVICE,
        scripted_peer_port(peer));
    world_begin(&self);
    world_make_call(&self, &holds);
    selector_do_round(self.client->selector); /* subscribes */
    fake_registry_push(self.source, SERVICE, list, 1);
    assert_int_equal(CALL_WANTS_OPEN, go_on(&holds));
    finish(&holds, open_for(&holds));
    world_begin_waiting_call(&self, &waits, &thread);
    call_fini(&holds); /* gives the connection back, which is then granted to the waiting call */
    assert_true(atomic_load(&thread.is_woken));
    world_has(&self, 1u << 1);
    assert_int_equal(CALL_WANTS_OPEN, go_on(&waits));
    assert_int_equal(1u << 1, held_by(&waits));
    test_ns += PROVIDER_KEEP_MS * NS_PER_MS;
    selector_do_round(self.client->selector); /* frees the provider that left the list */
    assert_true(test_wait_for(has_no_open_connection, peer, 5000));
    call_fini(&waits);
    world_end(&self);
    scripted_peer_free(peer);
    clock_set_source(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_continues_at_a_provider_that_replaced_the_one_it_tried),
        cmocka_unit_test(each_provider_is_tried_exactly_once_while_the_list_changes),
        cmocka_unit_test(a_deadline_that_passes_before_the_first_attempt_blames_no_provider),
        cmocka_unit_test(a_first_call_reports_why_the_registry_cannot_be_reached),
        cmocka_unit_test(a_pooled_connection_that_dies_before_the_first_byte_is_replaced),
        cmocka_unit_test(a_call_stopped_during_its_back_off_names_the_provider_it_tried),
        cmocka_unit_test(a_granted_place_at_a_provider_that_left_the_list_is_not_used),
        cmocka_unit_test(a_granted_connection_to_a_provider_that_left_the_list_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
