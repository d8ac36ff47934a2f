/* UTF-8 (RFC 3629): whether bytes are some, and where a text may be cut. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* The length of the sequence at `at` (before end); 0: it is none (overlong, surrogate, above
 * U+10FFFF, cut). */
size_t utf8_sequence(const char *at, const char *end);

/* Passes sequences that are not ASCII: ends at an ASCII byte, at end, or at a byte of 0x80 and more
 * that begins no sequence. */
const char *utf8_end(const char *at, const char *end);

/* Whether all of it is UTF-8. */
bool utf8_is_valid(dubboc_slice text);

/* At most so many bytes of text, cut before a character that does not fit. */
dubboc_slice utf8_cut(dubboc_slice text, size_t bytes_max);

/* For a text that was cut at its end to fit somewhere: takes away what the cut left of a
 * character. */
void utf8_drop_cut_tail(char *text);

/* Replaces each control character by one '?', so that the text is one line and sends no commands to
 * a terminal: below U+0020, U+007F, and U+0080 to U+009F, which a terminal obeys as well (U+009B is
 * ESC [). Bytes that are not UTF-8 stay. */
void utf8_hide_controls(char *text);

#endif
