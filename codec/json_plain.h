/* Fast search in the bytes of JSON strings. Nearly all of them are ASCII without escapes, so runs
 * of such bytes are skipped sixteen at a time with SSE2, eight at a time without, and one by one
 * near the end of the text. The functions are inline, because most strings are so short that a call
 * would cost as much as the search.
 *
 * A byte "needs attention" if it is '"', '\\', a control byte, or not ASCII. */
#ifndef CODEC_JSON_PLAIN_H
#define CODEC_JSON_PLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define JSON_ONES UINT64_C(0x0101010101010101)
#define JSON_HIGHS UINT64_C(0x8080808080808080)

/* Whether c needs attention. */
static inline bool json_needs_attention(char c)
{
    return (unsigned char)c < 0x20 || (unsigned char)c >= 0x80 || c == '"' || c == '\\';
}

/* Not 0 if one of the eight bytes is c. */
static inline uint64_t json_word_has(uint64_t bytes, char c)
{
    uint64_t differences = bytes ^ (JSON_ONES * (unsigned char)c);
    return (differences - JSON_ONES) & ~differences & JSON_HIGHS;
}

/* Not 0 if one of the eight bytes needs attention. */
static inline uint64_t json_word_needs_attention(uint64_t bytes)
{
    uint64_t controls = (bytes - JSON_ONES * 0x20) & ~bytes & JSON_HIGHS;
    return json_word_has(bytes, '"') | json_word_has(bytes, '\\') | controls | (bytes & JSON_HIGHS);
}

static inline uint64_t json_load8(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

static inline uint64_t json_load4(const char *at)
{
    uint32_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

#ifdef __SSE2__

#define JSON_STEP 16

static inline __m128i json_quotes_and_escapes(__m128i bytes)
{
    return _mm_or_si128(
        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

static inline size_t json_first_found(__m128i found)
{
    unsigned mask = (unsigned)_mm_movemask_epi8(found);
    return mask == 0 ? JSON_STEP : (size_t)__builtin_ctz(mask);
}

/* How many of the next JSON_STEP bytes come before the first one that needs attention. JSON_STEP:
 * none of them does. */
static inline size_t json_plain_in_step(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    /* The comparison is signed, so control bytes and all bytes above 0x7F are less than 0x20. */
    __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return json_first_found(_mm_or_si128(json_quotes_and_escapes(bytes), others));
}

/* How many of the next JSON_STEP bytes come before the first '"' or '\\'. JSON_STEP: there is
 * none. */
static inline size_t json_unquoted_in_step(const char *at)
{
    return json_first_found(
        json_quotes_and_escapes(_mm_loadu_si128((const __m128i *)(const void *)at)));
}

#else

#define JSON_STEP 8

static inline size_t json_plain_in_step(const char *at)
{
    if (json_word_needs_attention(json_load8(at)) == 0)
        return JSON_STEP;
    size_t count = 0;
    while (!json_needs_attention(at[count]))
        count++;
    return count;
}

static inline size_t json_unquoted_in_step(const char *at)
{
    uint64_t bytes = json_load8(at);
    if ((json_word_has(bytes, '"') | json_word_has(bytes, '\\')) == 0)
        return JSON_STEP;
    size_t count = 0;
    while (at[count] != '"' && at[count] != '\\')
        count++;
    return count;
}

#endif

/* The position of the first byte that needs attention, or end. */
static inline const char *json_plain_end(const char *at, const char *end)
{
    while (end - at >= JSON_STEP) {
        size_t plain = json_plain_in_step(at);
        at += plain;
        if (plain < JSON_STEP)
            return at;
    }
    while (at < end && !json_needs_attention(*at))
        at++;
    return at;
}

/* The position of the first '"' or '\\', or end. For text that has been checked. */
static inline const char *json_quote_or_escape(const char *at, const char *end)
{
    while (end - at >= JSON_STEP) {
        size_t count = json_unquoted_in_step(at);
        at += count;
        if (count < JSON_STEP)
            return at;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Whether no byte needs attention. Short texts are tested in two words that may overlap. */
static inline bool json_is_plain(const char *at, size_t len)
{
    if (len > 16)
        return json_plain_end(at, at + len) == at + len;
    if (len >= 8)
        return (json_word_needs_attention(json_load8(at)) |
                   json_word_needs_attention(json_load8(at + len - 8))) == 0;
    if (len >= 4)
        return json_word_needs_attention(json_load4(at) | json_load4(at + len - 4) << 32) == 0;
    for (size_t i = 0; i < len; i++) {
        if (json_needs_attention(at[i]))
            return false;
    }
    return true;
}

#endif
