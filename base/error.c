/* The texts of the statuses, and the functions that fill in a dubboc_error. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
    const char *name;
    const char *text;
} statuses[] = {
    [DUBBOC_OK] = {"OK", "no error"},
    [DUBBOC_E_NO_MEMORY] = {"E_NO_MEMORY", "out of memory"},
    [DUBBOC_E_ARGUMENT] = {"E_ARGUMENT", "unusable argument"},
    [DUBBOC_E_CONFIG] = {"E_CONFIG", "wrong configuration"},
    [DUBBOC_E_PARSE] = {"E_PARSE", "text cannot be read"},
    [DUBBOC_E_TYPE] = {"E_TYPE", "JSON value of another type"},
    [DUBBOC_E_RANGE] = {"E_RANGE", "number does not fit"},
    [DUBBOC_E_TOO_BIG] = {"E_TOO_BIG", "too big"},
    [DUBBOC_E_NOT_FOUND] = {"E_NOT_FOUND", "not found"},
    [DUBBOC_E_NO_PROVIDER] = {"E_NO_PROVIDER", "no provider"},
    [DUBBOC_E_CONNECT] = {"E_CONNECT", "no connection"},
    [DUBBOC_E_BUSY] = {"E_BUSY", "no capacity"},
    [DUBBOC_E_TIMEOUT] = {"E_TIMEOUT", "the deadline passed"},
    [DUBBOC_E_BROKEN] = {"E_BROKEN", "the connection ended before the reply was complete"},
    [DUBBOC_E_PROTOCOL] = {"E_PROTOCOL", "the reply is not HTTP or not JSON-RPC"},
    [DUBBOC_E_HTTP] = {"E_HTTP", "HTTP error status"},
    [DUBBOC_E_REMOTE] = {"E_REMOTE", "the peer answered with an error"},
    [DUBBOC_E_REGISTRY] = {"E_REGISTRY", "the registry cannot be reached"},
    [DUBBOC_E_SYSTEM] = {"E_SYSTEM", "the operating system refused"},
    [DUBBOC_E_CLOSED] = {"E_CLOSED", "being closed"},
    [DUBBOC_E_UNSUPPORTED] = {"E_UNSUPPORTED", "not in this release"},
    [DUBBOC_E_PARAMS] = {"E_PARAMS", "wrong params"},
    [DUBBOC_DEFERRED] = {"DEFERRED", "the answer comes later"},
    [DUBBOC_E_CANCELLED] = {"E_CANCELLED", "cancelled"},
};

static size_t status_index(dubboc_status status)
{
    size_t index = (size_t)status;
    return index < sizeof statuses / sizeof statuses[0] ? index : SIZE_MAX;
}

const char *dubboc_status_name(dubboc_status status)
{
    size_t index = status_index(status);
    return index != SIZE_MAX ? statuses[index].name : "E_UNKNOWN";
}

const char *dubboc_status_text(dubboc_status status)
{
    size_t index = status_index(status);
    return index != SIZE_MAX ? statuses[index].text : "unknown status";
}

const char *dubboc_execution_text(dubboc_execution execution)
{
    switch (execution) {
    case DUBBOC_EXECUTION_UNKNOWN:
        break;
    case DUBBOC_NOT_EXECUTED:
        return "not executed";
    case DUBBOC_MAYBE_EXECUTED:
        return "maybe executed";
    case DUBBOC_ANSWERED:
        return "answered";
    }
    return "unknown";
}

const char *dubboc_version(void)
{
    return DUBBOC_VERSION;
}

void error_clear(dubboc_error *err)
{
    if (err == NULL)
        return;
    err->status = DUBBOC_OK;
    err->text[0] = '\0';
}

void error_begin_call(dubboc_error *err)
{
    if (err == NULL)
        return;
    /* Only the first byte of provider and of text is written, to save time, because this function
     * runs for every call. */
    memset(err, 0, offsetof(dubboc_error, provider));
    err->execution = DUBBOC_NOT_EXECUTED;
    err->provider[0] = '\0';
    err->text[0] = '\0';
}

void error_copy(dubboc_error *err, const dubboc_error *from)
{
    if (err == NULL)
        return;
    err->status = from->status;
    memcpy(err->text, from->text, strlen(from->text) + 1);
}

/* Makes a text one line without control characters, because what a peer or a user has written must
 * not forge log lines or send commands to a terminal. */
static void error_make_one_line(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    utf8_hide_controls(text);
}

dubboc_status error_vset(dubboc_error *err, dubboc_status status, const char *format, va_list args)
{
    if (err == NULL)
        return status;
    err->status = status;
    if (vsnprintf(err->text, sizeof err->text, format, args) >= (int)sizeof err->text)
        utf8_drop_cut_tail(err->text);
    error_make_one_line(err->text);
    return status;
}

dubboc_status error_set(dubboc_error *err, dubboc_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_vset(err, status, format, args);
    va_end(args);
    return status;
}

dubboc_status error_no_memory(dubboc_error *err)
{
    return error_set(err, DUBBOC_E_NO_MEMORY, "out of memory");
}

dubboc_status error_prefix(dubboc_error *err, dubboc_status status, const char *format, ...)
{
    if (err == NULL)
        return status;
    char rest[DUBBOC_ERROR_TEXT_MAX];
    memcpy(rest, err->text, sizeof rest);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    size_t at = len < 0 ? 0 : (size_t)len;
    size_t room = at < sizeof err->text ? sizeof err->text - at : 0;
    if (room == 0 || snprintf(err->text + at, room, ": %s", rest) >= (int)room)
        utf8_drop_cut_tail(err->text);
    error_make_one_line(err->text);
    err->status = status;
    return status;
}

void error_append(dubboc_error *err, const char *format, ...)
{
    if (err == NULL)
        return;
    size_t at = strlen(err->text);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + at, sizeof err->text - at, format, args);
    va_end(args);
    utf8_drop_cut_tail(err->text);
    error_make_one_line(err->text + at);
}
