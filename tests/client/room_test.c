/* Calls that wait because all connections of all their providers are in use, while something else
 * changes: the list of providers, an ejection, or the time that is left to the call. In the first
 * tests the calls are stepped by hand; in the last ones threads call real peers. */
#include "tests/client/call_world.h"

#include <pthread.h>

#include "base/clock.h"
#include "client/reference.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/scripted_peer.h"

#define A (1u << 0)
#define B (1u << 1)
#define C (1u << 2)
#define LIMIT_MS 10000

static _Atomic int64_t test_ns; /* atomic, because the selector's upkeep thread reads it too */

static int64_t test_clock(void)
{
    return test_ns;
}

/* A world with calls that hold connections, and calls that wait for one. */
typedef struct scene {
    world world;
    call holders[PROVIDERS], waiting[3];
    size_t holder_count, waiting_count;
    thread_waiter threads[3];
} scene;

static void scene_begin(scene *self, unsigned present)
{
    test_ns = 1000 * NS_PER_S;
    clock_set_source(test_clock);
    world_begin(&self->world);
    self->holder_count = self->waiting_count = 0;
    /* the first call creates the directory; then the list is set */
    assert_int_equal(CALL_WANTS_OPEN, world_begin_call(&self->world, &self->holders[0], present));
    self->holder_count = 1;
}

static void scene_end(scene *self)
{
    for (size_t i = 0; i < self->waiting_count; i++)
        call_fini(&self->waiting[i]);
    for (size_t i = 0; i < self->holder_count; i++)
        call_fini(&self->holders[i]);
    /* asserts that no connection was lost, because it would keep its endpoint */
    world_end(&self->world);
    clock_set_source(NULL);
}

/* Starts calls that take free connections, until `count` calls hold one. */
static void scene_hold(scene *self, size_t count)
{
    for (; self->holder_count < count; self->holder_count++) {
        call *made = &self->holders[self->holder_count];
        world_make_call(&self->world, made);
        assert_int_equal(CALL_WANTS_OPEN, go_on(made));
    }
}

/* Starts calls that wait, one after the other, until `count` calls wait. */
static void scene_wait(scene *self, size_t count)
{
    for (; self->waiting_count < count; self->waiting_count++)
        world_begin_waiting_call(
            &self->world, &self->waiting[self->waiting_count], &self->threads[self->waiting_count]);
}

/* Ends the call that holds the connection of this provider. */
static void scene_free(scene *self, unsigned which)
{
    for (size_t i = 0; i < self->holder_count; i++)
        if (self->holders[i].attempt.is_held && held_by(&self->holders[i]) == which) {
            call_fini(&self->holders[i]);
            return;
        }
    fail_msg("nobody holds %#x", which);
}

static bool is_woken(scene *self, size_t which)
{
    return atomic_load(&self->threads[which].is_woken);
}

static void assert_waits(scene *self, size_t which)
{
    assert_false(is_woken(self, which));
    assert_int_equal(CALL_WANTS_WAKE, go_on(&self->waiting[which]));
}

static void assert_goes_to(scene *self, size_t which, unsigned whose)
{
    assert_true(is_woken(self, which));
    assert_int_equal(CALL_WANTS_OPEN, go_on(&self->waiting[which]));
    assert_int_equal(whose, held_by(&self->waiting[which]));
}

/* --- the list changes --- */

static void the_call_that_waits_longest_goes_to_a_provider_that_joins_the_list(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A | B);
    scene_hold(&self, 2);
    scene_wait(&self, 3);
    world_has(&self.world, A | B | C);
    assert_goes_to(&self, 0, C);
    assert_waits(&self, 1);
    assert_waits(&self, 2);
    scene_end(&self);
}

static void calls_that_go_on_waiting_keep_their_order_at_a_new_provider(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A | B);
    scene_hold(&self, 2);
    scene_wait(&self, 3);
    world_has(&self.world, A | B | C);
    assert_goes_to(&self, 0, C);
    call_fini(&self.waiting[0]); /* ends the call, so that its connection becomes free */
    assert_waits(&self, 2);
    assert_goes_to(&self, 1, C);
    scene_free(&self, A);
    assert_goes_to(&self, 2, A);
    scene_end(&self);
}

static void each_new_provider_takes_one_of_the_waiting_calls(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A);
    scene_wait(&self, 3);
    world_has(&self.world, A | B | C);
    assert_waits(&self, 2);
    assert_true(is_woken(&self, 0) && is_woken(&self, 1));
    assert_int_equal(CALL_WANTS_OPEN, go_on(&self.waiting[1]));
    assert_int_equal(CALL_WANTS_OPEN, go_on(&self.waiting[0]));
    assert_int_equal(B | C, held_by(&self.waiting[0]) | held_by(&self.waiting[1]));
    scene_end(&self);
}

static void a_call_waits_for_a_new_provider_that_is_full_too(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A | B);
    scene_hold(&self, 2);
    world_has(&self.world, A);
    scene_wait(&self, 1);
    world_has(&self.world, A | B);
    assert_waits(&self, 0);
    scene_free(&self, B);
    assert_goes_to(&self, 0, B);
    scene_end(&self);
}

static void a_call_no_longer_waits_for_a_provider_that_left_the_list(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A | B);
    scene_hold(&self, 2);
    scene_wait(&self, 1);
    world_has(&self.world, B);
    scene_free(&self, A);
    assert_waits(&self, 0);
    scene_free(&self, B);
    assert_goes_to(&self, 0, B);
    scene_end(&self);
}

/* The granted connection cannot be used, so the call picks again. It comes before the calls that
 * began to wait later. */
static void a_call_picks_again_before_later_calls_if_the_granted_provider_has_left(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A | B);
    scene_hold(&self, 2);
    scene_wait(&self, 2);
    scene_free(&self, A);
    assert_true(is_woken(&self, 0));
    world_has(&self.world, B);
    atomic_store(&self.threads[0].is_woken, false);
    assert_waits(&self, 0);
    scene_free(&self, B);
    assert_waits(&self, 1);
    assert_goes_to(&self, 0, B);
    scene_end(&self);
}

static void a_call_goes_to_a_provider_that_a_rule_no_longer_disables(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "override://127.0.0.1:2/" SERVICE "?category=configurators&enabled=true&disabled=true"};
    scene self;
    scene_begin(&self, A | B);
    fake_registry_push_configurators(self.world.source, SERVICE, rules, 1);
    if (held_by(&self.holders[0]) == B) {
        call_fini(&self.holders[0]);
        self.holder_count = 0;
        scene_hold(&self, 1);
    }
    assert_int_equal(A, held_by(&self.holders[0]));
    scene_wait(&self, 1);
    fake_registry_push_configurators(self.world.source, SERVICE, NULL, 0);
    assert_goes_to(&self, 0, B);
    scene_end(&self);
}

/* An empty list takes effect only after a grace period. Until then the former providers
 * are used. */
static void a_waiting_call_ends_without_a_provider_when_the_list_is_empty_for_good(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A);
    scene_wait(&self, 2);
    world_has(&self.world, 0);
    assert_waits(&self, 0);
    test_ns += 30 * NS_PER_S;
    selector_do_round(self.world.client->selector);
    for (size_t i = 0; i < 2; i++) {
        assert_true(is_woken(&self, i));
        assert_int_equal(CALL_ENDED, go_on(&self.waiting[i]));
        assert_int_equal(DUBBOC_E_NO_PROVIDER, self.waiting[i].status);
        assert_int_equal(DUBBOC_NOT_EXECUTED, self.waiting[i].execution);
    }
    scene_end(&self);
}

/* --- an ejection ends --- */

/* Picks in turn (roundrobin) until the provider `whose` was picked `times` times, and reports this
 * outcome for those picks; all other picks report PICK_UNKNOWN. */
static void let_come_to(scene *self, unsigned whose, pick_outcome outcome, int times)
{
    const pick_request request = {.method = slice_of("m"), .policy = "roundrobin"};
    directory *of = self->holders[0].directory;
    for (int picks = 0; times > 0 && picks < 100; picks++) {
        call like = {.attempt.is_held = true};
        assert_true(directory_pick(of, &request, &like.attempt.held));
        bool is_it = held_by(&like) == whose;
        pick_release(of, &like.attempt.held, is_it ? outcome : PICK_UNKNOWN);
        times -= is_it;
    }
    assert_int_equal(0, times);
}

/* One call holds A's connection, and another call waits for A because B is ejected. at_b is an
 * attempt at B that has not ended. */
static void begin_with_ejected(scene *self, pick *at_b)
{
    const pick_request request = {.method = slice_of("m")};
    scene_begin(self, A | B);
    if (held_by(&self->holders[0]) == B) {
        scene_hold(self, 2);
        scene_free(self, B);
    }
    http_client_endpoint *endpoint = NULL;
    for (int picks = 0; endpoint == NULL && picks < 1000; picks++) {
        call like = {.attempt.is_held = true};
        assert_true(directory_pick(self->holders[0].directory, &request, &like.attempt.held));
        if (held_by(&like) == B)
            endpoint = like.attempt.held.provider->endpoint;
        pick_release(self->holders[0].directory, &like.attempt.held, PICK_UNKNOWN);
    }
    assert_true(directory_pick_at(self->holders[0].directory, endpoint, &request, at_b));
    let_come_to(self, B, PICK_FAILED, 5);
    scene_wait(self, 1);
}

static int64_t next_round_ns(scene *self)
{
    upkeep *of = &self->world.client->selector->context.upkeep;
    mutex_lock(&of->lock);
    int64_t due_ns = of->due_ns;
    mutex_unlock(&of->lock);
    return due_ns;
}

static void a_call_goes_to_a_provider_whose_ejection_ends_by_time(void **state)
{
    (void)state;
    scene self;
    pick at_b;
    begin_with_ejected(&self, &at_b);
    pick_release(self.holders[0].directory, &at_b, PICK_UNKNOWN);
    int64_t end_ns = test_ns + 30 * NS_PER_S;
    while (next_round_ns(&self) < end_ns) { /* these rounds are due for other reasons */
        test_ns = next_round_ns(&self);
        selector_do_round(self.world.client->selector);
        assert_waits(&self, 0);
    }
    assert_int_equal(end_ns, next_round_ns(&self));
    test_ns = end_ns;
    selector_do_round(self.world.client->selector);
    assert_goes_to(&self, 0, B);
    scene_end(&self);
}

static void a_call_goes_to_a_provider_whose_ejection_is_ended_by_an_answer(void **state)
{
    (void)state;
    scene self;
    pick at_b;
    begin_with_ejected(&self, &at_b);
    assert_waits(&self, 0);
    pick_release(self.holders[0].directory, &at_b, PICK_GOOD);
    assert_goes_to(&self, 0, B);
    scene_end(&self);
}

/* --- the call's own time ends --- */

static void a_connection_granted_after_the_deadline_goes_to_the_next_call(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A);
    scene_wait(&self, 1);
    test_ns += 30 * NS_PER_S;
    scene_wait(&self, 3);
    test_ns += 30 * NS_PER_S; /* the deadline of the first waiting call */
    scene_free(&self, A);
    assert_true(is_woken(&self, 0));
    assert_waits(&self, 1);
    assert_int_equal(CALL_ENDED, go_on(&self.waiting[0]));
    assert_int_equal(DUBBOC_E_TIMEOUT, self.waiting[0].status);
    assert_int_equal(DUBBOC_NOT_EXECUTED, self.waiting[0].execution);
    assert_waits(&self, 2);
    assert_goes_to(&self, 1, A);
    scene_end(&self);
}

/* The first waiting call ends after the grant, for instance because its client is stopped. */
static void a_grant_at_a_new_provider_passes_to_the_next_call_if_the_first_call_ends(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, A);
    scene_wait(&self, 2);
    world_has(&self.world, A | B);
    assert_true(is_woken(&self, 0));
    const call_event stopped = {DUBBOC_E_CLOSED, NULL, NULL};
    assert_int_equal(CALL_ENDED, call_step(&self.waiting[0], &stopped));
    assert_int_equal(DUBBOC_E_CLOSED, self.waiting[0].status);
    assert_goes_to(&self, 1, B);
    scene_end(&self);
}

static void a_call_whose_time_is_over_names_the_new_provider_as_full(void **state)
{
    (void)state;
    scene self;
    dubboc_error err;
    scene_begin(&self, A | B);
    scene_hold(&self, 2);
    world_has(&self.world, A);
    scene_wait(&self, 1);
    self.waiting[0].err = &err;
    world_has(&self.world, A | B);
    test_ns += 60 * NS_PER_S;
    assert_int_equal(CALL_ENDED, go_on(&self.waiting[0]));
    assert_status(DUBBOC_E_BUSY, self.waiting[0].status, &err);
    assert_contains(err.text, "127.0.0.1:1, 127.0.0.1:2 (pool_size 1)");
    scene_end(&self);
}

/* --- no memory --- */

#define SIX 0x3fu
#define SEVENTH 0x40u

/* A call that joins more than four queues needs memory. If the allocation fails, the call waits in
 * four queues, and for a new provider. */
static void a_call_without_memory_to_wait_ends_and_was_not_executed(void **state)
{
    (void)state;
    scene self;
    call one;
    scene_begin(&self, A);
    world_make_call(&self.world, &one);
    alloc_fail_at(1);
    assert_int_equal(CALL_ENDED, go_on(&one));
    alloc_fail_at(0);
    assert_status(DUBBOC_E_NO_MEMORY, one.status, &self.world.err);
    assert_int_equal(DUBBOC_NOT_EXECUTED, one.execution);
    call_fini(&one);
    scene_end(&self);
}

static void a_call_without_memory_for_its_queues_goes_to_a_new_provider(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, SIX);
    scene_hold(&self, 6);
    alloc_fail_at(2); /* the first is for the call */
    scene_wait(&self, 1);
    assert_true(alloc_fail_was_hit());
    alloc_fail_at(0);
    assert_int_equal(4, self.waiting[0].trouble->room.queuer.count);
    world_has(&self.world, SIX | SEVENTH);
    assert_goes_to(&self, 0, SEVENTH);
    scene_end(&self);
}

static void a_call_that_lacked_memory_joins_the_missing_queues_when_the_list_changes(void **state)
{
    (void)state;
    scene self;
    scene_begin(&self, SIX);
    scene_hold(&self, 6);
    alloc_fail_at(2); /* the first is for the call */
    scene_wait(&self, 1);
    alloc_fail_at(0);
    world_has(&self.world, SIX & ~A);
    assert_int_equal(5, self.waiting[0].trouble->room.queuer.count);
    scene_free(&self, 1u << 5);
    assert_goes_to(&self, 0, 1u << 5);
    scene_end(&self);
}

/* Whichever allocation fails while a new list is read, the waiting call goes to the new provider as
 * soon as the list is read successfully. */
static void a_call_goes_to_a_new_provider_whatever_allocation_failed_before(void **state)
{
    (void)state;
    bool is_done = false;
    for (unsigned long nth = 1; !is_done; nth++) {
        scene self;
        scene_begin(&self, SIX);
        scene_hold(&self, 6);
        scene_wait(&self, 1);
        alloc_fail_at(nth);
        world_has(&self.world, SIX | SEVENTH);
        is_done = !alloc_fail_was_hit();
        alloc_fail_at(0);
        world_has(&self.world, SIX | SEVENTH);
        assert_goes_to(&self, 0, SEVENTH);
        scene_end(&self);
    }
}

/* --- threads --- */

/* Answers with an error whose id is null, so that the answer fits every call. */
#define ANSWER                                                                                     \
    "HTTP/1.1 200 OK\r\nContent-Length: "                                                          \
    "46\r\n\r\n{\"id\":null,\"error\":{\"code\":-7,\"message\":\"no\"}}"

static const peer_script answers_each = {{PEER_READ, PEER_SEND(ANSWER), PEER_AGAIN}};
static const peer_script is_silent = {{PEER_READ, PEER_HOLD}};

typedef struct caller {
    world *world;
    pthread_t thread;
    dubboc_status status;
    dubboc_error err;
} caller;

static void *call_once(void *arg)
{
    caller *self = arg;
    const dubboc_call_options options = {.size = sizeof options, .timeout_ms = 30000};
    self->status = dubboc_call_raw(self->world->client, SERVICE, "m",
        (dubboc_slice){.at = NULL, .len = 0}, &options, NULL, &self->err);
    return NULL;
}

static void caller_start(caller *self, world *of)
{
    *self = (caller){.world = of};
    assert_int_equal(0, pthread_create(&self->thread, NULL, call_once, self));
}

static void push_peers(world *self, scripted_peer *const *peers, size_t count)
{
    char urls[3][96];
    const char *list[3];
    for (size_t i = 0; i < count; i++) {
        snprintf(urls[i], sizeof urls[i], "jsonrpc://127.0.0.1:%d/" SERVICE "?interface=" SERVICE,
            scripted_peer_port(peers[i]));
        list[i] = urls[i];
    }
    selector_do_round(self->client->selector); /* subscribes */
    fake_registry_push(self->source, SERVICE, list, count);
}

/* Returns the directory that the calls use. */
static directory *directory_used(world *self)
{
    reference *used;
    assert_status(DUBBOC_OK, reference_find(self->client, SERVICE, &used, &self->err), &self->err);
    return used->directory;
}

typedef struct sight {
    world *world;
    scripted_peer *peer;
    int count;
} sight;

static bool has_requests(void *arg)
{
    const sight *self = arg;
    return scripted_peer_requests(self->peer) >= self->count;
}

static bool waits(void *arg)
{
    const sight *self = arg;
    return room_waits_count(&directory_used(self->world)->room) == (size_t)self->count;
}

static void calls_of_threads_go_to_a_provider_that_joins_the_list(void **state)
{
    (void)state;
    world self;
    caller callers[5];
    scripted_peer *peers[] = {scripted_peer_new(&is_silent, 1), scripted_peer_new(&is_silent, 1),
        scripted_peer_new(&answers_each, 1)};
    world_begin(&self);
    (void)directory_used(&self);
    push_peers(&self, peers, 2);
    for (int i = 0; i < 2; i++)
        caller_start(&callers[i], &self);
    for (int i = 0; i < 2; i++)
        assert_true(test_wait_for(has_requests, &(sight){.peer = peers[i], .count = 1}, LIMIT_MS));
    for (int i = 2; i < 5; i++)
        caller_start(&callers[i], &self);
    assert_true(test_wait_for(waits, &(sight){.world = &self, .count = 3}, LIMIT_MS));
    push_peers(&self, peers, 3);
    for (int i = 2; i < 5; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_status(DUBBOC_E_REMOTE, callers[i].status, &callers[i].err);
    }
    assert_int_equal(3, scripted_peer_requests(peers[2]));
    assert_int_equal(1, scripted_peer_connections(peers[2]));
    dubboc_client_stop(self.client);
    for (int i = 0; i < 2; i++)
        pthread_join(callers[i].thread, NULL);
    world_end(&self);
    for (int i = 0; i < 3; i++)
        scripted_peer_free(peers[i]);
}

#define THREADS 8
#define CALLS 60

/* Every third call has a time-out of 1 ms, so that its deadline may pass at the moment of
 * a grant. */
static void *call_many_times(void *arg)
{
    world *self = arg;
    for (int i = 0; i < CALLS; i++) {
        dubboc_error err;
        const dubboc_call_options options = {
            .size = sizeof options, .timeout_ms = i % 3 == 0 ? 1 : 30000};
        dubboc_status status = dubboc_call_raw(
            self->client, SERVICE, "m", (dubboc_slice){.at = NULL, .len = 0}, &options, NULL, &err);
        if (status != DUBBOC_E_REMOTE && i % 3 != 0)
            return arg;
    }
    return NULL;
}

static void no_call_is_lost_while_the_list_changes_all_the_time(void **state)
{
    (void)state;
    world self;
    pthread_t threads[THREADS];
    scripted_peer *peers[3];
    for (int i = 0; i < 3; i++)
        peers[i] = scripted_peer_new(&answers_each, 1);
    world_begin(&self);
    (void)directory_used(&self);
    push_peers(&self, peers, 3);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, call_many_times, &self));
    for (size_t i = 0; i < 300; i++)
        push_peers(&self, peers + i % 2, 1 + i % 2);
    push_peers(&self, peers, 3);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(0, room_waits_count(&directory_used(&self)->room));
    world_end(&self); /* asserts that no connection was lost */
    for (int i = 0; i < 3; i++)
        scripted_peer_free(peers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_call_that_waits_longest_goes_to_a_provider_that_joins_the_list),
        cmocka_unit_test(calls_that_go_on_waiting_keep_their_order_at_a_new_provider),
        cmocka_unit_test(each_new_provider_takes_one_of_the_waiting_calls),
        cmocka_unit_test(a_call_waits_for_a_new_provider_that_is_full_too),
        cmocka_unit_test(a_call_no_longer_waits_for_a_provider_that_left_the_list),
        cmocka_unit_test(a_call_picks_again_before_later_calls_if_the_granted_provider_has_left),
        cmocka_unit_test(a_call_goes_to_a_provider_that_a_rule_no_longer_disables),
        cmocka_unit_test(a_waiting_call_ends_without_a_provider_when_the_list_is_empty_for_good),
        cmocka_unit_test(a_call_goes_to_a_provider_whose_ejection_ends_by_time),
        cmocka_unit_test(a_call_goes_to_a_provider_whose_ejection_is_ended_by_an_answer),
        cmocka_unit_test(a_connection_granted_after_the_deadline_goes_to_the_next_call),
        cmocka_unit_test(a_grant_at_a_new_provider_passes_to_the_next_call_if_the_first_call_ends),
        cmocka_unit_test(a_call_whose_time_is_over_names_the_new_provider_as_full),
        cmocka_unit_test(a_call_without_memory_to_wait_ends_and_was_not_executed),
        cmocka_unit_test(a_call_without_memory_for_its_queues_goes_to_a_new_provider),
        cmocka_unit_test(a_call_that_lacked_memory_joins_the_missing_queues_when_the_list_changes),
        cmocka_unit_test(a_call_goes_to_a_new_provider_whatever_allocation_failed_before),
        cmocka_unit_test(calls_of_threads_go_to_a_provider_that_joins_the_list),
        cmocka_unit_test(no_call_is_lost_while_the_list_changes_all_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
