/* The kind zookeeper: each registry has one session and two threads. The actor (actor.h) is the
 * only thread that uses the session; the notifier (notify.h) calls listeners. The functions here
 * run on callers' threads: they build a path, post a command with an object to the actor, and,
 * where the contract of the slot says so, wait until the session has returned the object. */
#include "registry/zookeeper/zookeeper_registry.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "registry/kinds.h"
#include "registry/zookeeper/address.h"
#include "registry/zookeeper/listing.h"
#include "registry/zookeeper/path.h"
#include "registry/zookeeper/registration.h"
#include "registry/zookeeper/subscription.h"

#define TIMEOUT_DEFAULT_MS 5000
#define SELF_CHECK_DEFAULT_MS 30000

typedef struct zk_registry {
    registry base;
    zk_address address;
    zk_actor actor;
    zk_notifier *notifier;
    zk_registrar registrar;
    zk_subscriptions subscriptions;
    atomic_bool is_connected;
} zk_registry;

static zk_registry *zookeeper_of(const registry *base)
{
    return (zk_registry *)(uintptr_t)base;
}

/* --- life */

/* Runs on the actor's thread. */
static void zookeeper_connected(void *arg, bool is_connected)
{
    atomic_store(&((zk_registry *)arg)->is_connected, is_connected);
}

static const zk_session_out zookeeper_out = {
    .connected = zookeeper_connected,
    .node_gone = zk_registration_gone,
    .read = zk_subscription_read,
    .subscriber_gone = zk_subscription_gone,
    .looked_up = zk_listing_looked_up,
};

/* A value in the address takes precedence over the settings, and both over the default. */
static void zookeeper_choose_settings(
    const zk_registry *self, const registry_settings *settings, zk_actor_settings *chosen)
{
    const zk_address *address = &self->address;
    bool has_user = address->username != NULL;
    *chosen = (zk_actor_settings){
        .servers = address->servers,
        .username = has_user ? address->username : settings->username,
        .password = has_user ? address->password : settings->password,
        .session = {.timeout_ms = address->timeout_ms,
            .self_check_ms = settings->self_check_ms,
            .seed = (uint64_t)clock_now_ns() ^ (uint64_t)(uintptr_t)self},
    };
    if (chosen->username != NULL && chosen->username[0] == '\0')
        chosen->username = NULL;
    zk_session_settings *session = &chosen->session;
    if (session->timeout_ms == 0)
        session->timeout_ms = settings->timeout_ms > 0 ? settings->timeout_ms : TIMEOUT_DEFAULT_MS;
    if (session->self_check_ms == 0)
        session->self_check_ms = SELF_CHECK_DEFAULT_MS;
}

static dubboc_status zookeeper_start(
    zk_registry *self, const registry_settings *settings, dubboc_error *err)
{
    zk_actor_settings chosen;
    zookeeper_choose_settings(self, settings, &chosen);
    int64_t timeout_ms = chosen.session.timeout_ms;
    self->registrar = (zk_registrar){.actor = &self->actor,
        .root = self->address.root,
        .owns_addresses = settings->owns_addresses};
    dubboc_status status = zk_actor_open(&self->actor, &chosen, &zookeeper_out, self, err);
    if (status == DUBBOC_OK && (timeout_ms < ZK_TIMEOUT_MIN_MS || timeout_ms > ZK_TIMEOUT_MAX_MS))
        status =
            error_set(err, DUBBOC_E_ARGUMENT, "the registry's timeout must be from 100 ms to 1 h");
    if (status == DUBBOC_OK)
        status = zk_notifier_start(&self->notifier, err);
    self->subscriptions = (zk_subscriptions){.actor = &self->actor, .notifier = self->notifier};
    return status == DUBBOC_OK ? zk_actor_start(&self->actor, err) : status;
}

/* The notifier stops first: no thread adds notices any more, and no listener is running when the
 * session returns its subscribers. */
static void zookeeper_release(zk_registry *self)
{
    zk_notifier_stop(self->notifier);
    zk_actor_close(&self->actor);
    zk_address_fini(&self->address);
    free(self);
}

static dubboc_status zookeeper_open(
    const registry_settings *settings, dubboc_slice rest, registry **out, dubboc_error *err)
{
    zk_registry *self = MEM_NEW(zk_registry);
    if (self == NULL)
        return error_no_memory(err);
    dubboc_status status = zk_address_parse(rest, &self->address, err);
    if (status != DUBBOC_OK) {
        free(self);
        return status;
    }
    status = zookeeper_start(self, settings, err);
    if (status == DUBBOC_OK)
        *out = &self->base;
    else
        zookeeper_release(self);
    return status;
}

/* The actor stops first: that ends lookups, which a listener may be waiting for. */
static void zookeeper_free(registry *base)
{
    zk_registry *self = zookeeper_of(base);
    zk_actor_stop(&self->actor);
    zookeeper_release(self);
}

static bool zookeeper_is_connected(const registry *base)
{
    return atomic_load(&zookeeper_of(base)->is_connected);
}

static void zookeeper_trouble(const registry *base, char text[REGISTRY_TROUBLE_SIZE])
{
    zk_actor_trouble(&zookeeper_of(base)->actor, text);
}

static void zookeeper_seek_trouble(registry *base, int64_t deadline_ns)
{
    if (!zookeeper_is_connected(base))
        zk_actor_seek_trouble(&zookeeper_of(base)->actor, deadline_ns);
}

static const char *zookeeper_servers(const registry *base)
{
    return zookeeper_of(base)->address.servers;
}

bool zookeeper_registry_session(registry *base, int64_t *id, char password[16])
{
    return zk_port_session(zookeeper_of(base)->actor.port, id, password);
}

/* --- registrations */

static dubboc_status zookeeper_register_all(registry *base, const registry_wanted *wanted,
    size_t count, registry_registration **registrations, dubboc_error *err)
{
    size_t failed;
    dubboc_status status = zk_registrar_add(
        &zookeeper_of(base)->registrar, wanted, count, registrations, &failed, err);
    if (status != DUBBOC_OK && failed < count)
        error_prefix(err, status, "service %s", wanted[failed].interface);
    return status;
}

static dubboc_status zookeeper_register(registry *base, const char *interface,
    registry_category category, const char *url, registry_registration **registration,
    dubboc_error *err)
{
    size_t failed;
    registry_wanted wanted = {interface, category, url};
    return zk_registrar_add(&zookeeper_of(base)->registrar, &wanted, 1, registration, &failed, err);
}

static void zookeeper_unregister_all(
    registry *base, registry_registration **registrations, size_t count, int64_t timeout_ms)
{
    zk_registrar_remove(&zookeeper_of(base)->registrar, registrations, count, timeout_ms);
}

static void zookeeper_unregister(
    registry *base, registry_registration *registration, int64_t timeout_ms)
{
    zookeeper_unregister_all(base, &registration, 1, timeout_ms);
}

/* --- subscriptions */

static dubboc_status zookeeper_subscribe(registry *base, const char *interface,
    registry_category category, registry_listener listener, void *arg,
    registry_subscription **subscription, dubboc_error *err)
{
    const zk_registry *self = zookeeper_of(base);
    char *path;
    dubboc_status status = zk_path_make(self->address.root, interface, category, NULL, &path, err);
    if (status != DUBBOC_OK)
        return status;
    zk_subscription_wish wish = {
        .name = interface, .category = category, .listener = listener, .arg = arg};
    return zk_subscriptions_add(&self->subscriptions, &wish, path, subscription, err);
}

static dubboc_status zookeeper_watch_data(registry *base, const char *name,
    registry_data_listener listener, void *arg, registry_subscription **subscription,
    dubboc_error *err)
{
    const zk_registry *self = zookeeper_of(base);
    const char *fault = zk_path_fault(slice_of(name));
    if (fault != NULL)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "\"%s\" cannot be a path below the root: %s", name, fault);
    char *path = mem_printf("%s/%s", self->address.root, name);
    if (path == NULL)
        return error_no_memory(err);
    zk_subscription_wish wish = {.name = name, .data_listener = listener, .arg = arg};
    return zk_subscriptions_add(&self->subscriptions, &wish, path, subscription, err);
}

static void zookeeper_refresh(registry *base, registry_subscription *subscription)
{
    zk_subscriptions_refresh(&zookeeper_of(base)->subscriptions, subscription);
}

static void zookeeper_unsubscribe(registry *base, registry_subscription *subscription)
{
    zk_subscriptions_remove(&zookeeper_of(base)->subscriptions, subscription);
}

/* --- blocking reads */

static dubboc_status zookeeper_list(registry *base, char *path_take,
    bool (*is_wanted)(const char *name), int64_t deadline_ns, registry_list *list,
    dubboc_error *err)
{
    dubboc_status status =
        zk_listing_read(&zookeeper_of(base)->actor, path_take, is_wanted, deadline_ns, list, err);
    return status == DUBBOC_E_REGISTRY ? error_prefix(err, status, "%s", base->address) : status;
}

static dubboc_status zookeeper_lookup(registry *base, const char *interface,
    registry_category category, int64_t deadline_ns, registry_list *urls, dubboc_error *err)
{
    char *path;
    dubboc_status status =
        zk_path_make(zookeeper_of(base)->address.root, interface, category, NULL, &path, err);
    return status == DUBBOC_OK ? zookeeper_list(base, path, NULL, deadline_ns, urls, err) : status;
}

/* Next to the interfaces are directories of newer Dubbo versions, and ZooKeeper's own directory if
 * the root path is ZooKeeper's root. */
static bool zookeeper_is_interface(const char *name)
{
    static const char *const others[] = {"config", "metadata", "mapping", "zookeeper"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    return true;
}

static dubboc_status zookeeper_interfaces(
    registry *base, int64_t deadline_ns, registry_list *names, dubboc_error *err)
{
    const char *root = zookeeper_of(base)->address.root;
    char *path = mem_dup(root[0] != '\0' ? root : "/");
    if (path == NULL)
        return error_no_memory(err);
    return zookeeper_list(base, path, zookeeper_is_interface, deadline_ns, names, err);
}

const registry_ops registry_zookeeper_ops = {
    .scheme = "zookeeper",
    .open = zookeeper_open,
    .free = zookeeper_free,
    .is_connected = zookeeper_is_connected,
    .trouble = zookeeper_trouble,
    .seek_trouble = zookeeper_seek_trouble,
    .servers = zookeeper_servers,
    .register_ = zookeeper_register,
    .register_all = zookeeper_register_all,
    .is_registered = zk_registration_stands,
    .was_registered = zk_registration_has_stood,
    .unregister = zookeeper_unregister,
    .unregister_all = zookeeper_unregister_all,
    .subscribe = zookeeper_subscribe,
    .refresh = zookeeper_refresh,
    .unsubscribe = zookeeper_unsubscribe,
    .lookup = zookeeper_lookup,
    .interfaces = zookeeper_interfaces,
    .watch_data = zookeeper_watch_data,
};
