/* Values of the configuration as people may see them, in `dubboc config` and in error texts. */
#ifndef BASE_CONFIG_MASK_H
#define BASE_CONFIG_MASK_H

#include "base/buffer.h"
#include "base/config_keys.h"

/* Appends a value as people may see it: secrets, and what is secret in an address, are masked
 * (base/mask.h). */
void config_append_masked(buffer *out, const config_key *key, dubboc_slice value);

/* Adds what was found to err's "expected ...": ` = "found"`, masked, cut when long. Returns the
 * status, which is DUBBOC_E_NO_MEMORY if it could not be masked. */
dubboc_status config_bad_value(
    const config_key *key, const char *where, dubboc_slice value, dubboc_error *err);

#endif
