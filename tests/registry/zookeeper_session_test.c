/* The session of the ZooKeeper registry, from its start to its end, event by event, without a
 * server and without waiting. */
#include "tests/registry/session_fixture.h"

/* --- session */

static void sends_no_request_before_there_is_a_session(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    assert_int_equal(1, self->opens);
    register_node(self);
    assert_nothing_asked(self);
    fake_connect(self, OURS);
    fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
}

static void a_new_session_restores_the_nodes_and_watches_of_an_expired_session(void **state)
{
    fake *self = *state;
    register_standing(self);
    subscribe_read(self, "a");
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    assert_stands_not(self->node);
    assert_int_equal(1, self->closes);
    assert_int_equal(2, self->opens);
    fake_pass_ms(self, 50);
    fake_connect(self, NEXT);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    assert_true(read.watch);
    fake_answer(self, create, ZK_OK);
    fake_answer_list(self, read, "a");
    assert_stands(self->node);
    assert_int_equal(1, self->readings); /* an unchanged list is not reported again */
}

static void answers_of_a_former_handle_are_dropped(void **state)
{
    fake *self = *state;
    register_node(self);
    fake_request former = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    fake_request present = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_answer(self, former, ZK_OK);
    assert_stands_not(self->node);
    former.generation = present.generation; /* even with the same generation the cookie differs */
    fake_answer(self, former, ZK_OK);
    assert_stands_not(self->node);
    fake_answer(self, present, ZK_OK);
    assert_stands(self->node);
}

static void events_of_a_former_handle_are_dropped(void **state)
{
    fake *self = *state;
    zk_event late = {
        .kind = ZK_EVENT_SESSION, .generation = self->generation, .session = ZK_SESSION_EXPIRED};
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    zk_session_handle(self->session, &late, self->now_ns);
    assert_state(self, "CONNECTED");
}

/* libraries.md Z3: the handle of the client library would reconnect for ever. */
static void a_loss_that_lasts_two_session_timeouts_ends_in_a_fresh_handle(void **state)
{
    fake *self = *state;
    lose_connection(self);
    assert_state(self, "SUSPENDED");
    fake_pass_ms(self, 1999);
    assert_int_equal(1, self->opens);
    fake_pass_ms(self, 1);
    assert_int_equal(2, self->opens);
    assert_int_equal(1, self->closes);
    assert_state(self, "CONNECTING");
}

static void a_handle_that_never_connects_is_replaced(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    for (int round = 1; round <= 5; round++) {
        fake_pass_ms(self, 2000);
        assert_int_equal(1 + round, self->opens);
        fake_closed(self);
    }
}

static void the_number_of_handles_that_do_not_close_is_limited(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    for (int i = 0; i < 100; i++)
        fake_pass_ms(self, 2000);
    assert_int_equal(4, self->opens);
    fake_closed(self);
    for (int i = 0; i < 10; i++)
        fake_pass_ms(self, 2000);
    assert_int_equal(5, self->opens);
}

/* Steps the session whenever it wants to wake. Returns the milliseconds until it tries to open a
 * handle. */
static int64_t ms_until_next_open(fake *self)
{
    int64_t begun_ns = self->now_ns;
    int tries = self->refused_opens;
    while (self->refused_opens == tries)
        fake_pass_ms(self, (zk_session_next_ns(self->session) - self->now_ns) / NS_PER_MS + 1);
    return (self->now_ns - begun_ns) / NS_PER_MS;
}

static void a_handle_that_cannot_be_opened_is_tried_again_with_growing_pauses(void **state)
{
    fake *self = *state;
    self->refuses_open = true;
    fake_pass_ms(self, 0);
    for (int i = 0; i < 8; i++) {
        int64_t whole = 250 << i < 10000 ? 250 << i : 10000;
        assert_in_range(ms_until_next_open(self), whole / 2 - 1, whole + 2);
    }
    self->refuses_open = false;
    fake_pass_ms(self, 10000);
    assert_int_equal(1, self->opens);
    fake_connect(self, OURS);
}

/* libraries.md Z6: the library takes the reply of an HTTP server for a session. */
static void a_session_that_is_read_only_or_has_an_invalid_id_or_time_out_is_not_used(void **state)
{
    (void)state;
    const struct {
        zk_session_news news;
        int64_t id, timeout_ms;
    } unfit[] = {
        {ZK_SESSION_READ_ONLY, OURS, 1000},
        {ZK_SESSION_UP, 0, 1000},
        {ZK_SESSION_UP, OURS, 875573280}, /* the bytes "400 " as a number */
        {ZK_SESSION_UP, OURS, -5},
        {ZK_SESSION_UP, OURS, 0},
    };
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        fake *self = fake_new(1000, 0);
        fake_pass_ms(self, 0);
        fake_session(self, unfit[i].news, unfit[i].id, unfit[i].timeout_ms);
        assert_false(self->is_connected);
        assert_int_equal(1, self->closes);
        assert_state(self, "BACKOFF");
        fake_pass_ms(self, 250);
        assert_int_equal(2, self->opens);
        fake_free(self);
    }
}

static void refused_credentials_are_tried_again_later(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    fake_session(self, ZK_SESSION_AUTH_FAILED, 0, 0);
    assert_state(self, "BACKOFF");
    fake_pass_ms(self, 250);
    assert_int_equal(2, self->opens);
}

static void missed_events_lead_to_a_fresh_handle(void **state)
{
    fake *self = *state;
    zk_session_missed(self->session, self->now_ns);
    assert_int_equal(1, self->closes);
    fake_pass_ms(self, 250);
    assert_int_equal(2, self->opens);
}

/* --- ending the session */

static void stopping_deletes_the_nodes_and_then_closes(void **state)
{
    fake *self = *state;
    register_standing(self);
    fake_command(self, ZK_EVENT_STOP, NULL);
    assert_int_equal(0, self->closes);
    node_is_found(self, OURS);
    node_is_deleted(self, ZK_OK);
    assert_int_equal(1, self->nodes_gone);
    assert_int_equal(1, self->closes);
    assert_false(zk_session_is_finished(self->session));
    fake_closed(self);
    assert_true(zk_session_is_finished(self->session));
}

static void stopping_waits_a_second_for_a_silent_server(void **state)
{
    fake *self = *state;
    register_standing(self);
    fake_command(self, ZK_EVENT_STOP, NULL);
    fake_pass_ms(self, 999);
    assert_int_equal(0, self->closes);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->closes);
    assert_int_equal(1, self->nodes_gone);
    fake_closed(self);
    assert_true(zk_session_is_finished(self->session));
}

static void stopping_ends_lookups_and_new_ones_fail_at_once(void **state)
{
    fake *self = *state;
    fake_look_up(self, &self->lookup, DIRECTORY, 5000);
    fake_command(self, ZK_EVENT_STOP, NULL);
    assert_int_equal(1, self->lookups);
    fake_look_up(self, &self->second_lookup, DIRECTORY, 5000);
    assert_int_equal(2, self->lookups);
    assert_contains(self->reason, "closed");
}

static void stopping_without_a_handle_is_finished_at_once(void **state)
{
    fake *self = *state;
    fake_command(self, ZK_EVENT_STOP, NULL);
    assert_true(zk_session_is_finished(self->session));
    assert_int_equal(0, self->opens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(sends_no_request_before_there_is_a_session),
        CONNECTED(a_new_session_restores_the_nodes_and_watches_of_an_expired_session),
        CONNECTED(answers_of_a_former_handle_are_dropped),
        CONNECTED(events_of_a_former_handle_are_dropped),
        CONNECTED(a_loss_that_lasts_two_session_timeouts_ends_in_a_fresh_handle),
        FRESH(a_handle_that_never_connects_is_replaced),
        FRESH(the_number_of_handles_that_do_not_close_is_limited),
        FRESH(a_handle_that_cannot_be_opened_is_tried_again_with_growing_pauses),
        cmocka_unit_test(a_session_that_is_read_only_or_has_an_invalid_id_or_time_out_is_not_used),
        FRESH(refused_credentials_are_tried_again_later),
        CONNECTED(missed_events_lead_to_a_fresh_handle),
        CONNECTED(stopping_deletes_the_nodes_and_then_closes),
        CONNECTED(stopping_waits_a_second_for_a_silent_server),
        CONNECTED(stopping_ends_lookups_and_new_ones_fail_at_once),
        FRESH(stopping_without_a_handle_is_finished_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
