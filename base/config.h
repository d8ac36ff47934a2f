/* The configuration inside the library: typed getters. Every value was checked when it was set, so
 * getters cannot fail. The keys are in base/config_keys.h; the public functions in
 * <dubboc/config.h>. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <dubboc/config.h>

/* Adds a reference, for a client or server that keeps the configuration. Cannot fail. Values that
 * are set later with dubboc_config_set() do not change the returned handle's configuration. Free it
 * with dubboc_config_free(). */
dubboc_config *config_ref(const dubboc_config *config);

/* The value of a key as text; "" if there is none. Borrowed. The key must be in the table; anything
 * else is a programming error. section may be "service X" or "reference X"; if that section or the
 * key in it is missing, the value is inherited: a service's protocols, group, version and weight
 * from [server]; a reference's timeout (request_timeout), retries, selector, load_balance and
 * cluster from [client]. If nothing is set, the value is the default. */
const char *config_text(const dubboc_config *config, const char *section, const char *key);

/* The value of a key of type BOOL; otherwise like config_text(). */
bool config_bool(const dubboc_config *config, const char *section, const char *key);
/* The value of a key of type INT, DURATION (milliseconds) or SIZE (bytes); "none" and "auto" are
 * -1. Otherwise like config_text(). */
int64_t config_int(const dubboc_config *config, const char *section, const char *key);

/* Whether the key was set (in the file, the environment or code) in this section itself. */
bool config_is_set(const dubboc_config *config, const char *section, const char *key);

/* The value of "<method>.<key>" in a [service X] or [reference X] section. false: not set. */
bool config_method_int(const dubboc_config *config, const char *section, const char *method,
    const char *key, int64_t *value);

#endif
