/* The text is parsed twice: first event by event, to reject texts that are nested too deeply, too
 * large, or use anchors; then libyaml builds a tree, of which only the known members are read. */
#include "selector/rule_yaml.h"

#include <stdio.h>
#include <yaml.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/provider_url.h"
#include "registry/url_writer.h"
#include "registry/registry_list.h"

#define KEYS_SHOWN 128

/* The state of parsing one rule. */
typedef struct yaml_rule {
    const char *name; /* for the log */
    yaml_document_t *document;
    dubboc_slice key;     /* as written in the rule */
    dubboc_slice version; /* configVersion */
    bool is_of_application;
    bool is_enabled;
    registry_list *urls;
    size_t capacity;
    char strange[KEYS_SHOWN]; /* unknown members, for the log */
    dubboc_error *err;
} yaml_rule;

/* --- checking the text --- */

static dubboc_status rule_broken(const yaml_parser_t *parser, dubboc_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return error_no_memory(err);
    return error_set(err, DUBBOC_E_PARSE, "line %zu: %s", parser->problem_mark.line + 1,
        parser->problem != NULL ? parser->problem : "not YAML");
}

/* The change of depth by an event: -1, 0 or 1. */
static int rule_depth_of(yaml_event_type_t type)
{
    if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
        return 1;
    return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

static bool rule_has_anchor(const yaml_event_t *event)
{
    return event->type == YAML_ALIAS_EVENT ||
           (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor != NULL) ||
           (event->type == YAML_SEQUENCE_START_EVENT &&
               event->data.sequence_start.anchor != NULL) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor != NULL);
}

static dubboc_status rule_check_events(yaml_parser_t *parser, dubboc_error *err)
{
    int depth = 0, count = 0;
    for (bool is_over = false; !is_over;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return rule_broken(parser, err);
        depth += rule_depth_of(event.type);
        bool is_anchored = rule_has_anchor(&event);
        size_t line = event.start_mark.line + 1;
        is_over = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (is_anchored)
            return error_set(
                err, DUBBOC_E_PARSE, "line %zu: anchors and aliases are not supported", line);
        if (depth > RULE_DEPTH_MAX)
            return error_set(
                err, DUBBOC_E_TOO_BIG, "line %zu: deeper than %d levels", line, RULE_DEPTH_MAX);
        if (++count > RULE_NODES_MAX)
            return error_set(
                err, DUBBOC_E_TOO_BIG, "line %zu: more than %d values", line, RULE_NODES_MAX);
    }
    return DUBBOC_OK;
}

static dubboc_status rule_check_text(dubboc_slice text, dubboc_error *err)
{
    yaml_parser_t parser;
    if (text.len > RULE_BYTES_MAX)
        return error_set(
            err, DUBBOC_E_TOO_BIG, "%zu bytes, at most %u are possible", text.len, RULE_BYTES_MAX);
    if (!yaml_parser_initialize(&parser))
        return error_no_memory(err);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.len);
    dubboc_status status = rule_check_events(&parser, err);
    yaml_parser_delete(&parser);
    return status;
}

/* --- looking into the tree --- */

static dubboc_slice rule_scalar_of(const yaml_node_t *node)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return slice_make(NULL, 0);
    return slice_make((const char *)node->data.scalar.value, node->data.scalar.length);
}

/* An empty value, "~" and "null" mean the same as a missing key. */
static bool rule_is_null(const yaml_node_t *node)
{
    dubboc_slice text = rule_scalar_of(node);
    if (node == NULL)
        return true;
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text.len == 0 || slice_is(text, "~") || slice_is_nocase(text, "null"));
}

/* Finds a member of a map. NULL: there is none, or its value is null. */
static const yaml_node_t *rule_find(const yaml_rule *self, const yaml_node_t *map, const char *key)
{
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *value = yaml_document_get_node(self->document, pair->value);
        if (slice_is(rule_scalar_of(yaml_document_get_node(self->document, pair->key)), key))
            return rule_is_null(value) ? NULL : value;
    }
    return NULL;
}

static dubboc_status rule_fail(const yaml_rule *self, const yaml_node_t *at, const char *what)
{
    return error_set(self->err, DUBBOC_E_PARSE, "line %zu: %s", at->start_mark.line + 1, what);
}

static dubboc_status rule_read_text(
    const yaml_rule *self, const yaml_node_t *map, const char *key, dubboc_slice *value)
{
    const yaml_node_t *found = rule_find(self, map, key);
    *value = rule_scalar_of(found);
    if (found != NULL && found->type != YAML_SCALAR_NODE)
        return error_set(
            self->err, DUBBOC_E_PARSE, "line %zu: %s is not text", found->start_mark.line + 1, key);
    return DUBBOC_OK;
}

/* Reads a boolean, for which YAML 1.1 has many words. *value is unchanged if the key is missing. */
static dubboc_status rule_read_bool(
    const yaml_rule *self, const yaml_node_t *map, const char *key, bool *value)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    dubboc_slice text;
    const yaml_node_t *found = rule_find(self, map, key);
    dubboc_status status = rule_read_text(self, map, key, &text);
    if (status != DUBBOC_OK || found == NULL)
        return status;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (slice_is_nocase(text, yes[i]) || slice_is_nocase(text, no[i])) {
            *value = slice_is_nocase(text, yes[i]);
            return DUBBOC_OK;
        }
    return error_set(self->err, DUBBOC_E_PARSE, "line %zu: %s is neither true nor false",
        found->start_mark.line + 1, key);
}

/* Reads a list of texts. *list stays NULL if the key is missing or the list is empty. */
static dubboc_status rule_read_list(
    const yaml_rule *self, const yaml_node_t *map, const char *key, const yaml_node_t **list)
{
    const yaml_node_t *found = rule_find(self, map, key);
    *list = NULL;
    if (found == NULL)
        return DUBBOC_OK;
    if (found->type != YAML_SEQUENCE_NODE)
        return error_set(self->err, DUBBOC_E_PARSE, "line %zu: %s is not a list",
            found->start_mark.line + 1, key);
    for (yaml_node_item_t *item = found->data.sequence.items.start;
         item < found->data.sequence.items.top; item++)
        if (rule_scalar_of(yaml_document_get_node(self->document, *item)).len == 0)
            return error_set(self->err, DUBBOC_E_PARSE,
                "line %zu: %s holds something that is not text", found->start_mark.line + 1, key);
    if (found->data.sequence.items.start < found->data.sequence.items.top)
        *list = found;
    return DUBBOC_OK;
}

static size_t rule_list_count(const yaml_node_t *list)
{
    return list != NULL ? (size_t)(list->data.sequence.items.top - list->data.sequence.items.start)
                        : 0;
}

static dubboc_slice rule_list_item(const yaml_rule *self, const yaml_node_t *list, size_t at)
{
    return rule_scalar_of(
        yaml_document_get_node(self->document, list->data.sequence.items.start[at]));
}

/* Notes members that are not in known (ended by NULL). */
static void rule_note_strange(yaml_rule *self, const yaml_node_t *map, const char *const *known)
{
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        dubboc_slice key = rule_scalar_of(yaml_document_get_node(self->document, pair->key));
        size_t i = 0, len = strlen(self->strange);
        while (known[i] != NULL && !slice_is(key, known[i]))
            i++;
        if (known[i] == NULL && key.len < sizeof self->strange - len - 2)
            snprintf(self->strange + len, sizeof self->strange - len, "%s%.*s", len > 0 ? "," : "",
                SLICE_ARGS(key));
    }
}

/* --- one entry of configs --- */

typedef struct yaml_entry {
    const yaml_node_t *parameters;
    const yaml_node_t *addresses;
    const yaml_node_t *provider_addresses;
    const yaml_node_t *applications;
    const yaml_node_t *services;
    dubboc_slice side;
    bool is_enabled;
} yaml_entry;

static dubboc_status rule_read_entry(yaml_rule *self, const yaml_node_t *map, yaml_entry *out)
{
    dubboc_slice type;
    *out = (yaml_entry){.is_enabled = self->is_enabled};
    dubboc_status status = rule_read_text(self, map, "side", &out->side);
    if (status == DUBBOC_OK)
        status = rule_read_text(self, map, "type", &type);
    /* the member enabled of an entry is used only if the type of the entry is not general */
    if (status == DUBBOC_OK && type.len > 0 && !slice_is(type, "general")) {
        out->is_enabled = true;
        status = rule_read_bool(self, map, "enabled", &out->is_enabled);
    } else if (status == DUBBOC_OK) {
        bool is_enabled = true;
        status = rule_read_bool(self, map, "enabled", &is_enabled);
        out->is_enabled = out->is_enabled && is_enabled;
    }
    if (status == DUBBOC_OK)
        status = rule_read_list(self, map, "addresses", &out->addresses);
    if (status == DUBBOC_OK)
        status = rule_read_list(self, map, "providerAddresses", &out->provider_addresses);
    if (status == DUBBOC_OK)
        status = rule_read_list(self, map, "applications", &out->applications);
    if (status == DUBBOC_OK)
        status = rule_read_list(self, map, "services", &out->services);
    out->parameters = rule_find(self, map, "parameters");
    if (status == DUBBOC_OK &&
        (out->parameters == NULL || out->parameters->type != YAML_MAPPING_NODE))
        status = rule_fail(self, map, "the parameters are missing");
    return status;
}

/* Adds a param from slices; the writer needs zero-ended copies. */
static void rule_add_param(
    url_writer *writer, dubboc_slice key, dubboc_slice value, bool *has_memory)
{
    char *name = mem_dup_slice(key), *text = mem_dup_slice(value);
    *has_memory = *has_memory && name != NULL && text != NULL;
    if (name != NULL && text != NULL)
        url_writer_add(writer, name, text);
    free(name);
    free(text);
}

static void rule_add_list(const yaml_rule *self, url_writer *writer, const char *key,
    const yaml_node_t *list, bool *has_memory)
{
    buffer joined;
    buffer_init(&joined, URL_BYTES_MAX);
    for (size_t i = 0; i < rule_list_count(list); i++) {
        buffer_append_text(&joined, i > 0 ? "," : "");
        buffer_append_slice(&joined, rule_list_item(self, list, i));
    }
    if (joined.status != DUBBOC_OK)
        *has_memory = false;
    else if (joined.len > 0)
        rule_add_param(writer, slice_of(key), buffer_slice(&joined), has_memory);
    buffer_fini(&joined);
}

static bool rule_is_key(dubboc_slice key)
{
    for (size_t i = 0; i < key.len; i++)
        if (!ascii_is_alnum(key.at[i]) && memchr("-_.~", key.at[i], 4) == NULL)
            return false;
    return key.len > 0;
}

static dubboc_status rule_add_parameters(
    const yaml_rule *self, url_writer *writer, const yaml_node_t *map, bool *has_memory)
{
    if (map->data.mapping.pairs.start == map->data.mapping.pairs.top)
        return rule_fail(self, map, "the parameters are missing");
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *value = yaml_document_get_node(self->document, pair->value);
        dubboc_slice key = rule_scalar_of(yaml_document_get_node(self->document, pair->key));
        if (!rule_is_key(key) || value->type != YAML_SCALAR_NODE)
            return rule_fail(self, map, "a parameter that is not \"name: value\"");
        rule_add_param(writer, key, rule_scalar_of(value), has_memory);
    }
    return DUBBOC_OK;
}

/* Splits "[group/]interface[:version]", or "interface:version:group" with possibly empty parts, as
 * in the name of the rule's node. */
static dubboc_slice rule_split_service(
    dubboc_slice service, dubboc_slice *group, dubboc_slice *version)
{
    dubboc_slice head, tail, interface;
    *group = slice_make(NULL, 0);
    if (slice_cut(service, '/', &head, &tail)) {
        *group = head;
        service = tail;
    }
    slice_cut(service, ':', &interface, &tail);
    if (slice_cut(tail, ':', version, &head))
        *group = head;
    return interface;
}

/* The target of one URL: an address, a service, an application (empty: any). */
typedef struct yaml_target {
    dubboc_slice address;
    dubboc_slice service;
    dubboc_slice application;
} yaml_target;

static dubboc_status rule_write_params(const yaml_rule *self, const yaml_entry *of,
    const yaml_target *to, dubboc_slice group, dubboc_slice version, url_writer *writer)
{
    bool has_memory = true;
    dubboc_status status = rule_add_parameters(self, writer, of->parameters, &has_memory);
    if (status != DUBBOC_OK)
        return status;
    /* added after the parameters, which must not replace these */
    rule_add_list(self, writer, "providerAddresses", of->provider_addresses, &has_memory);
    rule_add_param(writer, slice_of("group"), group, &has_memory);
    rule_add_param(writer, slice_of("version"), version, &has_memory);
    rule_add_param(writer, slice_of("side"), of->side, &has_memory);
    rule_add_param(writer, slice_of("application"), to->application, &has_memory);
    rule_add_param(writer, slice_of("configVersion"), self->version, &has_memory);
    url_writer_add(writer, "category", "dynamicconfigurators");
    url_writer_add(writer, "enabled", "true");
    return has_memory ? DUBBOC_OK : error_no_memory(self->err);
}

/* Adds the URL. DUBBOC_E_PARSE: the URL is not valid, because address, a text of the rule, is not
 * an address. */
static dubboc_status rule_keep(yaml_rule *self, const char *text, dubboc_slice address)
{
    provider_url *url;
    dubboc_error why;
    dubboc_status status = provider_url_from_text(slice_of(text), &url, &why);
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(self->err);
    if (status != DUBBOC_OK)
        return error_set(self->err, DUBBOC_E_PARSE, "address \"%.*s\": %s",
            (int)(address.len < 80 ? address.len : 80), address.at, why.text);
    provider_url_free(url);
    if (self->urls->count == RULE_URLS_MAX)
        return error_set(
            self->err, DUBBOC_E_TOO_BIG, "the rule leads to more than %d URLs", RULE_URLS_MAX);
    return registry_list_add(self->urls, &self->capacity, slice_of(text))
               ? DUBBOC_OK
               : error_no_memory(self->err);
}

static dubboc_status rule_add_url(yaml_rule *self, const yaml_entry *of, const yaml_target *to)
{
    dubboc_slice group, version, interface = rule_split_service(to->service, &group, &version);
    char *address = mem_dup_slice(to->address), *path = mem_dup_slice(interface), *text = NULL;
    url_writer *writer =
        address != NULL && path != NULL ? url_writer_new("override", address, path) : NULL;
    dubboc_status status = writer != NULL ? rule_write_params(self, of, to, group, version, writer)
                                          : error_no_memory(self->err);
    if (status == DUBBOC_OK && (text = url_writer_text(writer)) == NULL)
        status = error_no_memory(self->err);
    if (status == DUBBOC_OK)
        status = rule_keep(self, text, to->address);
    url_writer_free(writer);
    free(text);
    free(address);
    free(path);
    return status;
}

static dubboc_slice rule_item_or(
    const yaml_rule *self, const yaml_node_t *list, size_t at, dubboc_slice otherwise)
{
    return list != NULL ? rule_list_item(self, list, at) : otherwise;
}

/* Adds a URL for each combination of address, and service or application. */
static dubboc_status rule_add_urls(yaml_rule *self, const yaml_entry *of)
{
    const yaml_node_t *names = self->is_of_application ? of->services : of->applications;
    dubboc_slice none = slice_make(NULL, 0);
    dubboc_status status = DUBBOC_OK;
    for (size_t a = 0; a < rule_list_count(of->addresses) || a == 0; a++)
        for (size_t n = 0; (n < rule_list_count(names) || n == 0) && status == DUBBOC_OK; n++) {
            yaml_target to = {.address = rule_item_or(self, of->addresses, a, slice_of("0.0.0.0"))};
            to.service =
                self->is_of_application ? rule_item_or(self, names, n, slice_of("*")) : self->key;
            to.application =
                self->is_of_application ? self->key : rule_item_or(self, names, n, none);
            status = rule_add_url(self, of, &to);
        }
    return status;
}

static dubboc_status rule_add_entry(yaml_rule *self, const yaml_node_t *map)
{
    static const char *const known[] = {"side", "type", "enabled", "addresses", "providerAddresses",
        "applications", "services", "parameters", NULL};
    yaml_entry of;
    if (map->type != YAML_MAPPING_NODE)
        return rule_fail(self, map, "an entry of configs that has no members");
    dubboc_status status = rule_read_entry(self, map, &of);
    if (status != DUBBOC_OK)
        return status;
    rule_note_strange(self, map, known);
    if (rule_find(self, map, "match") != NULL) {
        LOG(DUBBOC_LOG_WARN, "selector", "rule entry left out: its condition is not supported",
            "rule=\"%s\" line=%zu member=match", self->name, map->start_mark.line + 1);
        return DUBBOC_OK;
    }
    return of.is_enabled ? rule_add_urls(self, &of) : DUBBOC_OK;
}

/* --- the whole rule --- */

static dubboc_status rule_read_head(yaml_rule *self, const yaml_node_t *root)
{
    dubboc_slice scope;
    dubboc_status status = rule_read_text(self, root, "scope", &scope);
    if (status == DUBBOC_OK)
        status = rule_read_text(self, root, "key", &self->key);
    if (status == DUBBOC_OK)
        status = rule_read_text(self, root, "configVersion", &self->version);
    if (status == DUBBOC_OK)
        status = rule_read_bool(self, root, "enabled", &self->is_enabled);
    if (status == DUBBOC_OK && self->key.len == 0)
        status = rule_fail(self, root, "the key is missing");
    if (self->version.len == 0)
        self->version = slice_of("v2.7");
    self->is_of_application = slice_is(scope, "application");
    return status;
}

static dubboc_status rule_read_map(yaml_rule *self, const yaml_node_t *root)
{
    static const char *const known[] = {"configVersion", "scope", "key", "enabled", "configs",
        "priority", "runtime", "force", "apiVersion", NULL};
    dubboc_status status = rule_read_head(self, root);
    if (status != DUBBOC_OK)
        return status;
    rule_note_strange(self, root, known);
    const yaml_node_t *configs = rule_find(self, root, "configs");
    if (configs == NULL || configs->type != YAML_SEQUENCE_NODE)
        return self->is_enabled ? rule_fail(self, root, "the list configs is missing") : DUBBOC_OK;
    for (yaml_node_item_t *item = configs->data.sequence.items.start;
         item < configs->data.sequence.items.top && status == DUBBOC_OK; item++)
        status = rule_add_entry(self, yaml_document_get_node(self->document, *item));
    if (self->strange[0] != '\0')
        LOG(DUBBOC_LOG_INFO, "selector", "rule has unknown members", "rule=\"%s\" members=%s",
            self->name, self->strange);
    return status;
}

/* Reads the older form, a list of URLs: ["override://...", ...]. */
static dubboc_status rule_read_urls(yaml_rule *self, const yaml_node_t *root)
{
    dubboc_status status = DUBBOC_OK;
    for (size_t i = 0; i < rule_list_count(root) && status == DUBBOC_OK; i++) {
        char *text = mem_dup_slice(rule_list_item(self, root, i));
        status = text != NULL ? rule_keep(self, text, slice_of(text)) : error_no_memory(self->err);
        free(text);
    }
    return status;
}

static dubboc_status rule_read_root(yaml_rule *self)
{
    const yaml_node_t *root = yaml_document_get_root_node(self->document);
    if (rule_is_null(root))
        return DUBBOC_OK;
    if (root->type == YAML_SEQUENCE_NODE)
        return rule_read_urls(self, root);
    return root->type == YAML_MAPPING_NODE
               ? rule_read_map(self, root)
               : rule_fail(self, root, "neither a rule nor a list of URLs");
}

dubboc_status rule_yaml_read(
    const char *name, dubboc_slice text, registry_list *urls, dubboc_error *err)
{
    yaml_parser_t parser;
    yaml_document_t document;
    registry_list list = {0};
    dubboc_status status = rule_check_text(text, err);
    if (status != DUBBOC_OK)
        return status;
    if (!yaml_parser_initialize(&parser))
        return error_no_memory(err);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.len);
    if (!yaml_parser_load(&parser, &document)) {
        status = rule_broken(&parser, err);
    } else {
        yaml_rule self = {
            .name = name, .document = &document, .is_enabled = true, .urls = &list, .err = err};
        status = rule_read_root(&self);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    if (status != DUBBOC_OK) {
        registry_list_free(&list);
        return status;
    }
    registry_list_sort(&list);
    *urls = list;
    return DUBBOC_OK;
}
