/* Reading values of the configuration: each by the row of its key, and the forms by themselves. */
#ifndef BASE_CONFIG_VALUE_H
#define BASE_CONFIG_VALUE_H

#include "base/config_keys.h"

/* Reads a value as its key says; *number is set for BOOL (0, 1), INT, DURATION and SIZE, else 0.
 * DUBBOC_E_CONFIG: err says "expected ..."; DUBBOC_E_UNSUPPORTED: a value of a later release. */
dubboc_status config_key_read(
    const config_key *key, dubboc_slice value, int64_t *number, dubboc_error *err);

/* What the key takes, in words ("a whole number from 0 to 100"), cut at size. */
void config_key_expected(const config_key *key, char *text, size_t size);

/* Whether a blank, a # or ; and another blank stand in it, as in "2 # twice": other readers of ini
 * files take a comment there, this one a part of the value. */
bool config_ends_in_comment(dubboc_slice value);

/* Why a service cannot be served at that path (without its leading '/'): Java strips every leading
 * '/', HTTP clients and proxies resolve "." and ".." and merge "//", so that it would be registered
 * as one thing and asked for as another. Static words that go on from the path; NULL: it can. */
const char *config_path_fault(dubboc_slice path);

/* Whether the comma list holds that word. */
bool config_list_has(const char *list, const char *word);

/* "350ms" -> 350. false: unreadable, negative, or too big for milliseconds in int64_t. */
bool config_parse_duration_ms(dubboc_slice text, int64_t *ms);
/* "8MiB" -> 8388608. */
bool config_parse_size(dubboc_slice text, int64_t *bytes);

#endif
