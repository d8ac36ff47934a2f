/* A directory: the providers of one (interface, group, version), as read from the registry. Each
 * reading becomes a change of the node list (node_list.c), and the change becomes a new snapshot.
 * The old snapshot and the removed nodes are freed after their readers have left.
 *
 * What must happen later (subscribe, read again, clear an empty list, save) is only noted here with
 * its time; the upkeep thread does it. */
#include "selector/directory.h"

#include <assert.h>

#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/random.h"
#include "selector/ejection.h"
#include "selector/snapshot_file.h"

/* --- life --- */

static char *directory_append_key(char *to, dubboc_slice from, dubboc_slice *copy)
{
    *copy = slice_make(to, from.len);
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    return to + from.len + 1;
}

static bool directory_take_rules(void *arg, const rule_change *reading);

static void directory_init_parts(directory *self)
{
    const configurator_consumer consumer = {.application = self->owner->application,
        .address = self->owner->own_address,
        .wanted = self->wanted};
    mutex_init(&self->lock, MUTEX_RANK_DIRECTORY);
    readiness_init(&self->ready);
    room_waits_init(&self->room, &self->owner->readers, &self->current, &self->owner->upkeep);
    rule_sources_init(
        &self->rules_from, self->owner->source, self->key, &consumer, directory_take_rules, self);
    service_mapping_init(&self->mapping);
}

directory *directory_new(selector_context *owner, const url_wanted *wanted, bool is_fixed)
{
    directory *self = cache_line_zeroed(sizeof *self);
    if (self == NULL)
        return NULL;
    self->key = malloc(wanted->interface.len + wanted->group.len + wanted->version.len + 3);
    if (self->key == NULL) {
        free(self);
        return NULL;
    }
    char *end = directory_append_key(self->key, wanted->interface, &self->wanted.interface);
    end = directory_append_key(end, wanted->group, &self->wanted.group);
    directory_append_key(end, wanted->version, &self->wanted.version);
    self->owner = owner;
    self->is_fixed = is_fixed;
    for (size_t i = 0; i < POLICY_COUNT; i++)
        policy_state_init(&self->states[i], random_next());
    self->read_at_ns = self->save_at_ns = self->empty_at_ns = self->ready_at_ns =
        self->rules_at_ns = DEADLINE_NEVER;
    self->subscribe_at_ns = is_fixed ? DEADLINE_NEVER : clock_now_ns();
    directory_init_parts(self);
    return self;
}

void directory_free(directory *self)
{
    if (self == NULL)
        return;
    assert(self->subscription == NULL);
    snapshot_free(atomic_load(&self->current));
    node_list_fini(&self->nodes, &self->owner->providers);
    rule_sources_fini(&self->rules_from);
    service_mapping_fini(&self->mapping);
    configurators_free(self->rules);
    room_waits_fini(&self->room);
    readiness_fini(&self->ready);
    mutex_fini(&self->lock);
    free(self->key);
    free(self);
}

/* --- changing the list --- */

static node_reader directory_reader(directory *self, const configurators *rules)
{
    return (node_reader){.providers = &self->owner->providers,
        .wanted = &self->wanted,
        .rules = rules,
        .peer_of = self->owner->settings.peer_of,
        .hash_seed = self->owner->hash_seed};
}

/* A change of the list, and the work that must be done after unlocking. */
typedef struct directory_update {
    /* Not used any more; directory_update_clear_up() frees them: */
    snapshot *former;
    node *gone;
    configurators *former_rules;
    bool is_published;  /* a new snapshot is in force: waiting calls must look for room again */
    int64_t kick_ns;    /* when the upkeep thread must run; DEADLINE_NEVER: no new time */
    bool becomes_ready; /* the first list is complete: wake the waiting calls */
    /* logged after unlocking, because a log callback may call back into the library */
    log_held said;
} directory_update;

/* Locks the directory and begins an update. */
static void directory_update_begin(directory *self, directory_update *update)
{
    *update = (directory_update){.kick_ns = DEADLINE_NEVER};
    log_hold(&update->said);
    mutex_lock(&self->lock);
}

/* Makes the prepared list the current one. */
static void directory_publish_locked(directory *self, node_change *change, directory_update *update)
{
    ejection_limit(change->next);
    node_list_commit(&self->nodes, change);
    update->former = atomic_exchange(&self->current, change->next);
    update->is_published = true;
    update->gone = change->gone;
    LOG(DUBBOC_LOG_DEBUG, "selector", "providers changed",
        "interface=%s seen=%zu usable=%zu gone=%zu", MASKED(slice_of(self->key)), self->nodes.count,
        change->next->count, change->gone_count);
}

/* Frees what was replaced, after its readers have left. */
static void directory_update_clear_up(directory *self, directory_update *update)
{
    configurators_free(update->former_rules);
    if (update->former != NULL || update->gone != NULL)
        readers_wait(&self->owner->readers);
    snapshot_free(update->former);
    if (update->gone != NULL) /* the sweep frees providers that have no node any more */
        update->kick_ns = deadline_min(update->kick_ns, deadline_in_ms(PROVIDER_KEEP_MS));
    while (update->gone != NULL) {
        node *next = update->gone->next;
        node_free(&self->owner->providers, update->gone);
        update->gone = next;
    }
}

/* Unlocks the directory, then does the rest of the update. */
static void directory_update_end(directory *self, directory_update *update)
{
    mutex_unlock(&self->lock);
    if (update->is_published)
        room_waits_look_again(&self->room);
    log_let_go(&update->said);
    if (update->becomes_ready)
        readiness_set_ready(&self->ready);
    directory_update_clear_up(self, update);
    if (update->kick_ns != DEADLINE_NEVER)
        upkeep_kick(&self->owner->upkeep, update->kick_ns);
}

static void directory_mark_dirty_locked(directory *self, directory_update *update)
{
    if (self->owner->snapshot_dir == NULL || self->is_dirty)
        return;
    self->is_dirty = true;
    self->save_at_ns = deadline_in_ms(SAVE_AFTER_MS);
    update->kick_ns = deadline_min(update->kick_ns, self->save_at_ns);
}

/* Applies a reading. is_live: the reading comes from the registry, not from the snapshot file, so
 * the file is out of date. false: no memory; the former list remains, and the registry is read
 * again soon. */
static bool directory_take_list_locked(
    directory *self, const char *const *texts, size_t count, bool is_live, directory_update *update)
{
    if (count > DIRECTORY_NODES_MAX) {
        LOG(DUBBOC_LOG_ERROR, "selector", "too many nodes, the rest are left out",
            "interface=%s nodes=%zu max=%d", MASKED(slice_of(self->key)), count,
            DIRECTORY_NODES_MAX);
        count = DIRECTORY_NODES_MAX;
    }
    node_change change;
    node_reader reader = directory_reader(self, self->rules);
    if (!node_list_prepare(&self->nodes, &reader, texts, count, &change)) {
        LOG(DUBBOC_LOG_ERROR, "selector", "no memory for a new list, the former one is kept",
            "interface=%s nodes=%zu", MASKED(slice_of(self->key)), count);
        self->read_at_ns = deadline_in_ms(READ_AGAIN_MS);
        update->kick_ns = deadline_min(update->kick_ns, self->read_at_ns);
        return false;
    }
    self->is_empty_pending = false;
    self->is_from_file = !is_live;
    if (change.is_same)
        return true;
    directory_publish_locked(self, &change, update);
    if (is_live)
        directory_mark_dirty_locked(self, update);
    return true;
}

/* An empty list takes effect only after the grace. true: the grace is not over, keep the former
 * list. */
static bool directory_hold_empty_locked(directory *self, size_t count, directory_update *update)
{
    int64_t grace_ms = self->owner->settings.empty_grace_ms;
    if (count > 0 || self->nodes.usable_count == 0 || grace_ms <= 0)
        return false;
    if (self->is_empty_pending)
        return clock_now_ns() < self->empty_at_ns;
    self->is_from_file = false;
    self->is_empty_pending = true;
    self->empty_at_ns = deadline_in_ms(grace_ms);
    update->kick_ns = deadline_min(update->kick_ns, self->empty_at_ns);
    LOG(DUBBOC_LOG_WARN, "selector",
        "the registry's list is empty; the former providers are used until the grace ends",
        "interface=%s providers=%zu grace_ms=%lld registry=%s", self->key, self->nodes.usable_count,
        (long long)grace_ms, registry_address(self->owner->source));
    return true;
}

/* Parses the URLs of the current list again with other rules, into a separate list. */
static bool directory_read_anew(
    directory *self, const configurators *rules, node_list *fresh, node_change *change)
{
    node_reader reader = directory_reader(self, rules);
    const char **texts = MEM_NEW_ARRAY(self->nodes.count, const char *);
    if (texts == NULL)
        return false;
    for (size_t i = 0; i < self->nodes.count; i++)
        texts[i] = self->nodes.nodes[i]->text;
    bool is_made = node_list_prepare(fresh, &reader, texts, self->nodes.count, change);
    free(texts);
    return is_made;
}

/* Applies other rules: all nodes are parsed again with them; the provider objects are kept, with
 * their health and connections. false: no memory; nothing has changed, and the caller still owns
 * next. */
static bool directory_change_rules_locked(
    directory *self, configurators *next, directory_update *update)
{
    bool matters =
        self->nodes.count > 0 && configurators_count(self->rules) + configurators_count(next) > 0;
    node_list fresh = {.count = 0};
    node_change change;
    if (matters && !directory_read_anew(self, next, &fresh, &change)) {
        node_list_fini(&fresh, &self->owner->providers);
        return false;
    }
    update->former_rules = self->rules;
    self->rules = next;
    if (!matters)
        return true;
    node_list former = self->nodes;
    self->nodes = fresh;
    directory_publish_locked(self, &change, update);
    update->gone = node_list_take_all(&former);
    return true;
}

/* Whether everything that a first call waits for has been read, or the time to wait for it is
 * over. */
static bool directory_is_complete_locked(directory *self, directory_update *update)
{
    if (!self->is_listed || readiness_is_ready(&self->ready))
        return self->is_listed;
    if (rule_sources_are_read(&self->rules_from) || clock_now_ns() >= self->ready_at_ns) {
        self->ready_at_ns = DEADLINE_NEVER;
        return true;
    }
    if (self->ready_at_ns == DEADLINE_NEVER)
        self->ready_at_ns = deadline_in_ms(RULES_WAIT_MS);
    update->kick_ns = deadline_min(update->kick_ns, self->ready_at_ns);
    return false;
}

/* The owner function of rule_sources: takes over new rules. */
static bool directory_take_rules(void *arg, const rule_change *reading)
{
    directory *self = arg;
    directory_update update;
    bool is_taken = true;
    directory_update_begin(self, &update);
    if (reading->has_configurators && reading->version < self->rules_version)
        update.former_rules = reading->configurators; /* a newer version was applied already */
    else if (reading->has_configurators)
        is_taken = directory_change_rules_locked(self, reading->configurators, &update);
    if (is_taken && reading->version > self->rules_version)
        self->rules_version = reading->version;
    if (!is_taken || reading->is_stale) {
        LOG(DUBBOC_LOG_ERROR, "selector", "no memory for new configurators, they are read again",
            "interface=%s", self->key);
        self->rules_at_ns = deadline_in_ms(READ_AGAIN_MS);
        update.kick_ns = deadline_min(update.kick_ns, self->rules_at_ns);
    }
    update.becomes_ready = directory_is_complete_locked(self, &update);
    directory_update_end(self, &update);
    return is_taken;
}

/* When to read again: after the TTL, plus or minus up to 10 %, so that many clients do not read at
 * the same time. */
static int64_t directory_next_reading(const directory *self)
{
    int64_t ttl_ms = self->owner->settings.ttl_ms;
    if (ttl_ms < 0)
        return DEADLINE_NEVER;
    int64_t tenth = ttl_ms / 10;
    return deadline_in_ms(
        ttl_ms - tenth + (tenth > 0 ? (int64_t)random_below((uint64_t)(2 * tenth + 1)) : 0));
}

/* Called by the registry with each new list. */
static void directory_on_list(void *arg, const registry_snapshot *list)
{
    directory *self = arg;
    directory_update update;
    directory_update_begin(self, &update);
    if (directory_hold_empty_locked(self, list->count, &update) ||
        directory_take_list_locked(self, list->urls, list->count, true, &update))
        self->is_listed = true;
    update.becomes_ready = directory_is_complete_locked(self, &update);
    directory_update_end(self, &update);
}

/* --- where lists come from --- */

dubboc_status directory_fill_fixed(directory *self, dubboc_error *err)
{
    node *only = NULL;
    node_reader reader = directory_reader(self, NULL);
    dubboc_status status = node_new_fixed(&reader, self->wanted.interface, &only, err);
    if (status != DUBBOC_OK)
        return status;
    node_change change;
    directory_update update;
    directory_update_begin(self, &update);
    update.becomes_ready =
        node_list_prepare_fixed(&self->nodes, &self->owner->providers, only, &change);
    if (update.becomes_ready)
        directory_publish_locked(self, &change, &update);
    else
        status = error_no_memory(err);
    directory_update_end(self, &update);
    return status;
}

/* Applies the list in the snapshot file, if there is one. */
static void directory_load(directory *self)
{
    dubboc_error err;
    snapshot_lines lines;
    dubboc_status status =
        snapshot_file_load(self->owner->snapshot_dir, self->wanted.interface, &lines, &err);
    if (status == DUBBOC_E_NOT_FOUND)
        return;
    if (status != DUBBOC_OK) {
        LOG(DUBBOC_LOG_WARN, "selector", "snapshot file ignored", "interface=%s reason=\"%s\"",
            self->key, err.text);
        return;
    }
    directory_update update;
    directory_update_begin(self, &update);
    /* An empty file does not make the directory ready: without providers no call can be made. */
    update.becomes_ready = lines.count > 0 && directory_take_list_locked(
                                                  self, lines.urls, lines.count, false, &update);
    directory_update_end(self, &update);
    snapshot_lines_fini(&lines);
}

static dubboc_status directory_subscribe(directory *self, dubboc_error *err)
{
    registry_subscription *made = NULL;
    /* Subscribes to the rules first, so that they are known before the providers are. */
    dubboc_status status = rule_sources_subscribe(&self->rules_from, err);
    service_mapping_subscribe(&self->mapping, self->owner->source, self->key);
    if (status == DUBBOC_OK)
        status = registry_subscribe(self->owner->source, self->key, REGISTRY_PROVIDERS,
            directory_on_list, self, &made, err);
    if (status != DUBBOC_OK)
        return status;
    mutex_lock(&self->lock);
    self->subscription = made;
    self->read_at_ns = directory_next_reading(self);
    mutex_unlock(&self->lock);
    return DUBBOC_OK;
}

/* If the list came from the snapshot file, the next attempt is scheduled here, because no call
 * waits for the directory and would trigger it. */
static void directory_subscribe_has_failed(directory *self, const dubboc_error *why)
{
    if (readiness_is_ready(&self->ready)) {
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector",
            "cannot subscribe; the list of the snapshot file is used", "interface=%s reason=\"%s\"",
            self->key, why->text);
        mutex_lock(&self->lock);
        self->subscribe_at_ns = deadline_in_ms(READ_AGAIN_MS);
        mutex_unlock(&self->lock);
    }
    readiness_set_failed(&self->ready, why);
}

void directory_subscribe_if_due(directory *self, int64_t now_ns)
{
    dubboc_error err;
    mutex_lock(&self->lock);
    bool is_due = now_ns >= self->subscribe_at_ns;
    if (is_due)
        self->subscribe_at_ns = DEADLINE_NEVER;
    mutex_unlock(&self->lock);
    if (!is_due)
        return;
    if (self->owner->snapshot_dir != NULL && !readiness_is_ready(&self->ready))
        directory_load(self);
    if (directory_subscribe(self, &err) != DUBBOC_OK)
        directory_subscribe_has_failed(self, &err);
}

void directory_try_again(directory *self)
{
    int64_t now_ns = clock_now_ns();
    mutex_lock(&self->lock);
    self->subscribe_at_ns = now_ns;
    mutex_unlock(&self->lock);
    upkeep_kick(&self->owner->upkeep, now_ns);
}

void directory_unsubscribe(directory *self)
{
    mutex_lock(&self->lock);
    registry_subscription *taken = self->subscription;
    self->subscription = NULL;
    mutex_unlock(&self->lock);
    if (taken != NULL)
        registry_unsubscribe(self->owner->source, taken);
    rule_sources_unsubscribe(&self->rules_from);
    service_mapping_unsubscribe(&self->mapping, self->owner->source);
}

/* --- what the upkeep thread does --- */

/* Writes all nodes, not only the usable ones, because other directories of the interface want other
 * groups or versions. */
static void directory_write_lines_locked(const directory *self, buffer *lines, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < self->nodes.count; i++)
        *count += snapshot_lines_add(
            lines, slice_make(self->nodes.nodes[i]->text, self->nodes.nodes[i]->len));
}

static void directory_save(directory *self, buffer *lines, size_t count)
{
    dubboc_error err;
    dubboc_status status =
        lines->status != DUBBOC_OK
            ? error_set(&err, lines->status, "too big for a snapshot file, or out of memory")
            : snapshot_file_save(self->owner->snapshot_dir, self->wanted.interface,
                  buffer_slice(lines), count, &err);
    if (status != DUBBOC_OK)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "snapshot file not written",
            "interface=%s reason=\"%s\"", self->key, err.text);
}

static int64_t directory_earliest_due_locked(const directory *self)
{
    int64_t due_ns = deadline_min(deadline_min(self->read_at_ns, self->save_at_ns),
        deadline_min(self->ready_at_ns, self->rules_at_ns));
    due_ns = deadline_min(due_ns, self->subscribe_at_ns);
    return self->is_empty_pending ? deadline_min(due_ns, self->empty_at_ns) : due_ns;
}

/* What is due, collected under the lock and done after unlocking. */
typedef struct directory_work {
    buffer lines; /* content of the snapshot file */
    size_t line_count;
    bool is_saving;
    registry_subscription *again; /* subscription to read again; NULL: none */
    bool are_rules_due;
} directory_work;

static void directory_end_grace_locked(directory *self, int64_t now_ns, directory_update *update)
{
    if (!self->is_empty_pending || now_ns < self->empty_at_ns)
        return;
    LOG(DUBBOC_LOG_WARN, "selector",
        "the registry's list stayed empty; the former providers are dropped", "interface=%s",
        self->key);
    if (!directory_take_list_locked(self, NULL, 0, true, update))
        self->empty_at_ns = self->read_at_ns; /* without memory: try again later */
}

static void directory_find_work_locked(
    directory *self, int64_t now_ns, bool is_last, directory_work *work)
{
    if (!is_last && self->subscription != NULL && now_ns >= self->read_at_ns) {
        work->again = self->subscription;
        self->read_at_ns = directory_next_reading(self);
    }
    work->is_saving = self->is_dirty && (is_last || now_ns >= self->save_at_ns);
    if (work->is_saving) {
        directory_write_lines_locked(self, &work->lines, &work->line_count);
        self->is_dirty = false;
        self->save_at_ns = DEADLINE_NEVER;
    }
    work->are_rules_due = !is_last && now_ns >= self->rules_at_ns;
    if (work->are_rules_due)
        self->rules_at_ns = DEADLINE_NEVER;
}

static void directory_do_work(directory *self, directory_work *work)
{
    if (work->is_saving)
        directory_save(self, &work->lines, work->line_count);
    if (work->again != NULL)
        registry_refresh(self->owner->source, work->again);
    if (work->again != NULL || work->are_rules_due)
        rule_sources_refresh(&self->rules_from, work->again == NULL);
}

int64_t directory_tick(directory *self, int64_t now_ns, bool is_last)
{
    directory_update update;
    directory_work work = {.again = NULL};
    buffer_init(&work.lines, SNAPSHOT_FILE_MAX_BYTES);
    directory_update_begin(self, &update);
    directory_end_grace_locked(self, now_ns, &update);
    directory_find_work_locked(self, now_ns, is_last, &work);
    update.becomes_ready =
        now_ns >= self->ready_at_ns && directory_is_complete_locked(self, &update);
    int64_t due_ns = directory_earliest_due_locked(self);
    directory_update_end(self, &update);
    due_ns = deadline_min(due_ns, room_waits_tick(&self->room, now_ns));
    directory_do_work(self, &work);
    buffer_fini(&work.lines);
    return due_ns;
}
