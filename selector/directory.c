/* A directory: the list of what may be called for one (interface, group, version), from the
 * registry's readings. Each reading becomes a change of the node list (node_list.c), the change a
 * new snapshot; the old snapshot and the nodes that are gone are freed when their readers have
 * left. What must happen later (reading again, clearing an empty list, saving) is only noted here,
 * with its time; the keeper comes and does it. */
#include <assert.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/random.h"
#include "selector/health.h"
#include "selector/parts.h"
#include "selector/snapshot_file.h"

/* --- life --- */

static char *append_slice(char *to, dubboc_slice from, dubboc_slice *copy)
{
    *copy = slice_make(to, from.len);
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    return to + from.len + 1;
}

directory *directory_new(selector *owner, const url_wanted *wanted, bool is_fixed, uint64_t hash)
{
    directory *self = line_zeroed(sizeof *self);
    if (self == NULL)
        return NULL;
    self->key = malloc(wanted->interface.len + wanted->group.len + wanted->version.len + 3);
    if (self->key == NULL) {
        free(self);
        return NULL;
    }
    char *end = append_slice(self->key, wanted->interface, &self->wanted.interface);
    end = append_slice(end, wanted->group, &self->wanted.group);
    append_slice(end, wanted->version, &self->wanted.version);
    mutex_init(&self->lock, MUTEX_RANK_DIRECTORY);
    self->owner = owner;
    self->is_fixed = is_fixed;
    self->hash = hash;
    for (size_t i = 0; i < POLICY_COUNT; i++)
        policy_state_init(&self->states[i], random_next());
    self->read_at_ns = self->save_at_ns = self->empty_at_ns = self->ready_at_ns =
        self->rules_at_ns = DEADLINE_NEVER;
    self->subscribe_at_ns = is_fixed ? DEADLINE_NEVER : clock_now_ns();
    readiness_init(&self->ready);
    rule_feeds_init(self);
    return self;
}

void directory_free(directory *self)
{
    if (self == NULL)
        return;
    assert(self->subscription == NULL);
    snapshot_free(atomic_load(&self->current));
    node_list_fini(&self->nodes, &self->owner->providers);
    rule_feeds_fini(self);
    configurators_free(self->rules);
    free(self->applications);
    readiness_fini(&self->ready);
    mutex_fini(&self->lock);
    free(self->key);
    free(self);
}

/* --- changing the list --- */

static node_reader reader_of(directory *self, const configurators *rules)
{
    return (node_reader){.providers = &self->owner->providers,
        .wanted = &self->wanted,
        .rules = rules,
        .peer_of = self->owner->settings.peer_of,
        .hash_seed = self->owner->hash_seed};
}

void directory_begin_change(directory *self, leftover *rest)
{
    rest->former = NULL;
    rest->gone = NULL;
    rest->former_rules = NULL;
    rest->kick_ns = DEADLINE_NEVER;
    log_hold(&rest->said);
    mutex_lock(&self->lock);
}

void directory_end_change(directory *self, leftover *rest)
{
    mutex_unlock(&self->lock);
    log_let_go(&rest->said);
}

/* Puts a prepared change in force. */
static void publish_locked(directory *self, node_change *change, leftover *rest)
{
    health_wake_half(change->next);
    node_list_commit(&self->nodes, change);
    rest->former = atomic_exchange(&self->current, change->next);
    rest->gone = change->gone;
    LOG(DUBBOC_LOG_DEBUG, "selector", "providers changed",
        "interface=%s seen=%zu usable=%zu gone=%zu", MASKED(slice_of(self->key)), self->nodes.count,
        change->next->count, change->gone_count);
}

void directory_clear_up(directory *self, leftover *rest)
{
    configurators_free(rest->former_rules);
    if (rest->former != NULL || rest->gone != NULL)
        readers_wait(&self->owner->readers);
    snapshot_free(rest->former);
    bool is_left = rest->gone != NULL;
    while (rest->gone != NULL) {
        node *next = rest->gone->next;
        node_free(&self->owner->providers, rest->gone);
        rest->gone = next;
    }
    if (is_left) /* providers that nobody uses any more are to be swept */
        rest->kick_ns = deadline_min(rest->kick_ns, deadline_in_ms(PROVIDER_KEEP_MS));
    if (rest->kick_ns != DEADLINE_NEVER)
        keeper_kick(self->owner, rest->kick_ns);
}

static void mark_dirty_locked(directory *self, leftover *rest)
{
    if (self->owner->snapshot_dir == NULL || self->is_dirty)
        return;
    self->is_dirty = true;
    self->save_at_ns = deadline_in_ms(SAVE_AFTER_MS);
    rest->kick_ns = deadline_min(rest->kick_ns, self->save_at_ns);
}

/* Takes a reading over. From the registry it makes the file old, from the file itself not. false:
 * no memory; the former list stands, and it will be read again soon. */
static bool take_list_locked(
    directory *self, const char *const *texts, size_t count, bool is_live, leftover *rest)
{
    if (count > DIRECTORY_NODES_MAX) {
        LOG(DUBBOC_LOG_ERROR, "selector", "too many nodes, the rest is left out",
            "interface=%s nodes=%zu max=%d", MASKED(slice_of(self->key)), count,
            DIRECTORY_NODES_MAX);
        count = DIRECTORY_NODES_MAX;
    }
    node_change change;
    node_reader reader = reader_of(self, self->rules);
    if (!node_list_prepare(&self->nodes, &reader, texts, count, &change)) {
        LOG(DUBBOC_LOG_ERROR, "selector", "no memory for a new list, the former one is kept",
            "interface=%s nodes=%zu", MASKED(slice_of(self->key)), count);
        self->read_at_ns = deadline_in_ms(READ_AGAIN_MS);
        rest->kick_ns = deadline_min(rest->kick_ns, self->read_at_ns);
        return false;
    }
    self->is_empty_pending = false;
    self->is_from_file = !is_live;
    if (change.is_same)
        return true;
    publish_locked(self, &change, rest);
    if (is_live)
        mark_dirty_locked(self, rest);
    return true;
}

/* An empty list takes effect only after the grace. true: not now, so leave the list as it is. */
static bool hold_empty_locked(directory *self, size_t count, leftover *rest)
{
    int64_t grace_ms = self->owner->settings.empty_grace_ms;
    if (count > 0 || self->nodes.usable_count == 0 || grace_ms <= 0)
        return false;
    if (self->is_empty_pending)
        return clock_now_ns() < self->empty_at_ns;
    self->is_from_file = false;
    self->is_empty_pending = true;
    self->empty_at_ns = deadline_in_ms(grace_ms);
    rest->kick_ns = deadline_min(rest->kick_ns, self->empty_at_ns);
    LOG(DUBBOC_LOG_WARN, "selector",
        "the registry's list is empty; the former providers are used until the grace ends",
        "interface=%s providers=%zu grace_ms=%lld registry=%s", self->key, self->nodes.usable_count,
        (long long)grace_ms, registry_address(self->owner->source));
    return true;
}

/* The texts of the present list, read with other rules into a list of its own. */
static bool read_anew(
    directory *self, const configurators *rules, node_list *fresh, node_change *change)
{
    node_reader reader = reader_of(self, rules);
    const char **texts = MEM_NEW_ARRAY(self->nodes.count, const char *);
    if (texts == NULL)
        return false;
    for (size_t i = 0; i < self->nodes.count; i++)
        texts[i] = self->nodes.nodes[i]->text;
    bool is_made = node_list_prepare(fresh, &reader, texts, self->nodes.count, change);
    free(texts);
    return is_made;
}

bool directory_take_rules_locked(directory *self, configurators *next, leftover *rest)
{
    bool matters =
        self->nodes.count > 0 && configurators_count(self->rules) + configurators_count(next) > 0;
    node_list fresh = {.count = 0};
    node_change change;
    if (matters && !read_anew(self, next, &fresh, &change)) {
        node_list_fini(&fresh, &self->owner->providers);
        return false;
    }
    rest->former_rules = self->rules;
    self->rules = next;
    if (!matters)
        return true;
    node_list former = self->nodes;
    self->nodes = fresh;
    publish_locked(self, &change, rest);
    rest->gone = node_list_take_all(&former);
    return true;
}

bool directory_is_complete_locked(directory *self, leftover *rest)
{
    if (!self->is_listed || readiness_is_ready(&self->ready))
        return self->is_listed;
    if (rule_feeds_are_read_locked(self) || clock_now_ns() >= self->ready_at_ns) {
        self->ready_at_ns = DEADLINE_NEVER;
        return true;
    }
    if (self->ready_at_ns == DEADLINE_NEVER)
        self->ready_at_ns = deadline_in_ms(RULES_WAIT_MS);
    rest->kick_ns = deadline_min(rest->kick_ns, self->ready_at_ns);
    return false;
}

/* The TTL, up to a tenth more or less, so that many clients do not read at once. */
static int64_t next_reading(const directory *self)
{
    int64_t ttl_ms = self->owner->settings.ttl_ms;
    if (ttl_ms < 0)
        return DEADLINE_NEVER;
    int64_t tenth = ttl_ms / 10;
    return deadline_in_ms(
        ttl_ms - tenth + (tenth > 0 ? (int64_t)random_below((uint64_t)(2 * tenth + 1)) : 0));
}

/* The registry's listener. */
static void on_list(void *arg, const registry_snapshot *list)
{
    directory *self = arg;
    leftover rest;
    directory_begin_change(self, &rest);
    if (hold_empty_locked(self, list->count, &rest) ||
        take_list_locked(self, list->urls, list->count, true, &rest))
        self->is_listed = true;
    bool is_complete = directory_is_complete_locked(self, &rest);
    directory_end_change(self, &rest);
    if (is_complete)
        readiness_set_ready(&self->ready);
    directory_clear_up(self, &rest);
}

/* --- where lists come from --- */

dubboc_status directory_fill_fixed(directory *self, dubboc_error *err)
{
    node *only = NULL;
    node_reader reader = reader_of(self, NULL);
    dubboc_status status = node_new_fixed(&reader, self->wanted.interface, &only, err);
    if (status != DUBBOC_OK)
        return status;
    node_change change;
    leftover rest;
    directory_begin_change(self, &rest);
    if (node_list_prepare_fixed(&self->nodes, &self->owner->providers, only, &change))
        publish_locked(self, &change, &rest);
    else
        status = error_no_memory(err);
    directory_end_change(self, &rest);
    if (status == DUBBOC_OK)
        readiness_set_ready(&self->ready);
    return status;
}

/* Takes the list of the snapshot file, if there is one. */
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
    leftover rest;
    directory_begin_change(self, &rest);
    /* an empty file helps nobody */
    bool is_read = lines.count > 0 && take_list_locked(self, lines.urls, lines.count, false, &rest);
    directory_end_change(self, &rest);
    if (is_read)
        readiness_set_ready(&self->ready);
    directory_clear_up(self, &rest);
    snapshot_lines_fini(&lines);
}

static dubboc_status directory_subscribe(directory *self, dubboc_error *err)
{
    registry_subscription *made = NULL;
    /* first, so that they are known before the providers are */
    dubboc_status status = rule_feeds_subscribe(self, err);
    mapping_subscribe(self);
    if (status == DUBBOC_OK)
        status = registry_subscribe(
            self->owner->source, self->key, REGISTRY_PROVIDERS, on_list, self, &made, err);
    if (status != DUBBOC_OK)
        return status;
    mutex_lock(&self->lock);
    self->subscription = made;
    self->read_at_ns = next_reading(self);
    mutex_unlock(&self->lock);
    return DUBBOC_OK;
}

/* Nobody waits for a directory whose list came from the snapshot file, so the next attempt does not
 * wait for a call. */
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

void directory_unsubscribe(directory *self)
{
    mutex_lock(&self->lock);
    registry_subscription *taken = self->subscription;
    self->subscription = NULL;
    mutex_unlock(&self->lock);
    if (taken != NULL)
        registry_unsubscribe(self->owner->source, taken);
    rule_feeds_unsubscribe(self);
    mapping_unsubscribe(self);
}

/* --- waiting for the first list --- */

readiness_state directory_wait_begin(directory *self, readiness_wait *wait, waiter *of)
{
    dubboc_error err;
    if (readiness_is_ready(&self->ready))
        return READINESS_READY;
    if (readiness_wait_begin(&self->ready, wait, of)) {
        mutex_lock(&self->lock);
        self->subscribe_at_ns = clock_now_ns();
        mutex_unlock(&self->lock);
        keeper_kick(self->owner, clock_now_ns());
    }
    return readiness_wait_look(&self->ready, wait, &err);
}

readiness_state directory_look(directory *self, const readiness_wait *wait, dubboc_error *err)
{
    return readiness_wait_look(&self->ready, wait, err);
}

void directory_wait_end(directory *self, readiness_wait *wait)
{
    readiness_wait_end(&self->ready, wait);
}

dubboc_status directory_is_not_ready(const directory *self, dubboc_error *err)
{
    const registry *source = self->owner->source;
    char trouble[REGISTRY_TROUBLE_SIZE];
    bool is_connected = registry_is_connected(source);
    error_set(err, DUBBOC_E_REGISTRY,
        "the providers of %s could not be read in time: the registry %s %s", self->key,
        registry_address(source),
        is_connected ? "is connected, but has not answered" : "cannot be reached");
    registry_trouble(source, trouble);
    if (!is_connected && trouble[0] != '\0')
        error_append(err, " (%s)", trouble);
    return DUBBOC_E_REGISTRY;
}

/* --- what the keeper does --- */

/* All nodes, not only the usable ones: other directories of this interface want others. */
static void write_lines_locked(const directory *self, buffer *lines, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < self->nodes.count; i++)
        *count += snapshot_lines_add(
            lines, slice_make(self->nodes.nodes[i]->text, self->nodes.nodes[i]->len));
}

static void save(directory *self, buffer *lines, size_t count)
{
    dubboc_error err;
    dubboc_status status =
        lines->status != DUBBOC_OK
            ? error_set(&err, lines->status, "the list is too big for a file, or memory")
            : snapshot_file_save(self->owner->snapshot_dir, self->wanted.interface,
                  buffer_slice(lines), count, &err);
    if (status != DUBBOC_OK)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "selector", "snapshot file not written",
            "interface=%s reason=\"%s\"", self->key, err.text);
}

static int64_t earliest_due_locked(const directory *self)
{
    int64_t due_ns = deadline_min(deadline_min(self->read_at_ns, self->save_at_ns),
        deadline_min(self->ready_at_ns, self->rules_at_ns));
    due_ns = deadline_min(due_ns, self->subscribe_at_ns);
    return self->is_empty_pending ? deadline_min(due_ns, self->empty_at_ns) : due_ns;
}

int64_t directory_tick(directory *self, int64_t now_ns, bool is_last)
{
    leftover rest;
    buffer lines;
    size_t line_count = 0;
    registry_subscription *again = NULL;
    buffer_init(&lines, SNAPSHOT_FILE_MAX_BYTES);
    directory_begin_change(self, &rest);
    if (self->is_empty_pending && now_ns >= self->empty_at_ns) {
        LOG(DUBBOC_LOG_WARN, "selector", "the registry's list stayed empty: no providers any more",
            "interface=%s", self->key);
        if (!take_list_locked(self, NULL, 0, true, &rest))
            self->empty_at_ns = self->read_at_ns; /* not at once, over and over */
    }
    if (!is_last && self->subscription != NULL && now_ns >= self->read_at_ns) {
        again = self->subscription;
        self->read_at_ns = next_reading(self);
    }
    bool is_saving = self->is_dirty && (is_last || now_ns >= self->save_at_ns);
    if (is_saving) {
        write_lines_locked(self, &lines, &line_count);
        self->is_dirty = false;
        self->save_at_ns = DEADLINE_NEVER;
    }
    bool is_complete = now_ns >= self->ready_at_ns && directory_is_complete_locked(self, &rest);
    bool are_rules_due = !is_last && now_ns >= self->rules_at_ns;
    if (are_rules_due)
        self->rules_at_ns = DEADLINE_NEVER;
    int64_t due_ns = earliest_due_locked(self);
    directory_end_change(self, &rest);
    directory_clear_up(self, &rest);
    if (is_complete)
        readiness_set_ready(&self->ready);
    if (is_saving)
        save(self, &lines, line_count);
    buffer_fini(&lines);
    if (again != NULL)
        registry_refresh(self->owner->source, again);
    if (again != NULL || are_rules_due)
        rule_feeds_refresh(self, again == NULL);
    return due_ns;
}
