/* Visits the whole configuration, for `dubboc config`: every key that has a value, section by
 * section, with its origin. Secrets are masked here (base/mask.h), so that no caller can forget
 * it. */
#include <stdio.h>

#include "base/config_store.h"
#include "base/config_mask.h"
#include "base/mask.h"

typedef struct config_telling {
    const dubboc_config *config;
    dubboc_config_visit visit;
    void *arg;
    const char *kind;    /* "service" or "reference", while the sections of that kind are visited */
    const char *section; /* the section that is being visited */
} config_telling;

static void tell_value(const config_telling *t, const config_key *key, const char *section,
    const char *name, const char *value, const char *origin)
{
    buffer shown;
    buffer_init(&shown, SIZE_MAX / 2);
    config_append_masked(&shown, key, slice_of(value));
    const char *text = buffer_text(&shown);
    t->visit(t->arg, section, name, text != NULL ? text : MASK, origin);
    buffer_fini(&shown);
}

static void tell_key(const config_telling *t, const config_key *key, const char *section)
{
    const char *origin;
    const char *value = key->is_later || key->where == CONFIG_OF_METHOD
                            ? NULL
                            : dubboc_config_get(t->config, section, key->name, &origin);
    if (value != NULL)
        tell_value(t, key, section, key->name, value, origin);
}

/* The "<method>.<key>" part of a name in config_state.values. NULL: the name belongs to another
 * layer or section, or is not the key of a method. */
static const char *method_key_in(const char *name, char layer, const char *section)
{
    size_t len = strlen(section);
    if (name[0] != layer || strncmp(name + 1, section, len) != 0 || name[1 + len] != '\n')
        return NULL;
    const char *key = name + 1 + len + 1;
    return strchr(key, '.') != NULL ? key : NULL;
}

static void tell_method_key(void *arg, const char *name, void *value)
{
    const config_telling *t = arg;
    const config_value *v = value;
    const char *key = method_key_in(name, CONFIG_FROM_FILE, t->section);
    char in_file[CONFIG_NAME_MAX];
    if (key == NULL) {
        key = method_key_in(name, CONFIG_FROM_CODE, t->section);
        bool is_told =
            key != NULL &&
            config_value_name(CONFIG_FROM_FILE, slice_of(t->section), slice_of(key), in_file) &&
            map_find(t->config->state->values, slice_of(in_file)) != NULL;
        if (is_told)
            return;
    }
    const char *origin;
    const char *effective =
        key != NULL ? dubboc_config_get(t->config, t->section, key, &origin) : NULL;
    if (effective != NULL)
        tell_value(t, v->key, t->section, key, effective, origin);
}

static void tell_section_of_interface(void *arg, const char *section, void *unused)
{
    (void)unused;
    config_telling *t = arg;
    size_t count;
    const config_key *keys = config_keys(&count);
    if (strncmp(section, t->kind, strlen(t->kind)) != 0 || section[strlen(t->kind)] != ' ')
        return;
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].section, t->kind) == 0)
            tell_key(t, &keys[i], section);
    t->section = section;
    map_each(t->config->state->values, tell_method_key, t);
}

/* --- variables for interfaces that neither file nor code names --- */

typedef struct config_searching {
    const char *variable; /* the name of the variable with its '$' */
    const config_state *state;
    const char *section;
    bool is_found;
} config_searching;

static void search_compare(config_searching *search, const char *section, const char *key)
{
    char variable[CONFIG_NAME_MAX];
    if (config_variable_name(slice_of(section), slice_of(key), variable, sizeof variable) &&
        strcmp(search->variable + 1, variable) == 0)
        search->is_found = true;
}

static void search_method_key(void *arg, const char *name, void *value)
{
    (void)value;
    config_searching *search = arg;
    const char *key = method_key_in(name, CONFIG_FROM_FILE, search->section);
    if (key == NULL)
        key = method_key_in(name, CONFIG_FROM_CODE, search->section);
    if (key != NULL)
        search_compare(search, search->section, key);
}

static void search_section(void *arg, const char *section, void *unused)
{
    (void)unused;
    config_searching *search = arg;
    const config_value *value = map_find(search->state->values, slice_of(search->variable));
    search->section = section;
    if (strncmp(section, value->key->section, strlen(value->key->section)) == 0)
        search_compare(search, section, value->key->name);
    map_each(search->state->values, search_method_key, search);
}

/* Visits a variable of an interface that no section names. The interface is shown as the variable
 * spells it, in capitals, because the original spelling is not known. */
static void tell_variable(void *arg, const char *name, void *value)
{
    const config_telling *t = arg;
    const config_value *v = value;
    config_searching search = {.variable = name, .state = t->config->state};
    if (name[0] != '$' || strcmp(v->key->section, t->kind) != 0)
        return;
    map_each(t->config->state->sections, search_section, &search);
    if (search.is_found)
        return;
    char section[CONFIG_NAME_MAX];
    const char *interface = name + strlen("$DUBBOC_") + strlen(t->kind) + 1;
    size_t len = strlen(interface) - strlen(v->key->name) - 1;
    if (snprintf(section, sizeof section, "%s %.*s", t->kind, (int)len, interface) <
        (int)sizeof section)
        tell_value(t, v->key, section, v->key->name, v->text, v->origin);
}

void dubboc_config_each(const dubboc_config *config, dubboc_config_visit visit, void *arg)
{
    static const char *const kinds[] = {"service", "reference"};
    config_telling t = {.config = config, .visit = visit, .arg = arg};
    size_t count;
    const config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++)
        if (!config_section_is_per_interface(keys[i].section))
            tell_key(&t, &keys[i], keys[i].section);
    for (size_t i = 0; i < 2; i++) {
        t.kind = kinds[i];
        map_each(config->state->sections, tell_section_of_interface, &t);
        map_each(config->state->values, tell_variable, &t);
    }
}
