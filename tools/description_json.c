/* Prints a description for programs, as one JSON object. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/description_json.h"
#include "tools/place.h"
#include "tools/shown.h"

static bool json_add_text(cJSON *object, const char *name, const char *given)
{
    char *text = shown_text(given);
    bool is_added = text != NULL && cJSON_AddStringToObject(object, name, text) != NULL;
    free(text);
    return is_added;
}

static bool json_add_number(cJSON *object, const char *name, size_t number)
{
    return cJSON_AddNumberToObject(object, name, (double)number) != NULL;
}

/* Adds an empty object at the end of array and returns it; NULL: no memory. */
static cJSON *json_append_object(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    if (object != NULL && cJSON_AddItemToArray(array, object))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool json_add_tally(cJSON *to, const char *name, const char *what, const tally *names)
{
    cJSON *array = cJSON_AddArrayToObject(to, name);
    bool is_made = array != NULL;
    for (size_t i = 0; i < names->count && is_made; i++) {
        cJSON *item = json_append_object(array);
        is_made = item != NULL && json_add_text(item, what, names->items[i].name) &&
                  json_add_number(item, "nodes", names->items[i].count);
    }
    return is_made;
}

static bool json_add_call(cJSON *to, const description *self)
{
    cJSON *call = cJSON_AddObjectToObject(to, "call");
    return call != NULL && json_add_text(call, "version", self->call.version) &&
           json_add_text(call, "group", self->call.group) &&
           (self->call.url[0] == '\0' || json_add_text(call, "url", self->call.url)) &&
           json_add_number(call, "callable", self->providers.callable) &&
           json_add_number(call, "nodes", self->providers.count);
}

static bool json_fill_provider(cJSON *item, const offer *one)
{
    return json_add_text(item, "url", one->node) && json_add_text(item, "address", one->address) &&
           json_add_text(item, "protocol", one->protocol) &&
           json_add_text(item, "version", one->version) &&
           json_add_text(item, "group", one->group) &&
           json_add_number(item, "weight", one->weight) &&
           json_add_text(item, "application", one->application) &&
           cJSON_AddBoolToObject(item, "callable", one->reason == NULL) != NULL &&
           (one->reason == NULL || json_add_text(item, "reason", one->reason)) &&
           (one->changed == NULL || json_add_text(item, "changed", one->changed));
}

static bool json_add_providers(cJSON *to, const offers *providers)
{
    cJSON *array = cJSON_AddArrayToObject(to, "providers");
    bool is_made = array != NULL;
    for (size_t i = 0; i < providers->count && is_made; i++) {
        cJSON *item = json_append_object(array);
        is_made = item != NULL && json_fill_provider(item, &providers->items[i]);
    }
    return is_made;
}

static bool json_add_rules(cJSON *to, const rule_set *rules)
{
    cJSON *array = cJSON_AddArrayToObject(to, "rules");
    bool is_made = array != NULL;
    for (size_t i = 0; i < rules->count && is_made; i++) {
        const listed_rule *one = &rules->items[i];
        cJSON *item = json_append_object(array);
        is_made = item != NULL && json_add_text(item, "source", one->source) &&
                  (one->text[0] == '\0' || json_add_text(item, "url", one->text)) &&
                  cJSON_AddBoolToObject(item, "in_force", one->is_in_force) != NULL &&
                  json_add_text(item, "effect", one->effect);
    }
    return is_made;
}

bool description_print_json(const description *self, const char *registry_name)
{
    char *text = NULL;
    cJSON *all = cJSON_CreateObject();
    bool is_made = all != NULL && json_add_text(all, "interface", self->call.interface) &&
                   json_add_text(all, "registry", registry_name) &&
                   json_add_tally(all, "methods", "name", &self->methods) &&
                   json_add_tally(all, "versions", "version", &self->versions) &&
                   json_add_tally(all, "groups", "group", &self->groups) &&
                   json_add_call(all, self) && json_add_providers(all, &self->providers) &&
                   json_add_rules(all, &self->rules) &&
                   dubboc_json_print(all, &text, NULL, NULL) == DUBBOC_OK;
    if (is_made)
        puts(text);
    free(text);
    cJSON_Delete(all);
    return is_made;
}
