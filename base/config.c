/* The configuration as the rest of the library sees it: typed access, and setting values from code.
 *
 * Every value was checked when it came in, so that looking one up cannot fail. A look-up goes
 * through the layers from the top: code, the key's variable, the file, then the key that it
 * inherits from, then the default. Variables of the sections of an interface are looked for by
 * need, since the environment may set keys of interfaces that the file never names. */
#include "base/config_store.h"

#include <assert.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"

#define CONFIG_VALUES_MAX 100000 /* a program that makes up sections must not fill the memory */

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

/* --- copying, for the handle that sets a value while others share the state --- */

typedef struct copying {
    config_state *to;
    bool is_good;
} copying;

static void copy_value(void *arg, const char *name, void *value)
{
    copying *copy = arg;
    const config_value *v = value;
    copy->is_good = copy->is_good && config_state_put(copy->to, slice_of(name), v->key,
                                         slice_of(v->text), v->number, v->origin);
}

static void copy_section(void *arg, const char *name, void *value)
{
    (void)value;
    copying *copy = arg;
    copy->is_good = copy->is_good && config_state_add_section(copy->to, slice_of(name));
}

static config_state *copy_of(const config_state *state)
{
    copying copy = {.to = config_state_new(), .is_good = true};
    if (copy.to == NULL)
        return NULL;
    map_each(state->values, copy_value, &copy);
    map_each(state->sections, copy_section, &copy);
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

static const config_value *find_in_layer(
    const config_state *state, char layer, dubboc_slice section, dubboc_slice name)
{
    char full[CONFIG_NAME_MAX];
    return config_value_name(layer, section, name, full) ? map_find(state->values, slice_of(full))
                                                         : NULL;
}

static const config_value *find_variable(
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
    const config_value *found = find_in_layer(state, CONFIG_FROM_CODE, section, name);
    if (found == NULL)
        found = find_variable(state, section, name, key);
    return found != NULL ? found : find_in_layer(state, CONFIG_FROM_FILE, section, name);
}

/* The row that the programmer names, and the table's name of the section. */
static const config_key *key_of(const char *section, const char *name)
{
    dubboc_slice kind, interface;
    slice_cut(slice_of(section), ' ', &kind, &interface);
    const config_key *key = config_key_get(kind, slice_of(name), CONFIG_OF_SECTION);
    assert(key != NULL && !key->is_later);
    return key;
}

/* As config_state_find(), and through what is inherited; *key becomes the row that decided. */
static const config_value *find_effective(
    const dubboc_config *config, const char *section, const config_key **key)
{
    const config_value *found =
        config_state_find(config->state, slice_of(section), slice_of((*key)->name), *key);
    while (found == NULL && (*key)->inherits_section != NULL) {
        *key = config_key_get(
            slice_of((*key)->inherits_section), slice_of((*key)->inherits_name), CONFIG_OF_SECTION);
        found = config_state_find(
            config->state, slice_of((*key)->section), slice_of((*key)->name), *key);
    }
    return found;
}

const char *config_text(const dubboc_config *config, const char *section, const char *key)
{
    const config_key *row = key_of(section, key);
    assert(row->type == CONFIG_TEXT || row->type == CONFIG_LIST);
    const config_value *found = find_effective(config, section, &row);
    const char *text = found != NULL ? found->text : row->value;
    return text != NULL ? text : "";
}

static int64_t number_of(const dubboc_config *config, const char *section, const config_key *row)
{
    const config_value *found = find_effective(config, section, &row);
    int64_t number = 0;
    if (found != NULL)
        return found->number;
    dubboc_status status =
        row->value != NULL ? config_key_read(row, slice_of(row->value), &number, NULL) : DUBBOC_OK;
    assert(status == DUBBOC_OK); /* a test holds each default against its own row */
    (void)status;
    return number;
}

bool config_bool(const dubboc_config *config, const char *section, const char *key)
{
    const config_key *row = key_of(section, key);
    assert(row->type == CONFIG_BOOL);
    return number_of(config, section, row) != 0;
}

int64_t config_int(const dubboc_config *config, const char *section, const char *key)
{
    const config_key *row = key_of(section, key);
    assert(row->type == CONFIG_INT || row->type == CONFIG_DURATION || row->type == CONFIG_SIZE);
    return number_of(config, section, row);
}

bool config_is_set(const dubboc_config *config, const char *section, const char *key)
{
    return config_state_find(
               config->state, slice_of(section), slice_of(key), key_of(section, key)) != NULL;
}

bool config_method_int(const dubboc_config *config, const char *section, const char *method,
    const char *key, int64_t *value)
{
    dubboc_slice kind, interface;
    slice_cut(slice_of(section), ' ', &kind, &interface);
    const config_key *row = config_key_get(kind, slice_of(key), CONFIG_OF_METHOD);
    assert(row != NULL && row->type != CONFIG_TEXT && row->type != CONFIG_LIST);
    char name[CONFIG_NAME_MAX];
    int len = snprintf(name, sizeof name, "%s.%s", method, key);
    if (len < 0 || len >= (int)sizeof name)
        return false;
    const config_value *found =
        config_state_find(config->state, slice_of(section), slice_of(name), row);
    if (found == NULL)
        return false;
    *value = found->number;
    return true;
}

const char *dubboc_config_get(
    const dubboc_config *config, const char *section, const char *key, const char **origin)
{
    config_section where;
    const config_key *row;
    dubboc_slice method;
    if (config_section_read(slice_of(section), &where, NULL) != DUBBOC_OK ||
        config_key_find(&where, slice_of(key), &row, &method, NULL) != DUBBOC_OK)
        return NULL;
    const config_value *found =
        method.len > 0 ? config_state_find(config->state, slice_of(section), slice_of(key), row)
                       : find_effective(config, section, &row);
    const char *text = found != NULL ? found->text : method.len > 0 ? NULL : row->value;
    if (text != NULL && origin != NULL)
        *origin = found != NULL ? found->origin : "default";
    return text;
}

/* --- setting --- */

/* At most max bytes of text, whole characters. */
static dubboc_slice cut_to(dubboc_slice text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.at[max] & 0xC0) == 0x80)
        max--;
    return slice_make(text.at, max);
}

dubboc_status config_bad_value(
    const config_key *key, const char *where, dubboc_slice value, dubboc_error *err)
{
    enum { SHOWN_MAX = 80 };
    dubboc_status status = err->status;
    if (key->is_secret)
        return error_prefix(err, status, "%s", where);
    buffer masked;
    buffer_init(&masked, SIZE_MAX / 2);
    config_append_masked(&masked, key, value);
    dubboc_slice whole = buffer_slice(&masked), shown = cut_to(whole, SHOWN_MAX);
    const char *rest = shown.len < whole.len ? "..." : "";
    if (masked.status != DUBBOC_OK) /* cut somewhere, it might show a secret */
        status = error_no_memory(err);
    else
        error_prefix(err, status, "%s = \"%.*s%s\"", where, SLICE_ARGS(shown), rest);
    buffer_fini(&masked);
    return status;
}

static dubboc_status read_value(config_state *state, char layer, const char *origin,
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
    dubboc_status status = read_value(state, layer, origin, section, name, value, err);
    bool is_about_source = status == DUBBOC_E_CONFIG || status == DUBBOC_E_UNSUPPORTED;
    return is_about_source && source[0] != '\0' ? error_prefix(err, status, "%s", source) : status;
}

dubboc_status dubboc_config_set(dubboc_config *config, const char *section, const char *key,
    const char *value, dubboc_error *err)
{
    assert(config != &config->state->handle);
    dubboc_error detail;
    error_clear(&detail);
    if (section == NULL || key == NULL || value == NULL)
        return error_set(err, DUBBOC_E_ARGUMENT, "%s is NULL",
            section == NULL ? "section"
            : key == NULL   ? "key"
                            : "value");
    if (atomic_load(&config->state->refs) > 1) {
        config_state *own = copy_of(config->state);
        if (own == NULL)
            return error_no_memory(err);
        config_state_unref(config->state);
        config->state = own;
    }
    dubboc_status status = config_state_set(config->state, CONFIG_FROM_CODE, "code",
        slice_of(section), slice_of(key), slice_of(value), "", &detail);
    error_copy(err, &detail);
    return status;
}

/* --- life --- */

dubboc_config *config_ref(const dubboc_config *config)
{
    atomic_fetch_add(&config->state->refs, 1);
    return &config->state->handle;
}

void dubboc_config_free(dubboc_config *config)
{
    if (config == NULL)
        return;
    config_state *state = config->state;
    if (config != &state->handle)
        free(config);
    config_state_unref(state);
}
