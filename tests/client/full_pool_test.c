/* Calls that find all connections of a provider in use: they go to another provider, or wait for
 * the first connection that becomes free. */
#include "tests/client/call_fixture.h"

#include "base/clock.h"
#include "client/reference.h"

#define LIMIT_MS 10000

/* Answers with an error whose id is null, so that the answer fits every call. */
#define ANSWERS_EACH REPLY("46", "{\"id\":null,\"error\":{\"code\":-7,\"message\":\"no\"}}")

static const peer_script answers_each = {{PEER_READ, PEER_SEND(ANSWERS_EACH), PEER_AGAIN}};
static const peer_script answers_when_released = {
    {PEER_READ, PEER_WAIT, PEER_SEND(ANSWERS_EACH), PEER_READ, PEER_SEND(ANSWERS_EACH), PEER_HOLD}};

/* Closes the first connection when the test releases it, and answers on the second connection. */
static const peer_script closes_when_released[] = {
    {{PEER_READ, PEER_WAIT}}, {{PEER_READ, PEER_SEND(ANSWERS_EACH), PEER_AGAIN}}};

/* Two providers, each with one connection. Calls go to them in turn. */
static void begin_with_peers(fixture *self, scripted_peer *first, scripted_peer *second)
{
    address addresses[2];
    char list[512];
    *self = (fixture){.peers = {first, second}};
    for (int i = 0; i < 2; i++)
        addresses[i] = address_of(self->peers[i]);
    snprintf(list, sizeof list, "static:%s/x.Y?interface=x.Y,%s/x.Y?interface=x.Y",
        addresses[0].text, addresses[1].text);
    const char *const settings[][3] = {{"registry", "address", list}, {"client", "pool_size", "1"},
        {"client", "load_balance", "roundrobin"}, {"client", "retries", "0"}};
    configure(self, settings, sizeof settings / sizeof settings[0]);
    self->options.timeout_ms = 20000;
}

static void begin_with_two(fixture *self, const peer_script *first, const peer_script *second)
{
    begin_with_peers(self, scripted_peer_new(first, 1), scripted_peer_new(second, 1));
}

static bool has_a_request(void *arg)
{
    return scripted_peer_requests(arg) > 0;
}

/* Starts a call that occupies a connection of this provider until the test releases its script. */
static pthread_t occupy(fixture *own, background_call *call, int which)
{
    snprintf(own->url, sizeof own->url, "%s/x.Y", scripted_peer_url(own->peers[which]));
    own->options.url = own->url;
    *call = (background_call){.self = own};
    pthread_t thread = start(call);
    assert_true(test_wait_for(has_a_request, own->peers[which], LIMIT_MS));
    return thread;
}

/* Returns how many calls wait at one of the two providers, or -1 if the list has not been read yet.
 * A waiting call is in the queues of both providers, so it is counted at one. */
static int waiting_calls(fixture *self)
{
    reference *used;
    assert_status(DUBBOC_OK, reference_find(self->client, "x.Y", &used, &self->err), &self->err);
    pick held;
    const pick_request request = {.method = slice_of("m")};
    if (!directory_pick(used->directory, &request, &held))
        return -1; /* the list has not been read yet */
    int count = http_client_endpoint_queue_length(held.provider->endpoint);
    pick_release(used->directory, &held, PICK_UNKNOWN);
    return count;
}

typedef struct waiting {
    fixture *self;
    int count;
} waiting;

static bool has_waiting_calls(void *arg)
{
    const waiting *wanted = arg;
    return waiting_calls(wanted->self) == wanted->count;
}

static void wait_for_waiting_calls(fixture *self, int count)
{
    waiting wanted = {self, count};
    assert_true(test_wait_for(has_waiting_calls, &wanted, LIMIT_MS));
}

static void calls_go_past_a_provider_whose_only_connection_hangs(void **state)
{
    (void)state;
    fixture self, other;
    background_call hangs;
    begin_with_two(&self, &is_silent, &answers_each);
    other = self;
    pthread_t thread = occupy(&other, &hangs, 0);
    for (int i = 0; i < 24; i++) {
        self.options.timeout_ms = 5000;
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, NULL, NULL), &self.err);
        assert_int_equal(self.err.attempts, 1);
    }
    assert_int_equal(scripted_peer_requests(self.peers[0]), 1);
    assert_int_equal(scripted_peer_requests(self.peers[1]), 24);
    dubboc_client_stop(self.client);
    pthread_join(thread, NULL);
    assert_status(DUBBOC_E_CLOSED, hangs.status, &hangs.err);
    end(&self);
}

/* The waiting call is served by the provider that frees its connection first, whichever of the two
 * it is. */
static void a_call_that_finds_all_pools_full_gets_the_connection_that_is_freed_first(void **state)
{
    (void)state;
    for (int freed = 0; freed < 2; freed++) {
        fixture self, others[3];
        background_call calls[3];
        pthread_t threads[3];
        begin_with_two(&self, freed == 0 ? &answers_when_released : &is_silent,
            freed == 1 ? &answers_when_released : &is_silent);
        for (int i = 0; i < 3; i++)
            others[i] = self;
        threads[0] = occupy(&others[0], &calls[0], 0);
        threads[1] = occupy(&others[1], &calls[1], 1);
        calls[2] = (background_call){.self = &others[2]};
        threads[2] = start(&calls[2]);
        wait_for_waiting_calls(&self, 1);
        scripted_peer_release(self.peers[freed]);
        pthread_join(threads[2], NULL);
        assert_status(DUBBOC_E_REMOTE, calls[2].status, &calls[2].err);
        assert_int_equal(scripted_peer_requests(self.peers[freed]), 2);
        assert_int_equal(scripted_peer_connections(self.peers[freed]), 1);
        dubboc_client_stop(self.client);
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        end(&self);
    }
}

/* When a connection is closed, the waiting call gets its place and opens a new connection. */
static void a_waiting_call_opens_a_connection_in_the_place_of_a_closed_one(void **state)
{
    (void)state;
    fixture self, others[3];
    background_call calls[3];
    pthread_t threads[3];
    begin_with_peers(
        &self, scripted_peer_new(closes_when_released, 2), scripted_peer_new(&is_silent, 1));
    for (int i = 0; i < 3; i++)
        others[i] = self;
    threads[0] = occupy(&others[0], &calls[0], 0);
    threads[1] = occupy(&others[1], &calls[1], 1);
    calls[2] = (background_call){.self = &others[2]};
    threads[2] = start(&calls[2]);
    wait_for_waiting_calls(&self, 1);
    scripted_peer_release(self.peers[0]);
    pthread_join(threads[0], NULL);
    assert_status(DUBBOC_E_BROKEN, calls[0].status, &calls[0].err);
    pthread_join(threads[2], NULL);
    assert_status(DUBBOC_E_REMOTE, calls[2].status, &calls[2].err);
    assert_int_equal(calls[2].err.attempts, 1);
    assert_int_equal(scripted_peer_requests(self.peers[0]), 2);
    assert_int_equal(scripted_peer_connections(self.peers[0]), 2);
    dubboc_client_stop(self.client);
    pthread_join(threads[1], NULL);
    end(&self);
}

static unsigned failures_of_all(fixture *self)
{
    reference *used;
    unsigned sum = 0;
    const pick_request request = {.method = slice_of("m"), .policy = "roundrobin"};
    assert_status(DUBBOC_OK, reference_find(self->client, "x.Y", &used, &self->err), &self->err);
    for (int i = 0; i < 8; i++) {
        pick held;
        assert_true(directory_pick(used->directory, &request, &held));
        sum += atomic_load(&held.provider->health.failures);
        pick_release(used->directory, &held, PICK_UNKNOWN);
    }
    return sum;
}

static void a_timed_out_wait_names_the_full_providers_and_counts_as_no_failure(void **state)
{
    (void)state;
    fixture self, others[2];
    background_call calls[2];
    pthread_t threads[2];
    begin_with_two(&self, &is_silent, &is_silent);
    for (int i = 0; i < 2; i++) {
        others[i] = self;
        threads[i] = occupy(&others[i], &calls[i], i);
    }
    wait_for_waiting_calls(&self, 0); /* waits until the list has been read */
    self.options.timeout_ms = 30;
    assert_status(DUBBOC_E_BUSY, raw_call(&self, NULL, NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(self.err.attempts, 0);
    for (int i = 0; i < 2; i++)
        assert_non_null(strstr(self.err.text, strstr(address_of(self.peers[i]).text, "127")));
    assert_non_null(strstr(self.err.text, "all connections in use until the deadline"));
    assert_non_null(strstr(self.err.text, "pool_size 1"));
    assert_non_null(strstr(self.err.text, "after 30 ms (call option)"));
    assert_int_equal(failures_of_all(&self), 0);
    dubboc_client_stop(self.client);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    end(&self);
}

static void the_stop_of_the_client_ends_the_wait_for_a_connection(void **state)
{
    (void)state;
    fixture self, others[3];
    background_call calls[3];
    pthread_t threads[3];
    begin_with_two(&self, &is_silent, &is_silent);
    for (int i = 0; i < 3; i++)
        others[i] = self;
    threads[0] = occupy(&others[0], &calls[0], 0);
    threads[1] = occupy(&others[1], &calls[1], 1);
    calls[2] = (background_call){.self = &others[2]};
    threads[2] = start(&calls[2]);
    wait_for_waiting_calls(&self, 1);
    dubboc_client_stop(self.client);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_status(DUBBOC_E_CLOSED, calls[2].status, &calls[2].err);
    assert_int_equal(calls[2].err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(calls[0].err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_status(DUBBOC_E_CLOSED, raw_call(&self, NULL, NULL), &self.err);
    end(&self);
}

/* Many threads share two connections: every call must get a connection, and no grant may
 * be lost. */
#define THREADS 8
#define CALLS 100

static void *call_many_times(void *arg)
{
    fixture self = *(fixture *)arg;
    for (int i = 0; i < CALLS; i++)
        if (raw_call(&self, NULL, NULL) != DUBBOC_E_REMOTE)
            return arg;
    return NULL;
}

static void many_threads_share_two_connections_without_a_failed_call(void **state)
{
    (void)state;
    fixture self;
    pthread_t threads[THREADS];
    begin_with_two(&self, &answers_each, &answers_each);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_many_times, &self), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(requests(&self), THREADS * CALLS);
    assert_int_equal(http_client_connections_opened(self.client->http), 2);
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_go_past_a_provider_whose_only_connection_hangs),
        cmocka_unit_test(a_call_that_finds_all_pools_full_gets_the_connection_that_is_freed_first),
        cmocka_unit_test(a_waiting_call_opens_a_connection_in_the_place_of_a_closed_one),
        cmocka_unit_test(a_timed_out_wait_names_the_full_providers_and_counts_as_no_failure),
        cmocka_unit_test(the_stop_of_the_client_ends_the_wait_for_a_connection),
        cmocka_unit_test(many_threads_share_two_connections_without_a_failed_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
