/* Masks values of the configuration for `dubboc config` and error texts. */
#ifndef BASE_CONFIG_MASK_H
#define BASE_CONFIG_MASK_H

#include "base/buffer.h"
#include "base/config_keys.h"

/* Appends a value with its secrets masked: the whole value of a secret key, and users, passwords
 * and secret params in an address (base/mask.h). */
void config_append_masked(buffer *out, const config_key *key, dubboc_slice value);

/* Puts `where = "value"` with the value that was found in front of an error text that says
 * "expected ...". The value is masked, and cut if it is long; the value of a secret key is left
 * out. Returns the status of err; DUBBOC_E_NO_MEMORY if the value could not be masked. */
dubboc_status config_bad_value(
    const config_key *key, const char *where, dubboc_slice value, dubboc_error *err);

#endif
