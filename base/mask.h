/* Addresses as people may see them. Every address that is shown (in a log line, an error text, the
 * output of a command) goes through here first, so that no other code has to know what a secret is.
 *
 * Two things are replaced by MASK: the user information before an '@', and the values of params
 * that are called password, passwd, secret, token or username. Passwords are often written
 * unescaped, with '/', '?' or '@' in them, so where an address can be read in two ways the one with
 * more user information counts: a group or a path that holds an '@' may be hidden with it. What is
 * escaped, as in the name of a node or in an address inside a param, is recognized too. What has
 * been masked stays as it is when it is masked again. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buffer.h"

#define MASK "********"

/* Appends the address: a URL, a list of URLs, hosts without a scheme, or the path of a node. Text
 * that holds nothing of that kind is appended as it is. Without memory the buffer has failed. */
void mask_address(buffer *out, dubboc_slice address);

/* The masked address, the caller's to free. NULL: no memory. */
char *mask_address_dup(dubboc_slice address);

/* Writes the masked address into room, cut at its end; only MASK when memory is out. Returns
 * room. */
const char *mask_address_into(char *room, size_t size, dubboc_slice address);

/* For the arguments of a log line or an error text: lives until the enclosing block ends. */
#define MASKED_BYTES_MAX 1024
#define MASKED(address) mask_address_into((char[MASKED_BYTES_MAX]){""}, MASKED_BYTES_MAX, (address))

#endif
