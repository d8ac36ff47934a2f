/* Asynchronous calls as a program uses them: outcomes, waiting, cancelling, freeing, limits. */
#include "tests/client/async_fixture.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "client/pending.h"
#include "transport/http_client_exchange.h"

/* --- the outcome --- */

static void a_callback_receives_the_result_exactly_once(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &answers_7);
    dubboc_pending *pending = async_start(&self, tell, &seen);
    async_await(&self, &seen, 1);
    assert_status(DUBBOC_OK, seen.status, &seen.err);
    assert_string_equal("7", seen.result.data);
    assert_int_equal(DUBBOC_ANSWERED, seen.err.execution);
    assert_int_equal(1, seen.err.attempts);
    assert_int_equal(*state == &with_own_loop, pthread_equal(seen.thread, pthread_self()));
    assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pending, LIMIT_MS));
    assert_int_equal(DUBBOC_E_NOT_FOUND, dubboc_pending_take_raw(pending, NULL, &self.err));
    dubboc_pending_free(pending);
    async_end(&self);
    assert_int_equal(1, atomic_load(&seen.count));
    told_clear(&seen);
}

static void a_program_without_a_callback_waits_for_the_result_and_takes_it(void **state)
{
    async_fixture self;
    cJSON *result = NULL;
    async_begin(&self, *state, &answers_7);
    dubboc_pending *pending = async_start(&self, NULL, NULL);
    assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pending, LIMIT_MS));
    assert_status(DUBBOC_OK, dubboc_pending_take(pending, &result, &self.err), &self.err);
    assert_true(cJSON_IsNumber(result));
    assert_int_equal(7, result->valueint);
    cJSON_Delete(result);
    dubboc_pending_free(pending);
    async_end(&self);
}

static void a_call_started_without_a_pending_handle_frees_itself(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &answers_7);
    assert_status(DUBBOC_OK,
        dubboc_call_start(
            self.client, "x.Y", "m", NULL, &self.options, tell, &seen, NULL, &self.err),
        &self.err);
    async_await(&self, &seen, 1);
    assert_status(DUBBOC_OK, seen.status, &seen.err);
    async_end(&self);
    told_clear(&seen);
}

static void no_result_can_be_taken_before_the_call_has_ended(void **state)
{
    async_fixture self;
    async_begin(&self, *state, &is_silent);
    dubboc_pending *pending = async_start(&self, NULL, NULL);
    assert_int_equal(DUBBOC_E_TIMEOUT, dubboc_pending_take_raw(pending, NULL, &self.err));
    assert_int_equal(DUBBOC_EXECUTION_UNKNOWN, self.err.execution);
    assert_int_equal(DUBBOC_E_TIMEOUT, dubboc_pending_wait(pending, 0));
    assert_int_equal(DUBBOC_E_TIMEOUT, dubboc_pending_wait(pending, 20));
    dubboc_pending_free(pending);
    async_end(&self);
}

static void an_error_of_the_peer_is_reported_as_by_a_blocking_call(void **state)
{
    async_fixture self;
    dubboc_text object = {0};
    async_begin(&self, *state, &refuses_each);
    self.options.remote_error = &object;
    dubboc_pending *pending = async_start(&self, NULL, NULL);
    assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pending, LIMIT_MS));
    assert_int_equal(DUBBOC_E_REMOTE, dubboc_pending_take_raw(pending, NULL, &self.err));
    assert_int_equal(-7, self.err.rpc_code);
    assert_string_equal("no é", self.err.text);
    assert_int_equal(DUBBOC_ANSWERED, self.err.execution);
    assert_non_null(strstr(object.data, "-7"));
    dubboc_pending_free(pending);
    dubboc_text_free(&object);
    async_end(&self);
}

static void a_call_ends_at_its_deadline(void **state)
{
    async_fixture self;
    async_begin(&self, *state, &is_silent);
    self.options.timeout_ms = 50;
    dubboc_pending *pending = async_start(&self, NULL, NULL);
    assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pending, LIMIT_MS));
    assert_int_equal(DUBBOC_E_TIMEOUT, dubboc_pending_take_raw(pending, NULL, &self.err));
    assert_int_equal(DUBBOC_MAYBE_EXECUTED, self.err.execution);
    assert_non_null(strstr(self.err.text, "timed out after 50 ms"));
    dubboc_pending_free(pending);
    async_end(&self);
}

static void a_refused_connection_is_reported_as_not_executed(void **state)
{
    async_fixture self;
    address dead = dead_address();
    async_begin(&self, *state, &answers_7);
    self.options.url = dead.text;
    dubboc_pending *pending = async_start(&self, NULL, NULL);
    assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pending, LIMIT_MS));
    assert_int_equal(DUBBOC_E_CONNECT, dubboc_pending_take_raw(pending, NULL, &self.err));
    assert_int_equal(DUBBOC_NOT_EXECUTED, self.err.execution);
    assert_non_null(strstr(self.err.text, "Connection refused"));
    dubboc_pending_free(pending);
    async_end(&self);
}

/* --- many --- */

#define MANY 500

static void many_calls_are_in_flight_at_once(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &refuses_each);
    for (int i = 0; i < MANY; i++)
        assert_status(DUBBOC_OK,
            dubboc_call_start(
                self.client, "x.Y", "m", NULL, &self.options, tell, &seen, NULL, &self.err),
            &self.err);
    async_await(&self, &seen, MANY);
    dubboc_client_stats stats = {.size = sizeof stats};
    dubboc_client_get_stats(self.client, &stats);
    assert_int_equal(MANY, stats.remote_error);
    assert_int_equal(0, stats.in_flight);
    async_end(&self);
    told_clear(&seen);
}

/* --- a reply that comes early --- */

#define LONG_BYTES (24 * 1024 * 1024) /* more than the system takes at once */

static int socket_of(const dubboc_pending *pending)
{
    const http_client_connection *connection = pending->call.attempt.connection;
    return connection != NULL ? http_client_connection_fd(connection) : -1;
}

/* Whether the peer has read all that was sent, and has answered. */
static bool there_are_room_and_a_reply(void *arg)
{
    int unread = 0, unsent = 1, fd = socket_of(arg);
    return ioctl(fd, FIONREAD, &unread) == 0 && ioctl(fd, SIOCOUTQ, &unsent) == 0 && unread > 0 &&
           unsent == 0;
}

static void a_reply_that_comes_before_the_end_of_the_request_is_read(void **state)
{
    static const peer_script answers_early = {{PEER_WAIT, PEER_TAKE(1024 * 1024),
        PEER_SEND(REPLY("35", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}")),
        PEER_TAKE(4 * LONG_BYTES), PEER_HOLD}};
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    dubboc_pending *pending = NULL;
    char *params = malloc(LONG_BYTES);
    (void)state;
    assert_non_null(params);
    memset(params, 'x', LONG_BYTES);
    memcpy(params, "[\"", 2);
    memcpy(params + LONG_BYTES - 2, "\"]", 2);
    async_begin(&self, &with_own_loop, &answers_early);
    assert_status(DUBBOC_OK,
        dubboc_call_start_raw(self.client, "x.Y", "m", (dubboc_slice){params, LONG_BYTES},
            &self.options, tell, &seen, &pending, &self.err),
        &self.err);
    while (pending->want != CALL_WANTS_WRITE)
        assert_status(DUBBOC_OK, dubboc_client_step(self.client, 1000, &self.err), &self.err);
    scripted_peer_release(self.with.peers[0]);
    assert_true(test_wait_for(there_are_room_and_a_reply, pending, LIMIT_MS));
    async_await(&self, &seen, 1);
    assert_status(DUBBOC_OK, seen.status, &seen.err);
    dubboc_pending_free(pending);
    async_end(&self);
    told_clear(&seen);
    free(params);
}

/* --- cancelling and freeing --- */

static void a_cancelled_call_that_was_sent_is_reported_as_maybe_executed(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &is_silent);
    dubboc_pending *pending = async_start(&self, tell, &seen);
    async_run_until(&self, peer_was_asked, &self.with);
    dubboc_pending_cancel(pending);
    dubboc_pending_cancel(pending);
    async_await(&self, &seen, 1);
    assert_int_equal(DUBBOC_E_CANCELLED, seen.status);
    assert_int_equal(DUBBOC_MAYBE_EXECUTED, seen.err.execution);
    dubboc_pending_free(pending);
    async_end(&self);
    told_clear(&seen);
}

static void the_callback_of_a_freed_call_does_not_run(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &is_silent);
    for (int i = 0; i < 20; i++)
        dubboc_pending_free(async_start(&self, tell, &seen));
    async_end(&self);
    assert_int_equal(0, atomic_load(&seen.count));
}

static void free_and_tell(dubboc_pending *pending, void *arg)
{
    told *self = arg;
    dubboc_pending_free(pending);
    atomic_fetch_add(&self->count, 1);
}

static void a_callback_may_free_its_pending(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &answers_7);
    async_start(&self, free_and_tell, &seen);
    async_await(&self, &seen, 1);
    async_end(&self);
}

/* --- the end of the client --- */

static void freeing_the_client_runs_each_callback_exactly_once(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_OK};
    dubboc_pending *pendings[50];
    async_begin(&self, *state, &is_silent);
    for (int i = 0; i < 50; i++)
        pendings[i] = async_start(&self, tell, &seen);
    async_end(&self);
    assert_int_equal(50, atomic_load(&seen.count));
    assert_int_equal(DUBBOC_E_CLOSED, seen.status);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pendings[i], 0));
        dubboc_pending_cancel(pendings[i]);
        dubboc_pending_free(pendings[i]);
    }
    told_clear(&seen);
}

static void a_stopped_client_starts_nothing(void **state)
{
    async_fixture self;
    dubboc_pending *pending = NULL;
    async_begin(&self, *state, &answers_7);
    dubboc_client_stop(self.client);
    assert_status(DUBBOC_E_CLOSED,
        dubboc_call_start(
            self.client, "x.Y", "m", NULL, &self.options, NULL, NULL, &pending, &self.err),
        &self.err);
    assert_null(pending);
    async_end(&self);
}

/* --- limits --- */

static void calls_beyond_in_flight_max_are_refused(void **state)
{
    const dubboc_client_options options = {.size = sizeof options, .in_flight_max = 1};
    async_fixture self;
    dubboc_pending *first = NULL, *second = NULL;
    async_begin_with(&self, *state, &is_silent, &options);
    first = async_start(&self, NULL, NULL);
    assert_status(DUBBOC_E_BUSY,
        dubboc_call_start(
            self.client, "x.Y", "m", NULL, &self.options, NULL, NULL, &second, &self.err),
        &self.err);
    assert_non_null(strstr(self.err.text, "in_flight_max"));
    assert_int_equal(DUBBOC_NOT_EXECUTED, self.err.execution);
    dubboc_pending_free(first);
    async_end(&self);
}

static dubboc_status waited_in_callback;

static void wait_in_callback(dubboc_pending *pending, void *arg)
{
    told *self = arg;
    waited_in_callback = dubboc_pending_wait(pending, 0);
    atomic_fetch_add(&self->count, 1);
}

static void waiting_for_a_pending_call_in_a_callback_is_refused(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_E_PARSE};
    async_begin(&self, *state, &answers_7);
    dubboc_pending *pending = async_start(&self, wait_in_callback, &seen);
    async_await(&self, &seen, 1);
    assert_int_equal(DUBBOC_E_ARGUMENT, waited_in_callback);
    dubboc_pending_free(pending);
    async_end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWICE(a_callback_receives_the_result_exactly_once),
        TWICE(a_program_without_a_callback_waits_for_the_result_and_takes_it),
        TWICE(a_call_started_without_a_pending_handle_frees_itself),
        TWICE(no_result_can_be_taken_before_the_call_has_ended),
        TWICE(an_error_of_the_peer_is_reported_as_by_a_blocking_call),
        TWICE(a_call_ends_at_its_deadline),
        TWICE(a_refused_connection_is_reported_as_not_executed),
        TWICE(many_calls_are_in_flight_at_once),
        cmocka_unit_test(a_reply_that_comes_before_the_end_of_the_request_is_read),
        TWICE(a_cancelled_call_that_was_sent_is_reported_as_maybe_executed),
        TWICE(the_callback_of_a_freed_call_does_not_run),
        TWICE(a_callback_may_free_its_pending),
        TWICE(freeing_the_client_runs_each_callback_exactly_once),
        TWICE(a_stopped_client_starts_nothing),
        TWICE(calls_beyond_in_flight_max_are_refused),
        TWICE(waiting_for_a_pending_call_in_a_callback_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
