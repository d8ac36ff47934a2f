/* The kind static: a fixed list of provider URLs in the address itself, for tests, for scripts, and
 * where no registry is run.
 *
 *   static:jsonrpc://10.0.0.1:8080/com.foo.Bar,jsonrpc://10.0.0.2:8080/com.foo.Bar?methods=a,b
 *
 * URLs are separated by spaces, or by a comma if "scheme://" follows it, because values may contain
 * commas themselves ("methods=a,b"). A value with such a comma or with a space must escape it (%2C,
 * %20). A URL belongs to the category in its param category, or to providers. Registrations are
 * accepted and have no effect. "static:" alone is an empty list. */
#include <poll.h>

#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "registry/provider_url.h"
#include "registry/kinds.h"
#include "registry/subscribers.h"

typedef struct static_registration {
    registry_registration handle;
    struct static_registration *next;
} static_registration;

typedef struct static_registry {
    registry base;
    provider_url **urls;
    size_t url_count;
    size_t url_capacity;
    subscribers subscribers;
    mutex lock;
    /* Under lock: */
    static_registration *registered;
} static_registry;

static static_registry *static_of(const registry *self)
{
    return (static_registry *)self;
}

/* --- the list */

/* Whether text starts with "scheme://". */
static bool static_starts_url(dubboc_slice text)
{
    size_t at = 0;
    while (at < text.len && (ascii_is_alnum(text.at[at]) || memchr("+-.", text.at[at], 3) != NULL))
        at++;
    return at > 0 && slice_starts_with(slice_make(text.at + at, text.len - at), "://");
}

static bool static_is_blank(char c)
{
    return memchr(" \t\r\n", c, 4) != NULL;
}

/* Whether a URL ends at that byte. */
static bool static_is_separator(dubboc_slice text, size_t at)
{
    if (text.at[at] != ',' || at + 1 == text.len)
        return text.at[at] == ',' || static_is_blank(text.at[at]);
    dubboc_slice behind = slice_make(text.at + at + 1, text.len - at - 1);
    return static_is_blank(behind.at[0]) || static_starts_url(behind);
}

/* Removes the next URL from *rest. false: there is none. */
static bool static_next_url(dubboc_slice *rest, dubboc_slice *url)
{
    size_t at = 0;
    while (at < rest->len && (static_is_blank(rest->at[at]) || rest->at[at] == ','))
        at++;
    size_t end = at;
    while (end < rest->len && !static_is_separator(*rest, end))
        end++;
    *url = slice_make(rest->at + at, end - at);
    *rest = slice_make(rest->at + end, rest->len - end);
    return url->len > 0;
}

static dubboc_status static_refuse_url(dubboc_status status, dubboc_slice text, dubboc_error *err)
{
    if (status == DUBBOC_E_NO_MEMORY)
        return status;
    error_prefix(err, DUBBOC_E_ARGUMENT, "\"%s\"", MASKED(text));
    error_append(err, ", expected jsonrpc://HOST:PORT/INTERFACE");
    return DUBBOC_E_ARGUMENT;
}

static dubboc_status static_read_urls(static_registry *self, dubboc_slice rest, dubboc_error *err)
{
    dubboc_slice text;
    while (static_next_url(&rest, &text)) {
        provider_url *url;
        dubboc_status status = provider_url_from_text(text, &url, err);
        if (status != DUBBOC_OK)
            return static_refuse_url(status, text, err);
        void *urls = self->urls;
        if (!mem_grow(&urls, &self->url_capacity, self->url_count + 1, sizeof(provider_url *))) {
            provider_url_free(url);
            return error_no_memory(err);
        }
        self->urls = urls;
        self->urls[self->url_count++] = url;
    }
    return DUBBOC_OK;
}

static bool static_read_list(
    void *arg, const char *interface, registry_category category, registry_list *list)
{
    static_registry *self = arg;
    size_t capacity = 0;
    for (size_t i = 0; i < self->url_count; i++) {
        const provider_url *url = self->urls[i];
        if (!slice_is(url->interface, interface) ||
            !registry_category_matches(category, provider_url_find(url, "category")))
            continue;
        if (!registry_list_add(list, &capacity, slice_of(url->text))) {
            registry_list_free(list);
            return false;
        }
    }
    registry_list_sort(list);
    return true;
}

/* --- life */

static void *static_run(void *arg)
{
    static_registry *self = arg;
    struct pollfd waited = {.fd = self->subscribers.wake.fd, .events = POLLIN};
    bool is_complete = true;
    while (!subscribers_is_stopping(&self->subscribers)) {
        /* without memory: tries again after a second */
        poll(&waited, 1, is_complete ? WAKE_LOOK_MS : 1000);
        wake_clear(&self->subscribers.wake);
        is_complete = subscribers_serve(&self->subscribers, static_read_list, self);
    }
    return NULL;
}

static void static_release(static_registry *self)
{
    for (size_t i = 0; i < self->url_count; i++)
        provider_url_free(self->urls[i]);
    free(self->urls);
    while (self->registered != NULL) {
        static_registration *next = self->registered->next;
        free(self->registered);
        self->registered = next;
    }
    mutex_fini(&self->lock);
    subscribers_close(&self->subscribers);
    free(self);
}

static dubboc_status static_open(
    const registry_settings *settings, dubboc_slice rest, registry **out, dubboc_error *err)
{
    (void)settings;
    static_registry *self = MEM_NEW(static_registry);
    if (self == NULL)
        return error_no_memory(err);
    mutex_init(&self->lock, MUTEX_RANK_STATIC_REGISTRY);
    dubboc_status status = subscribers_open(&self->subscribers, err);
    if (status == DUBBOC_OK)
        status = static_read_urls(self, rest, err);
    if (status == DUBBOC_OK)
        status = subscribers_start(&self->subscribers, static_run, self, "dubboc-static", err);
    if (status != DUBBOC_OK) {
        static_release(self);
        return status;
    }
    *out = &self->base;
    return DUBBOC_OK;
}

static void static_free(registry *base)
{
    static_registry *self = static_of(base);
    subscribers_stop(&self->subscribers);
    static_release(self);
}

/* --- registrations: they have no effect, but the handles are kept in a list, because
 * registry_free() frees the remaining ones */

static dubboc_status static_register(registry *self, const char *interface,
    registry_category category, const char *url, registry_registration **registration,
    dubboc_error *err)
{
    (void)interface, (void)category, (void)url;
    static_registration *made = MEM_NEW(static_registration);
    if (made == NULL)
        return error_no_memory(err);
    mutex_lock(&static_of(self)->lock);
    made->next = static_of(self)->registered;
    static_of(self)->registered = made;
    mutex_unlock(&static_of(self)->lock);
    *registration = &made->handle;
    return DUBBOC_OK;
}

static bool static_is_registered(const registry_registration *registration)
{
    (void)registration;
    return true;
}

static bool static_was_registered(const registry_registration *registration)
{
    (void)registration;
    return false;
}

static void static_unregister(
    registry *self, registry_registration *registration, int64_t timeout_ms)
{
    (void)timeout_ms;
    mutex_lock(&static_of(self)->lock);
    static_registration **at = &static_of(self)->registered;
    while (&(*at)->handle != registration)
        at = &(*at)->next;
    *at = (*at)->next;
    mutex_unlock(&static_of(self)->lock);
    free(registration);
}

/* --- subscriptions */

static dubboc_status static_subscribe(registry *self, const char *interface,
    registry_category category, registry_listener listener, void *arg,
    registry_subscription **subscription, dubboc_error *err)
{
    return subscribers_add(
        &static_of(self)->subscribers, interface, category, listener, arg, NULL, subscription, err);
}

static void static_refresh(registry *self, registry_subscription *subscription)
{
    subscribers_refresh(&static_of(self)->subscribers, subscription);
}

static void static_unsubscribe(registry *self, registry_subscription *subscription)
{
    subscribers_remove(&static_of(self)->subscribers, subscription);
}

static dubboc_status static_lookup(registry *self, const char *interface,
    registry_category category, int64_t deadline_ns, registry_list *urls, dubboc_error *err)
{
    registry_list list = {0};
    (void)deadline_ns;
    if (!static_read_list(self, interface, category, &list))
        return error_no_memory(err);
    *urls = list;
    return DUBBOC_OK;
}

static dubboc_status static_interfaces(
    registry *self, int64_t deadline_ns, registry_list *names, dubboc_error *err)
{
    registry_list list = {0};
    size_t capacity = 0;
    (void)deadline_ns;
    for (size_t i = 0; i < static_of(self)->url_count; i++)
        if (!registry_list_add(&list, &capacity, static_of(self)->urls[i]->interface)) {
            registry_list_free(&list);
            return error_no_memory(err);
        }
    registry_list_sort(&list);
    *names = list;
    return DUBBOC_OK;
}

const registry_ops registry_static_ops = {
    .scheme = "static",
    .is_recognised_without_slashes = true,
    .open = static_open,
    .free = static_free,
    .register_ = static_register,
    .is_registered = static_is_registered,
    .was_registered = static_was_registered,
    .unregister = static_unregister,
    .subscribe = static_subscribe,
    .refresh = static_refresh,
    .unsubscribe = static_unsubscribe,
    .lookup = static_lookup,
    .interfaces = static_interfaces,
};
