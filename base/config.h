/* Configuration inside dubboc: the table of all keys (base/config_keys.c) and typed access. Every
 * value was checked when it was set, so the getters cannot fail. The public side is
 * <dubboc/config.h>. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <dubboc/config.h>

#include "base/slice.h"

typedef enum config_type {
    CONFIG_TEXT,
    CONFIG_BOOL,     /* true, false */
    CONFIG_INT,      /* "auto" where the key allows it: -1 */
    CONFIG_DURATION, /* 350ms, 2s, 10m, 1h; "none" where the key allows it: -1 */
    CONFIG_SIZE,     /* bytes, KiB, MiB, GiB */
    CONFIG_LIST      /* texts with commas between */
} config_type;

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

/* Whether the comma list holds that word. */
bool config_list_has(const char *list, const char *word);

/* "350ms" -> 350. false: unreadable, negative, or too big for milliseconds in int64_t. */
bool config_parse_duration_ms(dubboc_slice text, int64_t *ms);
/* "8MiB" -> 8388608. */
bool config_parse_size(dubboc_slice text, int64_t *bytes);

#endif
