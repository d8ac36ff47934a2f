/* The contract of all registries: when a listener is called, with what data, and when it is not
 * called any more. */
#include "tests/registry/contract_steps.h"

#include <unistd.h>

static void the_first_call_of_a_listener_reports_the_present_nodes(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *listener = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    recorder_expect(listener, CONTRACT_PRESENT);
    recorder_unsubscribe(self, listener);
    registry_free(self);
}

static void an_absent_interface_is_reported_as_an_empty_list(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *listener = recorder_subscribe(self, "com.contract.Absent", REGISTRY_PROVIDERS);
    recorder *other = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_ROUTERS);
    recorder_expect(listener, "");
    recorder_expect(other, "");
    recorder_unsubscribe(self, listener);
    recorder_unsubscribe(self, other);
    registry_free(self);
}

static void listeners_run_on_a_thread_of_the_registry(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *listener = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    recorder_expect(listener, CONTRACT_PRESENT);
    assert_false(pthread_equal(listener->thread, pthread_self()));
    recorder_unsubscribe(self, listener);
    registry_free(self);
}

static void refresh_calls_the_listener_without_a_change(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *listener = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    recorder_expect(listener, CONTRACT_PRESENT);
    for (int i = 0; i < 5; i++) {
        unsigned before = recorder_calls(listener);
        registry_refresh(self, listener->subscription);
        recorder_expect_call(listener, before + 1, CONTRACT_PRESENT);
    }
    recorder_unsubscribe(self, listener);
    registry_free(self);
}

static void both_subscriptions_of_one_interface_are_notified(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *one = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    recorder *two = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    recorder_expect(one, CONTRACT_PRESENT);
    recorder_expect(two, CONTRACT_PRESENT);
    recorder_unsubscribe(self, one);
    unsigned before = recorder_calls(two);
    registry_refresh(self, two->subscription);
    recorder_expect_call(two, before + 1, CONTRACT_PRESENT);
    recorder_unsubscribe(self, two);
    registry_free(self);
}

typedef struct refresher {
    registry *from;
    recorder *steady;
    atomic_bool is_stopping;
} refresher;

static void *keep_refreshing(void *arg)
{
    refresher *self = arg;
    bool has_come = true;
    while (has_come && !atomic_load(&self->is_stopping)) {
        unsigned before = recorder_calls(self->steady);
        registry_refresh(self->from, self->steady->subscription);
        has_come = recorder_await_call(self->steady, before + 1);
    }
    return NULL;
}

static void no_listener_is_called_after_unsubscribe_has_returned(void **state)
{
    (void)state;
    enum { ROUNDS = 100 };
    registry *self = contract_open();
    recorder *steady = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    refresher noise = {.from = self, .steady = steady};
    pthread_t thread;
    recorder *all[ROUNDS];
    assert_int_equal(pthread_create(&thread, NULL, keep_refreshing, &noise), 0);
    for (int i = 0; i < ROUNDS; i++) {
        all[i] = recorder_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
        if (i % 2 == 0)
            recorder_expect(all[i], CONTRACT_PRESENT);
        registry_refresh(self, all[i]->subscription);
        registry_unsubscribe(self, all[i]->subscription);
        assert_int_equal(atomic_load(&all[i]->running), 0);
        atomic_store(&all[i]->is_over, true);
    }
    unsigned before = recorder_calls(steady);
    recorder_expect_call(steady, before + 10, CONTRACT_PRESENT);
    atomic_store(&noise.is_stopping, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(atomic_load(&all[i]->unwanted), 0);
        recorder_free(all[i]);
    }
    recorder_unsubscribe(self, steady);
    registry_free(self);
}

typedef struct leaver {
    registry *from;
    recorder *listener;
    atomic_int thread; /* its kernel id; 0: not yet started */
} leaver;

static void *leaver_run(void *arg)
{
    leaver *self = arg;
    atomic_store(&self->thread, (int)gettid());
    registry_unsubscribe(self->from, self->listener->subscription);
    atomic_store(&self->listener->is_over, true);
    return NULL;
}

/* Returns whether unsubscribing has returned, or waits for something. */
static bool leaver_has_got_as_far_as_it_can(void *arg)
{
    leaver *self = arg;
    int thread = atomic_load(&self->thread);
    return thread != 0 && (atomic_load(&self->listener->is_over) || test_thread_is_blocked(thread));
}

static void unsubscribe_waits_for_a_listener_that_runs(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *listener = recorder_new();
    pthread_t thread;
    leaver leaves = {.from = self, .listener = listener};
    dubboc_error err;
    recorder_hold(listener);
    assert_status(DUBBOC_OK,
        registry_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS, recorder_listen, listener,
            &listener->subscription, &err),
        &err);
    assert_true(test_wait_for(recorder_is_running, listener, contract_limit_ms()));
    assert_int_equal(pthread_create(&thread, NULL, leaver_run, &leaves), 0);
    assert_true(test_wait_for(leaver_has_got_as_far_as_it_can, &leaves, contract_limit_ms()));
    assert_false(atomic_load(&listener->is_over));
    recorder_release(listener);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&listener->running), 0);
    recorder_free(listener);
    registry_free(self);
}

/* A listener that uses the registry: it ends one subscription, begins another one, and registers a
 * node. */
typedef struct busy_listener {
    registry *from;
    registry_subscription *own, *to_end;
    recorder *begun;
    registry_registration *registered;
    dubboc_status statuses[2];
    atomic_bool is_done;
} busy_listener;

static void busy_listener_listen(void *arg, const registry_snapshot *snapshot)
{
    busy_listener *self = arg;
    (void)snapshot;
    if (atomic_load(&self->is_done))
        return;
    registry_unsubscribe(self->from, self->to_end);
    self->statuses[0] = registry_subscribe(self->from, CONTRACT_INTERFACE, REGISTRY_PROVIDERS,
        recorder_listen, self->begun, &self->begun->subscription, NULL);
    self->statuses[1] = registry_register(self->from, "com.contract.Busy", REGISTRY_CONSUMERS,
        "consumer://10.0.0.3/com.contract.Busy", &self->registered, NULL);
    registry_refresh(self->from, self->begun->subscription);
    atomic_store(&self->is_done, true);
}

static bool busy_listener_is_done(void *arg)
{
    return atomic_load(&((busy_listener *)arg)->is_done);
}

static void a_listener_may_use_the_registry(void **state)
{
    (void)state;
    registry *self = contract_open();
    recorder *other = recorder_subscribe(self, "com.contract.Absent", REGISTRY_PROVIDERS);
    busy_listener busy = {.from = self, .to_end = other->subscription, .begun = recorder_new()};
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS, busy_listener_listen,
            &busy, &busy.own, &err),
        &err);
    assert_true(test_wait_for(busy_listener_is_done, &busy, contract_limit_ms()));
    assert_int_equal(busy.statuses[0], DUBBOC_OK);
    assert_int_equal(busy.statuses[1], DUBBOC_OK);
    recorder_expect(busy.begun, CONTRACT_PRESENT);
    registry_unsubscribe(self, busy.own);
    recorder_unsubscribe(self, busy.begun);
    contract_unregister(self, busy.registered);
    recorder_free(other);
    registry_free(self);
}

void contract_add_subscribe(contract_tests *to)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_call_of_a_listener_reports_the_present_nodes),
        cmocka_unit_test(an_absent_interface_is_reported_as_an_empty_list),
        cmocka_unit_test(listeners_run_on_a_thread_of_the_registry),
        cmocka_unit_test(refresh_calls_the_listener_without_a_change),
        cmocka_unit_test(both_subscriptions_of_one_interface_are_notified),
        cmocka_unit_test(no_listener_is_called_after_unsubscribe_has_returned),
        cmocka_unit_test(unsubscribe_waits_for_a_listener_that_runs),
        cmocka_unit_test(a_listener_may_use_the_registry),
    };
    contract_add(to, tests, sizeof tests / sizeof tests[0]);
}
