/* Providers and endpoints: created once, found again by identity and address, freed when nothing
 * can hold them.
 *
 * A provider has two reference counts. references counts the nodes of directories; only nodes bring
 * the provider into snapshots, and they release it after the readers have left. in_flight counts
 * the calls that picked it, and its probe (selector/probes.c). A pick increments it while its
 * readers' section still protects the snapshot; a probe is added by a call that still holds the
 * provider. So once references and in_flight are zero, neither can grow except by a look-up. The
 * provider is not freed at that moment, but by the sweep or by provider_give_up(), which free a
 * provider under the lock that also guards look-ups, and only if both counts are zero. */
#include "selector/provider.h"

#include <assert.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "registry/provider_url.h"
#include "selector/cache_line.h"

#define ENDPOINT_KEY_MAX (URL_BYTES_MAX + 16) /* bytes; the host is part of a URL */

typedef struct shared_endpoint {
    struct shared_endpoint *next; /* in a list of removed endpoints */
    http_client_endpoint *endpoint;
    char *key;
    size_t users; /* number of providers that use it */
} shared_endpoint;

/* What the set knows about a provider. */
typedef struct provider_member {
    provider *public;
    provider_info info;
    shared_endpoint *shared;
    int64_t left_at_ns;    /* when the last reference was released */
    uint64_t born_ms, pid; /* the latest process seen at its address; guarded by the lock */
} provider_member;

bool provider_set_init(provider_set *self, http_client *http)
{
    *self = (provider_set){.http = http, .by_identity = map_new(), .endpoints = map_new()};
    if (self->by_identity == NULL || self->endpoints == NULL) {
        map_free(self->by_identity, NULL);
        map_free(self->endpoints, NULL);
        return false;
    }
    mutex_init(&self->lock, MUTEX_RANK_PROVIDERS);
    return true;
}

/* Does not free the provider's cache line, which belongs to the slab. */
static void member_free(provider_member *self)
{
    free(self->info.identity);
    free(self->info.address);
    free(self->info.path);
    free(self->info.label);
    free(self);
}

static void member_drop_locked(provider_set *set, provider_member *self)
{
    provider *line = self->public;
    member_free(self);
    cache_line_give_back(&set->lines, line);
}

static void member_free_in_map(void *value)
{
    provider_member *self = value;
    assert(atomic_load(&self->public->in_flight) == 0);
    member_free(self);
}

static void shared_endpoint_free(void *value)
{
    shared_endpoint *self = value;
    if (self->endpoint != NULL)
        http_client_endpoint_unref(self->endpoint);
    free(self->key);
    free(self);
}

void provider_set_fini(provider_set *self)
{
    map_free(self->by_identity, member_free_in_map);
    map_free(self->endpoints, shared_endpoint_free);
    cache_line_slab_fini(&self->lines);
    mutex_fini(&self->lock);
}

/* --- making --- */

/* The key of an endpoint. All spellings of an address have the same key, as in an identity, so that
 * providers that share an endpoint are adjacent in every snapshot. NULL: no memory. */
static char *endpoint_key_new(const provider_place *place)
{
    buffer text;
    buffer_init(&text, ENDPOINT_KEY_MAX);
    buffer_append_text(&text, place->is_tls ? "https://" : "http://");
    address_append_key(&text, &place->address);
    char *key = text.status == DUBBOC_OK ? mem_dup_slice(buffer_slice(&text)) : NULL;
    buffer_fini(&text);
    return key;
}

static dubboc_status endpoint_open(
    shared_endpoint *self, http_client *http, const provider_place *place, dubboc_error *err)
{
    buffer url;
    buffer_init(&url, ENDPOINT_KEY_MAX);
    buffer_append_text(&url, place->is_tls ? "https://" : "http://");
    address_append(&url, &place->address);
    buffer_append_char(&url, '\0');
    dubboc_status status = url.status == DUBBOC_OK
                               ? http_client_endpoint_new(http, url.data, &self->endpoint, err)
                               : error_no_memory(err);
    buffer_fini(&url);
    return status;
}

/* Takes over key, also on failure. */
static dubboc_status endpoint_make_locked(provider_set *self, const provider_place *place,
    char *key, shared_endpoint **made, dubboc_error *err)
{
    shared_endpoint *fresh = MEM_NEW(shared_endpoint);
    if (fresh == NULL) {
        free(key);
        return error_no_memory(err);
    }
    *fresh = (shared_endpoint){.key = key, .users = 1};
    dubboc_status status = endpoint_open(fresh, self->http, place, err);
    if (status == DUBBOC_OK && !map_put(self->endpoints, slice_of(key), fresh, NULL))
        status = error_no_memory(err);
    if (status != DUBBOC_OK) {
        shared_endpoint_free(fresh);
        return status;
    }
    *made = fresh;
    return DUBBOC_OK;
}

/* Finds or creates the endpoint of an address and counts one more user. */
static dubboc_status endpoint_take_locked(
    provider_set *self, const provider_place *place, shared_endpoint **found, dubboc_error *err)
{
    char *key = endpoint_key_new(place);
    if (key == NULL)
        return error_no_memory(err);
    shared_endpoint *known = map_find(self->endpoints, slice_of(key));
    if (known == NULL)
        return endpoint_make_locked(self, place, key, found, err);
    free(key);
    known->users++;
    *found = known;
    return DUBBOC_OK;
}

/* Counts one user less. Returns the endpoint if that was the last one: it must be freed after
 * unlocking, because that closes connections. NULL: other providers use it. */
static shared_endpoint *endpoint_give_back_locked(provider_set *self, shared_endpoint *given)
{
    if (given == NULL || --given->users > 0)
        return NULL;
    map_remove(self->endpoints, slice_of(given->key));
    return given;
}

/* Returns "host:port/path" for people. Text before an '@' in the path is masked, because
 * "user:12/34@host" may contain an unescaped password. NULL: no memory. */
static char *provider_label_new(const char *address, dubboc_slice path)
{
    size_t slash = slice_starts_with(path, "/") ? 1 : 0;
    char *masked = mask_address_dup(slice_make(path.at + slash, path.len - slash));
    char *label =
        masked != NULL ? mem_printf("%s%s%s", address, slash > 0 ? "/" : "", masked) : NULL;
    free(masked);
    return label;
}

static provider_member *member_new_locked(provider_set *set, const provider_place *place)
{
    static_assert(sizeof(provider) <= CACHE_LINE, "a provider is one cache line");
    provider_member *self = MEM_NEW(provider_member);
    provider *public = self != NULL ? cache_line_take(&set->lines) : NULL;
    if (public == NULL) {
        free(self);
        return NULL;
    }
    self->public = public;
    public->info = &self->info;
    self->info.identity = mem_dup_slice(place->identity);
    self->info.address = address_dup(&place->address);
    self->info.path = mem_dup_slice(place->path);
    self->info.label =
        self->info.address != NULL ? provider_label_new(self->info.address, place->path) : NULL;
    if (self->info.identity != NULL && self->info.address != NULL && self->info.path != NULL &&
        self->info.label != NULL)
        return self;
    member_drop_locked(set, self);
    return NULL;
}

static dubboc_status member_make_locked(
    provider_set *self, const provider_place *place, provider_member **made, dubboc_error *err)
{
    provider_member *fresh = member_new_locked(self, place);
    if (fresh == NULL)
        return error_no_memory(err);
    dubboc_status status = endpoint_take_locked(self, place, &fresh->shared, err);
    if (status == DUBBOC_OK && !map_put(self->by_identity, place->identity, fresh, NULL))
        status = error_no_memory(err);
    if (status != DUBBOC_OK) {
        shared_endpoint *unused = endpoint_give_back_locked(self, fresh->shared);
        if (unused != NULL)
            shared_endpoint_free(unused); /* it has no connections, so this closes none */
        member_drop_locked(self, fresh);
        return status;
    }
    fresh->public->endpoint = fresh->shared->endpoint;
    *made = fresh;
    return DUBBOC_OK;
}

/* An older node, or one that is read again, changes nothing. */
static void member_note_process_locked(provider_member *self, const provider_place *place)
{
    if (place->born_ms < self->born_ms ||
        (place->born_ms == self->born_ms && place->pid == self->pid))
        return;
    self->born_ms = place->born_ms;
    self->pid = place->pid;
    health_renewed(&self->public->health);
}

dubboc_status provider_take(
    provider_set *self, const provider_place *place, provider **found, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    mutex_lock(&self->lock);
    provider_member *known = map_find(self->by_identity, place->identity);
    if (known == NULL)
        status = member_make_locked(self, place, &known, err);
    else if (atomic_load(&known->public->references) == 0)
        self->unused--;
    if (status == DUBBOC_OK) {
        member_note_process_locked(known, place);
        atomic_fetch_add(&known->public->references, 1);
        *found = known->public;
    }
    mutex_unlock(&self->lock);
    return status;
}

void provider_give_back(provider_set *self, provider *given)
{
    if (given == NULL)
        return;
    mutex_lock(&self->lock);
    assert(atomic_load(&given->references) > 0);
    if (atomic_fetch_sub(&given->references, 1) == 1) {
        ((provider_member *)map_find(self->by_identity, slice_of(given->info->identity)))
            ->left_at_ns = clock_now_ns();
        self->unused++;
    }
    mutex_unlock(&self->lock);
}

bool provider_give_up(provider_set *self, provider *given)
{
    shared_endpoint *unused = NULL;
    bool is_last = false, is_free = false;
    mutex_lock(&self->lock);
    assert(atomic_load(&given->references) > 0);
    is_last = atomic_fetch_sub(&given->references, 1) == 1;
    if (is_last) {
        provider_member *last = map_find(self->by_identity, slice_of(given->info->identity));
        is_free = atomic_load_explicit(&given->in_flight, memory_order_acquire) == 0;
        if (is_free) {
            map_remove(self->by_identity, slice_of(given->info->identity));
            unused = endpoint_give_back_locked(self, last->shared);
            member_drop_locked(self, last);
        } else {
            last->left_at_ns = clock_now_ns();
            self->unused++;
        }
    }
    mutex_unlock(&self->lock);
    if (unused != NULL)
        shared_endpoint_free(unused);
    return is_free || !is_last;
}

/* --- the sweep --- */

typedef struct provider_sweep {
    provider_set *set;
    int64_t now_ns;
    shared_endpoint *endpoints; /* removed from the set, to be freed after unlocking */
} provider_sweep;

static void provider_sweep_one(void *arg, const char *identity, void *value)
{
    provider_sweep *self = arg;
    provider_member *each = value;
    if (atomic_load(&each->public->references) > 0 ||
        self->now_ns < each->left_at_ns + PROVIDER_KEEP_MS * NS_PER_MS ||
        atomic_load_explicit(&each->public->in_flight, memory_order_acquire) > 0)
        return;
    map_remove(self->set->by_identity, slice_of(identity));
    self->set->unused--;
    shared_endpoint *unused = endpoint_give_back_locked(self->set, each->shared);
    if (unused != NULL) {
        unused->next = self->endpoints;
        self->endpoints = unused;
    }
    member_drop_locked(self->set, each);
}

int64_t provider_set_sweep(provider_set *self, int64_t now_ns)
{
    provider_sweep found = {.set = self, .now_ns = now_ns};
    mutex_lock(&self->lock);
    if (self->unused > 0)
        map_each(self->by_identity, provider_sweep_one, &found);
    bool is_clean = self->unused == 0;
    mutex_unlock(&self->lock);
    while (found.endpoints != NULL) {
        shared_endpoint *next = found.endpoints->next;
        shared_endpoint_free(found.endpoints);
        found.endpoints = next;
    }
    return is_clean ? DEADLINE_NEVER : now_ns + NS_PER_S;
}
