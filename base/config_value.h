/* Parsing values of the configuration, by the row of their key or by their form. */
#ifndef BASE_CONFIG_VALUE_H
#define BASE_CONFIG_VALUE_H

#include "base/config_keys.h"

/* Parses a value as its key says. *number is set for BOOL (0 or 1), INT, DURATION and SIZE;
 * otherwise 0.
 *
 * - DUBBOC_E_CONFIG: err says "expected ...".
 * - DUBBOC_E_UNSUPPORTED: the value belongs to a later release. */
dubboc_status config_key_read(
    const config_key *key, dubboc_slice value, int64_t *number, dubboc_error *err);

/* Describes the valid values of the key ("a whole number from 0 to 100"); cut at size. */
void config_key_expected(const config_key *key, char *text, size_t size);

/* Whether the value contains a # or ; between blanks, as in "2 # twice". Other readers of ini files
 * take this for a comment; dubboc reads it as a part of the value. */
bool config_ends_in_comment(dubboc_slice value);

/* Returns why a service cannot be served at that path (given without its leading '/'), as a static
 * text that continues a sentence which begins with the path. NULL: the path is possible. A path
 * with ".", ".." or empty parts would be requested in another form than the one that is registered,
 * because Java strips every leading '/', and HTTP clients and proxies resolve "." and ".." and
 * merge "//". */
const char *config_path_fault(dubboc_slice path);

/* Whether the comma-separated list contains that word. */
bool config_list_has(const char *list, const char *word);

/* Parses "350ms" as 350. false: invalid, negative, or too large for int64_t. */
bool config_parse_duration_ms(dubboc_slice text, int64_t *ms);
/* Parses "8MiB" as 8388608. false: invalid, negative, or too large for int64_t. */
bool config_parse_size(dubboc_slice text, int64_t *bytes);

#endif
