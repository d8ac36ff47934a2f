#include "tools/pretty.h"

static void pretty_append_line_start(buffer *out, int depth)
{
    buffer_append_char(out, '\n');
    for (int i = 0; i < depth; i++)
        buffer_append_text(out, "  ");
}

/* The string that begins at text, with its quotes. */
static dubboc_slice pretty_string_at(dubboc_slice text)
{
    size_t len = 1;
    while (len < text.len && text.at[len] != '"')
        len += text.at[len] == '\\' ? 2 : 1;
    return slice_make(text.at, len < text.len ? len + 1 : text.len);
}

static bool pretty_is_c1(const char *at, const char *end)
{
    return (unsigned char)at[0] == 0xC2 && at + 1 < end && ((unsigned char)at[1] & 0xE0) == 0x80;
}

/* Escapes U+0080 to U+009F, because JSON allows them unescaped but a terminal interprets them. */
static void pretty_append_string(buffer *out, dubboc_slice string)
{
    const char *end = string.at + string.len;
    const char *from = string.at;
    for (const char *at = from; (at = memchr(at, 0xC2, (size_t)(end - at))) != NULL; at++) {
        if (!pretty_is_c1(at, end))
            continue;
        buffer_append(out, from, (size_t)(at - from));
        buffer_printf(out, "\\u%04x", (unsigned)(unsigned char)at[1]);
        from = at + 2;
    }
    buffer_append(out, from, (size_t)(end - from));
}

static size_t pretty_skip_white_space(dubboc_slice json, size_t at)
{
    while (at < json.len && strchr(" \t\r\n", json.at[at]) != NULL)
        at++;
    return at;
}

/* Appends the opening bracket of an array or object, and the closing one if it is empty. Returns
 * where reading continues. */
static size_t pretty_append_open(buffer *out, dubboc_slice json, size_t at, int *depth)
{
    size_t next = pretty_skip_white_space(json, at + 1);
    buffer_append_char(out, json.at[at]);
    if (next < json.len && (json.at[next] == ']' || json.at[next] == '}')) {
        buffer_append_char(out, json.at[next]);
        return next + 1;
    }
    pretty_append_line_start(out, ++*depth);
    return next;
}

void pretty_append(buffer *out, dubboc_slice json)
{
    int depth = 0;
    for (size_t at = pretty_skip_white_space(json, 0); at < json.len;
         at = pretty_skip_white_space(json, at)) {
        dubboc_slice string;
        switch (json.at[at]) {
        case '"':
            string = pretty_string_at(slice_make(json.at + at, json.len - at));
            pretty_append_string(out, string);
            at += string.len;
            break;
        case '[':
        case '{':
            at = pretty_append_open(out, json, at, &depth);
            break;
        case ']':
        case '}':
            pretty_append_line_start(out, --depth);
            buffer_append_char(out, json.at[at++]);
            break;
        case ',':
            buffer_append_char(out, json.at[at++]);
            pretty_append_line_start(out, depth);
            break;
        case ':':
            buffer_append_text(out, ": ");
            at++;
            break;
        default:
            buffer_append_char(out, json.at[at++]);
        }
    }
}
