/* Nodes that an earlier process left beside our node are removed, and no other nodes. */
#include "tests/registry/session_fixture.h"

#define URL_AT(scheme, host, params) scheme "%3A%2F%2F" host "%2FS" params
#define OWN URL_AT("jsonrpc", "10.0.0.1%3A8080", "%3Fpid%3D2")
#define OWN_HTTP URL_AT("http", "10.0.0.1%3A8080", "%3Fpid%3D2")
#define LEFT URL_AT("jsonrpc", "10.0.0.1%3A8080", "%3Fpid%3D1")
#define LEFT_HTTP URL_AT("http", "10.0.0.1%3A8080", "%3Fpid%3D1")
#define BY_HAND URL_AT("jsonrpc", "10.0.0.1%3A8080", "%3Fdynamic%3Dfalse")
#define IDENTITY "10.0.0.1:8080/S?&"

#define PATH(name) DIRECTORY "/" name

static void register_alone(fake *self)
{
    fake_register_alone(self, &self->node, PATH(OWN), IDENTITY);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, PATH(OWN), ZK_OK);
    assert_stands(self->node);
}

static void leftover_is_found(fake *self, const char *path, int64_t owner)
{
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, path), owner);
}

static void leftover_is_removed(fake *self, const char *path, zk_answer answer)
{
    leftover_is_found(self, path, OTHERS);
    fake_expect_answer(self, FAKE_REMOVE, path, answer);
}

static void nodes_of_one_identity_that_another_session_owns_are_removed(void **state)
{
    fake *self = *state;
    register_alone(self);
    list_is_read(self, LEFT " " OWN " " OWN_HTTP " " BY_HAND " " LEFT_HTTP);
    leftover_is_removed(self, PATH(LEFT), ZK_OK);
    leftover_is_found(self, PATH(OWN_HTTP), OURS);
    leftover_is_found(self, PATH(BY_HAND), 0);
    leftover_is_removed(self, PATH(LEFT_HTTP), ZK_OK);
    assert_nothing_asked(self);
    assert_stands(self->node);
}

static void nodes_that_have_another_identity_or_cannot_be_parsed_are_left_alone(void **state)
{
    fake *self = *state;
    register_alone(self);
    list_is_read(
        self, URL_AT("jsonrpc", "10.0.0.2%3A8080", "") " " URL_AT("jsonrpc", "10.0.0.1%3A8081",
                  "") " " URL_AT("jsonrpc", "10.0.0.1%3A8080", "2") " " URL_AT("jsonrpc",
                  "10.0.0.1%3A8080", "%3Fgroup%3Dg") " " URL_AT("jsonrpc", "10.0.0.1%3A8080",
                  "%3Fversion%3D1") " " URL_AT("consumer", "10.0.0.1%3A8080",
                  "%3Fside%3Dconsumer") " %zz url " LEFT "%");
    assert_nothing_asked(self);
}

static void leftovers_are_not_searched_for_a_node_without_a_known_identity(void **state)
{
    fake *self = *state;
    fake_register(self, &self->node, PATH(OWN));
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, PATH(OWN), ZK_OK);
    assert_nothing_asked(self);
}

static void the_own_node_is_created_before_leftovers_are_removed(void **state)
{
    fake *self = *state;
    fake_register_alone(self, &self->node, PATH(OWN), IDENTITY);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, PATH(OWN));
    assert_nothing_asked(self);
    fake_answer(self, create, ZK_OK);
    list_is_read(self, LEFT);
    /* its session has ended, so the node is already gone */
    leftover_is_removed(self, PATH(LEFT), ZK_NO_NODE);
    assert_nothing_asked(self);
}

static void a_missing_or_forbidden_leftover_is_skipped(void **state)
{
    static const zk_answer answers[] = {ZK_NO_NODE, ZK_REFUSED};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        fake *self = fixture_anew(state);
        register_alone(self);
        list_is_read(self, LEFT " " LEFT_HTTP);
        fake_expect_answer(self, FAKE_EXISTS, PATH(LEFT), answers[i]);
        leftover_is_removed(self, PATH(LEFT_HTTP), ZK_OK);
        assert_nothing_asked(self);
    }
}

static void a_list_that_cannot_be_requested_or_stored_is_read_later(void **state)
{
    fake *self = *state;
    fake_register_alone(self, &self->node, PATH(OWN), IDENTITY);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, PATH(OWN));
    self->refuses_requests = true;
    fake_answer(self, create, ZK_OK);
    assert_nothing_asked(self);
    self->refuses_requests = false;
    fake_pass_ms(self, 250);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_MEMORY);
    assert_nothing_asked(self);
    fake_pass_ms(self, 500);
    list_is_read(self, LEFT);
    leftover_is_removed(self, PATH(LEFT), ZK_OK);
    assert_nothing_asked(self);
}

/* If leftovers were removed each time, two machines that wrongly register the same address would
 * delete each other's nodes for ever. */
static void leftovers_are_removed_once_and_not_each_time_a_node_is_created_again(void **state)
{
    fake *self = *state;
    register_alone(self);
    list_is_read(self, "");
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, PATH(OWN), ZK_OK);
    assert_stands(self->node);
    assert_nothing_asked(self);
}

static void leftovers_are_removed_despite_a_lost_connection_or_session(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_alone(self);
        list_is_read(self, LEFT);
        fake_request look = fake_expect(self, FAKE_EXISTS, PATH(LEFT));
        lose_connection(self);
        fake_answer(self, look, ZK_LOST);
        if (round == 0) {
            fake_connect(self, OURS);
            leftover_is_found(self, PATH(OWN), OURS);
            fake_pass_ms(self, 250);
        } else {
            fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
            fake_connect(self, NEXT);
            fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, PATH(OWN), ZK_OK);
        }
        list_is_read(self, LEFT);
        leftover_is_removed(self, PATH(LEFT), ZK_OK);
        assert_nothing_asked(self);
    }
}

static void unregistering_a_node_ends_the_removal_of_leftovers(void **state)
{
    fake *self = *state;
    register_alone(self);
    list_is_read(self, LEFT);
    fake_request look = fake_expect(self, FAKE_EXISTS, PATH(LEFT));
    fake_command(self, ZK_EVENT_UNREGISTER, &self->node);
    fake_answer_owner(self, look, OTHERS);
    leftover_is_found(self, PATH(OWN), OURS);
    fake_expect_answer(self, FAKE_REMOVE, PATH(OWN), ZK_OK);
    assert_int_equal(1, self->nodes_gone);
    assert_nothing_asked(self);
}

static void a_removal_that_the_server_refuses_is_given_up(void **state)
{
    static const zk_answer refusals[] = {ZK_REFUSED, ZK_TOO_BIG};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        fake *self = fixture_anew(state);
        register_alone(self);
        fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, refusals[i]);
        fake_pass_ms(self, 60000);
        assert_nothing_asked(self);
    }
    fake *self = fixture_anew(state);
    register_alone(self);
    list_is_read(self, LEFT " " LEFT_HTTP);
    leftover_is_removed(self, PATH(LEFT), ZK_REFUSED);
    fake_pass_ms(self, 60000);
    assert_nothing_asked(self);
}

/* libraries.md Z11: a list above the size limit may end the connection each time it
 * is requested. */
static void a_list_whose_reading_ends_the_connection_is_given_up(void **state)
{
    fake *self = *state;
    register_alone(self);
    int reads = 0;
    for (; self->request_count > 0; reads++) {
        fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
        lose_connection(self);
        fake_answer(self, read, ZK_LOST);
        fake_connect(self, OURS);
        leftover_is_found(self, PATH(OWN), OURS);
        fake_pass_ms(self, 10000);
        assert_true(reads < 10);
    }
    assert_int_equal(3, reads);
    assert_stands(self->node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTED(nodes_of_one_identity_that_another_session_owns_are_removed),
        CONNECTED(nodes_that_have_another_identity_or_cannot_be_parsed_are_left_alone),
        CONNECTED(leftovers_are_not_searched_for_a_node_without_a_known_identity),
        CONNECTED(the_own_node_is_created_before_leftovers_are_removed),
        CONNECTED(a_missing_or_forbidden_leftover_is_skipped),
        CONNECTED(a_list_that_cannot_be_requested_or_stored_is_read_later),
        CONNECTED(leftovers_are_removed_once_and_not_each_time_a_node_is_created_again),
        CONNECTED(leftovers_are_removed_despite_a_lost_connection_or_session),
        CONNECTED(unregistering_a_node_ends_the_removal_of_leftovers),
        CONNECTED(a_removal_that_the_server_refuses_is_given_up),
        CONNECTED(a_list_whose_reading_ends_the_connection_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
