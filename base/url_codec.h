/* Percent-encoding of whole URLs, as in the names of nodes (docs/wire.md 5.2). Hexadecimal digits
 * are upper-case, because Dubbo 3 searches node names for "%3F", "%26" and "%3D" as they stand. A
 * blank becomes %20, which every decoder understands; '+' is read as a blank, because Java and Go
 * write it. */
#ifndef BASE_URL_CODEC_H
#define BASE_URL_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/slice.h"

/* Appends text, escaped as Java's URLEncoder does but for the blank. */
void url_encode(buffer *out, dubboc_slice text);

/* Appends text without its escapes. false: a broken escape, or a zero byte; *bad_at is its
 * offset. */
bool url_decode(buffer *out, dubboc_slice text, size_t *bad_at);

#endif
