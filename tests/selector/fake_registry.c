#include "tests/selector/fake_registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

#define SUBSCRIPTIONS_MAX 8192

typedef struct fake_subscription {
    char *interface; /* or the path of a node, for a data subscription */
    registry_category category;
    registry_listener listener;
    registry_data_listener data_listener; /* for a data subscription */
    void *arg;
} fake_subscription;

typedef struct fake_registry {
    registry base;
    pthread_mutex_t lock;
    pthread_mutex_t subscribing; /* while a test holds it, subscribing blocks */
    pthread_mutex_t registering; /* while a test holds it, registering blocks */
    fake_subscription *subscriptions[SUBSCRIPTIONS_MAX];
    atomic_uint count;
    atomic_uint refreshes;
    atomic_uint other_refreshes;
    atomic_uint registrations;
    atomic_bool is_connected;
    atomic_bool fails;
    atomic_bool keeps_data;
    void (*wait)(int64_t timeout_ms);
    const char *trouble; /* NULL: no reason is known */
    atomic_bool is_trouble_sought;
} fake_registry;

static bool is_connected(const registry *self)
{
    return atomic_load(&((const fake_registry *)self)->is_connected);
}

static void tell_trouble(const registry *base, char text[REGISTRY_TROUBLE_SIZE])
{
    const fake_registry *self = (const fake_registry *)base;
    if (self->trouble != NULL && atomic_load(&self->is_trouble_sought))
        snprintf(text, REGISTRY_TROUBLE_SIZE, "%s", self->trouble);
}

static void seek_trouble(registry *base, int64_t deadline_ns)
{
    (void)deadline_ns;
    atomic_store(&((fake_registry *)base)->is_trouble_sought, true);
}

static void free_fake(registry *base)
{
    fake_registry *self = (fake_registry *)base;
    pthread_mutex_destroy(&self->registering);
    pthread_mutex_destroy(&self->subscribing);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static dubboc_status register_node(registry *base, const char *interface,
    registry_category category, const char *url, registry_registration **registration,
    dubboc_error *err)
{
    fake_registry *self = (fake_registry *)base;
    (void)interface, (void)category, (void)url;
    pthread_mutex_lock(&self->registering);
    pthread_mutex_unlock(&self->registering);
    registry_registration *made = MEM_NEW(registry_registration);
    if (made == NULL)
        return error_no_memory(err);
    *registration = made;
    atomic_fetch_add(&self->registrations, 1);
    return DUBBOC_OK;
}

static void unregister(registry *base, registry_registration *registration, int64_t timeout_ms)
{
    const fake_registry *self = (const fake_registry *)base;
    if (self->wait != NULL)
        self->wait(timeout_ms);
    free(registration);
}

static dubboc_status add(fake_registry *self, const char *interface, const fake_subscription *like,
    registry_subscription **subscription, dubboc_error *err)
{
    if (atomic_load(&self->fails))
        return error_set(err, DUBBOC_E_NO_MEMORY, "the fake does not want to");
    fake_subscription *made = MEM_NEW(fake_subscription);
    char *name = mem_dup(interface);
    if (made == NULL || name == NULL) {
        free(made);
        free(name);
        return error_no_memory(err);
    }
    *made = *like;
    made->interface = name;
    pthread_mutex_lock(&self->lock);
    self->subscriptions[atomic_fetch_add(&self->count, 1)] = made;
    pthread_mutex_unlock(&self->lock);
    *subscription = (registry_subscription *)made;
    return DUBBOC_OK;
}

static dubboc_status subscribe(registry *base, const char *interface, registry_category category,
    registry_listener listener, void *arg, registry_subscription **subscription, dubboc_error *err)
{
    pthread_mutex_lock(&((fake_registry *)base)->subscribing);
    pthread_mutex_unlock(&((fake_registry *)base)->subscribing);
    const fake_subscription like = {.category = category, .listener = listener, .arg = arg};
    return add((fake_registry *)base, interface, &like, subscription, err);
}

static dubboc_status watch_data(registry *base, const char *path, registry_data_listener listener,
    void *arg, registry_subscription **subscription, dubboc_error *err)
{
    fake_registry *self = (fake_registry *)base;
    const fake_subscription like = {
        .category = REGISTRY_ROUTERS, .data_listener = listener, .arg = arg};
    if (!atomic_load(&self->keeps_data))
        return error_set(err, DUBBOC_E_UNSUPPORTED, "the fake keeps no data");
    return add(self, path, &like, subscription, err);
}

static void unsubscribe(registry *base, registry_subscription *subscription)
{
    fake_registry *self = (fake_registry *)base;
    fake_subscription *taken = (fake_subscription *)subscription;
    pthread_mutex_lock(&self->lock);
    for (unsigned i = 0; i < atomic_load(&self->count); i++)
        if (self->subscriptions[i] == taken) {
            self->subscriptions[i] = self->subscriptions[atomic_fetch_sub(&self->count, 1) - 1];
            break;
        }
    pthread_mutex_unlock(&self->lock);
    free(taken->interface);
    free(taken);
}

static void refresh(registry *base, registry_subscription *subscription)
{
    fake_registry *self = (fake_registry *)base;
    bool is_list = ((fake_subscription *)subscription)->category == REGISTRY_PROVIDERS;
    atomic_fetch_add(is_list ? &self->refreshes : &self->other_refreshes, 1);
}

static const registry_ops fake_ops = {.scheme = "fake",
    .free = free_fake,
    .is_connected = is_connected,
    .trouble = tell_trouble,
    .seek_trouble = seek_trouble,
    .register_ = register_node,
    .unregister = unregister,
    .subscribe = subscribe,
    .unsubscribe = unsubscribe,
    .refresh = refresh,
    .watch_data = watch_data};

registry *fake_registry_new(void)
{
    fake_registry *self = MEM_NEW(fake_registry);
    if (self == NULL)
        abort();
    self->base.ops = &fake_ops;
    self->base.address = mem_dup("fake://there");
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->subscribing, NULL);
    pthread_mutex_init(&self->registering, NULL);
    atomic_store(&self->is_connected, true);
    return &self->base;
}

void fake_registry_free(registry *self)
{
    registry_free(self);
}

void fake_registry_wait_in_vain(registry *self, void (*wait)(int64_t timeout_ms))
{
    ((fake_registry *)self)->wait = wait;
}

static void push(fake_registry *self, const char *interface, registry_category category,
    const char *const *urls, size_t count)
{
    const registry_snapshot list = {
        .interface = interface, .category = category, .urls = urls, .count = count};
    for (unsigned i = 0; i < atomic_load(&self->count); i++) {
        const fake_subscription *each = self->subscriptions[i];
        if (each->listener != NULL && each->category == category &&
            strcmp(each->interface, interface) == 0)
            each->listener(each->arg, &list);
    }
}

void fake_registry_push(
    registry *base, const char *interface, const char *const *urls, size_t count)
{
    fake_registry *self = (fake_registry *)base;
    if (!atomic_load(&self->keeps_data))
        push(self, interface, REGISTRY_CONFIGURATORS, NULL, 0);
    push(self, interface, REGISTRY_PROVIDERS, urls, count);
}

void fake_registry_push_configurators(
    registry *base, const char *interface, const char *const *urls, size_t count)
{
    push((fake_registry *)base, interface, REGISTRY_CONFIGURATORS, urls, count);
}

void fake_registry_push_data(registry *base, const char *path, const char *data)
{
    fake_registry *self = (fake_registry *)base;
    for (unsigned i = 0; i < atomic_load(&self->count); i++) {
        const fake_subscription *each = self->subscriptions[i];
        if (each->data_listener != NULL && strcmp(each->interface, path) == 0)
            each->data_listener(each->arg, path, data, data != NULL ? strlen(data) : 0);
    }
}

void fake_registry_keep_data(registry *self, bool keeps_data)
{
    atomic_store(&((fake_registry *)self)->keeps_data, keeps_data);
}

void fake_registry_set_connected(registry *self, bool connected)
{
    atomic_store(&((fake_registry *)self)->is_connected, connected);
}

void fake_registry_has_trouble(registry *self, const char *text)
{
    ((fake_registry *)self)->trouble = text;
}

void fake_registry_fail_subscribe(registry *self, bool fails)
{
    atomic_store(&((fake_registry *)self)->fails, fails);
}

void fake_registry_hold_subscribe(registry *self)
{
    pthread_mutex_lock(&((fake_registry *)self)->subscribing);
}

void fake_registry_let_subscribe(registry *self)
{
    pthread_mutex_unlock(&((fake_registry *)self)->subscribing);
}

void fake_registry_hold_register(registry *self)
{
    pthread_mutex_lock(&((fake_registry *)self)->registering);
}

void fake_registry_let_register(registry *self)
{
    pthread_mutex_unlock(&((fake_registry *)self)->registering);
}

unsigned fake_registry_registrations(registry *self)
{
    return atomic_load(&((fake_registry *)self)->registrations);
}

unsigned fake_registry_subscriptions(registry *base)
{
    fake_registry *self = (fake_registry *)base;
    unsigned lists = 0;
    pthread_mutex_lock(&self->lock);
    for (unsigned i = 0; i < atomic_load(&self->count); i++)
        lists += self->subscriptions[i]->category == REGISTRY_PROVIDERS ? 1 : 0;
    pthread_mutex_unlock(&self->lock);
    return lists;
}

unsigned fake_registry_refreshes(registry *self)
{
    return atomic_load(&((fake_registry *)self)->refreshes);
}

unsigned fake_registry_other_refreshes(registry *self)
{
    return atomic_load(&((fake_registry *)self)->other_refreshes);
}
