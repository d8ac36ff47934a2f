/* The logic of the ZooKeeper registry, event by event, without a server and without waiting. */
#include "tests/support/test.h"

#include "tests/support/zookeeper_fake.h"

#define DIRECTORY "/dubbo/S/providers"
#define NODE DIRECTORY "/url"
#define OURS 0x111
#define OTHERS 0x222
#define NEXT 0x333

#define assert_nothing_asked(fake) assert_int_equal(0, (fake)->request_count)
#define assert_state(fake, name) assert_string_equal(name, zk_core_state_name((fake)->core))

static fake *connected_fake(void)
{
    fake *self = fake_new(1000, 0);
    fake_connect(self, OURS);
    return self;
}

static void register_standing(fake *self, zk_node *node)
{
    fake_register(self, node, NODE);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_OK);
    assert_true(atomic_load(&node->stands));
}

static void subscribe_read(fake *self, zk_subscriber *subscriber, const char *names)
{
    fake_subscribe(self, subscriber, DIRECTORY, false);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), names);
}

static void lose_connection(fake *self)
{
    fake_session(self, ZK_SESSION_DOWN, OURS, 1000);
    assert_false(self->is_connected);
}

/* --- session */

static void asks_for_nothing_before_there_is_a_session(void **state)
{
    (void)state;
    zk_node node;
    fake *self = fake_new(1000, 0);
    fake_pass_ms(self, 0);
    assert_int_equal(1, self->opens);
    fake_register(self, &node, NODE);
    assert_nothing_asked(self);
    fake_connect(self, OURS);
    fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_free(self);
}

static void an_expired_session_is_followed_by_a_new_one_with_everything_again(void **state)
{
    (void)state;
    zk_node node;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    register_standing(self, &node);
    subscribe_read(self, &subscriber, "a");
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    assert_false(atomic_load(&node.stands));
    assert_int_equal(1, self->closes);
    assert_int_equal(2, self->opens);
    fake_pass_ms(self, 50);
    fake_connect(self, NEXT);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    assert_true(read.watch);
    fake_answer(self, create, ZK_OK);
    fake_answer_list(self, read, "a");
    assert_true(atomic_load(&node.stands));
    assert_int_equal(1, self->readings); /* the same list as before is no news */
    fake_free(self);
}

static void answers_of_a_former_handle_are_dropped(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    fake_request former = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    fake_request present = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_answer(self, former, ZK_OK);
    assert_false(atomic_load(&node.stands));
    former.generation = present.generation; /* and if only the cookie told them apart */
    fake_answer(self, former, ZK_OK);
    assert_false(atomic_load(&node.stands));
    fake_answer(self, present, ZK_OK);
    assert_true(atomic_load(&node.stands));
    fake_free(self);
}

static void news_of_a_former_handle_is_dropped(void **state)
{
    (void)state;
    fake *self = connected_fake();
    zk_event late = {.kind = ZK_EVENT_SESSION, .generation = self->generation, .session = ZK_SESSION_EXPIRED};
    fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
    fake_connect(self, NEXT);
    zk_core_handle(self->core, &late, self->now_ns);
    assert_state(self, "CONNECTED");
    fake_free(self);
}

/* traps.md Z3 */
static void a_loss_that_lasts_two_session_timeouts_ends_in_a_fresh_handle(void **state)
{
    (void)state;
    fake *self = connected_fake();
    lose_connection(self);
    assert_state(self, "SUSPENDED");
    fake_pass_ms(self, 1999);
    assert_int_equal(1, self->opens);
    fake_pass_ms(self, 1);
    assert_int_equal(2, self->opens);
    assert_int_equal(1, self->closes);
    assert_state(self, "CONNECTING");
    fake_free(self);
}

static void a_handle_that_never_connects_is_replaced(void **state)
{
    (void)state;
    fake *self = fake_new(1000, 0);
    fake_pass_ms(self, 0);
    for (int round = 1; round <= 5; round++) {
        fake_pass_ms(self, 2000);
        assert_int_equal(1 + round, self->opens);
        fake_closed(self);
    }
    fake_free(self);
}

static void handles_that_do_not_close_are_not_piled_up(void **state)
{
    (void)state;
    fake *self = fake_new(1000, 0);
    fake_pass_ms(self, 0);
    for (int i = 0; i < 100; i++)
        fake_pass_ms(self, 2000);
    assert_int_equal(4, self->opens);
    fake_closed(self);
    for (int i = 0; i < 10; i++)
        fake_pass_ms(self, 2000);
    assert_int_equal(5, self->opens);
    fake_free(self);
}

static void a_handle_that_cannot_be_had_is_tried_again_with_growing_pauses(void **state)
{
    (void)state;
    fake *self = fake_new(1000, 0);
    self->refuses_open = true;
    fake_pass_ms(self, 0);
    int64_t pause_ms[8];
    for (int i = 0; i < 8; i++) {
        pause_ms[i] = (zk_core_next_ns(self->core) - self->now_ns) / NS_PER_MS;
        int64_t whole = 250 << i < 10000 ? 250 << i : 10000;
        assert_in_range(pause_ms[i], whole / 2 - 1, whole);
        fake_pass_ms(self, pause_ms[i] + 1);
    }
    self->refuses_open = false;
    fake_pass_ms(self, 10000);
    assert_int_equal(1, self->opens);
    fake_connect(self, OURS);
    fake_free(self);
}

/* traps.md Z6 */
static void a_session_with_absurd_terms_is_not_used(void **state)
{
    (void)state;
    const struct {
        zk_session_news news;
        int64_t id, timeout_ms;
    } unfit[] = {
        {ZK_SESSION_READ_ONLY, OURS, 1000},
        {ZK_SESSION_UP, 0, 1000},
        {ZK_SESSION_UP, OURS, 875573280}, /* "400 " */
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
    (void)state;
    fake *self = fake_new(1000, 0);
    fake_pass_ms(self, 0);
    fake_session(self, ZK_SESSION_AUTH_FAILED, 0, 0);
    assert_state(self, "BACKOFF");
    fake_pass_ms(self, 250);
    assert_int_equal(2, self->opens);
    fake_free(self);
}

static void missed_news_costs_a_fresh_handle(void **state)
{
    (void)state;
    fake *self = connected_fake();
    zk_core_missed(self->core, self->now_ns);
    assert_int_equal(1, self->closes);
    fake_pass_ms(self, 250);
    assert_int_equal(2, self->opens);
    fake_free(self);
}

/* --- nodes */

static void missing_directories_are_made_level_by_level(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo", ZK_EXISTS);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/S", ZK_OK);
    fake_expect_answer(self, FAKE_CREATE, DIRECTORY, ZK_OK);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_OK);
    assert_true(atomic_load(&node.stands));
    fake_free(self);
}

static void a_node_of_another_session_is_deleted_and_made_again(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_EXISTS);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OTHERS);
    assert_false(atomic_load(&node.stands));
    fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_NO_NODE); /* it went by itself meanwhile */
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_OK);
    assert_true(atomic_load(&node.stands));
    fake_free(self);
}

/* traps.md Z2 */
static void a_create_whose_answer_was_lost_is_looked_for(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    lose_connection(self);
    fake_answer(self, create, ZK_LOST);
    assert_nothing_asked(self);
    fake_connect(self, OURS);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
    assert_true(atomic_load(&node.stands));
    assert_nothing_asked(self);
    fake_free(self);
}

static void a_lost_connection_keeps_what_stands_and_looks_after_it(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    register_standing(self, &node);
    lose_connection(self);
    assert_true(atomic_load(&node.stands));
    fake_connect(self, OURS);
    fake_expect_answer(self, FAKE_EXISTS, NODE, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_OK);
    assert_true(atomic_load(&node.stands));
    fake_free(self);
}

static void unregistering_deletes_only_what_this_session_owns(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        zk_node node;
        fake *self = connected_fake();
        register_standing(self, &node);
        fake_command(self, ZK_EVENT_UNREGISTER, &node);
        fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), round == 0 ? OURS : OTHERS);
        if (round == 0)
            fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_OK);
        assert_int_equal(1, self->nodes_gone);
        assert_nothing_asked(self);
        fake_free(self);
    }
}

static void unregistering_during_the_create_deletes_afterwards(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_command(self, ZK_EVENT_UNREGISTER, &node);
    assert_int_equal(0, self->nodes_gone);
    fake_answer(self, create, ZK_OK);
    fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_OK);
    assert_int_equal(1, self->nodes_gone);
    fake_free(self);
}

static void unregistering_while_away_is_done_when_the_session_is_back_or_gone(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        zk_node node;
        fake *self = connected_fake();
        register_standing(self, &node);
        lose_connection(self);
        fake_command(self, ZK_EVENT_UNREGISTER, &node);
        assert_int_equal(0, self->nodes_gone);
        if (round == 0) {
            fake_connect(self, OURS);
            fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
            fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_OK);
        } else {
            fake_session(self, ZK_SESSION_EXPIRED, OURS, 1000);
        }
        assert_int_equal(1, self->nodes_gone);
        fake_free(self);
    }
}

static void unregistering_without_a_session_is_done_at_once(void **state)
{
    (void)state;
    zk_node node;
    fake *self = fake_new(1000, 0);
    fake_register(self, &node, NODE);
    fake_command(self, ZK_EVENT_UNREGISTER, &node);
    assert_int_equal(1, self->nodes_gone);
    fake_connect(self, OURS);
    assert_nothing_asked(self);
    fake_free(self);
}

static void a_url_registered_twice_goes_with_the_last(void **state)
{
    (void)state;
    zk_node one, two;
    fake *self = connected_fake();
    register_standing(self, &one);
    fake_register(self, &two, NODE);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_EXISTS);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
    fake_command(self, ZK_EVENT_UNREGISTER, &one);
    assert_int_equal(1, self->nodes_gone);
    assert_nothing_asked(self);
    fake_command(self, ZK_EVENT_UNREGISTER, &two);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
    fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_OK);
    assert_int_equal(2, self->nodes_gone);
    fake_free(self);
}

static void a_url_taken_back_before_its_second_registration_was_made_is_not_left_behind(void **state)
{
    (void)state;
    zk_node one, two;
    fake *self = connected_fake();
    register_standing(self, &one);
    lose_connection(self);
    fake_register(self, &two, NODE);
    fake_command(self, ZK_EVENT_UNREGISTER, &one);
    fake_command(self, ZK_EVENT_UNREGISTER, &two);
    fake_connect(self, OURS);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
    fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_OK);
    assert_int_equal(2, self->nodes_gone);
    fake_free(self);
}

static void a_refused_node_that_is_taken_back_is_not_tried_again(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    fake_request create = fake_expect(self, FAKE_CREATE_EPHEMERAL, NODE);
    fake_command(self, ZK_EVENT_UNREGISTER, &node);
    fake_answer(self, create, ZK_REFUSED);
    fake_pass_ms(self, 250);
    fake_expect_answer(self, FAKE_EXISTS, NODE, ZK_NO_NODE);
    assert_int_equal(1, self->nodes_gone);
    fake_free(self);
}

static void the_self_check_finds_a_node_deleted_by_hand(void **state)
{
    (void)state;
    zk_node node;
    fake *self = fake_new(1000, 30000);
    fake_connect(self, OURS);
    register_standing(self, &node);
    fake_pass_ms(self, 29999);
    assert_nothing_asked(self);
    fake_pass_ms(self, 1);
    fake_expect_answer(self, FAKE_EXISTS, NODE, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_OK);
    fake_pass_ms(self, 30000);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
    assert_nothing_asked(self);
    fake_free(self);
}

static void a_refused_registration_is_tried_again_with_growing_pauses(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    fake_register(self, &node, NODE);
    for (int i = 0; i < 20; i++) {
        fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_REFUSED);
        assert_nothing_asked(self);
        int64_t pause_ms = (zk_core_next_ns(self->core) - self->now_ns) / NS_PER_MS;
        assert_in_range(pause_ms, i < 6 ? 124 : 4999, 10000);
        fake_pass_ms(self, pause_ms + 1);
    }
    fake_free(self);
}

static void a_request_that_cannot_be_sent_is_tried_again(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    self->refuses_requests = true;
    fake_register(self, &node, NODE);
    assert_true(zk_core_next_ns(self->core) > self->now_ns);
    self->refuses_requests = false;
    fake_pass_ms(self, 250);
    fake_expect_answer(self, FAKE_CREATE_EPHEMERAL, NODE, ZK_OK);
    assert_true(atomic_load(&node.stands));
    fake_free(self);
}

static void no_more_than_256_requests_are_under_way(void **state)
{
    (void)state;
    enum { NODES = 1000 };
    static zk_node nodes[NODES];
    fake *self = connected_fake();
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
        assert_true(atomic_load(&nodes[i].stands));
    fake_free(self);
}

/* --- watches */

static void a_directory_that_does_not_exist_is_made_and_read(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo", ZK_OK);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo/S", ZK_OK);
    fake_expect_answer(self, FAKE_CREATE, DIRECTORY, ZK_EXISTS);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "");
    assert_int_equal(1, self->readings);
    assert_int_equal(0, self->reading->count);
    fake_free(self);
}

static void a_directory_that_may_not_be_made_is_an_empty_list(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_CREATE, "/dubbo", ZK_REFUSED);
    assert_int_equal(1, self->readings);
    assert_int_equal(0, self->reading->count);
    assert_nothing_asked(self);
    fake_pass_ms(self, 250);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a");
    assert_int_equal(2, self->readings);
    fake_free(self);
}

static void names_are_decoded_once_and_broken_ones_are_passed_on(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    subscribe_read(self, &subscriber, "b%3A%252C %zz a%3a");
    assert_int_equal(3, self->reading->count);
    assert_string_equal("%zz", self->reading->items[0]);
    assert_string_equal("a:", self->reading->items[1]);
    assert_string_equal("b:%2C", self->reading->items[2]);
    fake_free(self);
}

static void a_storm_of_changes_is_read_twenty_times_a_second(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    subscribe_read(self, &subscriber, "a");
    int reads = 0;
    for (int ms = 0; ms < 1000; ms++) {
        fake_change(self, DIRECTORY);
        fake_pass_ms(self, 1);
        for (; self->request_count > 0; reads++)
            fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), ms % 2 == 0 ? "a" : "b");
    }
    assert_in_range(reads, 15, 20);
    fake_change(self, DIRECTORY);
    fake_pass_ms(self, 50);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "last");
    assert_string_equal("last", self->reading->items[0]);
    fake_free(self);
}

static void a_change_during_a_reading_leads_to_another(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    fake_change(self, DIRECTORY);
    assert_nothing_asked(self);
    fake_answer_list(self, read, "a");
    fake_pass_ms(self, 50);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a b");
    assert_int_equal(2, self->reading->count);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
    fake_free(self);
}

static void a_refresh_tells_even_what_has_not_changed(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    subscribe_read(self, &subscriber, "a");
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a");
    assert_int_equal(1, self->readings);
    fake_pass_ms(self, 1000);
    fake_command(self, ZK_EVENT_REFRESH, &subscriber);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a");
    assert_int_equal(2, self->readings);
    fake_free(self);
}

static void a_hundred_refreshes_are_two_readings(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    subscribe_read(self, &subscriber, "a");
    fake_pass_ms(self, 1000);
    for (int i = 0; i < 100; i++) {
        fake_command(self, ZK_EVENT_REFRESH, &subscriber);
        fake_change(self, DIRECTORY);
    }
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a");
    assert_nothing_asked(self);
    assert_int_equal(2, self->readings);
    fake_pass_ms(self, 50);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a b");
    assert_int_equal(3, self->readings);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
    fake_free(self);
}

static void subscribers_of_one_path_share_its_readings(void **state)
{
    (void)state;
    zk_subscriber one, two;
    fake *self = connected_fake();
    subscribe_read(self, &one, "a");
    fake_pass_ms(self, 1000);
    subscribe_read(self, &two, "a");
    assert_int_equal(2, self->readings); /* the second one's first */
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "b");
    assert_int_equal(4, self->readings);
    fake_command(self, ZK_EVENT_UNSUBSCRIBE, &one);
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "c");
    assert_int_equal(5, self->readings);
    fake_free(self);
}

static void a_reading_for_somebody_who_left_is_dropped(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    fake_command(self, ZK_EVENT_UNSUBSCRIBE, &subscriber);
    assert_int_equal(1, self->subscribers_gone);
    fake_answer_list(self, read, "a");
    fake_change(self, DIRECTORY);
    assert_int_equal(0, self->readings);
    assert_nothing_asked(self);
    fake_free(self);
}

static void everything_is_read_again_after_a_lost_connection(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    lose_connection(self);
    fake_answer(self, read, ZK_LOST);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
    assert_int_equal(0, self->readings);
    fake_connect(self, OURS);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a");
    assert_int_equal(1, self->readings);
    fake_free(self);
}

/* traps.md Z11 */
static void a_list_that_is_too_big_is_not_asked_for_all_the_time(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    int reads = 0;
    for (int second = 0; second < 600; second++) {
        for (; self->request_count > 0; reads++)
            fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_TOO_BIG);
        fake_pass_ms(self, 1000);
    }
    assert_in_range(reads, 10, 25);
    assert_int_equal(0, self->readings);
    fake_free(self);
}

/* traps.md Z11 */
static void a_list_whose_reading_ends_the_connection_does_not_do_so_for_ever(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, DIRECTORY, false);
    int reads = 0;
    for (int second = 0; second < 60; second++) {
        if (self->request_count > 0) {
            fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
            lose_connection(self);
            fake_answer(self, read, ZK_LOST);
            fake_connect(self, OURS);
            reads++;
        }
        fake_pass_ms(self, 1000);
    }
    assert_in_range(reads, 4, 12);
    fake_pass_ms(self, 60000);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "a");
    assert_int_equal(1, self->readings);
    fake_free(self);
}

static void data_that_does_not_exist_yet_is_waited_for(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, "/dubbo/config/k", true);
    fake_expect_answer(self, FAKE_DATA, "/dubbo/config/k", ZK_NO_NODE);
    fake_request wait = fake_expect(self, FAKE_EXISTS, "/dubbo/config/k");
    assert_true(wait.watch);
    fake_answer(self, wait, ZK_NO_NODE);
    assert_int_equal(1, self->readings);
    assert_null(self->reading->data);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
    fake_change(self, "/dubbo/config/k");
    fake_answer_data(self, fake_expect(self, FAKE_DATA, "/dubbo/config/k"), "rule");
    assert_string_equal("rule", self->reading->data);
    fake_free(self);
}

static void data_made_between_reading_and_waiting_is_not_missed(void **state)
{
    (void)state;
    zk_subscriber subscriber;
    fake *self = connected_fake();
    fake_subscribe(self, &subscriber, "/k", true);
    fake_expect_answer(self, FAKE_DATA, "/k", ZK_NO_NODE);
    fake_expect_answer(self, FAKE_EXISTS, "/k", ZK_OK);
    fake_pass_ms(self, 50);
    fake_answer_data(self, fake_expect(self, FAKE_DATA, "/k"), "");
    assert_non_null(self->reading->data);
    assert_int_equal(0, self->reading->len);
    fake_free(self);
}

/* --- lookups */

static void a_lookup_ends_at_its_deadline_and_says_why(void **state)
{
    (void)state;
    zk_lookup lookup;
    fake *self = fake_new(1000, 0);
    fake_pass_ms(self, 0);
    fake_look_up(self, &lookup, DIRECTORY, 300);
    assert_true(zk_core_next_ns(self->core) == self->now_ns + 300 * NS_PER_MS);
    fake_pass_ms(self, 299);
    assert_int_equal(0, self->lookups);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->lookups);
    assert_string_equal("not connected yet", self->reason);
    fake_connect(self, OURS);
    assert_nothing_asked(self);
    fake_look_up(self, &lookup, DIRECTORY, 300);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    assert_false(read.watch);
    fake_pass_ms(self, 300);
    assert_string_equal("no answer in time", self->reason);
    fake_answer_list(self, read, "late");
    assert_int_equal(2, self->lookups);
    fake_free(self);
}

static void a_lookup_outlives_a_lost_connection(void **state)
{
    (void)state;
    zk_lookup lookup;
    fake *self = connected_fake();
    fake_look_up(self, &lookup, DIRECTORY, 5000);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    lose_connection(self);
    fake_answer(self, read, ZK_LOST);
    fake_connect(self, OURS);
    fake_answer_list(self, fake_expect(self, FAKE_CHILDREN, DIRECTORY), "b a");
    assert_int_equal(1, self->lookups);
    assert_string_equal("a", self->reading->items[0]);
    fake_free(self);
}

static void looking_up_what_is_not_there_finds_an_empty_list(void **state)
{
    (void)state;
    zk_lookup lookup;
    fake *self = connected_fake();
    fake_look_up(self, &lookup, DIRECTORY, 5000);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    assert_non_null(self->reading);
    assert_int_equal(0, self->reading->count);
    fake_free(self);
}

/* --- the end */

static void stopping_deletes_what_stands_and_then_closes(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    register_standing(self, &node);
    fake_command(self, ZK_EVENT_STOP, NULL);
    assert_int_equal(0, self->closes);
    fake_answer_owner(self, fake_expect(self, FAKE_EXISTS, NODE), OURS);
    fake_expect_answer(self, FAKE_REMOVE, NODE, ZK_OK);
    assert_int_equal(1, self->nodes_gone);
    assert_int_equal(1, self->closes);
    assert_false(zk_core_is_finished(self->core));
    fake_closed(self);
    assert_true(zk_core_is_finished(self->core));
    fake_free(self);
}

static void stopping_waits_a_second_for_a_silent_server(void **state)
{
    (void)state;
    zk_node node;
    fake *self = connected_fake();
    register_standing(self, &node);
    fake_command(self, ZK_EVENT_STOP, NULL);
    fake_pass_ms(self, 999);
    assert_int_equal(0, self->closes);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->closes);
    assert_int_equal(1, self->nodes_gone);
    fake_closed(self);
    assert_true(zk_core_is_finished(self->core));
    fake_free(self);
}

static void stopping_ends_lookups_and_new_ones_fail_at_once(void **state)
{
    (void)state;
    zk_lookup one, two;
    fake *self = connected_fake();
    fake_look_up(self, &one, DIRECTORY, 5000);
    fake_command(self, ZK_EVENT_STOP, NULL);
    assert_int_equal(1, self->lookups);
    fake_look_up(self, &two, DIRECTORY, 5000);
    assert_int_equal(2, self->lookups);
    assert_contains(self->reason, "closed");
    fake_free(self);
}

static void stopping_without_a_handle_is_finished_at_once(void **state)
{
    (void)state;
    fake *self = fake_new(1000, 0);
    fake_command(self, ZK_EVENT_STOP, NULL);
    assert_true(zk_core_is_finished(self->core));
    assert_int_equal(0, self->opens);
    fake_free(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_nothing_before_there_is_a_session),
        cmocka_unit_test(an_expired_session_is_followed_by_a_new_one_with_everything_again),
        cmocka_unit_test(answers_of_a_former_handle_are_dropped),
        cmocka_unit_test(news_of_a_former_handle_is_dropped),
        cmocka_unit_test(a_loss_that_lasts_two_session_timeouts_ends_in_a_fresh_handle),
        cmocka_unit_test(a_handle_that_never_connects_is_replaced),
        cmocka_unit_test(handles_that_do_not_close_are_not_piled_up),
        cmocka_unit_test(a_handle_that_cannot_be_had_is_tried_again_with_growing_pauses),
        cmocka_unit_test(a_session_with_absurd_terms_is_not_used),
        cmocka_unit_test(refused_credentials_are_tried_again_later),
        cmocka_unit_test(missed_news_costs_a_fresh_handle),
        cmocka_unit_test(missing_directories_are_made_level_by_level),
        cmocka_unit_test(a_node_of_another_session_is_deleted_and_made_again),
        cmocka_unit_test(a_create_whose_answer_was_lost_is_looked_for),
        cmocka_unit_test(a_lost_connection_keeps_what_stands_and_looks_after_it),
        cmocka_unit_test(unregistering_deletes_only_what_this_session_owns),
        cmocka_unit_test(unregistering_during_the_create_deletes_afterwards),
        cmocka_unit_test(unregistering_while_away_is_done_when_the_session_is_back_or_gone),
        cmocka_unit_test(unregistering_without_a_session_is_done_at_once),
        cmocka_unit_test(a_url_registered_twice_goes_with_the_last),
        cmocka_unit_test(a_url_taken_back_before_its_second_registration_was_made_is_not_left_behind),
        cmocka_unit_test(a_refused_node_that_is_taken_back_is_not_tried_again),
        cmocka_unit_test(the_self_check_finds_a_node_deleted_by_hand),
        cmocka_unit_test(a_refused_registration_is_tried_again_with_growing_pauses),
        cmocka_unit_test(a_request_that_cannot_be_sent_is_tried_again),
        cmocka_unit_test(no_more_than_256_requests_are_under_way),
        cmocka_unit_test(a_directory_that_does_not_exist_is_made_and_read),
        cmocka_unit_test(a_directory_that_may_not_be_made_is_an_empty_list),
        cmocka_unit_test(names_are_decoded_once_and_broken_ones_are_passed_on),
        cmocka_unit_test(a_storm_of_changes_is_read_twenty_times_a_second),
        cmocka_unit_test(a_change_during_a_reading_leads_to_another),
        cmocka_unit_test(a_refresh_tells_even_what_has_not_changed),
        cmocka_unit_test(a_hundred_refreshes_are_two_readings),
        cmocka_unit_test(subscribers_of_one_path_share_its_readings),
        cmocka_unit_test(a_reading_for_somebody_who_left_is_dropped),
        cmocka_unit_test(everything_is_read_again_after_a_lost_connection),
        cmocka_unit_test(a_list_that_is_too_big_is_not_asked_for_all_the_time),
        cmocka_unit_test(a_list_whose_reading_ends_the_connection_does_not_do_so_for_ever),
        cmocka_unit_test(data_that_does_not_exist_yet_is_waited_for),
        cmocka_unit_test(data_made_between_reading_and_waiting_is_not_missed),
        cmocka_unit_test(a_lookup_ends_at_its_deadline_and_says_why),
        cmocka_unit_test(a_lookup_outlives_a_lost_connection),
        cmocka_unit_test(looking_up_what_is_not_there_finds_an_empty_list),
        cmocka_unit_test(stopping_deletes_what_stands_and_then_closes),
        cmocka_unit_test(stopping_waits_a_second_for_a_silent_server),
        cmocka_unit_test(stopping_ends_lookups_and_new_ones_fail_at_once),
        cmocka_unit_test(stopping_without_a_handle_is_finished_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
