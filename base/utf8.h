/* UTF-8 (RFC 3629): checking it, and where a text may be cut. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* The length of the character at `at`, which is before end. 0: invalid (overlong, a surrogate,
 * above U+10FFFF, or incomplete). */
size_t utf8_sequence(const char *at, const char *end);

/* Skips characters that are not ASCII. Returns the position of the first ASCII byte or of the first
 * invalid byte, or end. */
const char *utf8_end(const char *at, const char *end);

/* Whether all of text is valid UTF-8. */
bool utf8_is_valid(dubboc_slice text);

/* The first bytes_max bytes of text; fewer if a character would be cut. */
dubboc_slice utf8_cut(dubboc_slice text, size_t bytes_max);

/* Removes an incomplete character at the end of a text that was cut. */
void utf8_drop_cut_tail(char *text);

/* Replaces each control character by one '?', so that the text is one line and sends no commands to
 * a terminal: below U+0020, U+007F, and U+0080 to U+009F, which terminals obey as well (U+009B is
 * ESC [). Invalid UTF-8 stays. */
void utf8_hide_controls(char *text);

#endif
