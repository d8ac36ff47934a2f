/* Masks the secrets in addresses. Every address that is shown (in a log line, an error text, the
 * output of a command) is masked here first, so that no other code has to know what a secret is.
 *
 * Two things are replaced by MASK: the user information in front of an '@', and the values of
 * params whose name contains a word such as password, secret or token. Passwords are often written
 * unescaped, with '/', '?' or '@' in them. So if there are two ways to read an address, the one in
 * which more of the address is user information is chosen, and a group or path that contains an '@'
 * may be hidden too. Escaped addresses are recognised, as in the name of a node or inside a param.
 * Masking a masked text does not change it. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buffer.h"

#define MASK "********"

/* Appends the masked address: a URL, a list of URLs, hosts without a scheme, or the path of a node.
 * Other text is appended unchanged. If there is no memory, out fails. */
void mask_address(buffer *out, dubboc_slice address);

/* Returns the masked address, which the caller frees. NULL: no memory. */
char *mask_address_dup(dubboc_slice address);

/* Writes the masked address into room, cut if it is too long; only MASK if there is no memory.
 * Returns room. */
const char *mask_address_into(char *room, size_t size, dubboc_slice address);

/* For the arguments of a log line or an error text: the text is valid until the enclosing block
 * ends. */
#define MASKED_BYTES_MAX 1024
#define MASKED(address) mask_address_into((char[MASKED_BYTES_MAX]){""}, MASKED_BYTES_MAX, (address))

#endif
