/* Where a directory's configurators come from: the registry's configurators category beside the
 * providers, and two rules of the config centre, the application's and the service's. Each source
 * has its own last good reading; a change of one makes the configurators anew from all three. A
 * rule that is broken is named in the log, and its former reading stays. */
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/registry_list.h"
#include "selector/parts.h"
#include "selector/rule_yaml.h"

void rule_feeds_init(directory *self)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        self->feeds[i] = (rule_feed){.of = self, .source = (configurator_source)i};
}

void rule_feeds_fini(directory *self)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        registry_list_free(&self->feeds[i].texts);
}

bool rule_feeds_are_read_locked(const directory *self)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        if (!self->feeds[i].is_read)
            return false;
    return true;
}

/* --- a reading becomes the directory's rules --- */

/* Of all sources, with texts in the place of this feed's. false: no memory. */
static bool make_rules_locked(rule_feed *self, const registry_list *texts, configurators **made)
{
    directory *of = self->of;
    configurator_texts all[CONFIGURATOR_SOURCES];
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        const registry_list *from = i == (int)self->source ? texts : &of->feeds[i].texts;
        all[i] =
            (configurator_texts){.urls = (const char *const *)from->items, .count = from->count};
    }
    const configurator_consumer consumer = {.application = of->owner->application,
        .address = of->owner->own_address,
        .wanted = of->wanted};
    return configurators_new(&consumer, all, made);
}

/* *texts become the feed's, the former ones the caller's. false: no memory, nothing has changed. */
static bool put_in_force_locked(rule_feed *self, registry_list *texts, leftover *rest)
{
    configurators *made = NULL;
    if (registry_list_equal(texts, &self->texts))
        return true;
    if (!make_rules_locked(self, texts, &made))
        return false;
    if (!directory_take_rules_locked(self->of, made, rest)) {
        configurators_free(made);
        return false;
    }
    registry_list former = self->texts;
    self->texts = *texts;
    *texts = former;
    LOG(DUBBOC_LOG_INFO, "selector", "configurators changed",
        "interface=%s source=%d urls=%zu in_force=%zu", self->of->key, (int)self->source,
        self->texts.count, configurators_count(made));
    return true;
}

/* has_memory false: the reading itself could not be kept. texts are freed. */
static void take_reading(rule_feed *self, registry_list *texts, bool has_memory)
{
    directory *of = self->of;
    leftover rest;
    directory_begin_change(of, &rest);
    self->is_stale = !has_memory || !put_in_force_locked(self, texts, &rest);
    self->is_read = self->is_read || !self->is_stale;
    if (self->is_stale) {
        LOG(DUBBOC_LOG_ERROR, "selector",
            "no memory for new configurators, the former ones are kept", "interface=%s", of->key);
        of->rules_at_ns = deadline_in_ms(READ_AGAIN_MS);
        rest.kick_ns = deadline_min(rest.kick_ns, of->rules_at_ns);
    }
    bool is_complete = directory_is_complete_locked(of, &rest);
    directory_end_change(of, &rest);
    if (is_complete)
        readiness_set_ready(&of->ready);
    directory_clear_up(of, &rest);
    registry_list_free(texts);
}

static void keep_former(rule_feed *self)
{
    leftover rest;
    directory_begin_change(self->of, &rest);
    self->is_read = true;
    bool is_complete = directory_is_complete_locked(self->of, &rest);
    directory_end_change(self->of, &rest);
    if (is_complete)
        readiness_set_ready(&self->of->ready);
    directory_clear_up(self->of, &rest);
}

/* --- listeners --- */

static void on_nodes(void *arg, const registry_snapshot *list)
{
    registry_list texts = {0};
    size_t capacity = 0;
    bool has_memory = true;
    for (size_t i = 0; i < list->count && has_memory; i++)
        has_memory = registry_list_add(&texts, &capacity, slice_of(list->urls[i]));
    registry_list_sort(&texts);
    take_reading(arg, &texts, has_memory);
}

static void on_rule(void *arg, const char *path, const char *data, size_t len)
{
    dubboc_error err;
    registry_list texts = {0};
    dubboc_status status = DUBBOC_OK;
    if (data != NULL)
        status = rule_yaml_read(path, slice_make(data, len), &texts, &err);
    if (status == DUBBOC_OK || status == DUBBOC_E_NO_MEMORY) {
        take_reading(arg, &texts, status == DUBBOC_OK);
        return;
    }
    LOG(DUBBOC_LOG_WARN, "selector", "broken rule ignored, the former one is kept",
        "rule=\"%s\" reason=\"%s\"", path, err.text);
    keep_former(arg);
}

/* --- subscribing --- */

/* The rule's path below the root (wire.md 5.9); empty: there is no such rule. NULL: no memory. */
static char *rule_path(const directory *of, configurator_source source)
{
    const char *application = of->owner->application;
    if (source == CONFIGURATOR_SERVICE)
        return mem_printf("config/dubbo/%.*s:%.*s:%.*s.configurators",
            SLICE_ARGS(of->wanted.interface), SLICE_ARGS(of->wanted.version),
            SLICE_ARGS(of->wanted.group));
    return application[0] != '\0' ? mem_printf("config/dubbo/%s.configurators", application)
                                  : mem_dup("");
}

/* *made stays NULL when there is nothing to subscribe. */
static dubboc_status subscribe(rule_feed *self, registry_subscription **made, dubboc_error *err)
{
    registry *source = self->of->owner->source;
    if (self->source == CONFIGURATOR_NODES)
        return registry_subscribe(
            source, self->of->key, REGISTRY_CONFIGURATORS, on_nodes, self, made, err);
    char *path = rule_path(self->of, self->source);
    if (path == NULL)
        return error_no_memory(err);
    dubboc_status status =
        path[0] != '\0' ? registry_watch_data(source, path, on_rule, self, made, err) : DUBBOC_OK;
    if (status == DUBBOC_E_ARGUMENT) { /* a name that no node can have: so there is no rule of it */
        LOG(DUBBOC_LOG_INFO, "selector", "no rules are looked for", "interface=%s reason=\"%s\"",
            self->of->key, err->text);
        status = DUBBOC_OK;
    }
    free(path);
    return status;
}

dubboc_status rule_feeds_subscribe(directory *self, dubboc_error *err)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        rule_feed *feed = &self->feeds[i];
        registry_subscription *made = NULL;
        dubboc_error why;
        if (feed->subscription != NULL)
            continue;
        dubboc_status status = subscribe(feed, &made, &why);
        if (status != DUBBOC_OK && status != DUBBOC_E_UNSUPPORTED) {
            error_copy(err, &why);
            return status;
        }
        mutex_lock(&self->lock);
        feed->subscription = made;
        feed->is_read = feed->is_read || made == NULL;
        mutex_unlock(&self->lock);
    }
    return DUBBOC_OK;
}

void rule_feeds_unsubscribe(directory *self)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        mutex_lock(&self->lock);
        registry_subscription *taken = self->feeds[i].subscription;
        self->feeds[i].subscription = NULL;
        mutex_unlock(&self->lock);
        if (taken != NULL)
            registry_unsubscribe(self->owner->source, taken);
    }
}

void rule_feeds_refresh(directory *self, bool only_stale)
{
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++) {
        mutex_lock(&self->lock);
        registry_subscription *of =
            !only_stale || self->feeds[i].is_stale ? self->feeds[i].subscription : NULL;
        mutex_unlock(&self->lock);
        if (of != NULL)
            registry_refresh(self->owner->source, of);
    }
}
