/* Tests registered nodes with every answer that ZooKeeper can give. */
#include "tests/registry/session_fixture.h"

static void missing_directories_are_made_level_by_level(void **state)
{
    fake *self = *state;
    register_node(self);
    node_is_created(self, ZK_NO_NODE);
    directory_is_made(self, ZK_EXISTS, ZK_OK, ZK_OK);
    node_is_created(self, ZK_OK);
    assert_stands(self->node);
}

#define CONSUMER "/dubbo/S/consumers/url"

static void register_consumer(fake *self)
{
    fake_register_consumer(self, &self->node, CONSUMER);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, CONSUMER, ZK_NO_NODE);
}

static void a_consumer_node_is_created_once_its_interface_exists(void **state)
{
    fake *self = *state;
    register_consumer(self);
    fake_request await = fake_expect(self, FAKE_EXISTS, "/dubbo/S");
    assert_true(await.watch);
    fake_answer(self, await, ZK_NO_NODE);
    fake_change(self, "/dubbo/So");
    fake_change(self, "/dubbo");
    fake_pass_ms(self, 60000);
    assert_nothing_asked(self);
    assert_stands_not(self->node);
    fake_change(self, "/dubbo/S");
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, "/dubbo/S"), 0);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/S/consumers", ZK_OK);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, CONSUMER, ZK_OK);
    assert_stands(self->node);
}

static void a_consumer_never_makes_the_directory_of_its_interface(void **state)
{
    fake *self = *state;
    register_consumer(self);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, "/dubbo/S"), 0);
    /* the interface's directory was deleted a moment ago */
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/S/consumers", ZK_NO_NODE);
    fake_pass_ms(self, 1000);
    fake_expect_answer(self, FAKE_EXISTS, "/dubbo/S", ZK_NO_NODE);
    assert_nothing_asked(self);
}

static void a_waiting_consumer_node_waits_in_the_next_session_too(void **state)
{
    fake *self = *state;
    register_consumer(self);
    fake_expect_answer(self, FAKE_EXISTS, "/dubbo/S", ZK_NO_NODE);
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, CONSUMER, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_EXISTS, "/dubbo/S", ZK_NO_NODE);
    assert_nothing_asked(self);
    fake_change(self, "/dubbo/S");
    fake_expect_answer(self, FAKE_EXISTS, "/dubbo/S", ZK_NO_NODE);
}

static void a_waiting_consumer_node_is_unregistered_at_once(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_consumer(self);
        fake_request await = fake_expect(self, FAKE_EXISTS, "/dubbo/S");
        if (round == 0)
            fake_answer(self, await, ZK_NO_NODE);
        unregister_own(self);
        if (round == 1)
            fake_answer(self, await, ZK_NO_NODE);
        assert_int_equal(1, self->nodes_gone);
        assert_nothing_asked(self);
        fake_change(self, "/dubbo/S");
        assert_nothing_asked(self);
    }
}

static void a_node_of_another_session_is_deleted_and_created_again(void **state)
{
    fake *self = *state;
    register_node(self);
    node_is_created(self, ZK_EXISTS);
    node_is_found(self, OTHERS);
    assert_stands_not(self->node);
    node_is_deleted(self, ZK_NO_NODE); /* it vanished before the delete */
    node_is_created(self, ZK_OK);
    assert_stands(self->node);
}

/* libraries.md Z2: if the answer is lost, the node may have been created or not. */
static void a_node_whose_create_lost_its_answer_is_looked_up(void **state)
{
    fake *self = *state;
    register_node(self);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    lose_connection(self);
    fake_answer(self, create, ZK_LOST);
    assert_nothing_asked(self);
    fake_connect(self, OURS);
    node_is_found(self, OURS);
    assert_stands(self->node);
    assert_nothing_asked(self);
}

static void a_lost_connection_keeps_existing_nodes_and_checks_them(void **state)
{
    fake *self = *state;
    register_standing(self);
    lose_connection(self);
    assert_stands(self->node);
    fake_connect(self, OURS);
    node_is_missed(self);
    node_is_created(self, ZK_OK);
    assert_stands(self->node);
}

static void unregistering_deletes_only_what_this_session_owns(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_standing(self);
        unregister_own(self);
        node_is_found(self, round == 0 ? OURS : OTHERS);
        if (round == 0)
            node_is_deleted(self, ZK_OK);
        assert_int_equal(1, self->nodes_gone);
        assert_nothing_asked(self);
    }
}

static void a_node_that_is_unregistered_during_its_create_is_deleted_afterwards(void **state)
{
    fake *self = *state;
    register_node(self);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    unregister_own(self);
    assert_int_equal(0, self->nodes_gone);
    fake_answer(self, create, ZK_OK);
    node_is_deleted(self, ZK_OK);
    assert_int_equal(1, self->nodes_gone);
}

static void a_node_unregistered_while_disconnected_is_gone_after_reconnect_or_expiry(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_standing(self);
        lose_connection(self);
        unregister_own(self);
        assert_int_equal(0, self->nodes_gone);
        if (round == 0) {
            fake_connect(self, OURS);
            node_is_found(self, OURS);
            node_is_deleted(self, ZK_OK);
        } else {
            fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
        }
        assert_int_equal(1, self->nodes_gone);
    }
}

static void unregistering_without_a_session_is_done_at_once(void **state)
{
    fake *self = *state;
    register_node(self);
    unregister_own(self);
    assert_int_equal(1, self->nodes_gone);
    fake_connect(self, OURS);
    assert_nothing_asked(self);
}

static void a_url_registered_twice_is_deleted_with_its_last_registration(void **state)
{
    fake *self = *state;
    register_standing(self);
    fake_register(self, &self->second_node, NODE);
    node_is_created(self, ZK_EXISTS);
    node_is_found(self, OURS);
    unregister_own(self);
    assert_int_equal(1, self->nodes_gone);
    assert_nothing_asked(self);
    fake_command(self, ZK_EVENT_UNREGISTER, &self->second_node);
    node_is_found(self, OURS);
    node_is_deleted(self, ZK_OK);
    assert_int_equal(2, self->nodes_gone);
}

static void a_url_taken_back_before_its_second_registration_was_made_is_not_left_behind(
    void **state)
{
    fake *self = *state;
    register_standing(self);
    lose_connection(self);
    fake_register(self, &self->second_node, NODE);
    unregister_own(self);
    fake_command(self, ZK_EVENT_UNREGISTER, &self->second_node);
    fake_connect(self, OURS);
    node_is_found(self, OURS);
    node_is_deleted(self, ZK_OK);
    assert_int_equal(2, self->nodes_gone);
}

static void a_refused_node_that_is_unregistered_is_not_tried_again(void **state)
{
    fake *self = *state;
    register_node(self);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    unregister_own(self);
    fake_answer(self, create, ZK_REFUSED);
    fake_pass_ms(self, 250);
    node_is_missed(self);
    assert_int_equal(1, self->nodes_gone);
}

static void the_self_check_finds_a_node_deleted_by_hand(void **state)
{
    (void)state;
    fake *self = fake_new(1000, 30000);
    fake_connect(self, OURS);
    register_standing(self);
    fake_pass_ms(self, 29999);
    assert_nothing_asked(self);
    fake_pass_ms(self, 1);
    node_is_missed(self);
    node_is_created(self, ZK_OK);
    fake_pass_ms(self, 30000);
    node_is_found(self, OURS);
    assert_nothing_asked(self);
    fake_free(self);
}

static void a_refused_registration_is_tried_again_with_growing_pauses(void **state)
{
    fake *self = *state;
    register_node(self);
    for (int i = 0; i < 20; i++) {
        node_is_created(self, ZK_REFUSED);
        assert_nothing_asked(self);
        int64_t pause_ms = (zk_session_next_ns(self->session) - self->now_ns) / NS_PER_MS;
        assert_in_range(pause_ms, i < 6 ? 124 : 4999, 10000);
        fake_pass_ms(self, pause_ms + 1);
    }
}

static void a_request_that_cannot_be_sent_is_tried_again(void **state)
{
    fake *self = *state;
    self->refuses_requests = true;
    register_node(self);
    assert_true(zk_session_next_ns(self->session) > self->now_ns);
    self->refuses_requests = false;
    fake_pass_ms(self, 250);
    node_is_created(self, ZK_OK);
    assert_stands(self->node);
}

static void no_more_than_256_requests_are_under_way(void **state)
{
    enum { NODES = 1000 };
    static zk_node nodes[NODES];
    fake *self = *state;
    for (int i = 0; i < NODES; i++) {
        char path[64];
        snprintf(path, sizeof path, DIRECTORY "/%d", i);
        fake_register(self, &nodes[i], path);
    }
    assert_int_equal(256, self->request_count);
    for (int i = 0; i < NODES; i++) {
        assert_true(self->request_count <= 256);
        fake_answer(self, fake_expect(self, FAKE_CREATE_EPHEMERAL, self->requests[0].path), ZK_OK);
    }
    for (int i = 0; i < NODES; i++)
        assert_stands(nodes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTED(missing_directories_are_made_level_by_level),
        CONNECTED(a_consumer_node_is_created_once_its_interface_exists),
        CONNECTED(a_consumer_never_makes_the_directory_of_its_interface),
        CONNECTED(a_waiting_consumer_node_waits_in_the_next_session_too),
        CONNECTED(a_waiting_consumer_node_is_unregistered_at_once),
        CONNECTED(a_node_of_another_session_is_deleted_and_created_again),
        CONNECTED(a_node_whose_create_lost_its_answer_is_looked_up),
        CONNECTED(a_lost_connection_keeps_existing_nodes_and_checks_them),
        CONNECTED(unregistering_deletes_only_what_this_session_owns),
        CONNECTED(a_node_that_is_unregistered_during_its_create_is_deleted_afterwards),
        CONNECTED(a_node_unregistered_while_disconnected_is_gone_after_reconnect_or_expiry),
        FRESH(unregistering_without_a_session_is_done_at_once),
        CONNECTED(a_url_registered_twice_is_deleted_with_its_last_registration),
        CONNECTED(a_url_taken_back_before_its_second_registration_was_made_is_not_left_behind),
        CONNECTED(a_refused_node_that_is_unregistered_is_not_tried_again),
        cmocka_unit_test(the_self_check_finds_a_node_deleted_by_hand),
        CONNECTED(a_refused_registration_is_tried_again_with_growing_pauses),
        CONNECTED(a_request_that_cannot_be_sent_is_tried_again),
        CONNECTED(no_more_than_256_requests_are_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
