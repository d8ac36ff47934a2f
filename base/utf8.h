/* UTF-8 (RFC 3629): whether bytes are some, and where a text may be cut. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* The length of the sequence at `at` (before end); 0: it is none (overlong, surrogate, above U+10FFFF, cut). */
size_t utf8_sequence(const char *at, const char *end);

/* Passes sequences that are not ASCII: ends at an ASCII byte, at end, or at a byte of 0x80 and more that begins no sequence. */
const char *utf8_end(const char *at, const char *end);

/* Whether all of it is UTF-8. */
bool utf8_is_valid(dubboc_slice text);

/* At most so many bytes of text, cut before a character that does not fit. */
dubboc_slice utf8_cut(dubboc_slice text, size_t bytes_max);

/* For a text that was cut at its end to fit somewhere: takes away what the cut left of a character. */
void utf8_drop_cut_tail(char *text);

#endif
