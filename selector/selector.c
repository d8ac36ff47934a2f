/* Creates and frees a selector, runs its upkeep, and keeps the table of its directories, which are
 * found without a lock and never removed. */
#include "selector/selector.h"

#include <assert.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"
#include "selector/ejection.h"
#include "selector/selector_inside.h"
#include "selector/snapshot_file.h"

/* --- policies --- */

dubboc_status selector_check_policy(const char *name, dubboc_error *err)
{
    if (policy_find(name) >= 0)
        return DUBBOC_OK;
    dubboc_status status = DUBBOC_E_ARGUMENT;
    for (size_t i = 0; policy_names_planned[i] != NULL; i++)
        if (strcmp(policy_names_planned[i], name) == 0)
            status = DUBBOC_E_UNSUPPORTED;
    error_set(err, status, "load balance \"%s\" is %s; expected one of:", name,
        status == DUBBOC_E_UNSUPPORTED ? "not in this release" : "unknown");
    for (size_t i = 0; i < POLICY_COUNT; i++)
        error_append(err, "%s %s", i > 0 ? "," : "", policy_names[i]);
    return status;
}

/* --- upkeep --- */

/* An ejection does not count for the limit while its provider is silent. So the limit may be
 * exceeded when the provider lives again. */
static void selector_limit_ejections(selector_context *context, const directory *of)
{
    mutex_lock(&context->ejecting);
    atomic_uint *entered = readers_enter(&context->readers);
    const snapshot *current = atomic_load(&of->current);
    if (current != NULL)
        ejection_limit(current);
    readers_leave(entered);
    mutex_unlock(&context->ejecting);
}

/* Probes the providers that fail. Calls that wait for a connection leave the queue of a provider
 * that has become silent, and join the queue of a provider that lives again. */
static int64_t selector_probe(selector *self, int64_t now_ns)
{
    bool has_changed;
    int64_t due_ns = probes_step(&self->context.probes, now_ns, &has_changed);
    directory *each = has_changed ? atomic_load(&self->directories) : NULL;
    for (; each != NULL; each = each->next) {
        selector_limit_ejections(&self->context, each);
        room_waits_look_again(&each->room);
    }
    return due_ns;
}

/* One round of upkeep: does everything that is due. Returns the time at which the next round is
 * due. */
static int64_t selector_round(void *arg)
{
    selector *self = arg;
    int64_t now_ns = clock_now_ns();
    /* first, because calls are waiting for it */
    for (directory *each = atomic_load(&self->directories); each != NULL; each = each->next)
        directory_subscribe_if_due(each, now_ns);
    int64_t due_ns = deadline_min(http_client_close_stale(self->context.providers.http),
        provider_set_sweep(&self->context.providers, now_ns));
    due_ns = deadline_min(due_ns, selector_probe(self, now_ns));
    for (directory *each = atomic_load(&self->directories); each != NULL; each = each->next)
        if (!each->is_fixed)
            due_ns = deadline_min(due_ns, directory_tick(each, now_ns, false));
    if (self->context.settings.extra_work != NULL)
        self->context.settings.extra_work(self->context.settings.extra_arg);
    return due_ns;
}

void selector_wake_upkeep(selector *self)
{
    upkeep_kick(&self->context.upkeep, clock_now_ns());
}

void selector_do_round(selector *self)
{
    upkeep_do_round(&self->context.upkeep);
}

/* --- life --- */

/* Initialises what can only fail for lack of memory. */
static bool selector_init_tables(selector *self, http_client *http)
{
    if (!provider_set_init(&self->context.providers, http))
        return false;
    if (!direct_table_init(&self->directs)) {
        provider_set_fini(&self->context.providers);
        return false;
    }
    mutex_init(&self->lock, MUTEX_RANK_SELECTOR);
    grow_table_init(&self->table, self->buckets, DIRECTORY_BUCKETS, DIRECTORIES_MAX);
    mutex_init(&self->context.ejecting, MUTEX_RANK_EJECTING);
    upkeep_init(&self->context.upkeep);
    probes_init(
        &self->context.probes, http, &self->context.upkeep, self->context.settings.health_probe_ms);
    return true;
}

/* Opens the snapshot folder and starts the thread, which may fail for external reasons. */
static dubboc_status selector_open_outside(
    selector *self, const char *snapshot_dir, dubboc_error *err)
{
    if (self->context.source != NULL && snapshot_dir != NULL && snapshot_dir[0] != '\0') {
        self->context.snapshot_dir = mem_dup(snapshot_dir);
        if (self->context.snapshot_dir == NULL)
            return error_no_memory(err);
        dubboc_status status = snapshot_folder_open(snapshot_dir, err);
        if (status != DUBBOC_OK)
            return status;
    }
    return upkeep_start(&self->context.upkeep, selector_round, self, err);
}

static void selector_init_context(selector_context *self, const selector_settings *settings,
    registry *source, const char *load_balance)
{
    self->settings = *settings;
    self->settings.snapshot_dir = self->settings.load_balance = self->settings.application = NULL;
    own_address_known(source != NULL ? registry_servers(source) : "", self->own_address);
    self->default_policy = policy_find(load_balance);
    self->source = source;
    self->hash_seed = random_next();
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
    selector *made = cache_line_zeroed(sizeof *made);
    if (made == NULL)
        return error_no_memory(err);
    selector_init_context(&made->context, settings, source, load_balance);
    if (!selector_init_tables(made, http)) {
        free(made);
        return error_no_memory(err);
    }
    made->context.application = mem_dup(settings->application != NULL ? settings->application : "");
    status = made->context.application != NULL
                 ? selector_open_outside(made, settings->snapshot_dir, err)
                 : error_no_memory(err);
    if (status != DUBBOC_OK) {
        selector_free(made);
        return status;
    }
    *self = made;
    return DUBBOC_OK;
}

static void selector_free_directories(selector *self)
{
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
}

void selector_free(selector *self)
{
    if (self == NULL)
        return;
    upkeep_stop(&self->context.upkeep);
    selector_free_directories(self);
    direct_table_fini(&self->directs);
    probes_fini(&self->context.probes);
    provider_set_fini(&self->context.providers);
    upkeep_fini(&self->context.upkeep);
    mutex_fini(&self->context.ejecting);
    mutex_fini(&self->lock);
    free(self->context.snapshot_dir);
    free(self->context.application);
    free(self);
}

/* --- the table --- */

static uint64_t wanted_hash_add(uint64_t hash, dubboc_slice text)
{
    return (hash_add(hash, text) ^ text.len) * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t wanted_hash(const selector *self, const url_wanted *wanted, bool is_fixed)
{
    uint64_t hash = wanted_hash_add(self->context.hash_seed + is_fixed, wanted->interface);
    hash = wanted_hash_add(wanted_hash_add(hash, wanted->group), wanted->version);
    return hash ^ hash >> 32;
}

static directory *selector_find(
    const selector *self, const url_wanted *wanted, bool is_fixed, uint64_t hash)
{
    for (grow_entry *at = grow_table_first(&self->table, hash); at != NULL;
         at = grow_entry_next(at)) {
        directory *each = GROW_OWNER(at, directory, entry);
        if (each->is_fixed == is_fixed && slice_equal(each->wanted.interface, wanted->interface) &&
            slice_equal(each->wanted.group, wanted->group) &&
            slice_equal(each->wanted.version, wanted->version))
            return each;
    }
    return NULL;
}

/* Adds a directory, unless another thread has added one for the same service, or there are too
 * many. *found is the directory in the table. */
static dubboc_status selector_add(
    selector *self, directory *added, uint64_t hash, directory **found, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    mutex_lock(&self->lock);
    *found = selector_find(self, &added->wanted, added->is_fixed, hash);
    if (*found == NULL && !grow_table_add(&self->table, &added->entry, hash))
        status = error_set(err, DUBBOC_E_TOO_BIG, "more than %d services are used by this client",
            DIRECTORIES_MAX);
    if (*found == NULL && status == DUBBOC_OK) {
        added->next = atomic_load(&self->directories);
        atomic_store_explicit(&self->directories, added, memory_order_release);
        *found = added;
    }
    mutex_unlock(&self->lock);
    return status;
}

/* --- directories --- */

dubboc_status selector_directory(
    selector *self, const url_wanted *wanted, directory **found, dubboc_error *err)
{
    uint64_t hash = wanted_hash(self, wanted, false);
    directory *known = selector_find(self, wanted, false, hash);
    if (known == NULL) {
        if (self->context.source == NULL)
            return error_set(err, DUBBOC_E_REGISTRY,
                "no registry is set, and %.*s has no url of its own",
                SLICE_ARGS(wanted->interface));
        directory *made = directory_new(&self->context, wanted, false);
        if (made == NULL)
            return error_no_memory(err);
        dubboc_status status = selector_add(self, made, hash, &known, err);
        if (known != made)
            directory_free(made);
        if (status != DUBBOC_OK)
            return status;
        if (known == made)
            upkeep_kick(&self->context.upkeep, clock_now_ns());
    }
    *found = known;
    return DUBBOC_OK;
}

dubboc_status selector_fixed(selector *self, const char *url, directory **found, dubboc_error *err)
{
    const url_wanted wanted = {.interface = slice_of(url)};
    uint64_t hash = wanted_hash(self, &wanted, true);
    directory *known = selector_find(self, &wanted, true, hash);
    if (known != NULL) {
        *found = known;
        return DUBBOC_OK;
    }
    directory *made = directory_new(&self->context, &wanted, true);
    if (made == NULL)
        return error_no_memory(err);
    dubboc_status status = directory_fill_fixed(made, err);
    if (status == DUBBOC_OK)
        status = selector_add(self, made, hash, &known, err);
    if (known != made)
        directory_free(made);
    if (status == DUBBOC_OK)
        *found = known;
    return status;
}

/* --- the URLs of calls --- */

dubboc_status selector_direct_take(
    selector *self, const char *url, dubboc_slice method, direct_hold *hold, dubboc_error *err)
{
    return direct_take(&self->directs, &self->context, url, method, hold, err);
}

void selector_direct_give_back(direct_hold *hold)
{
    direct_give_back(hold);
}
