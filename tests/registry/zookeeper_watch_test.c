/* Tests watches of directories and of data, and look-ups. */
#include "tests/registry/session_fixture.h"

/* --- watches */

static void a_directory_that_does_not_exist_is_waited_for_and_not_created(void **state)
{
    fake *self = *state;
    subscribe(self);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    fake_request wait = fake_expect(self, FAKE_EXISTS, DIRECTORY);
    assert_true(wait.watch);
    fake_answer(self, wait, ZK_NO_NODE);
    assert_int_equal(1, self->readings);
    assert_int_equal(0, self->reading->list.count);
    fake_pass_ms(self, 60000);
    assert_nothing_asked(self);
    fake_change(self, DIRECTORY);
    list_is_read(self, "a");
    assert_int_equal(2, self->readings);
}

static void a_directory_made_between_reading_and_waiting_is_not_missed(void **state)
{
    fake *self = *state;
    subscribe(self);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_EXISTS, DIRECTORY, ZK_OK);
    fake_pass_ms(self, 50);
    list_is_read(self, "a");
    assert_int_equal(1, self->readings);
}

static void a_deleted_directory_is_reported_as_an_empty_list_and_waited_for(void **state)
{
    fake *self = *state;
    subscribe_read(self, "a");
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    fake_expect_answer(self, FAKE_EXISTS, DIRECTORY, ZK_NO_NODE);
    assert_int_equal(2, self->readings);
    assert_int_equal(0, self->reading->list.count);
    assert_nothing_asked(self);
}

static void node_names_are_decoded_once_and_malformed_names_are_passed_on_unchanged(void **state)
{
    fake *self = *state;
    subscribe_read(self, "b%3A%252C %zz a%3a");
    assert_int_equal(3, self->reading->list.count);
    assert_string_equal("%zz", self->reading->list.items[0]);
    assert_string_equal("a:", self->reading->list.items[1]);
    assert_string_equal("b:%2C", self->reading->list.items[2]);
}

static void a_list_that_keeps_changing_is_read_at_most_twenty_times_a_second(void **state)
{
    fake *self = *state;
    subscribe_read(self, "a");
    int reads = 0;
    for (int ms = 0; ms < 1000; ms++) {
        fake_change(self, DIRECTORY);
        fake_pass_ms(self, 1);
        for (; self->request_count > 0; reads++)
            list_is_read(self, ms % 2 == 0 ? "a" : "b");
    }
    assert_in_range(reads, 15, 20);
    fake_change(self, DIRECTORY);
    fake_pass_ms(self, 50);
    list_is_read(self, "last");
    assert_string_equal("last", self->reading->list.items[0]);
}

static void a_change_during_a_reading_causes_another_reading(void **state)
{
    fake *self = *state;
    subscribe(self);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    fake_change(self, DIRECTORY);
    assert_nothing_asked(self);
    fake_answer_list(self, read, "a");
    fake_pass_ms(self, 50);
    list_is_read(self, "a b");
    assert_int_equal(2, self->reading->list.count);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
}

static void a_refresh_reports_an_unchanged_list_too(void **state)
{
    fake *self = *state;
    subscribe_read(self, "a");
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    list_is_read(self, "a");
    assert_int_equal(1, self->readings);
    fake_pass_ms(self, 1000);
    fake_command(self, ZK_EVENT_REFRESH, &self->subscriber);
    list_is_read(self, "a");
    assert_int_equal(2, self->readings);
}

static void a_hundred_refreshes_cause_two_readings(void **state)
{
    fake *self = *state;
    subscribe_read(self, "a");
    fake_pass_ms(self, 1000);
    for (int i = 0; i < 100; i++) {
        fake_command(self, ZK_EVENT_REFRESH, &self->subscriber);
        fake_change(self, DIRECTORY);
    }
    list_is_read(self, "a");
    assert_nothing_asked(self);
    assert_int_equal(2, self->readings);
    fake_pass_ms(self, 50);
    list_is_read(self, "a b");
    assert_int_equal(3, self->readings);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
}

static void subscribers_of_one_path_share_its_readings(void **state)
{
    fake *self = *state;
    subscribe_read(self, "a");
    fake_pass_ms(self, 1000);
    fake_subscribe(self, &self->second_subscriber, DIRECTORY, false);
    list_is_read(self, "a");
    assert_int_equal(2, self->readings); /* the second subscriber got its first reading */
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    list_is_read(self, "b");
    assert_int_equal(4, self->readings);
    fake_command(self, ZK_EVENT_UNSUBSCRIBE, &self->subscriber);
    fake_pass_ms(self, 1000);
    fake_change(self, DIRECTORY);
    list_is_read(self, "c");
    assert_int_equal(5, self->readings);
}

static void a_reading_for_a_subscriber_that_left_is_dropped(void **state)
{
    fake *self = *state;
    subscribe(self);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    fake_command(self, ZK_EVENT_UNSUBSCRIBE, &self->subscriber);
    assert_int_equal(1, self->subscribers_gone);
    fake_answer_list(self, read, "a");
    fake_change(self, DIRECTORY);
    assert_int_equal(0, self->readings);
    assert_nothing_asked(self);
}

static void everything_is_read_again_after_a_lost_connection(void **state)
{
    fake *self = *state;
    subscribe(self);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    lose_connection(self);
    fake_answer(self, read, ZK_LOST);
    fake_pass_ms(self, 1000);
    assert_nothing_asked(self);
    assert_int_equal(0, self->readings);
    fake_connect(self, OURS);
    list_is_read(self, "a");
    assert_int_equal(1, self->readings);
}

/* libraries.md Z11: a list above the size limit cannot be read. */
static void a_list_that_is_too_big_is_not_requested_all_the_time(void **state)
{
    fake *self = *state;
    subscribe(self);
    int reads = 0;
    for (int second = 0; second < 600; second++) {
        for (; self->request_count > 0; reads++)
            fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_TOO_BIG);
        fake_pass_ms(self, 1000);
    }
    assert_in_range(reads, 10, 25);
    assert_int_equal(0, self->readings);
}

/* libraries.md Z11: such a list may end the connection each time it is requested. */
static void a_list_whose_reading_ends_the_connection_is_not_read_for_ever(void **state)
{
    fake *self = *state;
    subscribe(self);
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
    list_is_read(self, "a");
    assert_int_equal(1, self->readings);
}

static void data_that_does_not_exist_yet_is_waited_for(void **state)
{
    fake *self = *state;
    fake_subscribe(self, &self->subscriber, "/dubbo/config/k", true);
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
}

static void data_made_between_reading_and_waiting_is_not_missed(void **state)
{
    fake *self = *state;
    fake_subscribe(self, &self->subscriber, "/k", true);
    fake_expect_answer(self, FAKE_DATA, "/k", ZK_NO_NODE);
    fake_expect_answer(self, FAKE_EXISTS, "/k", ZK_OK);
    fake_pass_ms(self, 50);
    fake_answer_data(self, fake_expect(self, FAKE_DATA, "/k"), "");
    assert_non_null(self->reading->data);
    assert_int_equal(0, self->reading->len);
}

/* --- lookups */

static void a_lookup_ends_at_its_deadline_and_says_why(void **state)
{
    fake *self = *state;
    fake_pass_ms(self, 0);
    fake_look_up(self, &self->lookup, DIRECTORY, 300);
    /* wakes for a probe first */
    assert_true(zk_session_next_ns(self->session) == self->now_ns + 150 * NS_PER_MS);
    fake_pass_ms(self, 150);
    assert_true(zk_session_next_ns(self->session) == self->now_ns + 150 * NS_PER_MS);
    fake_pass_ms(self, 149);
    assert_int_equal(0, self->lookups);
    fake_pass_ms(self, 1);
    assert_int_equal(1, self->lookups);
    assert_string_equal("not connected yet", self->reason);
    fake_connect(self, OURS);
    assert_nothing_asked(self);
    fake_look_up(self, &self->lookup, DIRECTORY, 300);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    assert_false(read.watch);
    fake_pass_ms(self, 300);
    assert_string_equal("no answer in time", self->reason);
    fake_answer_list(self, read, "late");
    assert_int_equal(2, self->lookups);
}

static void a_lookup_outlives_a_lost_connection(void **state)
{
    fake *self = *state;
    fake_look_up(self, &self->lookup, DIRECTORY, 5000);
    fake_request read = fake_expect(self, FAKE_CHILDREN, DIRECTORY);
    lose_connection(self);
    fake_answer(self, read, ZK_LOST);
    fake_connect(self, OURS);
    list_is_read(self, "b a");
    assert_int_equal(1, self->lookups);
    assert_string_equal("a", self->reading->list.items[0]);
}

static void a_lookup_of_an_absent_directory_finds_an_empty_list(void **state)
{
    fake *self = *state;
    fake_look_up(self, &self->lookup, DIRECTORY, 5000);
    fake_expect_answer(self, FAKE_CHILDREN, DIRECTORY, ZK_NO_NODE);
    assert_non_null(self->reading);
    assert_int_equal(0, self->reading->list.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONNECTED(a_directory_that_does_not_exist_is_waited_for_and_not_created),
        CONNECTED(a_directory_made_between_reading_and_waiting_is_not_missed),
        CONNECTED(a_deleted_directory_is_reported_as_an_empty_list_and_waited_for),
        CONNECTED(node_names_are_decoded_once_and_malformed_names_are_passed_on_unchanged),
        CONNECTED(a_list_that_keeps_changing_is_read_at_most_twenty_times_a_second),
        CONNECTED(a_change_during_a_reading_causes_another_reading),
        CONNECTED(a_refresh_reports_an_unchanged_list_too),
        CONNECTED(a_hundred_refreshes_cause_two_readings),
        CONNECTED(subscribers_of_one_path_share_its_readings),
        CONNECTED(a_reading_for_a_subscriber_that_left_is_dropped),
        CONNECTED(everything_is_read_again_after_a_lost_connection),
        CONNECTED(a_list_that_is_too_big_is_not_requested_all_the_time),
        CONNECTED(a_list_whose_reading_ends_the_connection_is_not_read_for_ever),
        CONNECTED(data_that_does_not_exist_yet_is_waited_for),
        CONNECTED(data_made_between_reading_and_waiting_is_not_missed),
        FRESH(a_lookup_ends_at_its_deadline_and_says_why),
        CONNECTED(a_lookup_outlives_a_lost_connection),
        CONNECTED(a_lookup_of_an_absent_directory_finds_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
