/* The one UTF-8 decoder of the library: for JSON strings, the configuration file, and texts that
 * are cut to fit. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static bool utf8_is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* RFC 3629 section 4. */
size_t utf8_sequence(const char *at, const char *end)
{
    const unsigned char *s = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return left >= 2 && utf8_is_continuation(s[1]) ? 2 : 0;
    if ((s[0] & 0xF0) == 0xE0) {
        if (left < 3 || !utf8_is_continuation(s[1]) || !utf8_is_continuation(s[2]))
            return 0;
        bool is_overlong = s[0] == 0xE0 && s[1] < 0xA0;
        bool is_surrogate = s[0] == 0xED && s[1] > 0x9F;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        if (left < 4 || !utf8_is_continuation(s[1]) || !utf8_is_continuation(s[2]) ||
            !utf8_is_continuation(s[3]))
            return 0;
        bool is_overlong = s[0] == 0xF0 && s[1] < 0x90;
        bool is_too_high = s[0] == 0xF4 && s[1] > 0x8F;
        return is_overlong || is_too_high ? 0 : 4;
    }
    return 0;
}

const char *utf8_end(const char *at, const char *end)
{
    while (at < end && (unsigned char)*at >= 0x80) {
        const unsigned char *s = (const unsigned char *)at;
        size_t len = 0;
        /* Most characters outside of ASCII have three bytes, so they are tested in one step: a lead
         * byte E0..EF and two continuation bytes; not overlong (E0 80..9F), not a surrogate (ED
         * A0..BF). */
        uint32_t three = end - at >= 3 ? (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2] : 0;
        uint32_t doubtful = three & 0x0F2000;
        if ((three & 0xF0C0C0) == 0xE08080 && doubtful != 0 && doubtful != 0x0D2000)
            len = 3;
        else
            len = utf8_sequence(at, end);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

bool utf8_is_valid(dubboc_slice text)
{
    if (text.len == 0)
        return true;
    const char *at = text.at, *end = text.at + text.len;
    while (at < end) {
        if ((unsigned char)*at < 0x80) {
            at++;
            continue;
        }
        at = utf8_end(at, end);
        if (at < end && (unsigned char)*at >= 0x80)
            return false;
    }
    return true;
}

/* The length of text without an incomplete character at its end. */
static size_t utf8_without_cut_tail(const char *text, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = (unsigned char)text[len - back];
        if (utf8_is_continuation(c))
            continue;
        size_t needed = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return back < needed ? len - back : len;
    }
    return len;
}

dubboc_slice utf8_cut(dubboc_slice text, size_t bytes_max)
{
    return text.len <= bytes_max ? text
                                 : slice_make(text.at, utf8_without_cut_tail(text.at, bytes_max));
}

void utf8_drop_cut_tail(char *text)
{
    text[utf8_without_cut_tail(text, strlen(text))] = '\0';
}

/* Whether the character at that position is a C1 control character, U+0080 to U+009F. */
static bool utf8_is_c1(const char *at)
{
    return (unsigned char)at[0] == 0xC2 && ((unsigned char)at[1] & 0xE0) == 0x80;
}

void utf8_hide_controls(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0'; at++) {
        bool is_c1 = utf8_is_c1(at);
        bool is_control = is_c1 || (unsigned char)*at < 0x20 || *at == 0x7F;
        *to++ = is_control ? '?' : *at;
        at += is_c1;
    }
    *to = '\0';
}
