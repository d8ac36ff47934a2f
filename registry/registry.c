/* Finds the kind of registry by the scheme of the address, checks arguments, and forwards each call
 * to the kind. */
#include "registry/registry.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "registry/kinds.h"
#include "registry/provider_url.h"

#define KIND_POINTER(ops) &ops,
static const registry_ops *const kinds[] = {REGISTRY_KINDS(KIND_POINTER)};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* Called at the end of every function that has err: clears err on success, and returns status. */
static dubboc_status registry_done(dubboc_status status, dubboc_error *err)
{
    if (status == DUBBOC_OK)
        error_clear(err);
    return status;
}

/* --- opening */

static const registry_ops *registry_find_kind(dubboc_slice scheme)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (slice_is_nocase(scheme, kinds[i]->scheme))
            return kinds[i];
    return NULL;
}

/* Splits the address at its scheme. false: it has none. A list such as "host:2181,host2" contains a
 * ':' too, and a host may be called zookeeper, so "//" must follow unless the kind does not need
 * it. */
static bool registry_split_address(dubboc_slice address, dubboc_slice *scheme, dubboc_slice *rest)
{
    if (!slice_cut(address, ':', scheme, rest))
        return false;
    const registry_ops *ops = registry_find_kind(*scheme);
    return slice_starts_with(*rest, "//") || (ops != NULL && ops->is_recognised_without_slashes);
}

static dubboc_status registry_refuse_kind(dubboc_slice scheme, dubboc_error *err)
{
    error_set(err, DUBBOC_E_ARGUMENT,
        "unknown kind of registry \"%.*s\", expected %s:", SLICE_ARGS(scheme), kinds[0]->scheme);
    for (size_t i = 1; i < KIND_COUNT; i++)
        error_append(err, "%s %s:", i + 1 < KIND_COUNT ? "," : " or", kinds[i]->scheme);
    return DUBBOC_E_ARGUMENT;
}

static dubboc_status registry_choose_kind(
    dubboc_slice address, const registry_ops **ops, dubboc_slice *rest, dubboc_error *err)
{
    dubboc_slice scheme;
    if (address.len == 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "the registry address is empty");
    if (!registry_split_address(address, &scheme, rest)) {
        *rest = address;
        *ops = kinds[0];
        return DUBBOC_OK;
    }
    *ops = registry_find_kind(scheme);
    return *ops != NULL ? DUBBOC_OK : registry_refuse_kind(scheme, err);
}

/* The address with masked secrets, for people. A list of hosts without a scheme gets the scheme of
 * its kind. NULL: no memory. */
static char *registry_masked_address(
    const registry_ops *ops, dubboc_slice address, dubboc_slice rest)
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
    dubboc_status status = registry_choose_kind(address, &ops, &rest, err);
    if (status != DUBBOC_OK)
        return status;
    char *shown = registry_masked_address(ops, address, rest);
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
    *self = opened;
    return registry_done(status, err);
}

dubboc_status registry_check_exists(const char *address, dubboc_error *err)
{
    const registry_ops *ops;
    dubboc_slice rest;
    dubboc_status status = registry_choose_kind(slice_trim(slice_of(address)), &ops, &rest, err);
    if (status == DUBBOC_OK && ops->check_exists != NULL)
        status = ops->check_exists(rest, err);
    return registry_done(status, err);
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
    return self->ops->is_connected == NULL || self->ops->is_connected(self);
}

void registry_trouble(const registry *self, char text[REGISTRY_TROUBLE_SIZE])
{
    text[0] = '\0';
    if (self->ops->trouble != NULL)
        self->ops->trouble(self, text);
}

void registry_seek_trouble(registry *self, int64_t deadline_ns)
{
    if (self->ops->seek_trouble != NULL)
        self->ops->seek_trouble(self, deadline_ns);
}

static dubboc_status registry_check_url(const char *url, dubboc_error *err)
{
    size_t len = strlen(url);
    if (len == 0 || len > URL_BYTES_MAX)
        return error_set(err, DUBBOC_E_ARGUMENT,
            "a URL of %zu bytes cannot be registered, expected 1 to %u bytes", len, URL_BYTES_MAX);
    return DUBBOC_OK;
}

dubboc_status registry_register(registry *self, const char *interface, registry_category category,
    const char *url, registry_registration **registration, dubboc_error *err)
{
    dubboc_status status = registry_check_url(url, err);
    if (status != DUBBOC_OK)
        return status;
    status = self->ops->register_(self, interface, category, url, registration, err);
    if (status == DUBBOC_OK)
        (*registration)->ops = self->ops;
    return registry_done(status, err);
}

static dubboc_status registry_register_each(registry *self, const registry_wanted *wanted,
    size_t count, registry_registration **registrations, dubboc_error *err)
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
        dubboc_status status = registry_check_url(wanted[i].url, err);
        if (status != DUBBOC_OK)
            return error_prefix(err, status, "service %s", wanted[i].interface);
    }
    dubboc_status status = self->ops->register_all == NULL || count == 0
                               ? registry_register_each(self, wanted, count, registrations, err)
                               : self->ops->register_all(self, wanted, count, registrations, err);
    for (size_t i = 0; status == DUBBOC_OK && i < count; i++)
        registrations[i]->ops = self->ops;
    return registry_done(status, err);
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
    return registry_done(
        self->ops->subscribe(self, interface, category, listener, arg, subscription, err), err);
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
    return registry_done(self->ops->lookup(self, interface, category, deadline_ns, urls, err), err);
}

dubboc_status registry_interfaces(
    registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err)
{
    return registry_done(self->ops->interfaces(self, deadline_ns, names, err), err);
}

dubboc_status registry_watch_data(registry *self, const char *path, registry_data_listener listener,
    void *arg, registry_subscription **subscription, dubboc_error *err)
{
    if (self->ops->watch_data == NULL)
        return error_set(
            err, DUBBOC_E_UNSUPPORTED, "registry %s keeps URLs only, no data", self->address);
    return registry_done(self->ops->watch_data(self, path, listener, arg, subscription, err), err);
}
