/* The registry's front: finds the kind by the address, forwards each call to it, and keeps what all
 * kinds share (lists, threads without signals). */
#include "registry/registry.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "registry/provider_url.h"
#include "registry/registry_ops.h"

static const registry_ops *const kinds[] = {
    &registry_static_ops, &registry_file_ops, &registry_zookeeper_ops};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

const char *registry_category_name(registry_category category)
{
    static const char *const names[] = {"providers", "consumers", "configurators", "routers"};
    assert((size_t)category < sizeof names / sizeof names[0]);
    return names[category];
}

bool registry_category_matches(registry_category category, dubboc_slice named)
{
    if (named.len == 0)
        return category == REGISTRY_PROVIDERS;
    return slice_is(named, registry_category_name(category)) ||
           (category == REGISTRY_PROVIDERS && slice_is(named, "provider")) ||
           (category == REGISTRY_CONSUMERS && slice_is(named, "consumer"));
}

/* --- lists */

void registry_list_free(registry_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (registry_list){0};
}

bool registry_list_add(registry_list *list, size_t *capacity, dubboc_slice text)
{
    void *items = list->items;
    char *copy = mem_dup_slice(text);
    if (copy == NULL || !mem_grow(&items, capacity, list->count + 1, sizeof(char *))) {
        free(copy);
        return false;
    }
    list->items = items;
    list->items[list->count++] = copy;
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

void registry_list_sort(registry_list *list)
{
    size_t kept = 0;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(char *), compare_texts);
    for (size_t i = 0; i < list->count; i++)
        if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    list->count = kept;
}

bool registry_list_equal(const registry_list *a, const registry_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

/* --- opening */

static const registry_ops *find_kind(dubboc_slice scheme)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (slice_is_nocase(scheme, kinds[i]->scheme))
            return kinds[i];
    return NULL;
}

/* "host:2181,host2" has a ':' too, and a host may be called zookeeper: it is a scheme with "//"
 * behind it; static and file need none. */
static bool split_address(dubboc_slice address, dubboc_slice *scheme, dubboc_slice *rest)
{
    return slice_cut(address, ':', scheme, rest) &&
           (slice_starts_with(*rest, "//") || slice_is_nocase(*scheme, "static") ||
               slice_is_nocase(*scheme, "file"));
}

static dubboc_status choose_kind(
    dubboc_slice address, const registry_ops **ops, dubboc_slice *rest, dubboc_error *err)
{
    dubboc_slice scheme;
    if (address.len == 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "the registry address is empty");
    if (!split_address(address, &scheme, rest)) {
        scheme = slice_of("zookeeper");
        *rest = address;
    }
    *ops = find_kind(scheme);
    if (*ops != NULL)
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_ARGUMENT,
        "registry kind \"%.*s\" is not known: zookeeper://, file:// and static: are",
        SLICE_ARGS(scheme));
}

/* The address as people may see it; hosts alone get their scheme. NULL: no memory. */
static char *address_for_people(const registry_ops *ops, dubboc_slice address, dubboc_slice rest)
{
    buffer out;
    buffer_init(&out, SIZE_MAX / 2);
    bool is_bare = rest.at == address.at;
    if (is_bare)
        buffer_printf(&out, "%s://", ops->scheme);
    mask_address(&out, address);
    if (buffer_text(&out) == NULL)
        buffer_fini(&out);
    return out.data;
}

dubboc_status registry_open(const registry_settings *settings, registry **self, dubboc_error *err)
{
    const registry_ops *ops;
    dubboc_slice address = slice_trim(slice_of(settings->address)), rest;
    registry *opened;
    dubboc_status status = choose_kind(address, &ops, &rest, err);
    if (status != DUBBOC_OK)
        return status;
    char *shown = address_for_people(ops, address, rest);
    if (shown == NULL)
        return error_no_memory(err);
    status = ops->open(settings, rest, &opened, err);
    if (status != DUBBOC_OK) {
        error_prefix(err, status, "registry %s", shown);
        free(shown);
        return status;
    }
    opened->ops = ops;
    opened->address = shown;
    error_clear(err);
    *self = opened;
    return DUBBOC_OK;
}

dubboc_status registry_check_exists(const char *address, dubboc_error *err)
{
    const registry_ops *ops;
    dubboc_slice rest;
    dubboc_status status = choose_kind(slice_trim(slice_of(address)), &ops, &rest, err);
    return status == DUBBOC_OK && ops->check_exists != NULL ? ops->check_exists(rest, err) : status;
}

void registry_free(registry *self)
{
    if (self == NULL)
        return;
    char *address = self->address;
    self->ops->free(self);
    free(address);
}

/* --- forwarding */

const char *registry_address(const registry *self)
{
    return self->address;
}

const char *registry_servers(const registry *self)
{
    return self->ops->servers != NULL ? self->ops->servers(self) : "";
}

bool registry_is_connected(const registry *self)
{
    return self->ops->is_connected(self);
}

void registry_trouble(const registry *self, char text[REGISTRY_TROUBLE_SIZE])
{
    text[0] = '\0';
    if (self->ops->trouble != NULL)
        self->ops->trouble(self, text);
}

static dubboc_status check_registered_url(const char *url, dubboc_error *err)
{
    size_t len = strlen(url);
    if (len == 0 || len > URL_BYTES_MAX)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "a URL of %zu bytes cannot be registered: 1 to %u can", len, URL_BYTES_MAX);
    return DUBBOC_OK;
}

dubboc_status registry_register(registry *self, const char *interface, registry_category category,
    const char *url, registry_registration **registration, dubboc_error *err)
{
    dubboc_status status = check_registered_url(url, err);
    if (status != DUBBOC_OK)
        return status;
    return self->ops->register_(self, interface, category, url, registration, err);
}

static dubboc_status register_each(registry *self, const registry_wanted *wanted, size_t count,
    registry_registration **registrations, dubboc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        dubboc_status status = self->ops->register_(
            self, wanted[i].interface, wanted[i].category, wanted[i].url, &registrations[i], err);
        if (status != DUBBOC_OK) {
            registry_unregister_all(self, registrations, i, 0);
            return error_prefix(err, status, "service %s", wanted[i].interface);
        }
    }
    return DUBBOC_OK;
}

dubboc_status registry_register_all(registry *self, const registry_wanted *wanted, size_t count,
    registry_registration **registrations, dubboc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        dubboc_status status = check_registered_url(wanted[i].url, err);
        if (status != DUBBOC_OK)
            return error_prefix(err, status, "service %s", wanted[i].interface);
    }
    if (self->ops->register_all == NULL || count == 0)
        return register_each(self, wanted, count, registrations, err);
    return self->ops->register_all(self, wanted, count, registrations, err);
}

bool registry_is_registered(const registry_registration *registration)
{
    return registration->ops->is_registered(registration);
}

bool registry_was_registered(const registry_registration *registration)
{
    const registry_ops *ops = registration->ops;
    return ops->was_registered == NULL || ops->was_registered(registration);
}

void registry_unregister(registry *self, registry_registration *registration, int64_t timeout_ms)
{
    if (registration != NULL)
        self->ops->unregister(self, registration, timeout_ms);
}

void registry_unregister_all(
    registry *self, registry_registration **registrations, size_t count, int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_in_ms(timeout_ms > 0 ? timeout_ms : 0);
    if (self->ops->unregister_all != NULL && count > 0) {
        self->ops->unregister_all(self, registrations, count, timeout_ms);
        return;
    }
    for (size_t i = 0; i < count; i++)
        registry_unregister(self, registrations[i], deadline_poll_ms(deadline_ns));
}

dubboc_status registry_subscribe(registry *self, const char *interface, registry_category category,
    registry_listener listener, void *arg, registry_subscription **subscription, dubboc_error *err)
{
    return self->ops->subscribe(self, interface, category, listener, arg, subscription, err);
}

void registry_refresh(registry *self, registry_subscription *subscription)
{
    self->ops->refresh(self, subscription);
}

void registry_unsubscribe(registry *self, registry_subscription *subscription)
{
    if (subscription != NULL)
        self->ops->unsubscribe(self, subscription);
}

dubboc_status registry_lookup(registry *self, const char *interface, registry_category category,
    int64_t deadline_ns, registry_list *urls, dubboc_error *err)
{
    return self->ops->lookup(self, interface, category, deadline_ns, urls, err);
}

dubboc_status registry_interfaces(
    registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err)
{
    return self->ops->interfaces(self, deadline_ns, names, err);
}

dubboc_status registry_watch_data(registry *self, const char *path, registry_data_listener listener,
    void *arg, registry_subscription **subscription, dubboc_error *err)
{
    if (self->ops->watch_data == NULL)
        return error_set(
            err, DUBBOC_E_UNSUPPORTED, "registry %s keeps no data beside URLs", self->address);
    return self->ops->watch_data(self, path, listener, arg, subscription, err);
}
