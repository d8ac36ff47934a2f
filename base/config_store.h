/* How a configuration is kept: one map from name to value, where the name says the layer too:
 * "F<section>\n<key>" from the file, "$<VARIABLE>" from the environment, "C<section>\n<key>" from
 * code. */
#ifndef BASE_CONFIG_STORE_H
#define BASE_CONFIG_STORE_H

#include <stdatomic.h>

#include <dubboc/config.h>

#include "base/config_keys.h"
#include "base/ini.h"
#include "base/map.h"

#define CONFIG_FROM_FILE 'F'
#define CONFIG_FROM_CODE 'C'
#define CONFIG_NAME_MAX (INI_SECTION_BYTES_MAX + INI_KEY_BYTES_MAX + 16)

typedef struct config_state config_state;

/* What the caller holds. Several handles may share a state; the one that sets a value copies it
 * first. */
struct dubboc_config {
    config_state *state;
};

struct config_state {
    dubboc_config handle; /* for config_ref(), which must not fail */
    atomic_uint refs;
    map *values;   /* name -> config_value */
    map *sections; /* the sections of interfaces that file and code name, in that order -> the same
                      text */
};

typedef struct config_value {
    const config_key *key;
    int64_t number;
    char *origin; /* after text's end in the same block */
    char text[];
} config_value;

config_state *config_state_new(void);
void config_state_unref(config_state *state);

/* For the handle that sets a value while others share the state. NULL: no memory. */
config_state *config_state_copy(const config_state *state);

/* false: no memory. */
bool config_state_put(config_state *state, dubboc_slice name, const config_key *key,
    dubboc_slice text, int64_t number, const char *origin);
bool config_state_add_section(config_state *state, dubboc_slice section);

/* "<layer><section>\n<key>". false: longer than any name there may be. */
bool config_value_name(
    char layer, dubboc_slice section, dubboc_slice key, char name[CONFIG_NAME_MAX]);

/* The effective value of section and key ("retries", "GetUser.timeout") above the default, without
 * what is inherited. NULL: not set. */
const config_value *config_state_find(
    const config_state *state, dubboc_slice section, dubboc_slice name, const config_key *key);

/* Reads a value for section and name (as above), puts it under the layer. source is what an error
 * text begins with, then ": "; "" : nothing. DUBBOC_E_CONFIG, DUBBOC_E_UNSUPPORTED,
 * DUBBOC_E_TOO_BIG: the configuration is full. DUBBOC_E_NO_MEMORY. */
dubboc_status config_state_set(config_state *state, char layer, const char *origin,
    dubboc_slice section, dubboc_slice name, dubboc_slice value, const char *source,
    dubboc_error *err);

#endif
