/* Asynchronous calls, callbacks and clients that end while others still use them. */
#include "tests/client/async_fixture.h"
#include "tests/support/names.h"
#include "tests/transport/tls_peer.h"

#include <unistd.h>

/* --- callbacks that do more than take the outcome --- */

typedef struct chain {
    async_fixture *with;
    atomic_int started, ended;
    int limit;
} chain;

static void start_next(dubboc_pending *pending, void *arg)
{
    chain *self = arg;
    (void)pending;
    if (atomic_load(&self->started) < self->limit) {
        atomic_fetch_add(&self->started, 1);
        assert_int_equal(DUBBOC_OK, dubboc_call_start(self->with->client, "x.Y", "m", NULL,
                                        &self->with->options, start_next, self, NULL, NULL));
    }
    atomic_fetch_add(&self->ended, 1);
}

static bool chain_has_ended(void *arg)
{
    chain *self = arg;
    return atomic_load(&self->ended) == self->limit;
}

static void a_callback_may_start_the_next_call(void **state)
{
    async_fixture self;
    chain all = {.with = &self, .started = 1, .limit = 100};
    async_begin(&self, *state, &refuses_each);
    assert_status(DUBBOC_OK,
        dubboc_call_start(
            self.client, "x.Y", "m", NULL, &self.options, start_next, &all, NULL, &self.err),
        &self.err);
    async_run_until(&self, chain_has_ended, &all);
    assert_int_equal(100, requests(&self.with));
    async_end(&self);
}

typedef struct stopper {
    told told;
    dubboc_client *client;
} stopper;

static void stop_and_tell(dubboc_pending *pending, void *arg)
{
    stopper *self = arg;
    dubboc_client_stop(self->client);
    tell(pending, &self->told);
}

static void a_callback_may_stop_the_client(void **state)
{
    async_fixture self;
    stopper one = {.told = {.status = DUBBOC_E_PARSE}};
    async_begin(&self, *state, &refuses_each);
    one.client = self.client;
    dubboc_pending *pending = async_start(&self, stop_and_tell, &one);
    async_await(&self, &one.told, 1);
    assert_int_equal(DUBBOC_E_REMOTE, one.told.status);
    dubboc_pending_free(pending);
    async_end(&self);
    told_clear(&one.told);
}

/* A callback that waits until the test lets it go on. */
typedef struct gate {
    atomic_bool is_inside, is_open, has_left;
} gate;

static bool gate_is_open(void *arg)
{
    gate *self = arg;
    return atomic_load(&self->is_open);
}

static bool gate_is_inside(void *arg)
{
    gate *self = arg;
    return atomic_load(&self->is_inside);
}

static void wait_at_gate(dubboc_pending *pending, void *arg)
{
    gate *self = arg;
    (void)pending;
    atomic_store(&self->is_inside, true);
    test_wait_for(gate_is_open, self, LIMIT_MS);
    atomic_store(&self->has_left, true);
}

typedef struct freeing {
    gate *gate;
    dubboc_pending *pending;
    atomic_int thread;
    bool had_left; /* the callback, when the pending was freed */
} freeing;

static void *free_in_thread(void *arg)
{
    freeing *self = arg;
    atomic_store(&self->thread, (int)gettid());
    dubboc_pending_free(self->pending);
    self->had_left = atomic_load(&self->gate->has_left);
    return NULL;
}

static bool freeing_is_blocked(void *arg)
{
    freeing *self = arg;
    int thread = atomic_load(&self->thread);
    return thread != 0 && test_thread_is_blocked(thread);
}

static void freeing_a_pending_call_waits_for_its_callback_in_another_thread(void **state)
{
    (void)state;
    async_fixture self;
    gate held = {.is_inside = false};
    freeing other = {.gate = &held};
    pthread_t thread;
    async_begin(&self, &with_thread, &refuses_each);
    other.pending = async_start(&self, wait_at_gate, &held);
    assert_true(test_wait_for(gate_is_inside, &held, LIMIT_MS));
    assert_int_equal(0, pthread_create(&thread, NULL, free_in_thread, &other));
    assert_true(test_wait_for(freeing_is_blocked, &other, LIMIT_MS));
    atomic_store(&held.is_open, true);
    pthread_join(thread, NULL);
    assert_true(other.had_left);
    async_end(&self);
}

/* --- calls that wait --- */

static bool a_name_is_asked_for(void *unused)
{
    (void)unused;
    return names_waiting() > 0;
}

static bool no_name_is_asked_for(void *unused)
{
    (void)unused;
    return names_waiting() == 0;
}

static void let_names_go(void)
{
    names_let_go(true);
    assert_true(test_wait_for(no_name_is_asked_for, NULL, LIMIT_MS));
}

static void a_call_that_waits_for_a_name_ends_as_not_executed(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_OK};
    names_let_go(false);
    async_begin(&self, *state, &is_silent);
    self.options.url = "http://slow.invalid:1/x.Y";
    self.options.timeout_ms = 30;
    dubboc_pending *late = async_start(&self, tell, &seen);
    async_await(&self, &seen, 1);
    assert_status(DUBBOC_E_TIMEOUT, seen.status, &seen.err);
    assert_int_equal(DUBBOC_NOT_EXECUTED, seen.err.execution);
    self.options.timeout_ms = LIMIT_MS;
    dubboc_pending *cancelled = async_start(&self, tell, &seen);
    async_run_until(&self, a_name_is_asked_for, NULL);
    dubboc_pending_cancel(cancelled);
    async_await(&self, &seen, 2);
    assert_status(DUBBOC_E_CANCELLED, seen.status, &seen.err);
    assert_int_equal(DUBBOC_NOT_EXECUTED, seen.err.execution);
    dubboc_pending_free(late);
    dubboc_pending_free(cancelled);
    async_end(&self); /* does not wait for the look-up */
    let_names_go();
    told_clear(&seen);
}

/* The same for a blocking call. */
static void a_blocking_call_does_not_wait_for_a_name_beyond_its_deadline(void **state)
{
    async_fixture self;
    names_let_go(false);
    async_begin(&self, *state, &is_silent);
    self.options.url = "http://slow.invalid:1/x.Y";
    self.options.timeout_ms = 30;
    assert_status(DUBBOC_E_TIMEOUT,
        dubboc_call_with(self.client, "x.Y", "m", NULL, &self.options, NULL, &self.err), &self.err);
    assert_int_equal(DUBBOC_NOT_EXECUTED, self.err.execution);
    async_end(&self);
    let_names_go();
}

static bool many_names_are_asked_for(void *unused)
{
    (void)unused;
    return names_waiting() >= 4;
}

static void hanging_name_look_ups_use_at_most_four_threads(void **state)
{
    async_fixture self;
    told seen = {.status = DUBBOC_OK};
    int before = names_asked();
    names_let_go(false);
    async_begin(&self, *state, &is_silent);
    for (int i = 0; i < 50; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://slow%d.invalid:1/x.Y", i);
        self.options.url = url;
        dubboc_pending_free(async_start(&self, tell, &seen));
        assert_status(DUBBOC_OK,
            dubboc_call_start(
                self.client, "x.Y", "m", NULL, &self.options, tell, &seen, NULL, &self.err),
            &self.err);
    }
    async_run_until(&self, many_names_are_asked_for, NULL);
    assert_int_equal(before + 4, names_asked());
    async_end(&self);
    assert_int_equal(50, atomic_load(&seen.count));
    assert_status(DUBBOC_E_CLOSED, seen.status, &seen.err);
    assert_int_equal(DUBBOC_NOT_EXECUTED, seen.err.execution);
    let_names_go();
    told_clear(&seen);
}

/* --- TLS --- */

/* The peer sends the request back. It has the id of the call and no result, which is taken as null,
 * because the kind of the peer is not known. */
static void calls_over_tls_use_one_connection_one_after_the_other(void **state)
{
    const async_form *form = *state;
    tls_peer peer;
    async_fixture self;
    told seen = {.status = DUBBOC_OK};
    dubboc_config *config = NULL;
    char url[128];
    assert_int_equal(0, tls_peer_start(&peer));
    snprintf(url, sizeof url, "%s/echo", peer.url);
    assert_status(DUBBOC_OK, dubboc_config_load(NULL, &config, &self.err), &self.err);
    assert_status(DUBBOC_OK,
        dubboc_config_set(config, "client", "tls_ca_file", peer.ca_file, &self.err), &self.err);
    const dubboc_client_options options = {.size = sizeof options, .config = config};
    async_begin_with(&self, form, &is_silent, &options);
    self.options.url = url;
    for (int i = 1; i <= 3; i++) {
        dubboc_pending *pending = async_start(&self, tell, &seen);
        async_await(&self, &seen, i);
        assert_status(DUBBOC_OK, seen.status, &seen.err);
        assert_string_equal("null", seen.result.data);
        dubboc_pending_free(pending);
    }
    dubboc_client_stats stats = {.size = sizeof stats};
    dubboc_client_get_stats(self.client, &stats);
    assert_int_equal(1, stats.connections);
    async_end(&self);
    dubboc_config_free(config);
    told_clear(&seen);
    tls_peer_end(&peer);
}

/* --- the end of the client --- */

#define MANY 10000

typedef struct ends {
    atomic_int told, not_executed, maybe_executed, others;
} ends;

static void count_end(dubboc_pending *pending, void *arg)
{
    ends *self = arg;
    dubboc_error err;
    dubboc_status status = dubboc_pending_take(pending, NULL, &err);
    atomic_fetch_add(&self->told, 1);
    atomic_fetch_add(status != DUBBOC_E_CLOSED                ? &self->others
                     : err.execution == DUBBOC_NOT_EXECUTED   ? &self->not_executed
                     : err.execution == DUBBOC_MAYBE_EXECUTED ? &self->maybe_executed
                                                              : &self->others,
        1);
}

static bool all_connections_are_in_use(void *arg)
{
    return requests(arg) == 8;
}

/* Eight calls have been sent, and the others wait for a connection. */
static void freeing_the_client_ends_ten_thousand_calls_once(void **state)
{
    const dubboc_client_options options = {
        .size = sizeof options, .pool_size = 8, .timeout_ms = DUBBOC_NONE};
    async_fixture self;
    ends all = {0};
    async_begin_with(&self, *state, &is_silent, &options);
    self.options.timeout_ms = DUBBOC_NONE;
    for (int i = 0; i < MANY; i++)
        assert_status(DUBBOC_OK,
            dubboc_call_start(
                self.client, "x.Y", "m", NULL, &self.options, count_end, &all, NULL, &self.err),
            &self.err);
    async_run_until(&self, all_connections_are_in_use, &self.with);
    int64_t begun_ns = clock_now_ns();
    dubboc_client_free(self.client);
    int64_t took_ms = (clock_now_ns() - begun_ns) / NS_PER_MS;
    self.client = NULL;
    print_message("%d calls ended in %lld ms\n", MANY, (long long)took_ms);
    assert_int_equal(MANY, atomic_load(&all.told));
    assert_int_equal(8, atomic_load(&all.maybe_executed));
    assert_int_equal(MANY - 8, atomic_load(&all.not_executed));
    assert_true(took_ms < 5000);
    async_end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TWICE(a_callback_may_start_the_next_call),
        TWICE(a_callback_may_stop_the_client),
        cmocka_unit_test(freeing_a_pending_call_waits_for_its_callback_in_another_thread),
        TWICE(a_call_that_waits_for_a_name_ends_as_not_executed),
        TWICE(a_blocking_call_does_not_wait_for_a_name_beyond_its_deadline),
        TWICE(hanging_name_look_ups_use_at_most_four_threads),
        TWICE(calls_over_tls_use_one_connection_one_after_the_other),
        TWICE(freeing_the_client_ends_ten_thousand_calls_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
