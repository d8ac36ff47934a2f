/* How a configuration is stored: one map from name to value. The name contains the layer:
 * "F<section>\n<key>" for the file, "$<VARIABLE>" for the environment, "C<section>\n<key>" for
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

/* The handle of a configuration. Several handles may share a state; dubboc_config_set() copies a
 * state that is shared before it changes a value. */
struct dubboc_config {
    config_state *state;
};

struct config_state {
    /* The handle that config_ref() returns. It is a member, because config_ref() must not fail for
     * lack of memory. */
    dubboc_config handle;
    atomic_uint refs;
    map *values; /* from name to config_value */
    /* The names of all sections of interfaces in the file and in code, in the order in which they
     * were first used. Only the keys of this map are used. */
    map *sections;
};

typedef struct config_value {
    const config_key *key; /* the row of the table */
    int64_t number;        /* for BOOL, INT, DURATION, SIZE */
    char *origin; /* where the value was set ("app.conf:7"); stored behind text in the same block */
    char text[];
} config_value;

config_state *config_state_new(void);
void config_state_unref(config_state *state);

/* A copy, for dubboc_config_set() on a shared state. NULL: no memory. */
config_state *config_state_copy(const config_state *state);

/* Stores a value that has been checked. false: no memory. */
bool config_state_put(config_state *state, dubboc_slice name, const config_key *key,
    dubboc_slice text, int64_t number, const char *origin);

/* Remembers the section of an interface. false: no memory. */
bool config_state_add_section(config_state *state, dubboc_slice section);

/* Writes "<layer><section>\n<key>". false: the name is longer than any valid name. */
bool config_value_name(
    char layer, dubboc_slice section, dubboc_slice key, char name[CONFIG_NAME_MAX]);

/* The value of a key ("retries", "GetUser.timeout") from code, environment or file, in this order.
 * NULL: not set. Inherited values and defaults are not searched. */
const config_value *config_state_find(
    const config_state *state, dubboc_slice section, dubboc_slice name, const config_key *key);

/* Checks a value and stores it in that layer. If the value is invalid and source is not "", source
 * and ": " are put in front of the error text.
 *
 * - DUBBOC_E_CONFIG, DUBBOC_E_UNSUPPORTED: the section, the key or the value is invalid.
 * - DUBBOC_E_TOO_BIG: the configuration is full.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status config_state_set(config_state *state, char layer, const char *origin,
    dubboc_slice section, dubboc_slice name, dubboc_slice value, const char *source,
    dubboc_error *err);

#endif
