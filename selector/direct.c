/* A table of directories by URL, and a list of them in the order of their last use (LRU). An entry
 * (struct direct) is never freed while a call holds it; users counts these calls. */
#include "selector/direct.h"

#include <assert.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "selector/directory.h"

struct direct {
    direct *newer, *older; /* neighbours in the list of all, which is in the order of last use */
    directory *directory;  /* wanted.interface is the URL without its query part */
    atomic_uint users;     /* calls that hold this entry; only increased under the table's lock */
};

bool direct_table_init(direct_table *self)
{
    *self = (direct_table){.by_url = map_new()};
    if (self->by_url == NULL)
        return false;
    mutex_init(&self->lock, MUTEX_RANK_DIRECTS);
    return true;
}

/* The provider is given up at once, because it will probably not be called again. */
static void direct_free(direct *self)
{
    if (self == NULL)
        return;
    selector_context *owner = self->directory->owner;
    node *only = node_list_take_all(&self->directory->nodes);
    if (only != NULL) {
        if (!provider_give_up(&owner->providers, only->provider))
            upkeep_kick(&owner->upkeep, deadline_in_ms(PROVIDER_KEEP_MS));
        only->provider = NULL;
        node_free(&owner->providers, only);
    }
    directory_free(self->directory);
    free(self);
}

void direct_table_fini(direct_table *self)
{
    while (self->newest != NULL) {
        direct *next = self->newest->older;
        assert(atomic_load(&self->newest->users) == 0);
        direct_free(self->newest);
        self->newest = next;
    }
    map_free(self->by_url, NULL);
    mutex_fini(&self->lock);
}

size_t direct_table_count(direct_table *self)
{
    mutex_lock(&self->lock);
    size_t count = map_count(self->by_url);
    mutex_unlock(&self->lock);
    return count;
}

/* --- the order of use --- */

static void direct_unlink_locked(direct_table *self, direct *each)
{
    *(each->newer != NULL ? &each->newer->older : &self->newest) = each->older;
    *(each->older != NULL ? &each->older->newer : &self->oldest) = each->newer;
    each->newer = each->older = NULL;
}

static void direct_link_newest_locked(direct_table *self, direct *each)
{
    each->older = self->newest;
    *(self->newest != NULL ? &self->newest->newer : &self->oldest) = each;
    self->newest = each;
}

/* While the table has more than DIRECTS_MAX entries, removes entries that no call holds. Returns
 * them as a list linked by older, to be freed without the lock. */
static direct *direct_take_out_unused_locked(direct_table *self)
{
    direct *unused = NULL, *newer;
    for (direct *each = self->oldest; each != NULL && map_count(self->by_url) > DIRECTS_MAX;
         each = newer) {
        newer = each->newer;
        if (atomic_load_explicit(&each->users, memory_order_acquire) > 0)
            continue;
        direct_unlink_locked(self, each);
        map_remove(self->by_url, each->directory->wanted.interface);
        each->older = unused;
        unused = each;
    }
    return unused;
}

static void direct_free_all(direct *list)
{
    while (list != NULL) {
        direct *next = list->older;
        direct_free(list);
        list = next;
    }
}

/* --- taking --- */

static direct *direct_use_known_locked(direct_table *self, dubboc_slice address)
{
    direct *known = map_find(self->by_url, address);
    if (known == NULL)
        return NULL;
    atomic_fetch_add_explicit(&known->users, 1, memory_order_relaxed);
    if (known != self->newest) {
        direct_unlink_locked(self, known);
        direct_link_newest_locked(self, known);
    }
    return known;
}

static dubboc_status direct_new(
    selector_context *owner, dubboc_slice address, direct **made, dubboc_error *err)
{
    const url_wanted wanted = {.interface = address};
    direct *self = MEM_NEW(direct);
    if (self != NULL)
        self->directory = directory_new(owner, &wanted, true);
    if (self == NULL || self->directory == NULL) {
        free(self);
        return error_no_memory(err);
    }
    atomic_init(&self->users, 1);
    dubboc_status status = directory_fill_fixed(self->directory, err);
    if (status != DUBBOC_OK) {
        direct_free(self);
        return status;
    }
    *made = self;
    return DUBBOC_OK;
}

/* Adds an entry that was created without the lock, unless another thread has added one for the same
 * URL. */
static dubboc_status direct_add(direct_table *self, direct *made, direct **used, dubboc_error *err)
{
    direct *unused = NULL;
    dubboc_slice address = made->directory->wanted.interface;
    mutex_lock(&self->lock);
    *used = direct_use_known_locked(self, address);
    if (*used == NULL && map_put(self->by_url, address, made, NULL)) {
        direct_link_newest_locked(self, made);
        *used = made;
        unused = direct_take_out_unused_locked(self);
    }
    mutex_unlock(&self->lock);
    direct_free_all(unused);
    if (*used != made)
        direct_free(made);
    return *used != NULL ? DUBBOC_OK : error_no_memory(err);
}

static dubboc_status direct_use(direct_table *self, selector_context *context, dubboc_slice address,
    direct **used, dubboc_error *err)
{
    mutex_lock(&self->lock);
    *used = direct_use_known_locked(self, address);
    mutex_unlock(&self->lock);
    if (*used != NULL)
        return DUBBOC_OK;
    direct *made = NULL;
    dubboc_status status = direct_new(context, address, &made, err);
    return status == DUBBOC_OK ? direct_add(self, made, used, err) : status;
}

static dubboc_status direct_read_settings(const selector_context *self, dubboc_slice text,
    dubboc_slice method, direct_hold *hold, dubboc_error *err)
{
    provider_url *url;
    dubboc_status status = provider_url_from_text(text, &url, err);
    if (status == DUBBOC_E_NO_MEMORY)
        return status;
    if (status != DUBBOC_OK)
        return error_prefix(err, DUBBOC_E_ARGUMENT, "%s", MASKED(text));
    node_method values = node_settings_of_url(url, method);
    hold->has_settings = true;
    hold->timeout_ms = values.timeout_ms;
    hold->retries = values.retries;
    hold->idempotent = values.idempotent;
    hold->peer = self->settings.peer_of != NULL ? self->settings.peer_of(url) : 0;
    provider_url_free(url);
    return DUBBOC_OK;
}

dubboc_status direct_take(direct_table *self, selector_context *context, const char *url,
    dubboc_slice method, direct_hold *hold, dubboc_error *err)
{
    dubboc_slice text = slice_of(url), address, query;
    *hold = (direct_hold){.retries = -1, .idempotent = -1};
    bool has_query = slice_cut(text, '?', &address, &query);
    dubboc_status status =
        has_query ? direct_read_settings(context, text, method, hold, err) : DUBBOC_OK;
    if (status == DUBBOC_OK)
        status = direct_use(self, context, address, &hold->of, err);
    if (status == DUBBOC_OK)
        hold->directory = hold->of->directory;
    return status;
}

void direct_give_back(direct_hold *hold)
{
    if (hold->of != NULL)
        atomic_fetch_sub_explicit(&hold->of->users, 1, memory_order_release);
    hold->of = NULL;
}
