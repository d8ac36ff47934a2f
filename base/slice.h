/* A slice is a piece of text in memory that belongs to somebody else. These functions compare, cut
 * and parse slices without copying them, and do not depend on the locale. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <string.h>

#include <dubboc/text.h>

/* The arguments for "%.*s" of printf(). */
#define SLICE_ARGS(slice) (int)(slice).len, (slice).at

static inline dubboc_slice slice_make(const char *at, size_t len)
{
    return (dubboc_slice){.at = at, .len = len};
}

/* The slice of a text that ends with a NUL. NULL gives the empty slice. */
static inline dubboc_slice slice_of(const char *text)
{
    return slice_make(text, text != NULL ? strlen(text) : 0);
}

static inline bool slice_is(dubboc_slice slice, const char *text)
{
    size_t len = strlen(text);
    return slice.len == len && (len == 0 || memcmp(slice.at, text, len) == 0);
}

static inline bool slice_equal(dubboc_slice a, dubboc_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Compares by bytes, like memcmp(). A text comes before a longer text that begins with it. */
int slice_compare(dubboc_slice a, dubboc_slice b);

bool slice_starts_with(dubboc_slice slice, const char *prefix);

/* Compares ASCII letters without case. */
bool slice_is_nocase(dubboc_slice slice, const char *text);

/* Removes blanks and tabs at both ends. */
dubboc_slice slice_trim(dubboc_slice slice);

/* Splits at the first separator: *head is the part before it, *tail the part behind it. false:
 * there is none; *head is all of slice, *tail is empty. */
bool slice_cut(dubboc_slice slice, char separator, dubboc_slice *head, dubboc_slice *tail);

/* Removes the next item of a list from *rest; *piece is the item, trimmed. Empty items are skipped.
 * false: there is no further item. */
bool slice_next(dubboc_slice *rest, char separator, dubboc_slice *piece);

/* Parses an unsigned decimal number; nothing else may be in the slice. false: no digits, another
 * byte, or a value above max. */
bool slice_u64(dubboc_slice slice, uint64_t max, uint64_t *out);

/* The ascii_ functions do not depend on the locale. */
static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hexadecimal digit. -1: not a hexadecimal digit. */
static inline int ascii_hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline bool ascii_is_alnum(char c)
{
    char lower = ascii_lower(c);
    return ascii_is_digit(c) || (lower >= 'a' && lower <= 'z');
}

/* Copies text; cuts it if it does not fit. Does not use printf(), because it runs for every
 * call. */
static inline void text_copy_cut(char *to, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(to, text, len);
    to[len] = '\0';
}

#endif
