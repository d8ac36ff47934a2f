#include "tests/selector/fake_registry.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

#define SUBSCRIPTIONS_MAX 2048

typedef struct fake_subscription {
    registry_subscription base;
    char *interface;
    registry_listener listener;
    void *arg;
} fake_subscription;

typedef struct fake_registry {
    registry base;
    pthread_mutex_t lock;
    fake_subscription *subscriptions[SUBSCRIPTIONS_MAX];
    atomic_uint count;
    atomic_uint refreshes;
    atomic_bool is_connected;
    atomic_bool fails;
} fake_registry;

static bool is_connected(const registry *self)
{
    return atomic_load(&((const fake_registry *)self)->is_connected);
}

static const registry_ops fake_ops;

static dubboc_status subscribe(registry *base, const char *interface, registry_category category, registry_listener listener,
    void *arg, registry_subscription **subscription, dubboc_error *err)
{
    fake_registry *self = (fake_registry *)base;
    (void)category;
    if (atomic_load(&self->fails))
        return error_set(err, DUBBOC_E_NO_MEMORY, "the fake does not want to");
    fake_subscription *made = MEM_NEW(fake_subscription);
    char *name = mem_dup(interface);
    if (made == NULL || name == NULL) {
        free(made);
        free(name);
        return error_no_memory(err);
    }
    *made = (fake_subscription){.base.ops = &fake_ops, .interface = name, .listener = listener, .arg = arg};
    pthread_mutex_lock(&self->lock);
    self->subscriptions[atomic_fetch_add(&self->count, 1)] = made;
    pthread_mutex_unlock(&self->lock);
    *subscription = &made->base;
    return DUBBOC_OK;
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
    (void)subscription;
    atomic_fetch_add(&((fake_registry *)base)->refreshes, 1);
}

static const registry_ops fake_ops = {
    .scheme = "fake", .is_connected = is_connected, .subscribe = subscribe, .unsubscribe = unsubscribe, .refresh = refresh};

registry *fake_registry_new(void)
{
    fake_registry *self = MEM_NEW(fake_registry);
    if (self == NULL)
        abort();
    self->base.ops = &fake_ops;
    self->base.address = mem_dup("fake://there");
    pthread_mutex_init(&self->lock, NULL);
    atomic_store(&self->is_connected, true);
    return &self->base;
}

void fake_registry_free(registry *base)
{
    fake_registry *self = (fake_registry *)base;
    pthread_mutex_destroy(&self->lock);
    free(base->address);
    free(self);
}

void fake_registry_push(registry *base, const char *interface, const char *const *urls, size_t count)
{
    fake_registry *self = (fake_registry *)base;
    const registry_snapshot list = {.interface = interface, .category = REGISTRY_PROVIDERS, .urls = urls, .count = count};
    for (unsigned i = 0; i < atomic_load(&self->count); i++)
        if (strcmp(self->subscriptions[i]->interface, interface) == 0)
            self->subscriptions[i]->listener(self->subscriptions[i]->arg, &list);
}

void fake_registry_set_connected(registry *self, bool connected)
{
    atomic_store(&((fake_registry *)self)->is_connected, connected);
}

void fake_registry_fail_subscribe(registry *self, bool fails)
{
    atomic_store(&((fake_registry *)self)->fails, fails);
}

unsigned fake_registry_subscriptions(registry *self)
{
    return atomic_load(&((fake_registry *)self)->count);
}

unsigned fake_registry_refreshes(registry *self)
{
    return atomic_load(&((fake_registry *)self)->refreshes);
}
