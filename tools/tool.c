#include "tools/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void tool_say(const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) >= (int)sizeof text)
        utf8_drop_cut_tail(text);
    va_end(args);
    utf8_hide_controls(text);
    fprintf(stderr, "dubboc: %s\n", text);
}

int tool_exit_status(dubboc_status status)
{
    switch (status) {
    case DUBBOC_OK:
        return TOOL_DONE;
    case DUBBOC_E_ARGUMENT:
        return TOOL_USAGE;
    case DUBBOC_E_CONFIG:
    case DUBBOC_E_UNSUPPORTED:
        return TOOL_CONFIG;
    case DUBBOC_E_REMOTE:
        return TOOL_REMOTE_ERROR;
    default:
        return TOOL_NO_ANSWER;
    }
}

int tool_fail(const dubboc_error *err)
{
    tool_say("%s", err->text);
    return tool_exit_status(err->status);
}

int tool_fail_registry(const dubboc_error *err, const dubboc_config *config, const char *given)
{
    const char *origin = "";
    bool is_of_address = err->status == DUBBOC_E_ARGUMENT || err->status == DUBBOC_E_NOT_FOUND;
    if (given != NULL || !is_of_address ||
        dubboc_config_get(config, "registry", "address", &origin) == NULL)
        return tool_fail(err);
    tool_say("%s: %s", origin, err->text);
    return err->status == DUBBOC_E_ARGUMENT ? TOOL_CONFIG : TOOL_NO_ANSWER;
}

int tool_finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    tool_say("standard output cannot be written");
    return status == TOOL_DONE ? TOOL_NO_ANSWER : status;
}

void tool_log(const dubboc_config *config, dubboc_log_level least)
{
    dubboc_log_level level = least;
    if (!config_is_set(config, "log", "level") ||
        dubboc_log_level_parse(config_text(config, "log", "level"), &level) != DUBBOC_OK)
        level = least;
    dubboc_log_set(dubboc_log_stderr, NULL, level > least ? level : least);
}

int tool_load_config(const char *path, dubboc_log_level least, dubboc_config **config)
{
    dubboc_error err;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_WARN);
    if (dubboc_config_load(path, config, &err) != DUBBOC_OK)
        return tool_fail(&err);
    tool_log(*config, least);
    return TOOL_DONE;
}
