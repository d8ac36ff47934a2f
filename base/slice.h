/* Text that belongs to somebody else: comparing, cutting and reading it without copying. Nothing
 * here depends on the locale. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <string.h>

#include <dubboc/text.h>

/* For printf's "%.*s". */
#define SLICE_ARGS(slice) (int)(slice).len, (slice).at

static inline dubboc_slice slice_make(const char *at, size_t len)
{
    return (dubboc_slice){.at = at, .len = len};
}

/* Of a zero-ended text; NULL gives the empty slice. */
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

/* As memcmp(): by bytes; the beginning of a text comes before it. */
int slice_compare(dubboc_slice a, dubboc_slice b);

bool slice_starts_with(dubboc_slice slice, const char *prefix);

/* ASCII letters in either case are equal. */
bool slice_is_nocase(dubboc_slice slice, const char *text);

/* Without blanks and tabs at both ends. */
dubboc_slice slice_trim(dubboc_slice slice);

/* Cuts at the first separator: *head is what stands before it, *tail what follows. false: there is
 * none; *head is all, *tail empty. */
bool slice_cut(dubboc_slice slice, char separator, dubboc_slice *head, dubboc_slice *tail);

/* Takes the next piece of a list off *rest, trimmed; empty pieces are skipped. false: there is none
 * left. */
bool slice_next(dubboc_slice *rest, char separator, dubboc_slice *piece);

/* The digits of an unsigned decimal, nothing else around them. false: no digits, another byte, or
 * over max. */
bool slice_u64(dubboc_slice slice, uint64_t max, uint64_t *out);

/* ASCII only, whatever the locale. */
static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hexadecimal digit; -1: it is none. */
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

/* Copies text, cut at size. Without printf, because calls do it. */
static inline void text_copy_cut(char *to, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    memcpy(to, text, len);
    to[len] = '\0';
}

#endif
