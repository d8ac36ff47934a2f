/* The strict scanner for RFC 8259: one pass, which builds nothing, allocates nothing and does not
 * recurse.
 *
 * The static functions take a position and return the position behind what they have scanned, or
 * NULL after they have recorded a problem; so the position stays in a register. Open objects and
 * arrays are a stack of closing brackets, at most 128. */
#include "codec/json_scan.h"

#include "base/error.h"
#include "base/utf8.h"
#include "codec/json_plain.h"
#include "codec/json_text.h"

void json_scan_init(json_scan *scan, dubboc_slice text)
{
    *scan = (json_scan){.at = text.at,
        .end = text.at != NULL ? text.at + text.len : NULL,
        .start = text.at,
        .values_left = JSON_VALUES_MAX,
        .status = DUBBOC_OK};
}

static const char *scan_fail_with(
    json_scan *scan, const char *at, dubboc_status status, const char *problem)
{
    if (scan->status == DUBBOC_OK) {
        scan->at = at;
        scan->status = status;
        scan->problem = problem;
    }
    return NULL;
}

static const char *scan_fail(json_scan *scan, const char *at, const char *problem)
{
    return scan_fail_with(scan, at, DUBBOC_E_PARSE, problem);
}

static inline const char *scan_skip_space(const char *at, const char *end)
{
    while (at < end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* The kind of a value by its first byte. Other bytes do not start a value. */
static const unsigned char kinds[256] = {['"'] = JSON_STRING,
    ['{'] = JSON_OBJECT,
    ['['] = JSON_ARRAY,
    ['t'] = JSON_TRUE,
    ['f'] = JSON_FALSE,
    ['n'] = JSON_NULL,
    ['-'] = JSON_NUMBER,
    ['0'] = JSON_NUMBER,
    ['1'] = JSON_NUMBER,
    ['2'] = JSON_NUMBER,
    ['3'] = JSON_NUMBER,
    ['4'] = JSON_NUMBER,
    ['5'] = JSON_NUMBER,
    ['6'] = JSON_NUMBER,
    ['7'] = JSON_NUMBER,
    ['8'] = JSON_NUMBER,
    ['9'] = JSON_NUMBER};

static inline json_kind scan_kind_at(const char *at, const char *end)
{
    return at < end ? (json_kind)kinds[(unsigned char)*at] : JSON_NONE;
}

/* --- strings --- */

static const char *scan_unicode_escape(json_scan *scan, const char *at)
{
    int unit = scan->end - at >= 6 ? json_hex4(at + 2) : -1;
    if (unit < 0)
        return scan_fail(scan, at, "\\u without four hexadecimal digits");
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return scan_fail(scan, at, "a low surrogate without a high one");
    if (unit < 0xD800 || unit > 0xDBFF)
        return at + 6;
    bool has_second = scan->end - at >= 12 && at[6] == '\\' && at[7] == 'u';
    int low = has_second ? json_hex4(at + 8) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return scan_fail(scan, at, "a high surrogate without a low one");
    return at + 12;
}

static const char *scan_escape(json_scan *scan, const char *at)
{
    if (scan->end - at < 2)
        return scan_fail(scan, at, "a string that is not closed");
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        return scan_unicode_escape(scan, at);
    default:
        return scan_fail(scan, at, "an unknown escape");
    }
}

/* Scans the remaining string, beginning with the first byte that needs attention (json_plain.h).
 * Returns the position behind its closing quote. */
static const char *scan_string_rest(json_scan *scan, const char *at)
{
    while (at != NULL) {
        at = json_plain_end(at, scan->end);
        if (at == scan->end)
            return scan_fail(scan, at, "a string that is not closed");
        if (*at == '"')
            return at + 1;
        if (*at == '\\') {
            at = scan_escape(scan, at);
        } else {
            const char *from = at;
            at = utf8_end(at, scan->end);
            if (at == from)
                return scan_fail(scan, at,
                    (unsigned char)*at < 0x20 ? "a control character in a string"
                                              : "bytes that are not UTF-8");
        }
    }
    return NULL;
}

/* Scans a string. at: its opening quote. */
static inline const char *scan_string(json_scan *scan, const char *at)
{
    at = json_plain_end(at + 1, scan->end);
    if (at < scan->end && *at == '"')
        return at + 1;
    return scan_string_rest(scan, at);
}

/* --- numbers and words --- */

/* Returns the position behind the digits. NULL: there is no digit. Does not record a problem. */
static inline const char *scan_digits(const char *at, const char *end)
{
    if (at == end || !ascii_is_digit(*at))
        return NULL;
    do
        at++;
    while (at < end && ascii_is_digit(*at));
    return at;
}

static const char *scan_number(json_scan *scan, const char *at)
{
    const char *end = scan->end;
    if (*at == '-')
        at++;
    const char *digits = at;
    at = scan_digits(at, end);
    if (at == NULL)
        return scan_fail(scan, digits, "a minus without a digit");
    if (*digits == '0' && at - digits > 1)
        return scan_fail(scan, digits, "a number with a leading zero");
    if (at < end && *at == '.') {
        digits = at + 1;
        at = scan_digits(digits, end);
        if (at == NULL)
            return scan_fail(scan, digits, "a decimal point without a digit after it");
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        digits = at + 1;
        if (digits < end && (*digits == '+' || *digits == '-'))
            digits++;
        at = scan_digits(digits, end);
        if (at == NULL)
            return scan_fail(scan, digits, "an exponent without a digit");
    }
    return at;
}

static const char *scan_word(json_scan *scan, const char *at, const char *word, size_t len)
{
    if ((size_t)(scan->end - at) < len || memcmp(at, word, len) != 0)
        return scan_fail(scan, at, "a word that is not true, false or null");
    return at + len;
}

static const char *scan_no_value(json_scan *scan, const char *at)
{
    if (at == scan->end)
        return scan_fail(scan, at, "a value is missing at the end");
    if (at == scan->start && scan->end - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        return scan_fail(scan, at, "a byte order mark");
    return scan_fail(scan, at, "an unexpected character");
}

/* --- values --- */

static inline bool scan_count_value(json_scan *scan, const char *at)
{
    if (scan->values_left == 0)
        return scan_fail_with(scan, at, DUBBOC_E_TOO_BIG, "more than 8388608 values") != NULL;
    scan->values_left--;
    return true;
}

static inline const char *scan_scalar(json_scan *scan, const char *at, json_kind kind)
{
    switch (kind) {
    case JSON_STRING:
        return scan_string(scan, at);
    case JSON_NUMBER:
        return scan_number(scan, at);
    case JSON_TRUE:
        return scan_word(scan, at, "true", 4);
    case JSON_FALSE:
        return scan_word(scan, at, "false", 5);
    case JSON_NULL:
        return scan_word(scan, at, "null", 4);
    default:
        return scan_no_value(scan, at);
    }
}

/* Scans white space, a key and its colon. *key: the string token; key may be NULL. */
static const char *scan_key(json_scan *scan, const char *at, dubboc_slice *key)
{
    at = scan_skip_space(at, scan->end);
    if (at == scan->end || *at != '"')
        return scan_fail(scan, at, "a member's name is missing");
    const char *token = at;
    at = scan_string(scan, at);
    if (at == NULL)
        return NULL;
    if (key != NULL)
        *key = slice_make(token, (size_t)(at - token));
    at = scan_skip_space(at, scan->end);
    if (at == scan->end || *at != ':')
        return scan_fail(scan, at, "a colon is missing");
    return at + 1;
}

/* The objects and arrays that are open inside one json_scan_value(). */
typedef struct scan_nesting {
    unsigned depth;
    char closers[JSON_DEPTH_MAX];
} scan_nesting;

static const char *scan_too_deep(json_scan *scan, const char *at)
{
    return scan_fail_with(scan, at, DUBBOC_E_TOO_BIG, "nested deeper than 128 levels");
}

/* Scans an opening bracket. Returns the position of the first value inside, or behind the closing
 * bracket if the object or array is empty. */
static const char *scan_enter(json_scan *scan, scan_nesting *open, const char *at, json_kind kind)
{
    if (scan->depth + open->depth >= JSON_DEPTH_MAX)
        return scan_too_deep(scan, at);
    char closer = kind == JSON_OBJECT ? '}' : ']';
    at = scan_skip_space(at + 1, scan->end);
    if (at < scan->end && *at == closer)
        return at + 1;
    open->closers[open->depth++] = closer;
    return kind == JSON_OBJECT ? scan_key(scan, at, NULL) : at;
}

/* Scans what follows a value: closing brackets, then a comma, up to the next value. *is_done:
 * everything is closed. */
static const char *scan_leave(json_scan *scan, scan_nesting *open, const char *at, bool *is_done)
{
    while (open->depth > 0) {
        char closer = open->closers[open->depth - 1];
        at = scan_skip_space(at, scan->end);
        if (at == scan->end)
            return scan_fail(scan, at,
                closer == '}' ? "an object that is not closed" : "an array that is not closed");
        if (*at == ',')
            return closer == '}' ? scan_key(scan, at + 1, NULL) : at + 1;
        if (*at != closer)
            return scan_fail(
                scan, at, closer == '}' ? "a comma or } is missing" : "a comma or ] is missing");
        at++;
        open->depth--;
    }
    *is_done = true;
    return at;
}

static const char *scan_nested(json_scan *scan, const char *at)
{
    scan_nesting open;
    open.depth = 0;
    bool is_done = false;
    while (at != NULL && !is_done) {
        at = scan_skip_space(at, scan->end);
        json_kind kind = scan_kind_at(at, scan->end);
        if (!scan_count_value(scan, at))
            return NULL;
        if (kind < JSON_ARRAY) {
            at = scan_scalar(scan, at, kind);
        } else {
            unsigned depth = open.depth;
            at = scan_enter(scan, &open, at, kind);
            if (open.depth > depth)
                continue;
        }
        if (at != NULL)
            at = scan_leave(scan, &open, at, &is_done);
    }
    return at;
}

bool json_scan_value(json_scan *scan, json_value *value)
{
    if (scan->status != DUBBOC_OK)
        return false;
    const char *start = scan_skip_space(scan->at, scan->end);
    json_kind kind = scan_kind_at(start, scan->end);
    const char *at;
    if (kind >= JSON_ARRAY)
        at = scan_nested(scan, start);
    else
        at = scan_count_value(scan, start) ? scan_scalar(scan, start, kind) : NULL;
    if (at == NULL)
        return false;
    *value = (json_value){.kind = kind, .text = slice_make(start, (size_t)(at - start))};
    scan->at = at;
    return true;
}

bool json_scan_end(json_scan *scan)
{
    if (scan->status != DUBBOC_OK)
        return false;
    scan->at = scan_skip_space(scan->at, scan->end);
    return scan->at == scan->end || scan_fail(scan, scan->at, "something after the value") != NULL;
}

/* --- member by member --- */

json_kind json_scan_peek(const json_scan *scan)
{
    return scan->status == DUBBOC_OK ? scan_kind_at(scan_skip_space(scan->at, scan->end), scan->end)
                                     : JSON_NONE;
}

bool json_scan_open(json_scan *scan, json_kind kind)
{
    if (scan->status != DUBBOC_OK)
        return false;
    const char *at = scan_skip_space(scan->at, scan->end);
    if (at == scan->end || scan_kind_at(at, scan->end) != kind)
        return scan_fail(scan, at,
                   kind == JSON_OBJECT ? "expected an object" : "expected an array") != NULL;
    if (scan->depth >= JSON_DEPTH_MAX)
        return scan_too_deep(scan, at) != NULL;
    if (!scan_count_value(scan, at))
        return false;
    scan->depth++;
    scan->at = at + 1;
    return true;
}

/* Moves to the next member or item. false: the closing bracket was reached, or there is a
 * problem. */
static bool scan_walk_on(json_scan *scan, char opener, char closer)
{
    if (scan->status != DUBBOC_OK)
        return false;
    /* No value ends with an opening bracket. So if the byte before the position is the opening
     * bracket, no member or item was read yet. */
    bool is_first = scan->at[-1] == opener;
    const char *at = scan_skip_space(scan->at, scan->end);
    if (at < scan->end && *at == closer) {
        scan->at = at + 1;
        scan->depth--;
        return false;
    }
    if (at == scan->end)
        return scan_fail(scan, at,
                   closer == '}' ? "an object that is not closed"
                                 : "an array that is not closed") != NULL;
    if (!is_first && *at != ',')
        return scan_fail(scan, at,
                   closer == '}' ? "a comma or } is missing" : "a comma or ] is missing") != NULL;
    scan->at = is_first ? at : at + 1;
    return true;
}

bool json_scan_member(json_scan *scan, dubboc_slice *key)
{
    if (!scan_walk_on(scan, '{', '}'))
        return false;
    const char *at = scan_key(scan, scan->at, key);
    if (at == NULL)
        return false;
    scan->at = at;
    return true;
}

bool json_scan_item(json_scan *scan)
{
    return scan_walk_on(scan, '[', ']');
}

/* --- errors --- */

dubboc_status json_scan_error(const json_scan *scan, dubboc_error *err)
{
    if (scan->status == DUBBOC_OK)
        return DUBBOC_OK;
    const char *what = scan->status == DUBBOC_E_TOO_BIG ? "the JSON text is too big" : "not JSON";
    return error_set(err, scan->status, "%s: %s at byte %zu", what, scan->problem,
        (size_t)(scan->at - scan->start));
}

dubboc_status json_check(dubboc_slice text, json_value *value, dubboc_error *err)
{
    json_scan scan;
    json_value found;
    json_scan_init(&scan, text);
    if (!json_scan_value(&scan, &found) || !json_scan_end(&scan))
        return json_scan_error(&scan, err);
    *value = found;
    return DUBBOC_OK;
}

/* --- string tokens --- */

bool json_string_is(dubboc_slice token, const char *text)
{
    const char *at = token.at + 1, *end = token.at + token.len - 1;
    while (at < end) {
        char bytes[4];
        size_t len = 1;
        if (*at == '\\')
            len = json_unescape(&at, bytes);
        else
            bytes[0] = *at++;
        for (size_t i = 0; i < len; i++, text++) {
            if (*text == '\0' || *text != bytes[i])
                return false;
        }
    }
    return *text == '\0';
}

void json_string_decode(dubboc_slice token, buffer *out)
{
    char *room = buffer_reserve(out, json_string_bytes_max(token));
    if (room == NULL)
        return;
    out->len += json_unescape_all(token, room);
}
