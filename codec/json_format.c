/* Reads the format texts of pack and unpack. */
#include "codec/json_format.h"

void json_format_init(json_format *format, const char *text)
{
    format->at = text;
    format->start = text;
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

dubboc_status json_format_fault(
    const json_format *format, const json_path *path, dubboc_error *err, const char *what)
{
    return json_path_error(path, err, DUBBOC_E_ARGUMENT,
        "%s in the format at byte %zu of \"%.200s\"", what, (size_t)(format->at - format->start),
        format->start);
}
