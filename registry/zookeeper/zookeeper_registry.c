/* The ZooKeeper registry: one session each, looked after by a thread of its own (the actor), which
 * alone touches the session; listeners are called by a second one. The functions here run on
 * callers' threads: they make an object, put an event into the mailbox, and, where the contract
 * says so, wait for the object to be done with. */
#include "registry/zookeeper/zookeeper_registry.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/url_codec.h"
#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "registry/kinds.h"
#include "registry/zookeeper/address.h"
#include "registry/zookeeper/session.h"
#include "registry/zookeeper/notify.h"
#include "registry/zookeeper/path.h"

#define TIMEOUT_DEFAULT_MS 5000
#define SELF_CHECK_DEFAULT_MS 30000
#define FREE_MS 2000
/* the actor ends lookups at their deadline; this is for a machine that does not let it run */
#define LOOKUP_GRACE_MS 1000
#define PATH_BYTES_MAX (256u * 1024)

typedef struct zk_registry {
    registry base;
    zk_address address;
    zk_mailbox *mailbox;
    zk_port *port;
    zk_session *session;
    zk_notifier *notifier;
    bool owns_addresses; /* registry_settings */
    pthread_t actor;
    zk_event stop;
    atomic_bool is_connected;
    pthread_mutex_t trouble_lock;
    char trouble[REGISTRY_TROUBLE_SIZE]; /* under trouble_lock */
} zk_registry;

/* Something a caller waits for. Counted: the session's and the waiting caller's, who may give up
 * first. */
typedef struct waiter {
    atomic_uint refs;
    mutex lock;
    condition changed;
    bool is_done;
} waiter;

typedef struct registration {
    registry_registration base;
    waiter waiter;
    zk_node node;
    zk_event begin;
    zk_event end;
} registration;

typedef struct lookup_call {
    waiter waiter;
    zk_lookup lookup;
    zk_event begin;
    zk_reading *reading;
    char reason[256];
} lookup_call;

typedef struct subscription {
    registry_subscription base;
    zk_notice notice;
    zk_subscriber subscriber;
    zk_event begin;
    zk_event again;
    atomic_bool is_asked; /* again is in the mailbox: asking once more asks for nothing more */
    zk_event end;
    char *name; /* the interface, or the path of the data */
    registry_category category;
    registry_listener listener; /* one of the two */
    registry_data_listener data_listener;
    void *arg;
} subscription;

#define CONTAINER(pointer, type, member)                                                           \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* --- waiting */

static void waiter_init(waiter *self, unsigned refs)
{
    atomic_init(&self->refs, refs);
    mutex_init(&self->lock, MUTEX_RANK_ZK_WAITER);
    condition_init(&self->changed);
}

/* true: it was the last one, the object is to be freed. */
static bool waiter_unref(waiter *self)
{
    if (atomic_fetch_sub(&self->refs, 1) > 1)
        return false;
    condition_fini(&self->changed);
    mutex_fini(&self->lock);
    return true;
}

static void waiter_done(waiter *self)
{
    mutex_lock(&self->lock);
    self->is_done = true;
    condition_wake_all(&self->changed);
    mutex_unlock(&self->lock);
}

static bool waiter_wait(waiter *self, int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_in_ms(timeout_ms);
    mutex_lock(&self->lock);
    while (!self->is_done && condition_wait(&self->changed, &self->lock, deadline_ns))
        continue;
    bool is_done = self->is_done;
    mutex_unlock(&self->lock);
    return is_done;
}

/* --- what the session tells (on the actor's thread) */

static void core_connected(void *arg, bool is_connected)
{
    atomic_store(&((zk_registry *)arg)->is_connected, is_connected);
}

static void registration_unref(registration *self)
{
    if (!waiter_unref(&self->waiter))
        return;
    free(self->node.path);
    free(self->node.identity);
    free(self);
}

static void core_node_gone(void *arg, zk_node *node)
{
    (void)arg;
    registration *gone = CONTAINER(node, registration, node);
    waiter_done(&gone->waiter);
    registration_unref(gone);
}

static void core_read(void *arg, zk_subscriber *subscriber, zk_reading *reading)
{
    zk_registry *self = arg;
    zk_notifier_put(
        self->notifier, &CONTAINER(subscriber, subscription, subscriber)->notice, reading);
}

static void subscription_free(subscription *self)
{
    zk_reading_unref(self->notice.pending);
    free(self->name);
    free(self);
}

static void core_subscriber_gone(void *arg, zk_subscriber *subscriber)
{
    (void)arg;
    subscription_free(CONTAINER(subscriber, subscription, subscriber));
}

static void lookup_unref(lookup_call *self)
{
    if (!waiter_unref(&self->waiter))
        return;
    zk_reading_unref(self->reading);
    free(self->lookup.path);
    free(self);
}

static void core_looked_up(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason)
{
    (void)arg;
    lookup_call *call = CONTAINER(lookup, lookup_call, lookup);
    call->reading = reading != NULL ? zk_reading_ref(reading) : NULL;
    snprintf(call->reason, sizeof call->reason, "%s", reason != NULL ? reason : "");
    waiter_done(&call->waiter);
    lookup_unref(call);
}

static const zk_session_out core_out = {
    core_connected, core_node_gone, core_read, core_subscriber_gone, core_looked_up};

/* --- the actor */

/* A command is part of an object that handling it may free, so a copy is handled. */
static void handle_command(zk_registry *self, zk_event *event)
{
    zk_event command = *event;
    if (command.kind == ZK_EVENT_REFRESH)
        atomic_store(&CONTAINER(event, subscription, again)->is_asked, false);
    zk_session_handle(self->session, &command, clock_now_ns());
}

/* When STOP is among the events, the time to wait for it begins. */
static void handle_events(zk_registry *self, zk_event *events, int64_t *give_up_ns)
{
    while (events != NULL) {
        zk_event *event = events;
        events = event->next;
        if (event->kind == ZK_EVENT_STOP)
            *give_up_ns = deadline_in_ms(FREE_MS);
        if (event->kind >= ZK_EVENT_REGISTER) {
            handle_command(self, event);
        } else {
            zk_session_handle(self->session, event, clock_now_ns());
            zk_event_free(event);
        }
    }
}

/* For other threads, which must not look into the session. */
static void publish_trouble(zk_registry *self)
{
    pthread_mutex_lock(&self->trouble_lock);
    snprintf(self->trouble, sizeof self->trouble, "%s", zk_session_trouble(self->session));
    pthread_mutex_unlock(&self->trouble_lock);
}

static void *act(void *arg)
{
    zk_registry *self = arg;
    int64_t give_up_ns = DEADLINE_NEVER;
    zk_session_tick(self->session, clock_now_ns());
    while (!zk_session_is_finished(self->session) && !deadline_is_over(give_up_ns)) {
        bool missed;
        zk_event *events = zk_mailbox_take(
            self->mailbox, deadline_min(zk_session_next_ns(self->session), give_up_ns), &missed);
        if (missed)
            zk_session_missed(self->session, clock_now_ns());
        handle_events(self, events, &give_up_ns);
        zk_session_tick(self->session, clock_now_ns());
        publish_trouble(self);
    }
    handle_events(self, zk_mailbox_close(self->mailbox), &give_up_ns);
    return NULL;
}

/* false: the registry is being freed, and nobody will handle it. */
static bool post(zk_registry *self, zk_event *event, zk_event_kind kind, void *object)
{
    event->kind = kind;
    event->object = object;
    return zk_mailbox_put(self->mailbox, event);
}

static dubboc_status is_closed(dubboc_error *err)
{
    return error_set(err, DUBBOC_E_CLOSED, "the registry is being freed");
}

/* --- life */

static void destroy(zk_registry *self)
{
    zk_notifier_stop(self->notifier);
    zk_session_free(self->session);
    if (self->port != NULL)
        self->port->ops->free(self->port);
    zk_mailbox_unref(self->mailbox);
    zk_address_fini(&self->address);
    pthread_mutex_destroy(&self->trouble_lock);
    free(self);
}

static dubboc_status build(zk_registry *self, const registry_settings *settings, dubboc_error *err)
{
    const char *username =
        self->address.username != NULL ? self->address.username : settings->username;
    const char *password =
        self->address.username != NULL ? self->address.password : settings->password;
    self->owns_addresses = settings->owns_addresses;
    zk_session_settings core_settings = {
        .timeout_ms = self->address.timeout_ms, .self_check_ms = settings->self_check_ms};
    if (core_settings.timeout_ms == 0)
        core_settings.timeout_ms =
            settings->timeout_ms > 0 ? settings->timeout_ms : TIMEOUT_DEFAULT_MS;
    if (core_settings.self_check_ms == 0)
        core_settings.self_check_ms = SELF_CHECK_DEFAULT_MS;
    core_settings.seed = (uint64_t)clock_now_ns() ^ (uint64_t)(uintptr_t)self;
    if (core_settings.timeout_ms < ZK_TIMEOUT_MIN_MS ||
        core_settings.timeout_ms > ZK_TIMEOUT_MAX_MS)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "the registry's timeout must be from 100 ms to 1 h");
    if (username != NULL && username[0] == '\0')
        username = NULL;
    self->mailbox = zk_mailbox_new();
    if (self->mailbox != NULL)
        self->port = zk_port_new(
            self->address.servers, core_settings.timeout_ms, username, password, self->mailbox);
    if (self->port != NULL)
        self->session = zk_session_new(&core_settings, self->port, &core_out, self);
    return self->session != NULL ? DUBBOC_OK : error_no_memory(err);
}

static dubboc_status start_threads(zk_registry *self, dubboc_error *err)
{
    dubboc_status status = zk_notifier_start(&self->notifier, err);
    return status == DUBBOC_OK ? thread_start(&self->actor, act, self, "zk-actor", err) : status;
}

static dubboc_status zookeeper_open(
    const registry_settings *settings, dubboc_slice rest, registry **out, dubboc_error *err)
{
    zk_registry *self = MEM_NEW(zk_registry);
    if (self == NULL)
        return error_no_memory(err);
    self->base.ops = &registry_zookeeper_ops;
    pthread_mutex_init(&self->trouble_lock, NULL);
    dubboc_status status = zk_address_parse(rest, &self->address, err);
    if (status == DUBBOC_OK)
        status = build(self, settings, err);
    if (status == DUBBOC_OK)
        status = start_threads(self, err);
    if (status == DUBBOC_OK)
        *out = &self->base;
    else
        destroy(self);
    return status;
}

/* The actor stops first: it lets go of lookups, which a listener may be waiting for, and then
 * nobody puts notices in. */
static void zookeeper_free(registry *base)
{
    zk_registry *self = (zk_registry *)base;
    post(self, &self->stop, ZK_EVENT_STOP, NULL);
    pthread_join(self->actor, NULL);
    destroy(self);
}

static bool zookeeper_is_connected(const registry *base)
{
    return atomic_load(&((const zk_registry *)base)->is_connected);
}

static void zookeeper_trouble(const registry *base, char text[REGISTRY_TROUBLE_SIZE])
{
    zk_registry *self = (zk_registry *)(uintptr_t)base; /* the lock is not const */
    pthread_mutex_lock(&self->trouble_lock);
    memcpy(text, self->trouble, REGISTRY_TROUBLE_SIZE);
    pthread_mutex_unlock(&self->trouble_lock);
}

static const char *zookeeper_servers(const registry *base)
{
    return ((const zk_registry *)base)->address.servers;
}

bool zookeeper_registry_session(registry *base, int64_t *id, char password[16])
{
    return zk_port_session(((zk_registry *)base)->port, id, password);
}

/* --- paths */

static dubboc_status check_interface(const char *interface, dubboc_error *err)
{
    if (interface[0] == '\0' || strcmp(interface, ".") == 0 || strcmp(interface, "..") == 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "\"%s\" is no interface name", interface);
    return DUBBOC_OK;
}

static dubboc_status path_take(buffer *path, char **out, dubboc_error *err)
{
    dubboc_status status = path->status;
    if (status == DUBBOC_OK && (*out = mem_dup_slice(buffer_slice(path))) == NULL)
        status = DUBBOC_E_NO_MEMORY;
    buffer_fini(path);
    if (status == DUBBOC_E_TOO_BIG)
        return error_set(err, status, "a node's path would be over %u bytes", PATH_BYTES_MAX);
    return status == DUBBOC_OK ? DUBBOC_OK : error_no_memory(err);
}

/* url NULL: the directory. */
static dubboc_status make_path(const zk_registry *self, const char *interface,
    registry_category category, const char *url, char **out, dubboc_error *err)
{
    dubboc_status status = check_interface(interface, err);
    if (status != DUBBOC_OK)
        return status;
    buffer path;
    buffer_init(&path, PATH_BYTES_MAX);
    buffer_append_text(&path, self->address.root);
    buffer_append_char(&path, '/');
    url_encode(&path, slice_of(interface));
    buffer_append_char(&path, '/');
    buffer_append_text(&path, registry_category_name(category));
    if (url != NULL) {
        buffer_append_char(&path, '/');
        url_encode(&path, slice_of(url));
    }
    return path_take(&path, out, err);
}

/* --- registrations */

/* Of what is no provider's URL there is none. */
static dubboc_status find_identity(const char *url, char **identity, dubboc_error *err)
{
    provider_url *parsed;
    dubboc_status status = provider_url_from_text(slice_of(url), &parsed, NULL);
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(err);
    if (status != DUBBOC_OK)
        return DUBBOC_OK;
    buffer text;
    buffer_init(&text, URL_BYTES_MAX);
    provider_url_identity(parsed, &text);
    *identity = buffer_text(&text) != NULL ? mem_dup(text.data) : NULL;
    buffer_fini(&text);
    provider_url_free(parsed);
    return *identity != NULL ? DUBBOC_OK : error_no_memory(err);
}

/* A registration that the session has not been told of. */
static dubboc_status registration_new(
    zk_registry *self, const registry_wanted *wanted, registration **out, dubboc_error *err)
{
    const char *url = wanted->url;
    if (strcmp(url, ".") == 0 || strcmp(url, "..") == 0)
        return error_set(err, DUBBOC_E_ARGUMENT, "\"%s\" is no URL to register", url);
    registration *made = MEM_NEW(registration);
    if (made == NULL)
        return error_no_memory(err);
    waiter_init(&made->waiter, 1);
    dubboc_status status =
        make_path(self, wanted->interface, wanted->category, url, &made->node.path, err);
    if (status == DUBBOC_OK && self->owns_addresses && wanted->category == REGISTRY_PROVIDERS)
        status = find_identity(url, &made->node.identity, err);
    if (status != DUBBOC_OK) {
        registration_unref(made);
        return status;
    }
    made->base.ops = &registry_zookeeper_ops;
    made->node.needs_interface = wanted->category == REGISTRY_CONSUMERS;
    atomic_init(&made->node.stands, false);
    atomic_init(&made->node.has_stood, false);
    *out = made;
    return DUBBOC_OK;
}

/* --- registering several together */

/* The bytes of the paths of those that follow each other in the directory of the first. */
static size_t run_of_one_directory(registration *const *made, size_t count, size_t *bytes)
{
    const char *first = made[0]->node.path;
    size_t len = (size_t)(strrchr(first, '/') + 1 - first), run = 0;
    *bytes = 0;
    for (; run < count && strncmp(first, made[run]->node.path, len) == 0; run++)
        *bytes += strlen(made[run]->node.path);
    return run;
}

/* Spreads them over batches: those of one directory stay together if they fit into one. One that is
 * alone needs none. false: no memory, and nothing is spread. */
static bool spread_over_batches(registration *const *made, size_t count)
{
    zk_batch *batch = NULL;
    size_t run = 0;
    for (size_t i = 0; count > 1 && i < count; i++) {
        zk_node *node = &made[i]->node;
        size_t bytes = strlen(node->path), run_bytes = 0;
        bool begins_run = run == 0;
        if (begins_run)
            run = run_of_one_directory(made + i, count - i, &run_bytes);
        bool fits = batch != NULL && zk_batch_has_room(batch, 1, bytes) &&
                    (!begins_run || zk_batch_has_room(batch, run, run_bytes));
        if (!fits && (batch = zk_batch_new()) == NULL)
            return false;
        zk_batch_add(batch, &node->member, node->path);
        run--;
    }
    return true;
}

static void free_unposted(registration **made, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zk_batch *batch = made[i]->node.member.batch;
        if (batch != NULL && (i + 1 == count || made[i + 1]->node.member.batch != batch))
            zk_batch_free(batch); /* its nodes stand one behind the other */
        registration_unref(made[i]);
    }
}

static dubboc_status post_registrations(
    zk_registry *self, registration **made, size_t count, dubboc_error *err)
{
    for (size_t i = 0; i + 1 < count; i++)
        made[i]->node.next_begin = &made[i + 1]->node;
    if (!spread_over_batches(made, count))
        return error_no_memory(err);
    if (!post(self, &made[0]->begin, ZK_EVENT_REGISTER, &made[0]->node))
        return is_closed(err);
    return DUBBOC_OK;
}

static dubboc_status zookeeper_register_all(registry *base, const registry_wanted *wanted,
    size_t count, registry_registration **registrations, dubboc_error *err)
{
    zk_registry *self = (zk_registry *)base;
    registration **made = MEM_NEW_ARRAY(count, registration *);
    if (made == NULL)
        return error_no_memory(err);
    dubboc_status status = DUBBOC_OK;
    size_t done = 0;
    while (status == DUBBOC_OK && done < count) {
        status = registration_new(self, &wanted[done], &made[done], err);
        if (status == DUBBOC_OK)
            done++;
        else
            error_prefix(err, status, "service %s", wanted[done].interface);
    }
    if (status == DUBBOC_OK)
        status = post_registrations(self, made, count, err);
    if (status != DUBBOC_OK)
        free_unposted(made, done);
    for (size_t i = 0; status == DUBBOC_OK && i < count; i++)
        registrations[i] = &made[i]->base;
    free(made);
    return status;
}

static dubboc_status zookeeper_register(registry *base, const char *interface,
    registry_category category, const char *url, registry_registration **out, dubboc_error *err)
{
    zk_registry *self = (zk_registry *)base;
    registry_wanted wanted = {interface, category, url};
    registration *made;
    dubboc_status status = registration_new(self, &wanted, &made, err);
    if (status == DUBBOC_OK)
        status = post_registrations(self, &made, 1, err);
    else
        return status;
    if (status == DUBBOC_OK)
        *out = &made->base;
    else
        registration_unref(made);
    return status;
}

static bool zookeeper_is_registered(const registry_registration *base)
{
    return atomic_load(&((const registration *)base)->node.stands);
}

static bool zookeeper_was_registered(const registry_registration *base)
{
    return atomic_load(&((const registration *)base)->node.has_stood);
}

static registration *registration_of(registry_registration *handle)
{
    return (registration *)handle;
}

static void warn_of_late(size_t late, int64_t timeout_ms)
{
    if (late > 0)
        LOG(DUBBOC_LOG_WARN, "registry", "not taken back in time, it goes with the session",
            "nodes=%zu timeout_ms=%lld", late, (long long)timeout_ms);
}

static void zookeeper_unregister_all(
    registry *base, registry_registration **handles, size_t count, int64_t timeout_ms)
{
    zk_registry *self = (zk_registry *)base;
    int64_t deadline_ns = deadline_in_ms(timeout_ms > 0 ? timeout_ms : 0);
    size_t late = 0;
    for (size_t i = 0; i < count; i++) {
        registration *ending = registration_of(handles[i]);
        atomic_fetch_add(&ending->waiter.refs, 1);
        ending->node.next_end = i + 1 < count ? &registration_of(handles[i + 1])->node : NULL;
    }
    registration *first = registration_of(handles[0]);
    bool is_posted = post(self, &first->end, ZK_EVENT_UNREGISTER, &first->node);
    for (size_t i = 0; i < count; i++) {
        registration *ending = registration_of(handles[i]);
        late += is_posted && !waiter_wait(&ending->waiter, deadline_poll_ms(deadline_ns));
        registration_unref(ending);
    }
    warn_of_late(late, timeout_ms);
}

static void zookeeper_unregister(registry *base, registry_registration *handle, int64_t timeout_ms)
{
    zookeeper_unregister_all(base, &handle, 1, timeout_ms);
}

/* --- subscriptions */

static void run_listener(zk_notice *notice, const zk_reading *reading)
{
    subscription *self = CONTAINER(notice, subscription, notice);
    registry_snapshot snapshot = {
        .interface = self->name,
        .category = self->category,
        .urls = (const char *const *)reading->items,
        .count = reading->count,
    };
    self->listener(self->arg, &snapshot);
}

static void run_data_listener(zk_notice *notice, const zk_reading *reading)
{
    subscription *self = CONTAINER(notice, subscription, notice);
    self->data_listener(self->arg, self->name, reading->data, reading->len);
}

static dubboc_status subscribe_to(zk_registry *self, subscription *made, const char *name,
    char *path_take, registry_subscription **out, dubboc_error *err)
{
    made->base.ops = &registry_zookeeper_ops;
    made->name = mem_dup(name);
    made->notice.run = made->listener != NULL ? run_listener : run_data_listener;
    made->subscriber.watch =
        made->name != NULL ? zk_watch_new(path_take, made->listener == NULL) : NULL;
    if (made->subscriber.watch == NULL) {
        free(path_take);
        subscription_free(made);
        return error_no_memory(err);
    }
    if (!post(self, &made->begin, ZK_EVENT_SUBSCRIBE, &made->subscriber)) {
        zk_watch_free(made->subscriber.watch);
        subscription_free(made);
        return is_closed(err);
    }
    *out = &made->base;
    return DUBBOC_OK;
}

static dubboc_status zookeeper_subscribe(registry *base, const char *interface,
    registry_category category, registry_listener listener, void *arg, registry_subscription **out,
    dubboc_error *err)
{
    zk_registry *self = (zk_registry *)base;
    char *path = NULL;
    dubboc_status status = make_path(self, interface, category, NULL, &path, err);
    if (status != DUBBOC_OK)
        return status;
    subscription *made = MEM_NEW(subscription);
    if (made == NULL) {
        free(path);
        return error_no_memory(err);
    }
    made->category = category;
    made->listener = listener;
    made->arg = arg;
    return subscribe_to(self, made, interface, path, out, err);
}

static dubboc_status zookeeper_watch_data(registry *base, const char *name,
    registry_data_listener listener, void *arg, registry_subscription **out, dubboc_error *err)
{
    zk_registry *self = (zk_registry *)base;
    const char *fault = zk_path_fault(slice_of(name));
    if (fault != NULL)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "\"%s\" is no path below the root: %s", name, fault);
    char *path = mem_printf("%s/%s", self->address.root, name);
    subscription *made = MEM_NEW(subscription);
    if (path == NULL || made == NULL) {
        free(path);
        free(made);
        return error_no_memory(err);
    }
    made->data_listener = listener;
    made->arg = arg;
    return subscribe_to(self, made, name, path, out, err);
}

static void zookeeper_refresh(registry *base, registry_subscription *handle)
{
    subscription *self = (subscription *)handle;
    if (!atomic_exchange(&self->is_asked, true))
        post((zk_registry *)base, &self->again, ZK_EVENT_REFRESH, &self->subscriber);
}

static void zookeeper_unsubscribe(registry *base, registry_subscription *handle)
{
    zk_registry *self = (zk_registry *)base;
    subscription *ending = (subscription *)handle;
    zk_notifier_end(self->notifier, &ending->notice);
    post(self, &ending->end, ZK_EVENT_UNSUBSCRIBE, &ending->subscriber);
}

/* --- lookups */

/* Takes path over. *reading is the caller's. */
static dubboc_status look_up(zk_registry *self, char *path_take, int64_t deadline_ns,
    zk_reading **reading, dubboc_error *err)
{
    lookup_call *call = MEM_NEW(lookup_call);
    if (call == NULL) {
        free(path_take);
        return error_no_memory(err);
    }
    waiter_init(&call->waiter, 2);
    call->lookup.path = path_take;
    call->lookup.deadline_ns = deadline_ns;
    if (!post(self, &call->begin, ZK_EVENT_LOOKUP, &call->lookup)) {
        lookup_unref(call);
        lookup_unref(call);
        return is_closed(err);
    }
    int left_ms = deadline_poll_ms(deadline_ns);
    bool is_done = waiter_wait(&call->waiter, left_ms >= 0 ? left_ms + LOOKUP_GRACE_MS : INT_MAX);
    const char *name = self->base.address != NULL ? self->base.address : self->address.servers;
    dubboc_status status = DUBBOC_OK;
    if (is_done && call->reading != NULL)
        *reading = zk_reading_ref(call->reading);
    else
        status = error_set(
            err, DUBBOC_E_REGISTRY, "%s: %s", name, is_done ? call->reason : "no answer in time");
    lookup_unref(call);
    return status;
}

typedef bool (*name_filter)(const char *name);

static dubboc_status copy_list(
    const zk_reading *reading, name_filter is_wanted, registry_list *out, dubboc_error *err)
{
    registry_list list = {.items = MEM_NEW_ARRAY(reading->count + 1, char *)};
    bool has_memory = list.items != NULL;
    for (size_t i = 0; has_memory && i < reading->count; i++) {
        if (!is_wanted(reading->items[i]))
            continue;
        list.items[list.count] = mem_dup(reading->items[i]);
        has_memory = list.items[list.count] != NULL;
        list.count += has_memory;
    }
    if (!has_memory) {
        registry_list_free(&list);
        return error_no_memory(err);
    }
    *out = list;
    return DUBBOC_OK;
}

static bool is_any(const char *name)
{
    (void)name;
    return true;
}

/* Beside the interfaces stand what newer Dubbo keeps there, and ZooKeeper's own folder when the
 * group is the very root. */
static bool is_interface(const char *name)
{
    static const char *const others[] = {"config", "metadata", "mapping", "zookeeper"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    return true;
}

static dubboc_status list(zk_registry *self, char *path_take, name_filter is_wanted,
    int64_t deadline_ns, registry_list *out, dubboc_error *err)
{
    zk_reading *reading = NULL;
    dubboc_status status = look_up(self, path_take, deadline_ns, &reading, err);
    if (status == DUBBOC_OK)
        status = copy_list(reading, is_wanted, out, err);
    zk_reading_unref(reading);
    return status;
}

static dubboc_status zookeeper_lookup(registry *base, const char *interface,
    registry_category category, int64_t deadline_ns, registry_list *urls, dubboc_error *err)
{
    char *path = NULL;
    dubboc_status status = make_path((zk_registry *)base, interface, category, NULL, &path, err);
    return status == DUBBOC_OK ? list((zk_registry *)base, path, is_any, deadline_ns, urls, err)
                               : status;
}

static dubboc_status zookeeper_interfaces(
    registry *base, int64_t deadline_ns, registry_list *names, dubboc_error *err)
{
    zk_registry *self = (zk_registry *)base;
    char *path = mem_dup(self->address.root[0] != '\0' ? self->address.root : "/");
    return path != NULL ? list(self, path, is_interface, deadline_ns, names, err)
                        : error_no_memory(err);
}

const registry_ops registry_zookeeper_ops = {
    .scheme = "zookeeper",
    .open = zookeeper_open,
    .free = zookeeper_free,
    .is_connected = zookeeper_is_connected,
    .trouble = zookeeper_trouble,
    .servers = zookeeper_servers,
    .register_ = zookeeper_register,
    .register_all = zookeeper_register_all,
    .is_registered = zookeeper_is_registered,
    .was_registered = zookeeper_was_registered,
    .unregister = zookeeper_unregister,
    .unregister_all = zookeeper_unregister_all,
    .subscribe = zookeeper_subscribe,
    .refresh = zookeeper_refresh,
    .unsubscribe = zookeeper_unsubscribe,
    .lookup = zookeeper_lookup,
    .interfaces = zookeeper_interfaces,
    .watch_data = zookeeper_watch_data,
};
