/* A table of the bytes that are allowed in HTTP tokens and targets. It is a table because every
 * byte of every request target and header name is looked up. */
#ifndef BASE_HTTP_BYTES_H
#define BASE_HTTP_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
    HTTP_IN_TOKEN = 1, /* RFC 9110 section 5.6.2: tchar */
    HTTP_IN_TARGET = 2 /* visible ASCII except '#'; other bytes must be percent-encoded */
};

extern const uint8_t http_bytes[256];

/* Whether text is not empty and all its bytes are of this kind. */
bool http_bytes_are(dubboc_slice text, uint8_t kind);

#endif
