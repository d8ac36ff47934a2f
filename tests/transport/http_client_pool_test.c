#include "tests/transport/client_fixture.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

/* A clock that the tests move. */
static int64_t fake_ns;

static int64_t fake_clock(void)
{
    return fake_ns;
}

static void let_pass_ms(int64_t ms)
{
    fake_ns += ms * NS_PER_MS;
}

static int stop_fake_clock(void **state)
{
    (void)state;
    clock_set_source(NULL);
    return 0;
}

static void take_many(fixture *f, http_client_connection **connections, int count)
{
    for (int i = 0; i < count; i++)
        connections[i] = take(f);
}

static void give_back_many(http_client_connection **connections, int count)
{
    for (int i = 0; i < count; i++)
        http_client_connection_give_back(connections[i]);
}

/* --- idle connections --- */

/* libraries.md C2: no call fails if a provider restarts while its connections are idle. */
static void connections_reset_while_idle_cost_no_call(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    fixture f = start(&answers_all, 1);
    http_client_connection *connections[COUNT];
    take_many(&f, connections, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_status(DUBBOC_OK, post(&f, connections[i]), &f.err);
    give_back_many(connections, COUNT);
    scripted_peer_wait_for_connections(f.peer, COUNT);
    scripted_peer_reset_all(f.peer);
    take_many(&f, connections, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_status(DUBBOC_OK, post(&f, connections[i]), &f.err);
        assert_false(http_client_connection_is_reused(connections[i]));
    }
    give_back_many(connections, COUNT);
    assert_int_equal(scripted_peer_requests(f.peer), 2 * COUNT);
    assert_int_equal(scripted_peer_connections(f.peer), 2 * COUNT);
    end(&f);
}

/* A host that restarts after a power failure has lost its connections. Each of them looks usable
 * until the client sends a request, and that request fails. Only one call may fail in this way. */
static void only_one_call_fails_when_a_host_has_lost_all_idle_connections(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    static const peer_script vanishes = {{PEER_READ, PEER_SEND(PEER_OK), PEER_READ, PEER_RESET}};
    peer_script scripts[COUNT + 1];
    http_client_connection *connections[COUNT];
    for (int i = 0; i < COUNT; i++)
        scripts[i] = vanishes;
    scripts[COUNT] = answers_all;
    fixture f = start(scripts, COUNT + 1);
    take_many(&f, connections, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_status(DUBBOC_OK, post(&f, connections[i]), &f.err);
    give_back_many(connections, COUNT);
    int lost = 0;
    for (int i = 0; i < COUNT; i++) {
        http_client_connection *connection = take(&f);
        lost += post(&f, connection) == DUBBOC_E_BROKEN;
        http_client_connection_give_back(connection);
    }
    assert_int_equal(lost, 1);
    assert_int_equal(http_client_connections_opened(f.client), COUNT + 1);
    end(&f);
}

static void a_reset_does_not_close_connections_that_were_used_more_recently(void **state)
{
    (void)state;
    static const peer_script scripts[] = {
        {{PEER_READ, PEER_RESET}}, {{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}}};
    fixture f = start(scripts, 2);
    http_client_connection *connections[2];
    for (int i = 0; i < 2; i++) {
        connections[i] = take(&f);
        scripted_peer_wait_for_connections(f.peer, i + 1);
    }
    assert_status(DUBBOC_OK, post(&f, connections[1]), &f.err);
    http_client_connection_give_back(connections[1]);
    assert_status(DUBBOC_E_BROKEN, post(&f, connections[0]), &f.err);
    http_client_connection_give_back(connections[0]);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

/* An orderly close of one connection says nothing about the peer's other connections. */
static void the_end_of_one_connection_leaves_the_others_alone(void **state)
{
    (void)state;
    static const peer_script scripts[] = {{{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}},
        {{PEER_READ, PEER_SEND(PEER_OK), PEER_READ}}};
    fixture f = start(scripts, 2);
    http_client_connection *connections[2];
    for (int i = 0; i < 2; i++) {
        connections[i] = take(&f);
        assert_status(DUBBOC_OK, post(&f, connections[i]), &f.err);
    }
    give_back_many(connections, 2);
    http_client_connection *ends = take(&f);
    assert_status(DUBBOC_E_BROKEN, post(&f, ends), &f.err);
    http_client_connection_give_back(ends);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

static bool has_no_open_connection(void *arg)
{
    return scripted_peer_open_connections(arg) == 0;
}

static void an_idle_connection_that_was_closed_is_not_used(void **state)
{
    (void)state;
    static const peer_script closes = {{PEER_READ, PEER_SEND(PEER_OK), PEER_WAIT}};
    fixture f = start(&closes, 1);
    call_well(&f);
    scripted_peer_release(f.peer);
    assert_true(test_wait_for(has_no_open_connection, f.peer, 5000));
    call_well(&f);
    assert_int_equal(scripted_peer_connections(f.peer), 2);
    end(&f);
}

/* An unrequested reply must not be taken as the reply to the next request. */
static void an_idle_connection_that_received_bytes_is_not_used(void **state)
{
    (void)state;
    static const peer_script scripts[] = {
        {{PEER_READ, PEER_SEND(PEER_OK), PEER_WAIT,
            PEER_SEND("HTTP/1.1 408 Time\r\nContent-Length: 2\r\n\r\nno")}},
        {{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}}};
    fixture f = start(scripts, 2);
    call_well(&f);
    scripted_peer_release(f.peer);
    assert_true(test_wait_for(has_no_open_connection, f.peer, 5000));
    call_well(&f);
    assert_int_equal(scripted_peer_connections(f.peer), 2);
    end(&f);
}

/* libraries.md C9: the idle time of a connection is limited. */
static void an_old_idle_connection_is_not_used(void **state)
{
    (void)state;
    clock_set_source(fake_clock);
    fixture f = start(&answers_all, 1);
    call_well(&f);
    let_pass_ms(19999);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 1);
    let_pass_ms(20000);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

static bool has_two_open_connections(void *arg)
{
    return scripted_peer_open_connections(arg) == 2;
}

static void connections_that_are_no_longer_needed_can_be_closed(void **state)
{
    (void)state;
    clock_set_source(fake_clock);
    fixture f = start(&answers_all, 1);
    http_client_connection *connections[3];
    take_many(&f, connections, 3);
    scripted_peer_wait_for_connections(f.peer, 3);
    http_client_connection_give_back(connections[0]);
    let_pass_ms(10000);
    give_back_many(connections + 1, 2);
    let_pass_ms(10000);
    http_client_close_stale(f.client);
    clock_set_source(NULL); /* test_wait_for() needs the real time */
    assert_true(test_wait_for(has_two_open_connections, f.peer, 5000));
    end(&f);
}

static void stale_connections_are_searched_every_half_idle_time_within_limits(void **state)
{
    (void)state;
    static const struct {
        int64_t idle_ms, next_ms;
    } cases[] = {{1, 1000}, {6000, 3000}, {3600000, 10000}};
    clock_set_source(fake_clock);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_client_settings settings = usual_settings();
        settings.pool_idle_ms = cases[i].idle_ms;
        fixture f = start_with(&settings, &answers_all, 1);
        assert_int_equal(
            clock_now_ns() + cases[i].next_ms * NS_PER_MS, http_client_close_stale(f.client));
        end(&f);
    }
}

static void stale_connections_of_every_address_are_closed(void **state)
{
    (void)state;
    clock_set_source(fake_clock);
    fixture f = start(&answers_all, 1);
    fixture other = {.client = f.client, .peer = scripted_peer_new(&answers_all, 1)};
    assert_status(DUBBOC_OK,
        http_client_endpoint_new(f.client, scripted_peer_url(other.peer), &other.endpoint, &f.err),
        &f.err);
    call_well(&f);
    call_well(&other);
    let_pass_ms(20000);
    http_client_close_stale(f.client);
    clock_set_source(NULL); /* test_wait_for() needs the real time */
    assert_true(test_wait_for(has_no_open_connection, f.peer, 5000));
    assert_true(test_wait_for(has_no_open_connection, other.peer, 5000));
    http_client_endpoint_unref(other.endpoint);
    scripted_peer_free(other.peer);
    end(&f);
}

static void the_idle_time_that_the_peer_announces_is_respected(void **state)
{
    (void)state;
    static const peer_script told = {{PEER_READ,
        PEER_SEND("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok"),
        PEER_AGAIN}};
    clock_set_source(fake_clock);
    fixture f = start(&told, 1);
    call_well(&f);
    let_pass_ms(3999);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 1);
    let_pass_ms(4000);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

/* The peer may set an idle time for each connection. The connection that was used last may
 * therefore expire first. */
static void an_idle_connection_is_not_used_after_the_time_that_its_peer_announced(void **state)
{
    (void)state;
    static const peer_script scripts[] = {{{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}},
        {{PEER_READ,
            PEER_SEND("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok"),
            PEER_AGAIN}}};
    clock_set_source(fake_clock);
    fixture f = start(scripts, 2);
    http_client_connection *connections[2];
    for (int i = 0; i < 2; i++) { /* one after the other, so that connection i runs script i */
        connections[i] = take(&f);
        assert_status(DUBBOC_OK, post(&f, connections[i]), &f.err);
    }
    give_back_many(connections, 2);
    let_pass_ms(4000);
    http_client_connection *taken = take(&f);
    assert_ptr_equal(taken, connections[0]);
    http_client_connection_give_back(taken);
    end(&f);
}

static void a_connection_has_a_maximum_age(void **state)
{
    (void)state;
    http_client_settings settings = usual_settings();
    settings.pool_ttl_ms = 30000;
    clock_set_source(fake_clock);
    fixture f = start_with(&settings, &answers_all, 1);
    for (int i = 0; i < 3; i++) {
        call_well(&f);
        let_pass_ms(10000);
    }
    assert_int_equal(http_client_connections_opened(f.client), 1);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

static void the_connection_used_last_is_taken_first_and_the_others_grow_old(void **state)
{
    (void)state;
    clock_set_source(fake_clock);
    fixture f = start(&answers_all, 1);
    http_client_connection *connections[4];
    take_many(&f, connections, 4);
    give_back_many(connections, 4);
    for (int i = 0; i < 5; i++) {
        let_pass_ms(5000);
        http_client_connection *connection = take(&f);
        assert_ptr_equal(connection, connections[3]);
        http_client_connection_give_back(connection);
    }
    take_many(&f, connections, 2);
    assert_int_equal(http_client_connections_opened(f.client), 5);
    give_back_many(connections, 2);
    end(&f);
}

static void an_unused_connection_goes_back_to_the_pool(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    http_client_connection_give_back(take(&f));
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 1);
    http_client_connection_give_back(NULL);
    end(&f);
}

static void a_connection_given_back_during_an_exchange_is_closed(void **state)
{
    (void)state;
    static const peer_script scripts[] = {{{PEER_READ, PEER_WAIT, PEER_SEND(PEER_OK), PEER_HOLD}},
        {{PEER_READ, PEER_SEND(PEER_OK), PEER_AGAIN}}};
    fixture f = start(scripts, 2);
    http_client_connection *connection = take(&f);
    begin_post(connection);
    assert_int_equal(http_client_exchange_step(connection), HTTP_CLIENT_WANT_READ);
    http_client_connection_give_back(connection);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

/* --- the limit of connections --- */

static fixture start_with_places(int places)
{
    http_client_settings settings = usual_settings();
    settings.pool_size = places;
    return start_with(&settings, &answers_all, 1);
}

static void a_full_pool_is_busy_at_the_deadline(void **state)
{
    (void)state;
    fixture f = start_with_places(2);
    http_client_connection *connections[2], *more = NULL;
    take_many(&f, connections, 2);
    int64_t before = clock_now_ns();
    assert_status(DUBBOC_E_BUSY, take_from(f.endpoint, deadline_in_ms(30), &more, &f.err), &f.err);
    assert_in_range(clock_now_ns() - before, 30 * NS_PER_MS, 1000 * NS_PER_MS);
    assert_null(more);
    give_back_many(connections, 2);
    call_well(&f);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

/* Replaces a connection, as a call does if its idle connection breaks before the first byte is
 * sent. */
static dubboc_status replace(fixture *f, http_client_connection **connection)
{
    http_client_connection_drop(*connection);
    *connection = NULL;
    return http_client_endpoint_open(f->endpoint, deadline_in_ms(20000), connection, &f->err);
}

static void a_dropped_connection_is_replaced_in_the_same_place(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    call_well(&f);
    http_client_connection *connection = take(&f);
    assert_true(http_client_connection_is_reused(connection));
    assert_status(DUBBOC_OK, replace(&f, &connection), &f.err);
    assert_false(http_client_connection_is_reused(connection));
    assert_false(http_client_endpoint_has_room(f.endpoint));
    http_client_connection_give_back(connection);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    end(&f);
}

typedef struct taker {
    fixture *f;
    pthread_t thread;
    int64_t deadline_ns;
    dubboc_status status;
    http_client_connection *connection;
    atomic_bool has_ended;
} taker;

static void *take_in_thread(void *arg)
{
    taker *self = arg;
    dubboc_error err;
    self->status = take_from(self->f->endpoint, self->deadline_ns, &self->connection, &err);
    atomic_store(&self->has_ended, true);
    return NULL;
}

static void start_taker(taker *self, fixture *f)
{
    *self = (taker){.f = f, .deadline_ns = deadline_in_ms(20000)};
    assert_int_equal(pthread_create(&self->thread, NULL, take_in_thread, self), 0);
}

static bool has_taker_ended(void *arg)
{
    return atomic_load(&((taker *)arg)->has_ended);
}

typedef struct waiting {
    http_client_endpoint *endpoint;
    int count;
} waiting;

static bool has_waiters(void *arg)
{
    const waiting *wanted = arg;
    return http_client_endpoint_queue_length(wanted->endpoint) == wanted->count;
}

static void wait_for_waiters(fixture *f, int count)
{
    waiting wanted = {f->endpoint, count};
    assert_true(test_wait_for(has_waiters, &wanted, 5000));
}

/* Waiters are served in the order of their arrival. All of them get the same connection, which is
 * not closed in between. */
static void a_freed_connection_goes_to_the_longest_waiter(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    http_client_connection *connection = take(&f);
    taker takers[3];
    for (int i = 0; i < 3; i++) {
        start_taker(&takers[i], &f);
        wait_for_waiters(&f, i + 1);
    }
    for (int i = 0; i < 3; i++) {
        http_client_connection_give_back(connection);
        assert_true(test_wait_for(has_taker_ended, &takers[i], 5000));
        assert_int_equal(takers[i].status, DUBBOC_OK);
        assert_ptr_equal(takers[i].connection, connection);
        for (int k = i + 1; k < 3; k++)
            assert_false(has_taker_ended(&takers[k]));
    }
    for (int i = 0; i < 3; i++)
        pthread_join(takers[i].thread, NULL);
    http_client_connection_give_back(connection);
    assert_int_equal(http_client_connections_opened(f.client), 1);
    end(&f);
}

/* Closing a connection frees its place in the pool, and the waiter opens a new connection. */
static void a_waiter_gets_the_place_of_a_closed_connection(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    http_client_connection *connection = take(&f);
    taker other;
    start_taker(&other, &f);
    wait_for_waiters(&f, 1);
    begin_post(connection); /* an unfinished exchange: give_back() closes the connection */
    http_client_connection_give_back(connection);
    pthread_join(other.thread, NULL);
    assert_int_equal(other.status, DUBBOC_OK);
    assert_int_equal(http_client_connections_opened(f.client), 2);
    http_client_connection_give_back(other.connection);
    end(&f);
}

static void a_place_is_free_again_after_a_failed_opening(void **state)
{
    (void)state;
    http_client_settings settings = usual_settings();
    settings.pool_size = 1;
    fixture f = start_without_peer(&settings, "http://127.0.0.1:1");
    http_client_connection *connection = NULL;
    for (int i = 0; i < 3; i++)
        assert_status(DUBBOC_E_CONNECT,
            take_from(f.endpoint, deadline_in_ms(5000), &connection, &f.err), &f.err);
    end(&f);
}

/* Returns NULL if all calls succeed. */
static void *call_many_times(void *arg)
{
    fixture f = *(fixture *)arg;
    for (int i = 0; i < 200; i++) {
        http_client_connection *connection = NULL;
        if (take_from(f.endpoint, deadline_in_ms(20000), &connection, &f.err) != DUBBOC_OK)
            return arg;
        if (i % 50 == 49 && replace(&f, &connection) != DUBBOC_OK)
            return arg;
        if (post(&f, connection) != DUBBOC_OK)
            return arg;
        http_client_connection_give_back(connection);
    }
    return NULL;
}

static void many_threads_share_few_connections(void **state)
{
    (void)state;
    fixture f = start_with_places(3);
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_many_times, &f), 0);
    for (int i = 0; i < 8; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(scripted_peer_requests(f.peer), 1600);
    assert_in_range(http_client_connections_opened(f.client), 3, 3 + 8 * 4);
    end(&f);
}

/* The goal: 64 pooled connections in less than 2 MB. */
static void a_pooled_connection_costs_little_memory(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    fixture f = start(&answers_all, 1);
    http_client_connection *connections[COUNT];
    call_well(&f);
    size_t before = mallinfo2().uordblks;
    take_many(&f, connections, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_status(DUBBOC_OK, post(&f, connections[i]), &f.err);
    size_t grown = mallinfo2().uordblks - before;
    assert_in_range(grown, 0, 2000000);
    give_back_many(connections, COUNT);
    end(&f);
}

/* --- a connection that is found dead while others wait --- */

/* Replaces the check whether an idle connection is still usable. The check fails, and in one case
 * another caller joins the queue during the check. */
static struct {
    http_client_io io;
    http_client_queuer queuer;
    thread_waiter thread;
} dead;

static bool looks_dead(http_client_connection *connection)
{
    (void)connection;
    return false;
}

static void another_queues(http_client_endpoint *endpoint)
{
    thread_waiter_init(&dead.thread);
    http_client_queuer_init(&dead.queuer, &dead.thread.waiter, NULL, waiter_take_ticket());
    http_client_queuer_select_begin(&dead.queuer, 1);
    assert_true(http_client_queuer_join(&dead.queuer, endpoint));
    http_client_queuer_select_end(&dead.queuer);
}

static bool looks_dead_while_another_queues(http_client_connection *connection)
{
    another_queues(connection->endpoint);
    return false;
}

static void deaden(
    http_client_connection *connection, bool (*is_quiet)(http_client_connection *connection))
{
    dead.io = *connection->io;
    dead.io.is_quiet = is_quiet;
    connection->io = &dead.io;
}

static void the_place_of_a_dead_idle_connection_is_granted_to_a_waiting_queuer(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    http_client_connection *connection = take(&f), *none = NULL;
    http_client_endpoint *granting = NULL;
    deaden(connection, looks_dead_while_another_queues);
    http_client_connection_give_back(connection);
    assert_int_equal(HTTP_CLIENT_TAKEN_NOTHING, http_client_endpoint_take(f.endpoint, NULL, &none));
    assert_null(none);
    assert_true(http_client_queuer_leave(&dead.queuer, &granting, &none));
    assert_ptr_equal(granting, f.endpoint);
    assert_null(none);
    http_client_endpoint_free_place(f.endpoint);
    call_well(&f);
    end(&f);
}

static void a_granted_dead_connection_is_replaced_without_queuing_again(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    http_client_connection *connection = take(&f), *granted = NULL;
    http_client_endpoint *granting = NULL;
    another_queues(f.endpoint);
    deaden(connection, looks_dead);
    http_client_connection_give_back(connection);
    assert_true(http_client_queuer_is_served(&dead.queuer));
    assert_true(http_client_queuer_leave(&dead.queuer, &granting, &granted));
    assert_null(granted);
    assert_false(http_client_endpoint_has_room(f.endpoint));
    assert_status(DUBBOC_OK,
        http_client_endpoint_open(f.endpoint, deadline_in_ms(5000), &granted, &f.err), &f.err);
    assert_status(DUBBOC_OK, post(&f, granted), &f.err);
    http_client_connection_give_back(granted);
    end(&f);
}

/* --- connections of owners --- */

static void close_owned(http_client_owner *owner, http_client_connection *connection)
{
    (void)owner;
    connection->owner = NULL;
    http_client_connection_close(connection);
}

static http_client_owner owners[2] = {{.close = close_owned}, {.close = close_owned}};

/* Takes a connection for this owner, opening one if that is needed. */
static http_client_connection *take_owned(fixture *f, size_t which)
{
    http_client_connection *connection = NULL;
    http_client_taken taken = http_client_endpoint_take(f->endpoint, &owners[which], &connection);
    if (taken == HTTP_CLIENT_TAKEN_PLACE)
        assert_status(DUBBOC_OK,
            http_client_endpoint_open(f->endpoint, deadline_in_ms(5000), &connection, &f->err),
            &f->err);
    assert_non_null(connection);
    connection->owner = &owners[which];
    return connection;
}

static void owners_keep_their_connections_while_the_pool_is_not_full(void **state)
{
    (void)state;
    fixture f = start_with_places(2);
    for (size_t i = 0; i < 6; i++) {
        http_client_connection *connection = take_owned(&f, i % 2);
        assert_status(DUBBOC_OK, post(&f, connection), &f.err);
        http_client_connection_give_back(connection);
    }
    assert_int_equal(2, http_client_connections_opened(f.client));
    end(&f);
}

static void in_a_full_pool_an_owner_replaces_an_idle_connection_of_another_owner(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    for (size_t i = 0; i < 4; i++) {
        http_client_connection *connection = take_owned(&f, i % 2);
        assert_status(DUBBOC_OK, post(&f, connection), &f.err);
        http_client_connection_give_back(connection);
    }
    assert_int_equal(4, http_client_connections_opened(f.client));
    end(&f);
}

/* The first queuer was served by another endpoint and has not left the queue yet. */
static void a_connection_is_never_granted_to_another_owner(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    thread_waiter threads[2];
    http_client_queuer queuers[2];
    http_client_endpoint *granting = NULL;
    http_client_connection *connection = take_owned(&f, 0), *granted = NULL;
    for (size_t i = 0; i < 2; i++) {
        thread_waiter_init(&threads[i]);
        http_client_queuer_init(&queuers[i], &threads[i].waiter, &owners[i], waiter_take_ticket());
        http_client_queuer_select_begin(&queuers[i], 1);
        assert_true(http_client_queuer_join(&queuers[i], f.endpoint));
        http_client_queuer_select_end(&queuers[i]);
    }
    atomic_store(&queuers[0].is_served, true);
    assert_status(DUBBOC_OK, post(&f, connection), &f.err);
    http_client_connection_give_back(connection);
    assert_true(http_client_queuer_leave(&queuers[1], &granting, &granted));
    assert_null(granted); /* the place of the connection */
    http_client_endpoint_free_place(f.endpoint);
    assert_false(http_client_queuer_leave(&queuers[0], &granting, &granted));
    end(&f);
}

/* --- the end of the client --- */

static void stop_ends_the_wait_for_a_free_connection(void **state)
{
    (void)state;
    fixture f = start_with_places(1);
    http_client_connection *connection = take(&f), *more = NULL;
    taker other;
    start_taker(&other, &f);
    wait_for_waiters(&f, 1);
    int64_t before = clock_now_ns();
    stop_signal_give(f.stop);
    pthread_join(other.thread, NULL);
    assert_in_range(clock_now_ns() - before, 0, 1500 * NS_PER_MS);
    assert_int_equal(other.status, DUBBOC_E_CLOSED);
    http_client_connection_give_back(connection);
    assert_status(
        DUBBOC_E_CLOSED, take_from(f.endpoint, deadline_in_ms(5000), &more, &f.err), &f.err);
    end(&f);
}

static void stop_ends_the_wait_for_a_reply(void **state)
{
    (void)state;
    static const peer_script holds = {{PEER_READ, PEER_HOLD}};
    fixture f = start(&holds, 1);
    http_client_connection *connection = take(&f);
    begin_post(connection);
    assert_int_equal(http_client_exchange_step(connection), HTTP_CLIENT_WANT_READ);
    stop_signal_give(f.stop);
    assert_int_equal(
        http_client_connection_wait(connection, HTTP_CLIENT_WANT_READ, deadline_in_ms(5000)),
        DUBBOC_E_CLOSED);
    http_client_connection_give_back(connection);
    end(&f);
}

/* The provider's endpoint is released while a call to the provider runs. */
static void a_connection_in_use_outlives_the_last_reference(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    call_well(&f);
    http_client_connection *connection = take(&f);
    http_client_endpoint_ref(f.endpoint);
    http_client_endpoint_unref(f.endpoint);
    http_client_endpoint_unref(f.endpoint);
    assert_status(DUBBOC_OK, post(&f, connection), &f.err);
    http_client_connection_give_back(connection);
    http_client_free(f.client); /* asserts that no endpoint exists any more */
    stop_signal_fini(f.stop);
    scripted_peer_free(f.peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_reset_while_idle_cost_no_call),
        cmocka_unit_test(only_one_call_fails_when_a_host_has_lost_all_idle_connections),
        cmocka_unit_test(a_reset_does_not_close_connections_that_were_used_more_recently),
        cmocka_unit_test(the_end_of_one_connection_leaves_the_others_alone),
        cmocka_unit_test(an_idle_connection_that_was_closed_is_not_used),
        cmocka_unit_test(an_idle_connection_that_received_bytes_is_not_used),
        cmocka_unit_test_teardown(an_old_idle_connection_is_not_used, stop_fake_clock),
        cmocka_unit_test_teardown(
            connections_that_are_no_longer_needed_can_be_closed, stop_fake_clock),
        cmocka_unit_test_teardown(
            stale_connections_are_searched_every_half_idle_time_within_limits, stop_fake_clock),
        cmocka_unit_test_teardown(stale_connections_of_every_address_are_closed, stop_fake_clock),
        cmocka_unit_test_teardown(
            the_idle_time_that_the_peer_announces_is_respected, stop_fake_clock),
        cmocka_unit_test_teardown(
            an_idle_connection_is_not_used_after_the_time_that_its_peer_announced, stop_fake_clock),
        cmocka_unit_test_teardown(a_connection_has_a_maximum_age, stop_fake_clock),
        cmocka_unit_test_teardown(
            the_connection_used_last_is_taken_first_and_the_others_grow_old, stop_fake_clock),
        cmocka_unit_test(an_unused_connection_goes_back_to_the_pool),
        cmocka_unit_test(a_connection_given_back_during_an_exchange_is_closed),
        cmocka_unit_test(a_full_pool_is_busy_at_the_deadline),
        cmocka_unit_test(a_dropped_connection_is_replaced_in_the_same_place),
        cmocka_unit_test(a_freed_connection_goes_to_the_longest_waiter),
        cmocka_unit_test(a_waiter_gets_the_place_of_a_closed_connection),
        cmocka_unit_test(a_place_is_free_again_after_a_failed_opening),
        cmocka_unit_test(many_threads_share_few_connections),
        cmocka_unit_test(a_pooled_connection_costs_little_memory),
        cmocka_unit_test(the_place_of_a_dead_idle_connection_is_granted_to_a_waiting_queuer),
        cmocka_unit_test(a_granted_dead_connection_is_replaced_without_queuing_again),
        cmocka_unit_test(owners_keep_their_connections_while_the_pool_is_not_full),
        cmocka_unit_test(in_a_full_pool_an_owner_replaces_an_idle_connection_of_another_owner),
        cmocka_unit_test(a_connection_is_never_granted_to_another_owner),
        cmocka_unit_test(stop_ends_the_wait_for_a_free_connection),
        cmocka_unit_test(stop_ends_the_wait_for_a_reply),
        cmocka_unit_test(a_connection_in_use_outlives_the_last_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
