#include "tests/registry/contract_steps.h"

#include <unistd.h>

#include "base/clock.h"

static const contract_fixture *kind;

void contract_use_kind(const contract_fixture *of)
{
    kind = of;
}

const contract_fixture *contract_kind(void)
{
    return kind;
}

int contract_limit_ms(void)
{
    return kind->limit_ms > 0 ? kind->limit_ms : 5000;
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

char *contract_join(const char *const *urls, size_t count)
{
    size_t len = 1;
    const char **sorted = calloc(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = urls[i];
        len += strlen(urls[i]) + 1;
    }
    qsort(sorted, count, sizeof *sorted, compare_texts);
    char *text = calloc(len, 1), *to = text;
    for (size_t i = 0; i < count; i++) {
        to = stpcpy(to, sorted[i]);
        *to++ = '\n';
    }
    free(sorted);
    return text;
}

void recorder_listen(void *arg, const registry_snapshot *snapshot)
{
    recorder *self = arg;
    if (atomic_fetch_add(&self->running, 1) > 0 || atomic_load(&self->is_over))
        atomic_fetch_add(&self->unwanted, 1);
    char *text = contract_join(snapshot->urls, snapshot->count);
    pthread_mutex_lock(&self->lock);
    free(self->heard);
    self->heard = text;
    self->calls++;
    self->thread = pthread_self();
    pthread_cond_broadcast(&self->changed);
    while (self->is_held)
        pthread_cond_wait(&self->changed, &self->lock);
    pthread_mutex_unlock(&self->lock);
    atomic_fetch_sub(&self->running, 1);
}

recorder *recorder_new(void)
{
    recorder *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    return self;
}

recorder *recorder_subscribe(registry *from, const char *interface, registry_category category)
{
    recorder *self = recorder_new();
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_subscribe(
            from, interface, category, recorder_listen, self, &self->subscription, &err),
        &err);
    return self;
}

void recorder_free(recorder *self)
{
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    free(self->heard);
    free(self);
}

void recorder_unsubscribe(registry *from, recorder *self)
{
    registry_unsubscribe(from, self->subscription);
    assert_int_equal(atomic_load(&self->unwanted), 0);
    recorder_free(self);
}

unsigned recorder_calls(recorder *self)
{
    pthread_mutex_lock(&self->lock);
    unsigned calls = self->calls;
    pthread_mutex_unlock(&self->lock);
    return calls;
}

void recorder_hold(recorder *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_held = true;
    pthread_mutex_unlock(&self->lock);
}

void recorder_release(recorder *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_held = false;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

bool recorder_await_call(recorder *self, unsigned calls)
{
    struct timespec until;
    int status = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1 + contract_limit_ms() / 1000;
    pthread_mutex_lock(&self->lock);
    while (self->calls < calls && status == 0)
        status = pthread_cond_timedwait(&self->changed, &self->lock, &until);
    bool has_come = self->calls >= calls;
    pthread_mutex_unlock(&self->lock);
    return has_come;
}

typedef struct expectation {
    recorder *self;
    const char *text;
    unsigned calls;
} expectation;

static bool recorder_has_heard(void *arg)
{
    const expectation *expected = arg;
    pthread_mutex_lock(&expected->self->lock);
    const char *heard = expected->self->heard;
    bool is_it = heard != NULL && expected->self->calls >= expected->calls &&
                 strcmp(heard, expected->text) == 0;
    pthread_mutex_unlock(&expected->self->lock);
    return is_it;
}

void recorder_expect_call(recorder *self, unsigned calls, const char *text)
{
    expectation expected = {self, text, calls};
    if (test_wait_for(recorder_has_heard, &expected, contract_limit_ms()))
        return;
    pthread_mutex_lock(&self->lock);
    print_error("heard in %u calls:\n%s\nexpected:\n%s\n", self->calls,
        self->heard != NULL ? self->heard : "(nothing)", text);
    pthread_mutex_unlock(&self->lock);
    fail();
}

void recorder_expect(recorder *self, const char *text)
{
    recorder_expect_call(self, 1, text);
}

bool recorder_is_running(void *arg)
{
    return atomic_load(&((recorder *)arg)->running) > 0;
}

bool contract_is_registered(void *arg)
{
    return registry_is_registered(arg);
}

registry_registration *contract_register(
    registry *into, const char *interface, registry_category category, const char *url)
{
    registry_registration *made = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, registry_register(into, interface, category, url, &made, &err), &err);
    return made;
}

registry_registration *contract_register_provider(
    registry *into, const char *interface, const char *url)
{
    return contract_register(into, interface, REGISTRY_PROVIDERS, url);
}

void contract_unregister(registry *from, registry_registration *registration)
{
    registry_unregister(from, registration, contract_limit_ms());
}

registry *contract_open(void)
{
    registry *self = kind->open(kind->store);
    assert_non_null(self);
    return self;
}

char *contract_lookup(registry *in, const char *interface, registry_category category)
{
    registry_list urls;
    dubboc_error err;
    assert_status(DUBBOC_OK,
        registry_lookup(in, interface, category, deadline_in_ms(contract_limit_ms()), &urls, &err),
        &err);
    char *text = contract_join((const char *const *)urls.items, urls.count);
    registry_list_free(&urls);
    return text;
}

bool contract_is_listed(registry *in, const char *interface)
{
    registry_list names;
    dubboc_error err;
    bool found = false;
    assert_status(DUBBOC_OK,
        registry_interfaces(in, deadline_in_ms(contract_limit_ms()), &names, &err), &err);
    for (size_t i = 0; i < names.count; i++) {
        found = found || strcmp(names.items[i], interface) == 0;
        if (i > 0)
            assert_true(strcmp(names.items[i - 1], names.items[i]) < 0);
    }
    registry_list_free(&names);
    return found;
}

void contract_add(contract_tests *to, const struct CMUnitTest *tests, size_t count)
{
    assert_true(count <= CONTRACT_TESTS_MAX - to->count);
    memcpy(to->items + to->count, tests, count * sizeof *tests);
    to->count += count;
}

int contract_write_present(void **state)
{
    static const char *const urls[] = {CONTRACT_URL_1, CONTRACT_URL_2};
    registry *provider = contract_open();
    for (int i = 0; i < 2; i++) {
        registry_registration *made =
            contract_register_provider(provider, CONTRACT_INTERFACE, urls[i]);
        if (!test_wait_for(contract_is_registered, made, contract_limit_ms()))
            return -1;
    }
    *state = provider;
    return 0;
}

int contract_remove_present(void **state)
{
    registry_free(*state);
    return 0;
}
