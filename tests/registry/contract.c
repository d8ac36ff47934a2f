#include "tests/registry/contract.h"

#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"
#include "registry/provider_url.h"

static const contract_fixture *fixture;

static int limit_ms(void)
{
    return fixture->limit_ms > 0 ? fixture->limit_ms : 5000;
}

/* --- somebody who listens */

typedef struct ear {
    pthread_mutex_t lock;
    registry_subscription *subscription;
    unsigned calls;
    char *heard; /* the last list, sorted, a URL a line */
    pthread_t thread;
    /* for a listener that dawdles or must not be called */
    atomic_bool is_held;
    atomic_bool is_over;
    atomic_uint running, late;
} ear;

static int by_text(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

/* The URLs sorted, a line each. */
static char *joined(const char *const *urls, size_t count)
{
    size_t len = 1;
    const char **sorted = calloc(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = urls[i];
        len += strlen(urls[i]) + 1;
    }
    qsort(sorted, count, sizeof *sorted, by_text);
    char *text = calloc(len, 1), *to = text;
    for (size_t i = 0; i < count; i++) {
        to = stpcpy(to, sorted[i]);
        *to++ = '\n';
    }
    free(sorted);
    return text;
}

static void hear(void *arg, const registry_snapshot *snapshot)
{
    ear *self = arg;
    if (atomic_fetch_add(&self->running, 1) > 0 || atomic_load(&self->is_over))
        atomic_fetch_add(&self->late, 1);
    char *text = joined(snapshot->urls, snapshot->count);
    pthread_mutex_lock(&self->lock);
    free(self->heard);
    self->heard = text;
    self->calls++;
    self->thread = pthread_self();
    pthread_mutex_unlock(&self->lock);
    while (atomic_load(&self->is_held))
        usleep(1000);
    atomic_fetch_sub(&self->running, 1);
}

static ear *ear_new(void)
{
    ear *self = calloc(1, sizeof *self);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

static ear *listen_to(registry *from, const char *interface, registry_category category)
{
    ear *self = ear_new();
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(from, interface, category, hear, self, &self->subscription, &err), &err);
    return self;
}

static void ear_free(ear *self)
{
    pthread_mutex_destroy(&self->lock);
    free(self->heard);
    free(self);
}

static void stop_listening(registry *from, ear *self)
{
    registry_unsubscribe(from, self->subscription);
    assert_int_equal(atomic_load(&self->late), 0);
    ear_free(self);
}

static unsigned calls_of(ear *self)
{
    pthread_mutex_lock(&self->lock);
    unsigned calls = self->calls;
    pthread_mutex_unlock(&self->lock);
    return calls;
}

typedef struct expectation {
    ear *who;
    const char *text;
    unsigned calls;
} expectation;

static bool has_heard(void *arg)
{
    const expectation *expected = arg;
    pthread_mutex_lock(&expected->who->lock);
    const char *heard = expected->who->heard;
    bool is_it = heard != NULL && expected->who->calls >= expected->calls &&
                 strcmp(heard, expected->text) == 0;
    pthread_mutex_unlock(&expected->who->lock);
    return is_it;
}

/* Waits until exactly these URLs (a line each) were told, in a call after the first calls - 1. */
static void hears_in_call(ear *who, unsigned calls, const char *text)
{
    expectation expected = {who, text, calls};
    if (test_wait_for(has_heard, &expected, limit_ms()))
        return;
    pthread_mutex_lock(&who->lock);
    print_error("heard in %u calls:\n%s\nexpected:\n%s\n", who->calls,
        who->heard != NULL ? who->heard : "(nothing)", text);
    pthread_mutex_unlock(&who->lock);
    fail();
}

static void hears(ear *who, const char *text)
{
    hears_in_call(who, 1, text);
}

/* --- registering */

static bool stands(void *arg)
{
    return registry_is_registered(arg);
}

static registry_registration *put(
    registry *into, const char *interface, registry_category category, const char *url)
{
    registry_registration *made = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, registry_register(into, interface, category, url, &made, &err), &err);
    return made;
}

static registry_registration *put_provider(registry *into, const char *interface, const char *url)
{
    return put(into, interface, REGISTRY_PROVIDERS, url);
}

static void take_back(registry *from, registry_registration *registration)
{
    registry_unregister(from, registration, limit_ms());
}

static registry *another(void)
{
    registry *self = fixture->open(fixture->store);
    assert_non_null(self);
    return self;
}

static char *looked_up(registry *in, const char *interface, registry_category category)
{
    registry_list urls;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_lookup(in, interface, category, deadline_in_ms(limit_ms()), &urls, &err), &err);
    char *text = joined((const char *const *)urls.items, urls.count);
    registry_list_free(&urls);
    return text;
}

/* --- every kind */

static void several_are_registered_together_or_not_at_all(void **state)
{
    (void)state;
    registry *self = another();
    registry_wanted wanted[] = {
        {"com.contract.Together", REGISTRY_PROVIDERS, "jsonrpc://10.0.0.1:1/com.contract.Together"},
        {"com.contract.Together", REGISTRY_PROVIDERS, "http://10.0.0.1:1/com.contract.Together"},
        {"com.contract.Other", REGISTRY_PROVIDERS, "jsonrpc://10.0.0.1:1/com.contract.Other"},
    };
    registry_registration *made[3] = {NULL};
    dubboc_error err;
    assert_status(DUBBOC_OK, registry_register_all(self, wanted, 0, made, &err), &err);
    assert_status(DUBBOC_OK, registry_register_all(self, wanted, 3, made, &err), &err);
    for (size_t i = 0; i < 3; i++)
        assert_true(test_wait_for(stands, made[i], limit_ms()));
    registry_unregister_all(self, made, 3, limit_ms());
    wanted[2].url = "";
    assert_status(DUBBOC_E_ARGUMENT, registry_register_all(self, wanted, 3, made, &err), &err);
    assert_contains(err.text, "com.contract.Other");
    char *left = looked_up(self, "com.contract.Together", REGISTRY_PROVIDERS);
    assert_string_equal("", left);
    free(left);
    registry_free(self);
}

static const char present[] = CONTRACT_URL_1 "\n" CONTRACT_URL_2 "\n";

static void tells_what_is_there_first(void **state)
{
    (void)state;
    registry *self = another();
    ear *who = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    hears(who, present);
    stop_listening(self, who);
    registry_free(self);
}

static void tells_an_empty_list_of_what_is_not_there(void **state)
{
    (void)state;
    registry *self = another();
    ear *who = listen_to(self, "com.contract.Absent", REGISTRY_PROVIDERS);
    ear *other = listen_to(self, CONTRACT_INTERFACE, REGISTRY_ROUTERS);
    hears(who, "");
    hears(other, "");
    stop_listening(self, who);
    stop_listening(self, other);
    registry_free(self);
}

static void calls_listeners_from_a_thread_of_its_own(void **state)
{
    (void)state;
    registry *self = another();
    ear *who = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    hears(who, present);
    assert_false(pthread_equal(who->thread, pthread_self()));
    stop_listening(self, who);
    registry_free(self);
}

static void refresh_calls_the_listener_without_a_change(void **state)
{
    (void)state;
    registry *self = another();
    ear *who = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    hears(who, present);
    for (int i = 0; i < 5; i++) {
        unsigned before = calls_of(who);
        registry_refresh(self, who->subscription);
        hears_in_call(who, before + 1, present);
    }
    stop_listening(self, who);
    registry_free(self);
}

static void two_subscriptions_of_one_interface_are_both_told(void **state)
{
    (void)state;
    registry *self = another();
    ear *one = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    ear *two = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    hears(one, present);
    hears(two, present);
    stop_listening(self, one);
    unsigned before = calls_of(two);
    registry_refresh(self, two->subscription);
    hears_in_call(two, before + 1, present);
    stop_listening(self, two);
    registry_free(self);
}

typedef struct refresher {
    registry *from;
    registry_subscription *steady;
    atomic_bool is_stopping;
} refresher;

static void *keep_refreshing(void *arg)
{
    refresher *self = arg;
    while (!atomic_load(&self->is_stopping)) {
        registry_refresh(self->from, self->steady);
        usleep(50);
    }
    return NULL;
}

static void calls_nobody_after_unsubscribe_has_returned(void **state)
{
    (void)state;
    enum { ROUNDS = 100 };
    registry *self = another();
    ear *steady = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    refresher noise = {.from = self, .steady = steady->subscription};
    pthread_t thread;
    ear *all[ROUNDS];
    assert_int_equal(pthread_create(&thread, NULL, keep_refreshing, &noise), 0);
    for (int i = 0; i < ROUNDS; i++) {
        all[i] = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
        if (i % 2 == 0)
            hears(all[i], present);
        registry_refresh(self, all[i]->subscription);
        registry_unsubscribe(self, all[i]->subscription);
        assert_int_equal(atomic_load(&all[i]->running), 0);
        atomic_store(&all[i]->is_over, true);
    }
    unsigned before = calls_of(steady);
    hears_in_call(steady, before + 10, present);
    atomic_store(&noise.is_stopping, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(atomic_load(&all[i]->late), 0);
        ear_free(all[i]);
    }
    stop_listening(self, steady);
    registry_free(self);
}

static bool is_running(void *arg)
{
    return atomic_load(&((ear *)arg)->running) > 0;
}

static void *unsubscribe_it(void *arg)
{
    void **both = arg;
    registry_unsubscribe(both[0], ((ear *)both[1])->subscription);
    atomic_store(&((ear *)both[1])->is_over, true);
    return NULL;
}

static void unsubscribe_waits_for_a_listener_that_runs(void **state)
{
    (void)state;
    registry *self = another();
    ear *who = ear_new();
    pthread_t thread;
    void *both[] = {self, who};
    dubboc_error err;
    atomic_store(&who->is_held, true);
    assert_status(DUBBOC_OK,
        registry_subscribe(
            self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS, hear, who, &who->subscription, &err),
        &err);
    assert_true(test_wait_for(is_running, who, limit_ms()));
    assert_int_equal(pthread_create(&thread, NULL, unsubscribe_it, both), 0);
    usleep(20000); /* a wrong unsubscribe would have returned by then */
    assert_false(atomic_load(&who->is_over));
    atomic_store(&who->is_held, false);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&who->running), 0);
    ear_free(who);
    registry_free(self);
}

/* A listener that uses the registry: ends one subscription, begins another, registers. */
typedef struct busy_ear {
    registry *from;
    registry_subscription *own, *to_end;
    ear *begun;
    registry_registration *registered;
    dubboc_status statuses[2];
    atomic_bool is_done;
} busy_ear;

static void be_busy(void *arg, const registry_snapshot *snapshot)
{
    busy_ear *self = arg;
    (void)snapshot;
    if (atomic_load(&self->is_done))
        return;
    registry_unsubscribe(self->from, self->to_end);
    self->statuses[0] = registry_subscribe(self->from, CONTRACT_INTERFACE, REGISTRY_PROVIDERS, hear,
        self->begun, &self->begun->subscription, NULL);
    self->statuses[1] = registry_register(self->from, "com.contract.Busy", REGISTRY_CONSUMERS,
        "consumer://10.0.0.3/com.contract.Busy", &self->registered, NULL);
    registry_refresh(self->from, self->begun->subscription);
    atomic_store(&self->is_done, true);
}

static bool is_done(void *arg)
{
    return atomic_load(&((busy_ear *)arg)->is_done);
}

static void a_listener_may_use_the_registry(void **state)
{
    (void)state;
    registry *self = another();
    ear *other = listen_to(self, "com.contract.Absent", REGISTRY_PROVIDERS);
    busy_ear busy = {.from = self, .to_end = other->subscription, .begun = ear_new()};
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(
            self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS, be_busy, &busy, &busy.own, &err),
        &err);
    assert_true(test_wait_for(is_done, &busy, limit_ms()));
    assert_int_equal(busy.statuses[0], DUBBOC_OK);
    assert_int_equal(busy.statuses[1], DUBBOC_OK);
    hears(busy.begun, present);
    registry_unsubscribe(self, busy.own);
    stop_listening(self, busy.begun);
    take_back(self, busy.registered);
    ear_free(other);
    registry_free(self);
}

static void look_up_finds_what_is_there_and_nothing_else(void **state)
{
    (void)state;
    registry *self = another();
    char *found = looked_up(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    assert_string_equal(found, present);
    free(found);
    found = looked_up(self, CONTRACT_INTERFACE, REGISTRY_CONFIGURATORS);
    assert_string_equal(found, "");
    free(found);
    found = looked_up(self, "com.contract.Never", REGISTRY_PROVIDERS);
    assert_string_equal(found, "");
    free(found);
    registry_free(self);
}

/* So that a caller may keep one dubboc_error and look at it afterwards. */
static void success_clears_the_error(void **state)
{
    (void)state;
    registry *self = another();
    dubboc_error err = {.status = DUBBOC_E_REGISTRY, .text = "of an earlier call"};
    registry_list urls;
    registry_registration *made;
    registry_subscription *heard;
    ear *who = ear_new();
    assert_status(DUBBOC_OK,
        registry_lookup(
            self, "com.clear.A", REGISTRY_PROVIDERS, deadline_in_ms(limit_ms()), &urls, &err),
        &err);
    registry_list_free(&urls);
    assert_int_equal(DUBBOC_OK, err.status);
    assert_string_equal("", err.text);
    err = (dubboc_error){.status = DUBBOC_E_REGISTRY, .text = "of an earlier call"};
    assert_status(DUBBOC_OK,
        registry_register(self, "com.clear.A", REGISTRY_PROVIDERS,
            "jsonrpc://10.0.0.1:1/com.clear.A", &made, &err),
        &err);
    assert_string_equal("", err.text);
    err = (dubboc_error){.status = DUBBOC_E_REGISTRY, .text = "of an earlier call"};
    assert_status(DUBBOC_OK,
        registry_subscribe(self, "com.clear.A", REGISTRY_PROVIDERS, hear, who, &heard, &err), &err);
    assert_string_equal("", err.text);
    registry_unsubscribe(self, heard);
    registry_unregister(self, made, limit_ms());
    registry_free(self);
    ear_free(who);
}

static bool is_listed(registry *in, const char *interface)
{
    registry_list names;
    dubboc_error err;
    bool found = false;
    assert_status(
        DUBBOC_OK, registry_interfaces(in, deadline_in_ms(limit_ms()), &names, &err), &err);
    for (size_t i = 0; i < names.count; i++) {
        found = found || strcmp(names.items[i], interface) == 0;
        if (i > 0)
            assert_true(strcmp(names.items[i - 1], names.items[i]) < 0);
    }
    registry_list_free(&names);
    return found;
}

static void interfaces_are_listed_sorted(void **state)
{
    (void)state;
    registry *self = another();
    assert_true(is_listed(self, CONTRACT_INTERFACE));
    assert_false(is_listed(self, "com.contract.Never"));
    registry_free(self);
}

static void is_freed_with_everything_still_in_use(void **state)
{
    (void)state;
    registry *self = another(), *witness = another();
    ear *who = listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS);
    ear *other = listen_to(witness, "com.contract.Left", REGISTRY_PROVIDERS);
    hears(who, present);
    registry_registration *left =
        put_provider(self, "com.contract.Left", "jsonrpc://10.0.0.4:1/com.contract.Left");
    if (fixture->is_writable) {
        assert_true(test_wait_for(stands, left, limit_ms()));
        hears(other, "jsonrpc://10.0.0.4:1/com.contract.Left\n");
    }
    registry_free(self);
    atomic_store(&who->is_over, true);
    hears(other, "");
    assert_int_equal(atomic_load(&who->late), 0);
    ear_free(who);
    stop_listening(witness, other);
    registry_free(witness);
    registry_free(NULL);
}

static void opens_and_closes_many_times(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        registry *self = another();
        ear *who = i % 2 == 0 ? listen_to(self, CONTRACT_INTERFACE, REGISTRY_PROVIDERS) : NULL;
        registry_free(self);
        if (who != NULL)
            ear_free(who);
    }
}

/* --- kinds that can be written to */

static void what_one_registers_another_sees_until_it_is_taken_back(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Seen",
                      url[] = "jsonrpc://10.0.0.1:1/com.contract.Seen?x=1";
    registry *provider = another(), *consumer = another();
    ear *who = listen_to(consumer, interface, REGISTRY_PROVIDERS);
    hears(who, "");
    for (int i = 0; i < 5; i++) {
        registry_registration *made = put_provider(provider, interface, url);
        hears(who, "jsonrpc://10.0.0.1:1/com.contract.Seen?x=1\n");
        assert_true(test_wait_for(stands, made, limit_ms()));
        take_back(provider, made);
        hears(who, "");
    }
    registry_unregister(provider, NULL, 0);
    stop_listening(consumer, who);
    registry_free(provider);
    registry_free(consumer);
}

static void what_is_registered_is_seen_through_the_same_object_too(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Self";
    registry *self = another();
    registry_registration *made = put_provider(self, interface, "jsonrpc://10.0.0.1:1/s");
    ear *who = listen_to(self, interface, REGISTRY_PROVIDERS);
    hears(who, "jsonrpc://10.0.0.1:1/s\n");
    take_back(self, made);
    hears(who, "");
    stop_listening(self, who);
    registry_free(self);
}

static void categories_are_kept_apart(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Apart";
    static const char *const texts[] = {
        "jsonrpc://h:1/p\n", "consumer://h/c\n", "override://0.0.0.0/o\n", "route://0.0.0.0/r\n"};
    registry *self = another(), *reader = another();
    registry_registration *made[4];
    for (int i = 0; i < 4; i++) {
        char url[100];
        snprintf(url, sizeof url, "%.*s", (int)strlen(texts[i]) - 1, texts[i]);
        made[i] = put(self, interface, (registry_category)i, url);
    }
    for (int i = 0; i < 4; i++) {
        ear *who = listen_to(reader, interface, (registry_category)i);
        hears(who, texts[i]);
        stop_listening(reader, who);
        char *found = looked_up(reader, interface, (registry_category)i);
        assert_string_equal(found, texts[i]);
        free(found);
    }
    for (int i = 0; i < 4; i++)
        take_back(self, made[i]);
    registry_free(self);
    registry_free(reader);
}

/* A mistyped name must not be listed as a service afterwards. */
static void who_only_looks_creates_nothing(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Mistyped";
    registry *self = another(), *provider = another();
    ear *ears[4];
    for (int i = 0; i < 4; i++) {
        ears[i] = listen_to(self, interface, (registry_category)i);
        hears(ears[i], "");
    }
    registry_registration *consumer = put(self, interface, REGISTRY_CONSUMERS, "consumer://h/c");
    registry_refresh(self, ears[0]->subscription);
    hears_in_call(ears[0], 2, "");
    free(looked_up(self, interface, REGISTRY_PROVIDERS));
    assert_false(registry_is_registered(consumer));
    assert_false(is_listed(self, interface));
    registry_registration *made = put_provider(provider, interface, "jsonrpc://h:1/p");
    hears(ears[REGISTRY_PROVIDERS], "jsonrpc://h:1/p\n");
    hears(ears[REGISTRY_CONSUMERS], "consumer://h/c\n");
    assert_true(test_wait_for(stands, consumer, limit_ms()));
    take_back(self, consumer);
    hears(ears[REGISTRY_CONSUMERS], "");
    take_back(provider, made);
    for (int i = 0; i < 4; i++)
        stop_listening(self, ears[i]);
    registry_free(self);
    registry_free(provider);
}

static void one_url_of_two_owners_is_listed_once_until_both_are_gone(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Twice", url[] = "jsonrpc://10.0.0.1:1/twice";
    registry *one = another(), *reader = another();
    ear *who = listen_to(reader, interface, REGISTRY_PROVIDERS);
    registry_registration *first = put_provider(one, interface, url);
    registry_registration *second = put_provider(one, interface, url);
    hears(who, "jsonrpc://10.0.0.1:1/twice\n");
    assert_true(
        test_wait_for(stands, first, limit_ms()) && test_wait_for(stands, second, limit_ms()));
    take_back(one, first);
    unsigned before = calls_of(who);
    registry_refresh(reader, who->subscription);
    hears_in_call(who, before + 1, "jsonrpc://10.0.0.1:1/twice\n");
    take_back(one, second);
    hears(who, "");
    stop_listening(reader, who);
    registry_free(one);
    registry_free(reader);
}

static void changes_while_the_listener_is_busy_are_told_together(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    static const char interface[] = "com.contract.Many";
    registry *provider = another(), *reader = another();
    registry_registration *made[COUNT];
    char urls[COUNT][64];
    const char *all[COUNT];
    ear *who = listen_to(reader, interface, REGISTRY_PROVIDERS);
    hears(who, "");
    atomic_store(&who->is_held, true);
    registry_refresh(reader, who->subscription);
    assert_true(test_wait_for(is_running, who, limit_ms()));
    for (int i = 0; i < COUNT; i++) {
        snprintf(urls[i], sizeof urls[i], "jsonrpc://10.0.0.1:%d/many", 1000 + i);
        all[i] = urls[i];
        made[i] = put_provider(provider, interface, urls[i]);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(test_wait_for(stands, made[i], limit_ms()));
    atomic_store(&who->is_held, false);
    char *text = joined(all, COUNT);
    hears(who, text);
    assert_true(calls_of(who) < COUNT / 2);
    free(text);
    for (int i = 0; i < COUNT; i++)
        take_back(provider, made[i]);
    hears(who, "");
    stop_listening(reader, who);
    registry_free(provider);
    registry_free(reader);
}

static void many_interfaces_live_side_by_side(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    registry *provider = another(), *reader = another();
    registry_registration *made[COUNT];
    ear *ears[COUNT];
    char interfaces[COUNT][64], lines[COUNT][80];
    for (int i = 0; i < COUNT; i++) {
        char url[64];
        snprintf(interfaces[i], sizeof interfaces[i], "com.contract.side.S%03d", i);
        snprintf(url, sizeof url, "jsonrpc://10.0.0.1:%d/s", 2000 + i);
        snprintf(lines[i], sizeof lines[i], "%s\n", url);
        ears[i] = listen_to(reader, interfaces[i], REGISTRY_PROVIDERS);
        made[i] = put_provider(provider, interfaces[i], url);
    }
    for (int i = 0; i < COUNT; i++) {
        hears(ears[i], lines[i]);
        assert_true(test_wait_for(stands, made[i], limit_ms()));
    }
    for (int i = 0; i < COUNT; i += 33)
        assert_true(is_listed(reader, interfaces[i]));
    for (int i = 0; i < COUNT; i++) {
        take_back(provider, made[i]);
        hears(ears[i], "");
        stop_listening(reader, ears[i]);
    }
    registry_free(provider);
    registry_free(reader);
}

/* Registers one URL under one interface and sees it through another object, by all ways there
 * are. */
static void comes_through(const char *interface, const char *url)
{
    registry *provider = another(), *reader = another();
    char *line = NULL;
    assert_true(asprintf(&line, "%s\n", url) > 0);
    ear *who = listen_to(reader, interface, REGISTRY_PROVIDERS);
    registry_registration *made = put_provider(provider, interface, url);
    hears(who, line);
    char *found = looked_up(reader, interface, REGISTRY_PROVIDERS);
    assert_string_equal(found, line);
    assert_true(is_listed(reader, interface));
    take_back(provider, made);
    hears(who, "");
    stop_listening(reader, who);
    free(found);
    free(line);
    registry_free(provider);
    registry_free(reader);
}

static void long_names_and_urls_come_through(void **state)
{
    (void)state;
    char interface[201], url[3000];
    memset(interface, 'i', 200);
    interface[200] = '\0';
    comes_through(interface, "jsonrpc://10.0.0.1:1/short");
    snprintf(
        url, sizeof url, "jsonrpc://10.0.0.1:1/%s?interface=%s&methods=", interface, interface);
    for (int i = 0; i < 100; i++)
        sprintf(url + strlen(url), "%smethod%d", i > 0 ? "," : "", i);
    assert_true(strlen(url) > 1000);
    comes_through(interface, url);
}

static void a_url_that_no_reader_takes_is_refused(void **state)
{
    (void)state;
    registry *provider = another();
    static char url[URL_BYTES_MAX + 2] = "jsonrpc://10.0.0.1:1/";
    memset(url + strlen(url), 'u', sizeof url - 1 - strlen(url));
    const char *const refused[] = {"", url};
    for (size_t i = 0; i < 2; i++) {
        registry_registration *made;
        dubboc_error err;
        assert_status(DUBBOC_E_ARGUMENT,
            registry_register(
                provider, "com.contract.Long", REGISTRY_PROVIDERS, refused[i], &made, &err),
            &err);
        assert_contains(err.text, " cannot be registered: 1 to 65536 can");
    }
    registry_free(provider);
}

static void odd_characters_come_through(void **state)
{
    (void)state;
    static const char *const interfaces[] = {"com.contract.Outer$Inner", "a b", "a+b", "100%",
        "a/b", "\xC3\x9C.\xE6\x97\xA5", "a?b&c=d#e;f", ".hidden"};
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++)
        comes_through(interfaces[i], "jsonrpc://10.0.0.1:1/odd");
    static const char *const urls[] = {
        "jsonrpc://10.0.0.1:1/a?x=a b+c%20d%zz&y=;#'\"\\<>|`~!@^*()[]{}",
        "jsonrpc://[::1]:1/a?n=\xC3\xBC\xF0\x9F\x98\x80", "this is no URL at all",
        "jsonrpc://10.0.0.1:1/a?"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        comes_through("com.contract.Odd", urls[i]);
}

static void comes_back_when_deleted_by_hand(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.ByHand";
    registry *provider = another(), *reader = another();
    registry_registration *made = put_provider(provider, interface, "jsonrpc://10.0.0.1:1/hand");
    ear *who = listen_to(reader, interface, REGISTRY_PROVIDERS);
    hears(who, "jsonrpc://10.0.0.1:1/hand\n");
    assert_true(test_wait_for(stands, made, limit_ms()));
    for (int i = 0; i < 3; i++) {
        fixture->delete_by_hand(fixture->store, interface);
        unsigned before = calls_of(who);
        registry_refresh(reader, who->subscription);
        hears_in_call(who, before + 1, "jsonrpc://10.0.0.1:1/hand\n");
        assert_true(test_wait_for(stands, made, limit_ms()));
    }
    take_back(provider, made);
    hears(who, "");
    stop_listening(reader, who);
    registry_free(provider);
    registry_free(reader);
}

static void comes_back_after_the_sessions_were_ended(void **state)
{
    (void)state;
    static const char interface[] = "com.contract.Disturbed";
    registry *provider = another(), *reader = another();
    registry_registration *made = put_provider(provider, interface, "jsonrpc://10.0.0.1:1/dist");
    ear *who = listen_to(reader, interface, REGISTRY_PROVIDERS);
    hears(who, "jsonrpc://10.0.0.1:1/dist\n");
    fixture->disturb(fixture->store);
    assert_true(test_wait_for(stands, made, limit_ms()));
    hears(who, "jsonrpc://10.0.0.1:1/dist\n");
    registry_registration *late = put_provider(provider, interface, "jsonrpc://10.0.0.2:1/dist");
    hears(who, "jsonrpc://10.0.0.1:1/dist\njsonrpc://10.0.0.2:1/dist\n");
    take_back(provider, late);
    take_back(provider, made);
    hears(who, "");
    stop_listening(reader, who);
    registry_free(provider);
    registry_free(reader);
}

typedef struct churner {
    registry *into;
    int number;
} churner;

static void *churn(void *arg)
{
    const churner *self = arg;
    char url[64];
    snprintf(url, sizeof url, "jsonrpc://10.0.0.1:%d/churn", 3000 + self->number);
    for (int i = 0; i < 25; i++) {
        registry_registration *made = NULL;
        if (registry_register(self->into, "com.contract.Churn", REGISTRY_PROVIDERS, url, &made,
                NULL) != DUBBOC_OK)
            return (void *)"register failed";
        registry_unregister(self->into, made, limit_ms());
    }
    return NULL;
}

static void the_last_state_is_told_after_many_changes_from_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    registry *provider = another(), *reader = another();
    ear *who = listen_to(reader, "com.contract.Churn", REGISTRY_PROVIDERS);
    pthread_t threads[THREADS];
    churner churners[THREADS];
    for (int i = 0; i < THREADS; i++) {
        churners[i] = (churner){provider, i};
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &churners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        assert_null(failure);
    }
    registry_registration *last =
        put_provider(provider, "com.contract.Churn", "jsonrpc://10.0.0.1:9/last");
    hears(who, "jsonrpc://10.0.0.1:9/last\n");
    take_back(provider, last);
    hears(who, "");
    stop_listening(reader, who);
    registry_free(provider);
    registry_free(reader);
}

/* --- running */

static int write_present(void **state)
{
    static const char *const urls[] = {CONTRACT_URL_1, CONTRACT_URL_2};
    registry *keeper = another();
    for (int i = 0; i < 2; i++) {
        registry_registration *made = put_provider(keeper, CONTRACT_INTERFACE, urls[i]);
        if (!test_wait_for(stands, made, limit_ms()))
            return -1;
    }
    *state = keeper;
    return 0;
}

static int remove_present(void **state)
{
    registry_free(*state);
    return 0;
}

/* The first so many are for every kind. */
#define EVERY_KIND_TESTS 15

int registry_contract_tests(const contract_fixture *of_kind)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_there_first),
        cmocka_unit_test(tells_an_empty_list_of_what_is_not_there),
        cmocka_unit_test(calls_listeners_from_a_thread_of_its_own),
        cmocka_unit_test(refresh_calls_the_listener_without_a_change),
        cmocka_unit_test(two_subscriptions_of_one_interface_are_both_told),
        cmocka_unit_test(calls_nobody_after_unsubscribe_has_returned),
        cmocka_unit_test(unsubscribe_waits_for_a_listener_that_runs),
        cmocka_unit_test(a_listener_may_use_the_registry),
        cmocka_unit_test(look_up_finds_what_is_there_and_nothing_else),
        cmocka_unit_test(success_clears_the_error),
        cmocka_unit_test(interfaces_are_listed_sorted),
        cmocka_unit_test(is_freed_with_everything_still_in_use),
        cmocka_unit_test(opens_and_closes_many_times),
        cmocka_unit_test(a_url_that_no_reader_takes_is_refused),
        cmocka_unit_test(several_are_registered_together_or_not_at_all),
        /* from here on only kinds that can be written to */
        cmocka_unit_test(what_one_registers_another_sees_until_it_is_taken_back),
        cmocka_unit_test(what_is_registered_is_seen_through_the_same_object_too),
        cmocka_unit_test(categories_are_kept_apart),
        cmocka_unit_test(who_only_looks_creates_nothing),
        cmocka_unit_test(one_url_of_two_owners_is_listed_once_until_both_are_gone),
        cmocka_unit_test(changes_while_the_listener_is_busy_are_told_together),
        cmocka_unit_test(many_interfaces_live_side_by_side),
        cmocka_unit_test(long_names_and_urls_come_through),
        cmocka_unit_test(odd_characters_come_through),
        cmocka_unit_test(the_last_state_is_told_after_many_changes_from_many_threads),
        /* and those of which the fixture has the hooks */
        {0},
        {0},
    };
    size_t count = sizeof tests / sizeof tests[0] - 2;
    if (of_kind->delete_by_hand != NULL)
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(comes_back_when_deleted_by_hand);
    if (of_kind->disturb != NULL)
        tests[count++] =
            (struct CMUnitTest)cmocka_unit_test(comes_back_after_the_sessions_were_ended);
    fixture = of_kind;
    if (!of_kind->is_writable)
        return _cmocka_run_group_tests(of_kind->name, tests, EVERY_KIND_TESTS, NULL, NULL);
    return _cmocka_run_group_tests(of_kind->name, tests, count, write_present, remove_present);
}
