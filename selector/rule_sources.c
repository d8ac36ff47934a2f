/* Rules: one table of sources, and how a reading of one of them becomes the rules of the owner. */
#include "selector/rule_sources.h"

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/registry_ops.h"
#include "selector/rule_yaml.h"

/* --- the table of sources --- */

typedef struct rule_source_kind {
    const char *name; /* for the log */
    /* Returns the path below the registry's root (docs/wire.md 5.9), allocated with malloc(). NULL:
     * no memory; "": there is no such rule. If there is no function, a category of the interface is
     * subscribed. */
    char *(*path)(const rule_sources *self);
    registry_category category;
    /* Converts the text at the path to URLs, sorted. For a category the nodes are the URLs. The
     * same errors as rule_yaml_read(): DUBBOC_E_PARSE, DUBBOC_E_TOO_BIG, DUBBOC_E_NO_MEMORY. */
    dubboc_status (*parse)(
        const char *name, dubboc_slice text, registry_list *urls, dubboc_error *err);
    /* Computes the rules from the last readings of all sources with this function. Called with the
     * lock of the sources held, so it must not block. false: no memory. */
    bool (*merge)(const rule_sources *self, rule_change *reading);
} rule_source_kind;

static char *rule_source_application_path(const rule_sources *self);
static char *rule_source_service_path(const rule_sources *self);
static bool rule_sources_merge_configurators(const rule_sources *self, rule_change *reading);

static const rule_source_kind rule_source_kinds[CONFIGURATOR_SOURCES] = {
    [CONFIGURATOR_NODES] = {.name = "nodes",
        .category = REGISTRY_CONFIGURATORS,
        .merge = rule_sources_merge_configurators},
    [CONFIGURATOR_APPLICATION] = {.name = "application",
        .path = rule_source_application_path,
        .parse = rule_yaml_read,
        .merge = rule_sources_merge_configurators},
    [CONFIGURATOR_SERVICE] = {.name = "service",
        .path = rule_source_service_path,
        .parse = rule_yaml_read,
        .merge = rule_sources_merge_configurators},
};

static char *rule_source_application_path(const rule_sources *self)
{
    const char *application = self->consumer.application;
    return application[0] != '\0' ? mem_printf("config/dubbo/%s.configurators", application)
                                  : mem_dup("");
}

static char *rule_source_service_path(const rule_sources *self)
{
    const url_wanted *wanted = &self->consumer.wanted;
    return mem_printf("config/dubbo/%.*s:%.*s:%.*s.configurators", SLICE_ARGS(wanted->interface),
        SLICE_ARGS(wanted->version), SLICE_ARGS(wanted->group));
}

static bool rule_sources_merge_configurators(const rule_sources *self, rule_change *reading)
{
    configurator_texts all[CONFIGURATOR_SOURCES];
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        all[i] = (configurator_texts){.urls = (const char *const *)self->sources[i].texts.items,
            .count = self->sources[i].texts.count};
    reading->has_configurators = configurators_new(&self->consumer, all, &reading->configurators);
    return reading->has_configurators;
}

/* --- life --- */

void rule_sources_init(rule_sources *self, registry *from, const char *interface,
    const configurator_consumer *consumer, rule_sources_owner owner, void *arg)
{
    *self = (rule_sources){
        .from = from, .interface = interface, .consumer = *consumer, .owner = owner, .arg = arg};
    mutex_init(&self->lock, MUTEX_RANK_RULES);
    atomic_init(&self->unread, CONFIGURATOR_SOURCES);
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        self->sources[i] = (rule_source){.of = self, .kind = &rule_source_kinds[i]};
}

void rule_sources_fini(rule_sources *self)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        registry_list_free(&self->sources[i].texts);
    mutex_fini(&self->lock);
}

bool rule_sources_are_read(const rule_sources *self)
{
    return atomic_load(&self->unread) == 0;
}

/* --- turning a reading into the owner's rules --- */

static void rule_source_set_read_locked(rule_source *self, bool is_read)
{
    if (self->is_read != is_read)
        atomic_fetch_add(&self->of->unread, is_read ? -1 : 1);
    self->is_read = is_read;
}

/* Replaces the last reading by *texts and computes the rules from it. Without memory the former
 * reading is restored. *texts receives the reading that is not used. */
static bool rule_source_change_locked(rule_source *self, registry_list *texts, rule_change *reading)
{
    rule_sources *of = self->of;
    registry_list former = self->texts;
    self->texts = *texts;
    *texts = former;
    if (self->kind->merge(of, reading)) {
        reading->version = ++of->version;
        return true;
    }
    *texts = self->texts;
    self->texts = former;
    return false;
}

/* Passes the change to the owner. If the owner has no memory for it, the source must be read again,
 * and counts as read only if it was read before. */
static void rule_source_hand_over(rule_source *self, const rule_change *reading, bool was_read)
{
    rule_sources *of = self->of;
    size_t in_force = configurators_count(reading->configurators);
    if (!of->owner(of->arg, reading)) {
        configurators_free(reading->configurators);
        mutex_lock(&of->lock);
        self->is_stale = true;
        rule_source_set_read_locked(self, was_read);
        mutex_unlock(&of->lock);
    } else if (reading->has_configurators) {
        LOG(DUBBOC_LOG_INFO, "selector", "configurators changed",
            "interface=%s source=%s in_force=%zu", of->interface, self->kind->name, in_force);
    }
}

/* Processes a reading; texts are freed. has_memory false: there was no memory to copy the
 * reading. */
static void rule_source_take(rule_source *self, registry_list *texts, bool has_memory)
{
    rule_sources *of = self->of;
    rule_change reading = {.version = 0};
    log_held said;
    log_hold(&said);
    mutex_lock(&of->lock);
    bool was_read = self->is_read;
    bool is_changed = has_memory && (self->is_stale || !registry_list_equal(texts, &self->texts));
    if (is_changed)
        has_memory = rule_source_change_locked(self, texts, &reading);
    self->is_stale = reading.is_stale = !has_memory;
    if (has_memory)
        rule_source_set_read_locked(self, true);
    mutex_unlock(&of->lock);
    log_let_go(&said);
    rule_source_hand_over(self, &reading, was_read);
    registry_list_free(texts);
}

/* A malformed reading is ignored: the former one remains. */
static void rule_source_keep_former(rule_source *self)
{
    const rule_change nothing_new = {.version = 0};
    mutex_lock(&self->of->lock);
    rule_source_set_read_locked(self, true);
    mutex_unlock(&self->of->lock);
    rule_source_hand_over(self, &nothing_new, true);
}

/* --- listeners --- */

static void rule_source_on_nodes(void *arg, const registry_snapshot *list)
{
    registry_list texts = {0};
    size_t capacity = 0;
    bool has_memory = true;
    for (size_t i = 0; i < list->count && has_memory; i++)
        has_memory = registry_list_add(&texts, &capacity, slice_of(list->urls[i]));
    registry_list_sort(&texts);
    rule_source_take(arg, &texts, has_memory);
}

static void rule_source_on_data(void *arg, const char *path, const char *data, size_t len)
{
    rule_source *self = arg;
    dubboc_error err;
    registry_list texts = {0};
    dubboc_status status = DUBBOC_OK;
    if (data != NULL)
        status = self->kind->parse(path, slice_make(data, len), &texts, &err);
    if (status == DUBBOC_OK || status == DUBBOC_E_NO_MEMORY) {
        rule_source_take(self, &texts, status == DUBBOC_OK);
        return;
    }
    LOG(DUBBOC_LOG_WARN, "selector", "broken rule ignored, the former one is kept",
        "rule=\"%s\" reason=\"%s\"", path, err.text);
    rule_source_keep_former(self);
}

/* --- subscribing --- */

/* Subscribes one source. *made stays NULL if there is nothing to subscribe. */
static dubboc_status rule_source_subscribe(
    rule_source *self, registry_subscription **made, dubboc_error *err)
{
    const rule_sources *of = self->of;
    if (self->kind->path == NULL)
        return registry_subscribe(
            of->from, of->interface, self->kind->category, rule_source_on_nodes, self, made, err);
    char *path = self->kind->path(of);
    if (path == NULL)
        return error_no_memory(err);
    dubboc_status status = DUBBOC_OK;
    if (path[0] != '\0')
        status = registry_watch_data(of->from, path, rule_source_on_data, self, made, err);
    if (status == DUBBOC_E_ARGUMENT) { /* no node can have that name, so there is no such rule */
        LOG(DUBBOC_LOG_INFO, "selector", "no rules are read: no node can have this name",
            "interface=%s reason=\"%s\"", of->interface, err->text);
        status = DUBBOC_OK;
    }
    free(path);
    return status;
}

dubboc_status rule_sources_subscribe(rule_sources *self, dubboc_error *err)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        rule_source *source = &self->sources[i];
        registry_subscription *made = NULL;
        dubboc_error why;
        if (source->subscription != NULL)
            continue;
        dubboc_status status = rule_source_subscribe(source, &made, &why);
        if (status != DUBBOC_OK && status != DUBBOC_E_UNSUPPORTED) {
            error_copy(err, &why);
            return status;
        }
        mutex_lock(&self->lock);
        source->subscription = made;
        if (made == NULL)
            rule_source_set_read_locked(source, true);
        mutex_unlock(&self->lock);
    }
    return DUBBOC_OK;
}

void rule_sources_unsubscribe(rule_sources *self)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        mutex_lock(&self->lock);
        registry_subscription *taken = self->sources[i].subscription;
        self->sources[i].subscription = NULL;
        mutex_unlock(&self->lock);
        if (taken != NULL)
            registry_unsubscribe(self->from, taken);
    }
}

void rule_sources_refresh(rule_sources *self, bool only_stale)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        rule_source *source = &self->sources[i];
        mutex_lock(&self->lock);
        registry_subscription *of = !only_stale || source->is_stale ? source->subscription : NULL;
        mutex_unlock(&self->lock);
        if (of != NULL)
            registry_refresh(self->from, of);
    }
}
