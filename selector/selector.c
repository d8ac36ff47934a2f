/* A selector's life, and its table of directories: buckets with chains that only grow at their
 * heads, so that a look-up follows pointers that never change and takes no lock; adding is done
 * under one, and nothing is removed before the end. */
#include "selector/selector.h"

#include <assert.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "selector/parts.h"
#include "selector/snapshot_file.h"

/* --- life --- */

static void init_locks(selector *self)
{
    mutex_init(&self->lock, MUTEX_RANK_SELECTOR);
    mutex_init(&self->resting, MUTEX_RANK_RESTING);
    condition_init(&self->changed);
    condition_init(&self->wanted);
}

static void fini_locks(selector *self)
{
    condition_fini(&self->wanted);
    condition_fini(&self->changed);
    mutex_fini(&self->resting);
    mutex_fini(&self->lock);
}

/* What may fail for want of memory or of a descriptor only. */
static bool init_tables(selector *self, http_client *http)
{
    if (!provider_set_init(&self->providers, http))
        return false;
    if (!direct_table_init(&self->directs)) {
        provider_set_fini(&self->providers);
        return false;
    }
    if (!stop_signal_init(&self->stop)) {
        direct_table_fini(&self->directs);
        provider_set_fini(&self->providers);
        return false;
    }
    init_locks(self);
    return true;
}

/* Folder and keeper: what may fail in the world outside. */
static dubboc_status open_outside(selector *self, const char *snapshot_dir, dubboc_error *err)
{
    if (self->source != NULL && snapshot_dir != NULL && snapshot_dir[0] != '\0') {
        self->snapshot_dir = mem_dup(snapshot_dir);
        if (self->snapshot_dir == NULL)
            return error_no_memory(err);
        dubboc_status status = snapshot_folder_open(snapshot_dir, err);
        if (status != DUBBOC_OK)
            return status;
    }
    return keeper_start(self, err);
}

dubboc_status selector_new(const selector_settings *settings, registry *source, http_client *http,
    selector **self, dubboc_error *err)
{
    const char *load_balance = settings->load_balance != NULL && settings->load_balance[0] != '\0'
                                   ? settings->load_balance
                                   : "random";
    dubboc_status status = selector_check_policy(load_balance, err);
    if (status != DUBBOC_OK)
        return status;
    selector *made = line_zeroed(sizeof *made);
    if (made == NULL)
        return error_no_memory(err);
    made->settings = *settings;
    made->settings.snapshot_dir = made->settings.load_balance = made->settings.application = NULL;
    own_address_known(source != NULL ? registry_servers(source) : "", made->own_address);
    made->default_policy = policy_find(load_balance);
    made->source = source;
    made->hash_seed = random_next();
    made->keeper_due_ns = DEADLINE_NEVER;
    if (!init_tables(made, http)) {
        free(made);
        return error_no_memory(err);
    }
    made->application = mem_dup(settings->application != NULL ? settings->application : "");
    status = made->application != NULL ? open_outside(made, settings->snapshot_dir, err)
                                       : error_no_memory(err);
    if (status != DUBBOC_OK) {
        selector_free(made);
        return status;
    }
    *self = made;
    return DUBBOC_OK;
}

void selector_stop(selector *self)
{
    stop_signal_give(&self->stop);
}

void selector_free(selector *self)
{
    if (self == NULL)
        return;
    keeper_end(self);
    for (directory *each = atomic_load(&self->directories); each != NULL; each = each->next) {
        directory_unsubscribe(each);
        if (!each->is_fixed)
            (void)directory_tick(each, clock_now_ns(), true);
    }
    directory *next;
    for (directory *each = atomic_load(&self->directories); each != NULL; each = next) {
        next = each->next;
        directory_free(each);
    }
    direct_table_fini(&self->directs);
    provider_set_fini(&self->providers);
    stop_signal_fini(&self->stop);
    fini_locks(self);
    free(self->snapshot_dir);
    free(self->application);
    free(self);
}

/* --- the table --- */

static uint64_t hash_bytes(uint64_t hash, dubboc_slice text)
{
    return (hash_add(hash, text) ^ text.len) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t hash_wanted(const selector *self, const url_wanted *wanted, bool is_fixed)
{
    uint64_t hash = hash_bytes(self->hash_seed + is_fixed, wanted->interface);
    hash = hash_bytes(hash_bytes(hash, wanted->group), wanted->version);
    return hash ^ hash >> 32;
}

static directory *find(const selector *self, const url_wanted *wanted, bool is_fixed, uint64_t hash)
{
    directory *each =
        atomic_load_explicit(&self->buckets[hash % DIRECTORY_BUCKETS], memory_order_acquire);
    for (; each != NULL; each = atomic_load_explicit(&each->next_in_bucket, memory_order_relaxed))
        if (each->hash == hash && each->is_fixed == is_fixed &&
            slice_equal(each->wanted.interface, wanted->interface) &&
            slice_equal(each->wanted.group, wanted->group) &&
            slice_equal(each->wanted.version, wanted->version))
            return each;
    return NULL;
}

/* Adds one, unless another thread has added its like or there are too many. *found is the one in
 * the table. */
static dubboc_status add(selector *self, directory *added, directory **found, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    mutex_lock(&self->lock);
    *found = find(self, &added->wanted, added->is_fixed, added->hash);
    if (*found == NULL && self->directory_count == DIRECTORIES_MAX)
        status = error_set(
            err, DUBBOC_E_TOO_BIG, "more than %d services are asked for", DIRECTORIES_MAX);
    if (*found == NULL && status == DUBBOC_OK) {
        _Atomic(directory *) *head = &self->buckets[added->hash % DIRECTORY_BUCKETS];
        atomic_store_explicit(&added->next_in_bucket, atomic_load(head), memory_order_relaxed);
        added->next = atomic_load(&self->directories);
        atomic_store_explicit(head, added, memory_order_release);
        atomic_store_explicit(&self->directories, added, memory_order_release);
        self->directory_count++;
        *found = added;
    }
    mutex_unlock(&self->lock);
    return status;
}

/* --- directories --- */

dubboc_status selector_directory(
    selector *self, const url_wanted *wanted, directory **found, dubboc_error *err)
{
    uint64_t hash = hash_wanted(self, wanted, false);
    directory *known = find(self, wanted, false, hash);
    if (known == NULL) {
        if (self->source == NULL)
            return error_set(err, DUBBOC_E_REGISTRY,
                "no registry is set, and %.*s has no url of its own",
                SLICE_ARGS(wanted->interface));
        directory *made = directory_new(self, wanted, false, hash);
        if (made == NULL)
            return error_no_memory(err);
        dubboc_status status = add(self, made, &known, err);
        if (known != made)
            directory_free(made);
        if (status != DUBBOC_OK)
            return status;
        if (known == made)
            keeper_kick(self, clock_now_ns());
    }
    *found = known;
    return DUBBOC_OK;
}

dubboc_status selector_fixed(selector *self, const char *url, directory **found, dubboc_error *err)
{
    const url_wanted wanted = {.interface = slice_of(url)};
    uint64_t hash = hash_wanted(self, &wanted, true);
    directory *known = find(self, &wanted, true, hash);
    if (known != NULL) {
        *found = known;
        return DUBBOC_OK;
    }
    directory *made = directory_new(self, &wanted, true, hash);
    if (made == NULL)
        return error_no_memory(err);
    dubboc_status status = directory_fill_fixed(made, err);
    if (status == DUBBOC_OK)
        status = add(self, made, &known, err);
    if (known != made)
        directory_free(made);
    if (status == DUBBOC_OK)
        *found = known;
    return status;
}

/* --- waiting --- */

dubboc_status directory_wait_ready(directory *self, int64_t deadline_ns, dubboc_error *err)
{
    readiness_wait wait = {.failures = 0};
    thread_waiter thread;
    dubboc_error why;
    if (readiness_is_ready(&self->ready))
        return DUBBOC_OK;
    stop_signal *stop = &self->owner->stop;
    thread_waiter_init(&thread);
    readiness_state state = directory_wait_begin(self, &wait, &thread.waiter);
    while (state == READINESS_PENDING && !stop_signal_is_given(stop) &&
           !deadline_is_over(deadline_ns)) {
        stop_signal_block(stop, &thread, deadline_ns);
        state = directory_look(self, &wait, &why);
    }
    directory_wait_end(self, &wait);
    if (state == READINESS_READY)
        return DUBBOC_OK;
    if (state == READINESS_FAILED) {
        error_copy(err, &why);
        return why.status;
    }
    if (stop_signal_is_given(stop))
        return error_set(err, DUBBOC_E_CLOSED, "the client is being stopped");
    return directory_is_not_ready(self, err);
}
