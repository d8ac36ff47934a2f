/* Which bytes may stand where in HTTP. Each byte of each request and each header's name is looked
 * up, so it is a table. */
#ifndef BASE_HTTP_BYTES_H
#define BASE_HTTP_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum {
    HTTP_IN_TOKEN = 1, /* RFC 9110 section 5.6.2: tchar */
    HTTP_IN_TARGET = 2 /* visible ASCII, but no '#'; other bytes must be percent-encoded */
};

extern const uint8_t http_bytes[256];

/* Whether every byte of text is of this kind, and there is one at least. */
bool http_bytes_are(dubboc_slice text, uint8_t kind);

#endif
