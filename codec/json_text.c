/* The bytes of JSON strings: UTF-8 and escapes. */
#include "codec/json_text.h"

#include "codec/json_plain.h"

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* RFC 3629, section 4. */
size_t json_utf8_sequence(const char *at, const char *end)
{
    const unsigned char *s = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return left >= 2 && is_continuation(s[1]) ? 2 : 0;
    if ((s[0] & 0xF0) == 0xE0) {
        if (left < 3 || !is_continuation(s[1]) || !is_continuation(s[2]))
            return 0;
        bool is_overlong = s[0] == 0xE0 && s[1] < 0xA0;
        bool is_surrogate = s[0] == 0xED && s[1] > 0x9F;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        if (left < 4 || !is_continuation(s[1]) || !is_continuation(s[2]) || !is_continuation(s[3]))
            return 0;
        bool is_overlong = s[0] == 0xF0 && s[1] < 0x90;
        bool is_too_high = s[0] == 0xF4 && s[1] > 0x8F;
        return is_overlong || is_too_high ? 0 : 4;
    }
    return 0;
}

const char *json_utf8_end(const char *at, const char *end)
{
    while (at < end && (unsigned char)*at >= 0x80) {
        const unsigned char *s = (const unsigned char *)at;
        size_t len = 0;
        /* Three bytes at once, most of what is not ASCII: a lead byte E0..EF and two that continue; not overlong (E0 80..9F), no
         * surrogate (ED A0..BF). */
        uint32_t three = end - at >= 3 ? (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2] : 0;
        uint32_t doubtful = three & 0x0F2000;
        if ((three & 0xF0C0C0) == 0xE08080 && doubtful != 0 && doubtful != 0x0D2000)
            len = 3;
        else
            len = json_utf8_sequence(at, end);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

bool json_utf8_is_valid(dubboc_slice text)
{
    if (text.len == 0)
        return true;
    const char *at = text.at, *end = text.at + text.len;
    while (at < end) {
        if ((unsigned char)*at < 0x80) {
            at++;
            continue;
        }
        at = json_utf8_end(at, end);
        if (at < end && (unsigned char)*at >= 0x80)
            return false;
    }
    return true;
}

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int json_hex4(const char *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t encode_utf8(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

static char unescape_letter(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

size_t json_unescape(const char **at, char *out)
{
    const char *escape = *at;
    if (escape[1] != 'u') {
        out[0] = unescape_letter(escape[1]);
        *at += 2;
        return 1;
    }
    uint32_t point = (uint32_t)json_hex4(escape + 2);
    *at += 6;
    if (point >= 0xD800 && point <= 0xDBFF) {
        uint32_t low = (uint32_t)json_hex4(escape + 8);
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        *at += 6;
    }
    return encode_utf8(point, out);
}

size_t json_unescape_all(dubboc_slice token, char *out)
{
    const char *at = token.at + 1, *end = token.at + token.len - 1;
    char *start = out;
    while (at < end) {
        const char *run_end = json_quote_or_escape(at, end);
        memcpy(out, at, (size_t)(run_end - at));
        out += run_end - at;
        at = run_end;
        if (at < end)
            out += json_unescape(&at, out);
    }
    return (size_t)(out - start);
}
