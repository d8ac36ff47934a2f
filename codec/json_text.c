/* The bytes of JSON strings. Nearly all of them are plain ASCII, so that is what the searches are quick at: sixteen bytes a step where
 * the processor has SSE2, eight elsewhere, one by one at the end of the text. */
#include "codec/json_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool needs_attention(char c)
{
    return (unsigned char)c < 0x20 || (unsigned char)c >= 0x80 || c == '"' || c == '\\';
}

#ifdef __SSE2__

#define STEP 16

static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i quotes_and_escapes(__m128i bytes)
{
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

/* How many of STEP bytes come before the first one that needs attention; STEP: none does. */
static inline size_t plain_in_step(const char *at)
{
    __m128i bytes = load(at);
    /* The comparison is signed: what is below 0x20 are the control bytes and all above 0x7F. */
    __m128i found = _mm_or_si128(quotes_and_escapes(bytes), _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
    unsigned mask = (unsigned)_mm_movemask_epi8(found);
    return mask == 0 ? STEP : (size_t)__builtin_ctz(mask);
}

/* The same, for '"' and '\\' only. */
static inline size_t unquoted_in_step(const char *at)
{
    unsigned mask = (unsigned)_mm_movemask_epi8(quotes_and_escapes(load(at)));
    return mask == 0 ? STEP : (size_t)__builtin_ctz(mask);
}

#else

#define STEP 8
#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static inline uint64_t load(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Not 0 if one of the bytes is c. */
static inline uint64_t has(uint64_t bytes, char c)
{
    uint64_t differences = bytes ^ (ONES * (unsigned char)c);
    return (differences - ONES) & ~differences & HIGHS;
}

static inline size_t plain_in_step(const char *at)
{
    uint64_t bytes = load(at);
    uint64_t controls = (bytes - ONES * 0x20) & ~bytes & HIGHS;
    if ((has(bytes, '"') | has(bytes, '\\') | controls | (bytes & HIGHS)) == 0)
        return STEP;
    size_t count = 0;
    while (!needs_attention(at[count]))
        count++;
    return count;
}

static inline size_t unquoted_in_step(const char *at)
{
    uint64_t bytes = load(at);
    if ((has(bytes, '"') | has(bytes, '\\')) == 0)
        return STEP;
    size_t count = 0;
    while (at[count] != '"' && at[count] != '\\')
        count++;
    return count;
}

#endif

const char *json_plain_end(const char *at, const char *end)
{
    while (end - at >= STEP) {
        size_t plain = plain_in_step(at);
        at += plain;
        if (plain < STEP)
            return at;
    }
    while (at < end && !needs_attention(*at))
        at++;
    return at;
}

const char *json_quote_or_escape(const char *at, const char *end)
{
    while (end - at >= STEP) {
        size_t count = unquoted_in_step(at);
        at += count;
        if (count < STEP)
            return at;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

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

bool json_utf8_is_valid(dubboc_slice text)
{
    const char *at = text.at, *end = text.at + text.len;
    while (at < end) {
        if ((unsigned char)*at < 0x80) {
            at++;
            continue;
        }
        size_t len = json_utf8_sequence(at, end);
        if (len == 0)
            return false;
        at += len;
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
