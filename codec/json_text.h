/* The bytes of JSON strings: UTF-8 and escapes. Shared by the scanner, the builder and the writer. */
#ifndef CODEC_JSON_TEXT_H
#define CODEC_JSON_TEXT_H

#include "base/slice.h"

/* The length of the UTF-8 sequence at `at`, whose first byte is no ASCII; 0: it is none (overlong, surrogate, above U+10FFFF, cut). */
size_t json_utf8_sequence(const char *at, const char *end);

/* Passes UTF-8 sequences that are not ASCII: ends at an ASCII byte, at end, or at a byte of 0x80 and more that begins no sequence. */
const char *json_utf8_end(const char *at, const char *end);

/* Whether all of it is UTF-8. */
bool json_utf8_is_valid(dubboc_slice text);

/* Four hexadecimal digits; -1: they are not. At least 4 bytes must be readable. */
int json_hex4(const char *at);

/* Reads the escape at *at (at its backslash) of a checked string, moves *at past it, writes the UTF-8 bytes that it spells to out
 * (room for 4) and returns their number. */
size_t json_unescape(const char **at, char *out);

/* Writes all the bytes that a checked string token (with quotes) spells to out, which has room for token.len - 2, and returns their
 * number. */
size_t json_unescape_all(dubboc_slice token, char *out);

/* The number of bytes that a checked string token (with quotes) spells at most. */
static inline size_t json_string_bytes_max(dubboc_slice token)
{
    return token.len - 2;
}

#endif
