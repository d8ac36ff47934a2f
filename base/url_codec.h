/* Percent-encoding of whole URLs, as in the names of nodes (docs/wire.md 5.2). Hexadecimal digits
 * are upper-case, because Dubbo 3 searches the names for "%3F", "%26" and "%3D" literally. A blank
 * is encoded as %20, which every decoder understands; '+' is decoded as a blank, because Java and
 * Go write it. */
#ifndef BASE_URL_CODEC_H
#define BASE_URL_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/slice.h"

/* Appends text, escaped like Java's URLEncoder does, except that a blank becomes %20. */
void url_encode(buffer *out, dubboc_slice text);

/* Appends text with its escapes decoded. false: an invalid escape or a NUL byte; *bad_at is its
 * offset. */
bool url_decode(buffer *out, dubboc_slice text, size_t *bad_at);

#endif
