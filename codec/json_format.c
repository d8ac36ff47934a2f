/* What pack and unpack share. */
#include "codec/json_format.h"

#include "base/error.h"

void json_format_init(json_format *format, const char *text)
{
    format->at = text;
    format->start = text;
    format->path.depth = 0;
}

char json_format_peek(json_format *format)
{
    format->at += strspn(format->at, " \t\n\r,:");
    return *format->at;
}

char json_format_take(json_format *format)
{
    char code = json_format_peek(format);
    if (code != '\0')
        format->at++;
    return code;
}

bool json_format_take_if(json_format *format, char c)
{
    if (*format->at != c)
        return false;
    format->at++;
    return true;
}

dubboc_status json_format_error(const json_format *format, dubboc_error *err, dubboc_status status, const char *text, ...)
{
    char place[JSON_PATH_TEXT_MAX];
    va_list args;
    va_start(args, text);
    error_vset(err, status, text, args);
    va_end(args);
    return error_prefix(err, status, "%s", json_path_text(&format->path, place));
}

dubboc_status json_format_fault(const json_format *format, dubboc_error *err, const char *what)
{
    return json_format_error(format, err, DUBBOC_E_ARGUMENT, "%s in the format at byte %zu of \"%.200s\"", what,
        (size_t)(format->at - format->start), format->start);
}
