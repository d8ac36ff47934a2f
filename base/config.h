/* Configuration inside dubboc: typed access. Every value was checked when it was set, so the
 * getters cannot fail. The keys are in base/config_keys.h; the public side is <dubboc/config.h>. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <dubboc/config.h>

/* The same configuration, held once more (reference counted, so that clients and servers keep it);
 * cannot fail. What is set with dubboc_config_set() later does not reach it. Given back with
 * dubboc_config_free(). */
dubboc_config *config_ref(const dubboc_config *config);

/* Of a key in the table; for the sections "service X" and "reference X" too, where a missing
 * section or key gives the default. The key must be in the table (programmer's error otherwise).
 * Durations in milliseconds, "none" and "auto" are -1. Borrowed texts; no text: "". A key that a
 * section of an interface does not set has the value of the key it inherits from: a service's
 * protocols, group, version and weight from [server]; a reference's timeout (request_timeout),
 * retries, selector, load_balance and cluster from [client]. */
const char *config_text(const dubboc_config *config, const char *section, const char *key);
bool config_bool(const dubboc_config *config, const char *section, const char *key);
/* INT, DURATION (ms), SIZE (bytes) */
int64_t config_int(const dubboc_config *config, const char *section, const char *key);

/* Whether it was set anywhere above the default (file, environment, code), in this section
 * itself. */
bool config_is_set(const dubboc_config *config, const char *section, const char *key);

/* A method's own value in a service or reference section, "<method>.<key>"; false: not set. */
bool config_method_int(const dubboc_config *config, const char *section, const char *method,
    const char *key, int64_t *value);

#endif
