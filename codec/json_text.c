/* Decodes the escapes of JSON strings. */
#include "codec/json_text.h"

#include "codec/json_plain.h"

int json_hex4(const char *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = ascii_hex_value(at[i]);
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
