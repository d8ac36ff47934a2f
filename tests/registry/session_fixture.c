#include "tests/registry/session_fixture.h"

int fixture_begin(void **state)
{
    *state = fake_new(1000, 0);
    return 0;
}

int fixture_connect(void **state)
{
    fixture_begin(state);
    fake_connect(*state, OURS);
    return 0;
}

int fixture_free(void **state)
{
    fake_free(*state);
    return 0;
}

fake *fixture_anew(void **state)
{
    fixture_free(state);
    fixture_connect(state);
    return *state;
}

void node_is_created(fake *self, zk_answer answer)
{
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, answer);
}

void node_is_found(fake *self, int64_t owner)
{
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), owner);
}

void node_is_missed(fake *self)
{
    fake_expect_answer(self, FAKE_EXISTS, NODE, ZK_NO_NODE);
}

void node_is_deleted(fake *self, zk_answer answer)
{
    fake_expect_answer(self, FAKE_REMOVE, NODE, answer);
}

void list_is_read(fake *self, const char *names)
{
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), names);
}

void directory_is_made(fake *self, zk_answer first, zk_answer second, zk_answer third)
{
    fake_expect_answer(self, FAKE_CREATE, "/dubbo", first);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/S", second);
    fake_expect_answer(self, FAKE_CREATE, DIRECTORY, third);
}

void register_node(fake *self)
{
    fake_register(self, &self->node, NODE);
}

void register_standing(fake *self)
{
    register_node(self);
    node_is_created(self, ZK_OK);
    assert_stands(self->node);
}

void unregister_own(fake *self)
{
    fake_command(self, ZK_EVENT_UNREGISTER, &self->node);
}

void subscribe(fake *self)
{
    fake_subscribe(self, &self->subscriber, DIRECTORY, false);
}

void subscribe_read(fake *self, const char *names)
{
    subscribe(self);
    list_is_read(self, names);
}

void lose_connection(fake *self)
{
    fake_session(self, ZK_SESSION_DOWN, OURS, 1000);
    assert_false(self->is_connected);
}
