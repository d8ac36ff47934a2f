/* Nodes that are created and deleted in one transaction, with every answer that ZooKeeper
 * can give. */
#include "tests/registry/session_fixture.h"

#define ONE "/dubbo/A/providers/one"
#define TWO "/dubbo/A/providers/two"
#define THREE "/dubbo/B/providers/three"
#define CREATE_ALL "create one create two create three"
#define REMOVE_ALL "remove one remove two remove three"

enum { COUNT = 3 };

static zk_node node_store[COUNT];
static zk_node *const nodes[COUNT] = {&node_store[0], &node_store[1], &node_store[2]};
static const char *const paths[COUNT] = {ONE, TWO, THREE};

static void register_all(fake *self)
{
    fake_register_together(self, nodes, paths, COUNT);
}

static void assert_all_stand(void)
{
    for (size_t i = 0; i < COUNT; i++)
        assert_stands(*nodes[i]);
}

static void assert_none_stands(void)
{
    for (size_t i = 0; i < COUNT; i++)
        assert_stands_not(*nodes[i]);
}

static void all_are_created(fake *self)
{
    fake_expect_answer(self, FAKE_MULTI, CREATE_ALL, ZK_OK);
    assert_all_stand();
    assert_nothing_asked(self);
}

static void exists_is_answered(fake *self, const char *path, zk_answer answer)
{
    fake_answer(self, fake_expect_any(self, FAKE_EXISTS, path), answer);
}

static void all_are_found(fake *self, int64_t owner)
{
    for (size_t i = 0; i < COUNT; i++)
        fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, paths[i]), owner);
}

static void all_are_missed(fake *self)
{
    for (size_t i = 0; i < COUNT; i++)
        exists_is_answered(self, paths[i], ZK_NO_NODE);
}

static void nodes_registered_together_are_created_and_deleted_in_one_transaction(void **state)
{
    fake *self = *state;
    register_all(self);
    assert_none_stands();
    all_are_created(self);
    fake_unregister_together(self, nodes, COUNT);
    all_are_found(self, OURS);
    fake_expect_answer(self, FAKE_MULTI, REMOVE_ALL, ZK_OK);
    assert_int_equal(COUNT, self->nodes_gone);
    assert_nothing_asked(self);
}

static void missing_directories_are_made_before_the_next_transaction(void **state)
{
    fake *self = *state;
    register_all(self);
    fake_answer_failed_at(self, fake_expect(self, FAKE_MULTI, CREATE_ALL), ZK_NO_NODE, 0);
    for (int level = 0; level < 3; level++)
        for (size_t i = 0; i < COUNT; i++) {
            static const char *const levels[][3] = {{"/dubbo", "/dubbo/A", "/dubbo/A/providers"},
                {"/dubbo", "/dubbo/B", "/dubbo/B/providers"}};
            assert_none_stands();
            fake_expect_answer(
                self, FAKE_CREATE, levels[i == 2][level], i == 1 ? ZK_EXISTS : ZK_OK);
        }
    all_are_created(self);
}

static void directories_are_made_only_from_the_node_that_failed_onwards(void **state)
{
    fake *self = *state;
    register_all(self);
    fake_answer_failed_at(self, fake_expect(self, FAKE_MULTI, CREATE_ALL), ZK_NO_NODE, 2);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo", ZK_EXISTS);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/B", ZK_OK);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/B/providers", ZK_OK);
    all_are_created(self);
}

static void a_connection_lost_while_directories_are_made_leaves_the_batch_whole(void **state)
{
    fake *self = *state;
    register_all(self);
    fake_answer_failed_at(self, fake_expect(self, FAKE_MULTI, CREATE_ALL), ZK_NO_NODE, 2);
    fake_request create = fake_expect(self, FAKE_CREATE, "/dubbo");
    lose_connection(self);
    fake_answer(self, create, ZK_LOST);
    assert_nothing_asked(self);
    fake_connect(self, OURS);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo", ZK_EXISTS);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/B", ZK_OK);
    assert_none_stands();
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/B/providers", ZK_OK);
    all_are_created(self);
}

/* Another session has left nodes with the same names. */
static void existing_nodes_of_another_session_are_deleted_before_all_are_created(void **state)
{
    fake *self = *state;
    register_all(self);
    fake_answer_failed_at(self, fake_expect(self, FAKE_MULTI, CREATE_ALL), ZK_EXISTS, 1);
    fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, TWO), OTHERS);
    /* the third node is also looked up before any node is deleted */
    assert_int_equal(1, self->request_count);
    fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, THREE), OTHERS);
    fake_expect_answer(self, FAKE_MULTI, "remove two remove three", ZK_OK);
    all_are_created(self);
}

static void the_nodes_of_a_transaction_whose_answer_was_lost_are_looked_up(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_all(self);
        fake_request create = fake_expect(self, FAKE_MULTI, CREATE_ALL);
        lose_connection(self);
        fake_answer(self, create, ZK_LOST);
        assert_nothing_asked(self);
        fake_connect(self, OURS);
        if (round == 0) {
            all_are_found(self, OURS);
            assert_all_stand();
            assert_nothing_asked(self);
        } else {
            all_are_missed(self);
            all_are_created(self);
        }
    }
}

static void after_an_expired_session_all_nodes_are_created_in_one_transaction(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_all(self);
        fake_request create = fake_expect(self, FAKE_MULTI, CREATE_ALL);
        if (round == 0)
            fake_answer(self, create, ZK_OK);
        fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
        assert_none_stands();
        fake_connect(self, NEXT);
        all_are_created(self);
    }
}

/* A directory without permission must not keep the other nodes of the server from
 * being registered. */
static void a_refused_node_does_not_delay_the_others(void **state)
{
    fake *self = *state;
    register_all(self);
    fake_answer_failed_at(self, fake_expect(self, FAKE_MULTI, CREATE_ALL), ZK_REFUSED, 1);
    fake_expect_answer(self, FAKE_MULTI, "create one create three", ZK_OK);
    assert_stands(*nodes[0]);
    assert_stands(*nodes[2]);
    assert_nothing_asked(self);
    fake_pass_ms(self, 10000);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, TWO, ZK_OK);
    assert_all_stand();
    fake_unregister_together(self, nodes, COUNT);
    all_are_found(self, OURS);
    fake_expect_answer(self, FAKE_MULTI, REMOVE_ALL, ZK_OK);
    assert_int_equal(COUNT, self->nodes_gone);
}

static void a_transaction_that_cannot_be_sent_is_tried_again(void **state)
{
    fake *self = *state;
    self->refuses_requests = true;
    register_all(self);
    assert_nothing_asked(self);
    self->refuses_requests = false;
    fake_pass_ms(self, 250);
    all_are_created(self);
}

static void nodes_that_are_unregistered_during_their_create_are_deleted_afterwards(void **state)
{
    for (int round = 0; round < 2; round++) {
        fake *self = fixture_anew(state);
        register_all(self);
        fake_request create = fake_expect(self, FAKE_MULTI, CREATE_ALL);
        fake_unregister_together(self, nodes, COUNT);
        assert_int_equal(0, self->nodes_gone);
        if (round == 0) {
            fake_answer(self, create, ZK_OK);
            fake_expect_answer(self, FAKE_MULTI, REMOVE_ALL, ZK_OK);
        } else { /* the create fails, so the nodes are looked up; none exists */
            fake_answer_failed_at(self, create, ZK_NO_NODE, 1);
            all_are_missed(self);
        }
        assert_int_equal(COUNT, self->nodes_gone);
        assert_nothing_asked(self);
    }
}

static void unregistering_before_anything_was_sent_creates_nothing(void **state)
{
    fake *self = *state;
    lose_connection(self);
    register_all(self);
    fake_unregister_together(self, nodes, COUNT);
    assert_int_equal(COUNT, self->nodes_gone);
    fake_connect(self, OURS);
    assert_nothing_asked(self);
}

static void a_missing_node_does_not_keep_the_others_from_being_deleted(void **state)
{
    fake *self = *state;
    register_all(self);
    all_are_created(self);
    fake_unregister_together(self, nodes, COUNT);
    all_are_found(self, OURS);
    fake_answer_failed_at(self, fake_expect(self, FAKE_MULTI, REMOVE_ALL), ZK_NO_NODE, 1);
    assert_int_equal(1, self->nodes_gone);
    fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, THREE), OURS);
    fake_expect_answer(self, FAKE_MULTI, "remove one remove three", ZK_OK);
    assert_int_equal(COUNT, self->nodes_gone);
}

static void some_nodes_may_be_unregistered_while_others_stay(void **state)
{
    fake *self = *state;
    register_all(self);
    all_are_created(self);
    fake_unregister_together(self, nodes, 1);
    fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, ONE), OURS);
    fake_expect_answer(self, FAKE_REMOVE, ONE, ZK_OK);
    assert_int_equal(1, self->nodes_gone);
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    fake_expect_answer(self, FAKE_MULTI, "create two create three", ZK_OK);
}

static void the_self_check_creates_missing_nodes(void **state)
{
    (void)state;
    fake *self = fake_new(1000, 30000);
    fake_connect(self, OURS);
    register_all(self);
    all_are_created(self);
    fake_pass_ms(self, 30000);
    fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, ONE), OURS);
    exists_is_answered(self, TWO, ZK_NO_NODE);
    exists_is_answered(self, THREE, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_MULTI, "create two create three", ZK_OK);
    assert_all_stand();
    fake_free(self);
}

static void a_url_registered_twice_is_created_once_in_a_transaction(void **state)
{
    static const char *const twice[COUNT] = {ONE, ONE, TWO};
    fake *self = *state;
    fake_register_together(self, nodes, twice, COUNT);
    fake_expect_answer(self, FAKE_MULTI, "create one create two", ZK_OK);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, ONE, ZK_EXISTS);
    fake_answer_owner(self, fake_expect_any(self, FAKE_EXISTS, ONE), OURS);
    assert_all_stand();
    assert_nothing_asked(self);
}

/* If a transaction is larger than the server's jute.maxbuffer, the server only ends
 * the connection. */
static void a_transaction_that_always_loses_the_connection_is_split(void **state)
{
    fake *self = *state;
    register_all(self);
    for (int i = 0; i < 3; i++) {
        fake_request create = fake_expect(self, FAKE_MULTI, CREATE_ALL);
        lose_connection(self);
        fake_answer(self, create, ZK_LOST);
        fake_connect(self, OURS);
        all_are_missed(self);
    }
    for (size_t i = 0; i < COUNT; i++)
        fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, paths[i], ZK_OK);
    assert_all_stand();
}

static char registered_line[600];

static void keep_registered(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed)
{
    (void)arg, (void)level, (void)area, (void)suppressed;
    snprintf(registered_line, sizeof registered_line, "%s %s", message, fields);
}

static void a_created_node_is_logged_in_one_short_line(void **state)
{
    static const char *const names[][2] = {
        {"jsonrpc%3A%2F%2Fu%3Asecret%4010.0.0.1%3A8080%2Fa.S%3Fversion%3D1.0.0%26group%3Dg%26pid%"
         "3D77",
            "registered interface=a.S version=1.0.0 group=g address=10.0.0.1:8080 "
            "protocol=jsonrpc"},
        {"http%3A%2F%2F%5B%3A%3A1%5D%3A8080%2Fa.S",
            "registered interface=a.S address=[::1]:8080 protocol=http"},
        {"no%20URL", "registered url=\"no%20URL\""},
        {"jsonrpc%3A%2F%2Fu%3Asecret%4010.0.0.1%3A99999%2Fa.S",
            "registered url=\"jsonrpc%3A%2F%2F********%4010.0.0.1%3A99999%2Fa.S\""},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fake *self = fixture_anew(state);
        char path[200];
        snprintf(path, sizeof path, DIRECTORY "/%s", names[i][0]);
        fake_register(self, &self->node, path);
        dubboc_log_set(keep_registered, NULL, DUBBOC_LOG_INFO);
        fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, path, ZK_OK);
        dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
        assert_string_equal(names[i][1], registered_line);
    }
}

static void a_batch_is_limited_in_nodes_and_bytes_but_takes_any_single_node(void **state)
{
    (void)state;
    static zk_node many[ZK_BATCH_NODES_MAX];
    static char path[] = "/p";
    zk_batch *batch = zk_batch_new();
    /* a node above the size limit is sent alone */
    assert_true(zk_batch_has_room(batch, 1, 10 * ZK_BATCH_BYTES_MAX));
    for (size_t i = 0; i < ZK_BATCH_NODES_MAX; i++) {
        assert_true(zk_batch_has_room(batch, 1, 1));
        many[i].path = path;
        zk_batch_add(batch, &many[i].member, many[i].path);
    }
    assert_false(zk_batch_has_room(batch, 1, 1));
    zk_batch_free(batch);
    batch = zk_batch_new();
    zk_batch_add(batch, &many[0].member, many[0].path);
    assert_true(zk_batch_has_room(batch, 1, ZK_BATCH_BYTES_MAX - 2));
    assert_false(zk_batch_has_room(batch, 1, ZK_BATCH_BYTES_MAX - 1));
    assert_false(zk_batch_has_room(batch, ZK_BATCH_NODES_MAX, 1));
    zk_batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTED(nodes_registered_together_are_created_and_deleted_in_one_transaction),
        CONNECTED(missing_directories_are_made_before_the_next_transaction),
        CONNECTED(directories_are_made_only_from_the_node_that_failed_onwards),
        CONNECTED(a_connection_lost_while_directories_are_made_leaves_the_batch_whole),
        CONNECTED(existing_nodes_of_another_session_are_deleted_before_all_are_created),
        CONNECTED(the_nodes_of_a_transaction_whose_answer_was_lost_are_looked_up),
        CONNECTED(after_an_expired_session_all_nodes_are_created_in_one_transaction),
        CONNECTED(a_refused_node_does_not_delay_the_others),
        CONNECTED(a_transaction_that_cannot_be_sent_is_tried_again),
        CONNECTED(nodes_that_are_unregistered_during_their_create_are_deleted_afterwards),
        CONNECTED(unregistering_before_anything_was_sent_creates_nothing),
        CONNECTED(a_missing_node_does_not_keep_the_others_from_being_deleted),
        CONNECTED(some_nodes_may_be_unregistered_while_others_stay),
        cmocka_unit_test(the_self_check_creates_missing_nodes),
        CONNECTED(a_url_registered_twice_is_created_once_in_a_transaction),
        CONNECTED(a_transaction_that_always_loses_the_connection_is_split),
        CONNECTED(a_created_node_is_logged_in_one_short_line),
        cmocka_unit_test(a_batch_is_limited_in_nodes_and_bytes_but_takes_any_single_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
