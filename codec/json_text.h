/* Decodes the escapes of JSON strings, for the scanner, the builder and the string functions. */
#ifndef CODEC_JSON_TEXT_H
#define CODEC_JSON_TEXT_H

#include "base/slice.h"

/* The value of four hexadecimal digits. -1: at least one of the four bytes is not such a digit. At
 * least 4 bytes must be readable. */
int json_hex4(const char *at);

/* Decodes the escape at *at (its backslash) in a checked string, and moves *at behind it. Writes at
 * most 4 bytes of UTF-8 to out and returns their number. */
size_t json_unescape(const char **at, char *out);

/* Decodes a checked string token (with its quotes) to out, which must have room for token.len - 2
 * bytes, and returns the number of bytes. */
size_t json_unescape_all(dubboc_slice token, char *out);

/* The most bytes that a checked string token (with its quotes) can decode to. */
static inline size_t json_string_bytes_max(dubboc_slice token)
{
    return token.len - 2;
}

#endif
