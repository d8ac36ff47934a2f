#include "tools/rules.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/own_address.h"
#include "selector/rule_yaml.h"
#include "tools/data.h"
#include "tools/place.h"

static configurator_texts rules_texts(const registry_list *list)
{
    return (configurator_texts){(const char *const *)list->items, list->count};
}

dubboc_status rules_read(registry *reg, const char *interface, int64_t deadline_ns,
    configurators **rules, dubboc_error *err)
{
    char own[OWN_ADDRESS_SIZE];
    registry_list found = {0};
    dubboc_status status =
        registry_lookup(reg, interface, REGISTRY_CONFIGURATORS, deadline_ns, &found, err);
    if (status != DUBBOC_OK)
        return status;
    own_address_known(registry_servers(reg), own);
    const configurator_consumer consumer = {
        .application = "", .address = own, .wanted = place_wants_any(interface)};
    const configurator_texts texts[CONFIGURATOR_SOURCES] = {rules_texts(&found)};
    if (!configurators_new(&consumer, texts, rules))
        status = error_no_memory(err);
    registry_list_free(&found);
    return status;
}

/* --- all rules */

typedef struct rule_reading {
    registry *reg;
    const char *interface;
    const configurator_consumer *consumer;
    int64_t deadline_ns;
    registry_list texts[CONFIGURATOR_SOURCES];
    rule_set *found;
    dubboc_error *err;
} rule_reading;

static dubboc_status rule_set_add(
    rule_reading *self, const char *source, const char *text, const char *effect, bool is_in_force)
{
    rule_set *found = self->found;
    void *items = found->items;
    listed_rule added = {mem_dup(source), mem_dup(text), is_in_force, mem_dup(effect)};
    bool is_made = added.source != NULL && added.text != NULL && added.effect != NULL &&
                   mem_grow(&items, &found->capacity, found->count + 1, sizeof added);
    if (is_made) {
        found->items = items;
        found->items[found->count++] = added;
        return DUBBOC_OK;
    }
    free(added.source);
    free(added.text);
    free(added.effect);
    return error_no_memory(self->err);
}

/* Whether the library would apply this rule if it were the only one. */
static dubboc_status rule_is_in_force(
    rule_reading *self, configurator_source source, const char *text, bool *is_in_force)
{
    configurators *alone = NULL;
    configurator_texts texts[CONFIGURATOR_SOURCES] = {{NULL, 0}};
    texts[source] = (configurator_texts){&text, 1};
    if (!configurators_new(self->consumer, texts, &alone))
        return error_no_memory(self->err);
    *is_in_force = configurators_count(alone) > 0;
    configurators_free(alone);
    return DUBBOC_OK;
}

static dubboc_status rule_set_add_overrides(
    rule_reading *self, configurator_source source, const char *name)
{
    const registry_list *list = &self->texts[source];
    dubboc_status status = DUBBOC_OK;
    for (size_t i = 0; i < list->count && status == DUBBOC_OK; i++) {
        bool is_in_force = false;
        status = rule_is_in_force(self, source, list->items[i], &is_in_force);
        const char *effect = is_in_force ? "in force"
                                         : "no effect: for other callers, or sets only params that "
                                           "dubboc does not use";
        if (status == DUBBOC_OK)
            status = rule_set_add(self, name, list->items[i], effect, is_in_force);
    }
    return status;
}

static dubboc_status rule_set_take_yaml(
    rule_reading *self, configurator_source source, const char *path, const char *yaml)
{
    dubboc_error why;
    dubboc_status status = rule_yaml_read(path, slice_of(yaml), &self->texts[source], &why);
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(self->err);
    if (status != DUBBOC_OK) {
        error_prefix(&why, status, "broken, without effect");
        return rule_set_add(self, path, "", why.text, false);
    }
    if (self->texts[source].count == 0)
        return rule_set_add(self, path, "", "no effect: switched off, or empty", false);
    return rule_set_add_overrides(self, source, path);
}

/* *yaml stays NULL if there is no such rule, or if this kind of registry cannot have one. */
static dubboc_status rule_read_data(rule_reading *self, const char *path, char **yaml)
{
    dubboc_error why;
    *yaml = NULL;
    dubboc_status status = data_read(self->reg, path, self->deadline_ns, yaml, &why);
    if (status == DUBBOC_OK || status == DUBBOC_E_UNSUPPORTED || status == DUBBOC_E_ARGUMENT)
        return DUBBOC_OK;
    error_copy(self->err, &why);
    return status;
}

/* The name of a rule in the config centre (wire.md 5.9). The caller frees it; NULL: no memory. */
static char *rule_set_path(const rule_reading *self, bool is_of_service, const char *kind)
{
    const url_wanted *wanted = &self->consumer->wanted;
    if (!is_of_service)
        return mem_printf("config/dubbo/%s.%s", self->consumer->application, kind);
    return mem_printf("config/dubbo/%s:%.*s:%.*s.%s", self->interface, SLICE_ARGS(wanted->version),
        SLICE_ARGS(wanted->group), kind);
}

static dubboc_status rule_set_add_data(rule_reading *self, bool is_of_service, const char *kind)
{
    char *yaml = NULL;
    if (!is_of_service && self->consumer->application[0] == '\0')
        return DUBBOC_OK;
    char *path = rule_set_path(self, is_of_service, kind);
    dubboc_status status =
        path != NULL ? rule_read_data(self, path, &yaml) : error_no_memory(self->err);
    if (yaml != NULL && strcmp(kind, "configurators") == 0)
        status = rule_set_take_yaml(
            self, is_of_service ? CONFIGURATOR_SERVICE : CONFIGURATOR_APPLICATION, path, yaml);
    else if (yaml != NULL && yaml[0] != '\0')
        status = rule_set_add(self, path, "", "no effect: dubboc has no routers yet", false);
    free(path);
    free(yaml);
    return status;
}

static dubboc_status rule_set_add_routes(rule_reading *self)
{
    registry_list routes = {0};
    dubboc_status status = registry_lookup(
        self->reg, self->interface, REGISTRY_ROUTERS, self->deadline_ns, &routes, self->err);
    for (size_t i = 0; i < routes.count && status == DUBBOC_OK; i++)
        status = rule_set_add(
            self, "routers", routes.items[i], "no effect: dubboc has no routers yet", false);
    registry_list_free(&routes);
    return status;
}

static dubboc_status rule_set_read_each(rule_reading *self)
{
    static const struct {
        bool is_of_service;
        const char *kind;
    } data[] = {{false, "configurators"}, {true, "configurators"}, {false, "condition-router"},
        {true, "condition-router"}, {false, "tag-router"}};
    dubboc_status status = registry_lookup(self->reg, self->interface, REGISTRY_CONFIGURATORS,
        self->deadline_ns, &self->texts[CONFIGURATOR_NODES], self->err);
    if (status == DUBBOC_OK)
        status = rule_set_add_overrides(self, CONFIGURATOR_NODES, "configurators");
    if (status == DUBBOC_OK)
        status = rule_set_add_routes(self);
    for (size_t i = 0; i < sizeof data / sizeof data[0] && status == DUBBOC_OK; i++)
        status = rule_set_add_data(self, data[i].is_of_service, data[i].kind);
    return status;
}

dubboc_status rule_set_read(registry *reg, const char *interface,
    const configurator_consumer *consumer, int64_t deadline_ns, rule_set *found, dubboc_error *err)
{
    configurator_texts texts[CONFIGURATOR_SOURCES];
    rule_set read = {0};
    rule_reading self = {.reg = reg,
        .interface = interface,
        .consumer = consumer,
        .deadline_ns = deadline_ns,
        .found = &read,
        .err = err};
    dubboc_status status = rule_set_read_each(&self);
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        texts[i] = rules_texts(&self.texts[i]);
    if (status == DUBBOC_OK && !configurators_new(consumer, texts, &read.in_force))
        status = error_no_memory(err);
    for (int i = 0; i < CONFIGURATOR_SOURCES; i++)
        registry_list_free(&self.texts[i]);
    if (status == DUBBOC_OK)
        *found = read;
    else
        rule_set_free(&read);
    return status;
}

void rule_set_free(rule_set *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free(self->items[i].source);
        free(self->items[i].text);
        free(self->items[i].effect);
    }
    free(self->items);
    configurators_free(self->in_force);
    *self = (rule_set){0};
}
