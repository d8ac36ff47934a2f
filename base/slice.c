#include "base/slice.h"

int slice_compare(dubboc_slice a, dubboc_slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_starts_with(dubboc_slice slice, const char *prefix)
{
    size_t len = strlen(prefix);
    return slice.len >= len && memcmp(slice.at, prefix, len) == 0;
}

bool slice_is_nocase(dubboc_slice slice, const char *text)
{
    if (slice.len != strlen(text))
        return false;
    for (size_t i = 0; i < slice.len; i++)
        if (ascii_lower(slice.at[i]) != ascii_lower(text[i]))
            return false;
    return true;
}

static bool slice_is_blank_char(char c)
{
    return c == ' ' || c == '\t';
}

dubboc_slice slice_trim(dubboc_slice slice)
{
    while (slice.len > 0 && slice_is_blank_char(slice.at[0])) {
        slice.at++;
        slice.len--;
    }
    while (slice.len > 0 && slice_is_blank_char(slice.at[slice.len - 1]))
        slice.len--;
    return slice;
}

bool slice_cut(dubboc_slice slice, char separator, dubboc_slice *head, dubboc_slice *tail)
{
    const char *found = slice.len > 0 ? memchr(slice.at, separator, slice.len) : NULL;
    if (found == NULL) {
        *head = slice;
        *tail = slice_make(slice.len > 0 ? slice.at + slice.len : slice.at, 0);
        return false;
    }
    size_t before = (size_t)(found - slice.at);
    *head = slice_make(slice.at, before);
    *tail = slice_make(found + 1, slice.len - before - 1);
    return true;
}

bool slice_next(dubboc_slice *rest, char separator, dubboc_slice *piece)
{
    while (rest->len > 0) {
        dubboc_slice head, tail;
        slice_cut(*rest, separator, &head, &tail);
        *rest = tail;
        head = slice_trim(head);
        if (head.len > 0) {
            *piece = head;
            return true;
        }
    }
    return false;
}

bool slice_u64(dubboc_slice slice, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (slice.len == 0)
        return false;
    for (size_t i = 0; i < slice.len; i++) {
        if (!ascii_is_digit(slice.at[i]))
            return false;
        uint64_t digit = (uint64_t)(slice.at[i] - '0');
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > max)
            return false;
    }
    *out = value;
    return true;
}
