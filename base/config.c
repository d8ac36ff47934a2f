/* The configuration for the rest of the library: typed getters, and setting values from code.
 *
 * Every value is checked when it is set, so a getter cannot fail. A getter searches the layers in
 * this order: code, environment variable, file. If the key is in no layer, the getter searches the
 * key whose value this key inherits, and finally returns the default. Variables for [service X] and
 * [reference X] are searched only when their value is requested, because the environment may set
 * keys for interfaces that the file does not name. */
#include "base/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config_store.h"
#include "base/config_value.h"
#include "base/error.h"

/* --- looking up --- */

/* The row of the table for a key. The caller must name an existing key; section may be "service
 * X". */
static const config_key *config_key_of(const char *section, const char *name)
{
    dubboc_slice kind, interface;
    slice_cut(slice_of(section), ' ', &kind, &interface);
    const config_key *key = config_key_get(kind, slice_of(name), CONFIG_OF_SECTION);
    assert(key != NULL && !key->is_later);
    return key;
}

/* Like config_state_find(), but if the key is not set, searches the keys from which it inherits.
 * *key becomes the row of the key whose value was found. */
static const config_value *config_find_effective(
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
    const config_key *row = config_key_of(section, key);
    assert(row->type == CONFIG_TEXT || row->type == CONFIG_LIST);
    const config_value *found = config_find_effective(config, section, &row);
    const char *text = found != NULL ? found->text : row->value;
    return text != NULL ? text : "";
}

static int64_t config_number_of(
    const dubboc_config *config, const char *section, const config_key *row)
{
    const config_value *found = config_find_effective(config, section, &row);
    int64_t number = 0;
    if (found != NULL)
        return found->number;
    dubboc_status status =
        row->value != NULL ? config_key_read(row, slice_of(row->value), &number, NULL) : DUBBOC_OK;
    assert(status == DUBBOC_OK); /* cannot fail, because a test parses every default */
    (void)status;
    return number;
}

bool config_bool(const dubboc_config *config, const char *section, const char *key)
{
    const config_key *row = config_key_of(section, key);
    assert(row->type == CONFIG_BOOL);
    return config_number_of(config, section, row) != 0;
}

int64_t config_int(const dubboc_config *config, const char *section, const char *key)
{
    const config_key *row = config_key_of(section, key);
    assert(row->type == CONFIG_INT || row->type == CONFIG_DURATION || row->type == CONFIG_SIZE);
    return config_number_of(config, section, row);
}

bool config_is_set(const dubboc_config *config, const char *section, const char *key)
{
    return config_state_find(config->state, slice_of(section), slice_of(key),
               config_key_of(section, key)) != NULL;
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
                       : config_find_effective(config, section, &row);
    const char *text = found != NULL ? found->text : method.len > 0 ? NULL : row->value;
    if (text != NULL && origin != NULL)
        *origin = found != NULL ? found->origin : "default";
    return text;
}

/* --- setting --- */

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
        config_state *own = config_state_copy(config->state);
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

/* --- reference counting --- */

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
