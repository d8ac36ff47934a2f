/* Percent-encoding and decoding, compatible with Java's URLEncoder. */
#include "base/url_codec.h"

static const char hex_digits[] = "0123456789ABCDEF";

/* The characters that Java's URLEncoder does not escape. */
static bool url_is_kept(char c)
{
    return ascii_is_alnum(c) || c == '.' || c == '-' || c == '*' || c == '_';
}

void url_encode(buffer *out, dubboc_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (url_is_kept(text.at[i])) {
            buffer_append_char(out, text.at[i]);
            continue;
        }
        const char escape[3] = {'%', hex_digits[c >> 4], hex_digits[c & 15]};
        buffer_append(out, escape, sizeof escape);
    }
}

/* The byte of the escape at text.at[at]. -1: the escape is invalid. */
static int url_escaped_byte(dubboc_slice text, size_t at)
{
    if (text.len - at < 3)
        return -1;
    int high = ascii_hex_value(text.at[at + 1]), low = ascii_hex_value(text.at[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool url_decode(buffer *out, dubboc_slice text, size_t *bad_at)
{
    for (size_t i = 0; i < text.len; i++) {
        int byte = (unsigned char)text.at[i];
        size_t start = i;
        if (byte == '%') {
            byte = url_escaped_byte(text, i);
            i += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        if (byte <= 0) {
            *bad_at = start;
            return false;
        }
        buffer_append_char(out, (char)byte);
    }
    return true;
}
