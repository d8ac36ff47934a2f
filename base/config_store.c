/* Stores, copies, finds and sets values. See config_store.h for the names in the map. */
#include "base/config_store.h"

#include <stdio.h>

#include "base/config_mask.h"
#include "base/config_value.h"
#include "base/error.h"
#include "base/mem.h"

/* A ceiling, because a program that makes up section names must not use up the memory. */
#define CONFIG_VALUES_MAX 100000

/* --- reference counting --- */

config_state *config_state_new(void)
{
    config_state *state = MEM_NEW(config_state);
    if (state == NULL)
        return NULL;
    state->handle.state = state;
    atomic_init(&state->refs, 1);
    state->values = map_new();
    state->sections = map_new();
    if (state->values != NULL && state->sections != NULL)
        return state;
    config_state_unref(state);
    return NULL;
}

void config_state_unref(config_state *state)
{
    if (state == NULL || atomic_fetch_sub(&state->refs, 1) > 1)
        return;
    map_free(state->values, free);
    map_free(state->sections, NULL);
    free(state);
}

bool config_state_put(config_state *state, dubboc_slice name, const config_key *key,
    dubboc_slice text, int64_t number, const char *origin)
{
    size_t origin_size = strlen(origin) + 1;
    config_value *value = mem_zeroed(1, sizeof(config_value) + text.len + 1 + origin_size);
    if (value == NULL)
        return false;
    value->key = key;
    value->number = number;
    value->origin = value->text + text.len + 1;
    if (text.len > 0)
        memcpy(value->text, text.at, text.len);
    memcpy(value->origin, origin, origin_size);
    void *former;
    if (!map_put(state->values, name, value, &former)) {
        free(value);
        return false;
    }
    free(former);
    return true;
}

bool config_state_add_section(config_state *state, dubboc_slice section)
{
    return map_put(state->sections, section, state, NULL);
}

/* --- copying --- */

typedef struct config_copying {
    config_state *to;
    bool is_good;
} config_copying;

static void config_copy_value(void *arg, const char *name, void *value)
{
    config_copying *copy = arg;
    const config_value *v = value;
    copy->is_good = copy->is_good && config_state_put(copy->to, slice_of(name), v->key,
                                         slice_of(v->text), v->number, v->origin);
}

static void config_copy_section(void *arg, const char *name, void *value)
{
    (void)value;
    config_copying *copy = arg;
    copy->is_good = copy->is_good && config_state_add_section(copy->to, slice_of(name));
}

config_state *config_state_copy(const config_state *state)
{
    config_copying copy = {.to = config_state_new(), .is_good = true};
    if (copy.to == NULL)
        return NULL;
    map_each(state->values, config_copy_value, &copy);
    map_each(state->sections, config_copy_section, &copy);
    if (copy.is_good)
        return copy.to;
    config_state_unref(copy.to);
    return NULL;
}

/* --- looking up --- */

bool config_value_name(
    char layer, dubboc_slice section, dubboc_slice key, char name[CONFIG_NAME_MAX])
{
    int len = snprintf(
        name, CONFIG_NAME_MAX, "%c%.*s\n%.*s", layer, SLICE_ARGS(section), SLICE_ARGS(key));
    return len > 0 && len < (int)CONFIG_NAME_MAX;
}

static const config_value *config_find_in_layer(
    const config_state *state, char layer, dubboc_slice section, dubboc_slice name)
{
    char full[CONFIG_NAME_MAX];
    return config_value_name(layer, section, name, full) ? map_find(state->values, slice_of(full))
                                                         : NULL;
}

static const config_value *config_find_variable(
    const config_state *state, dubboc_slice section, dubboc_slice name, const config_key *key)
{
    char variable[CONFIG_NAME_MAX] = "$";
    const config_value *found = NULL;
    if (config_variable_name(section, name, variable + 1, sizeof variable - 1))
        found = map_find(state->values, slice_of(variable));
    if (found != NULL || key->variable == NULL)
        return found;
    snprintf(variable, sizeof variable, "$%s", key->variable);
    return map_find(state->values, slice_of(variable));
}

const config_value *config_state_find(
    const config_state *state, dubboc_slice section, dubboc_slice name, const config_key *key)
{
    const config_value *found = config_find_in_layer(state, CONFIG_FROM_CODE, section, name);
    if (found == NULL)
        found = config_find_variable(state, section, name, key);
    return found != NULL ? found : config_find_in_layer(state, CONFIG_FROM_FILE, section, name);
}

/* --- setting --- */

static dubboc_status config_read_value(config_state *state, char layer, const char *origin,
    dubboc_slice section, dubboc_slice name, dubboc_slice value, dubboc_error *err)
{
    config_section where;
    const config_key *key;
    dubboc_slice method;
    int64_t number;
    char full[CONFIG_NAME_MAX];
    dubboc_status status = config_section_read(section, &where, err);
    if (status == DUBBOC_OK)
        status = config_key_find(&where, name, &key, &method, err);
    if (status != DUBBOC_OK)
        return status;
    if (!config_value_name(layer, section, name, full))
        return error_set(err, DUBBOC_E_CONFIG, "a name longer than %u bytes", CONFIG_NAME_MAX);
    const char *fault = ini_bytes_fault(value);
    status = fault != NULL ? error_set(err, DUBBOC_E_CONFIG, "found %s", fault)
                           : config_key_read(key, value, &number, err);
    if (status != DUBBOC_OK) {
        snprintf(full, sizeof full, "[%.*s] %.*s", SLICE_ARGS(section), SLICE_ARGS(name));
        return fault != NULL ? error_prefix(err, status, "%s", full)
                             : config_bad_value(key, full, value, err);
    }
    if (map_count(state->values) >= CONFIG_VALUES_MAX &&
        map_find(state->values, slice_of(full)) == NULL)
        return error_set(err, DUBBOC_E_TOO_BIG,
            "[%.*s] %.*s: the configuration holds %d values, no more are possible",
            SLICE_ARGS(section), SLICE_ARGS(name), CONFIG_VALUES_MAX);
    bool is_put = config_state_put(state, slice_of(full), key, value, number, origin) &&
                  (where.interface.len == 0 || config_state_add_section(state, section));
    return is_put ? DUBBOC_OK : error_no_memory(err);
}

dubboc_status config_state_set(config_state *state, char layer, const char *origin,
    dubboc_slice section, dubboc_slice name, dubboc_slice value, const char *source,
    dubboc_error *err)
{
    dubboc_status status = config_read_value(state, layer, origin, section, name, value, err);
    bool is_about_source = status == DUBBOC_E_CONFIG || status == DUBBOC_E_UNSUPPORTED;
    return is_about_source && source[0] != '\0' ? error_prefix(err, status, "%s", source) : status;
}
