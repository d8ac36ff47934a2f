/* The escapes of JSON strings. Shared by the scanner, the builder and the writer. */
#ifndef CODEC_JSON_TEXT_H
#define CODEC_JSON_TEXT_H

#include "base/slice.h"

/* Four hexadecimal digits; -1: they are not. At least 4 bytes must be readable. */
int json_hex4(const char *at);

/* Reads the escape at *at (at its backslash) of a checked string, moves *at past it, writes the
 * UTF-8 bytes that it spells to out (room for 4) and returns their number. */
size_t json_unescape(const char **at, char *out);

/* Writes all the bytes that a checked string token (with quotes) spells to out, which has room for
 * token.len - 2, and returns their number. */
size_t json_unescape_all(dubboc_slice token, char *out);

/* The number of bytes that a checked string token (with quotes) spells at most. */
static inline size_t json_string_bytes_max(dubboc_slice token)
{
    return token.len - 2;
}

#endif
