/* The error text of a time-out says how long the call was allowed to take and which setting said
 * so, because the user could not find out otherwise in which of many places the time-out was set.
 * The setting is looked up when the error text is written, because few calls time out. */
#include "client/timeout.h"

#include "client/reference.h"

#include <stdio.h>

#include "base/config.h"
#include "base/utf8.h"

#define KEY_BYTES_MAX 600 /* "<method>.timeout" */

/* Writes the name of a setting: the environment variable that set it, otherwise section and key. */
static void timeout_print_place(
    const dubboc_config *config, const char *section, const char *key, char *text, size_t size)
{
    const char *origin = "";
    bool is_variable = dubboc_config_get(config, section, key, &origin) != NULL && origin[0] == '$';
    if (is_variable)
        snprintf(text, size, "%s", origin);
    else
        snprintf(text, size, "[%s] %s", section, key);
}

void client_describe_setting(
    const dubboc_config *config, const char *option, const char *key, char *text, size_t size)
{
    const char *origin = "default";
    dubboc_config_get(config, "client", key, &origin);
    if (option != NULL)
        snprintf(text, size, "option %s", option);
    else if (strcmp(origin, "code") == 0)
        snprintf(text, size, "[client] %s", key);
    else if (strcmp(origin, "default") == 0)
        snprintf(text, size, "default of [client] %s", key);
    else
        snprintf(text, size, "%s", origin);
}

static void timeout_print_reference(const call *self, char *text, size_t size)
{
    const dubboc_config *config = self->client->config;
    const char *section = self->reference->section;
    char key[KEY_BYTES_MAX];
    int64_t unused;
    bool is_of_method = config_method_int(config, section, self->method.at, "timeout", &unused);
    snprintf(key, sizeof key, "%s%stimeout", is_of_method ? self->method.at : "",
        is_of_method ? "." : "");
    timeout_print_place(config, section, key, text, size);
}

static void timeout_print_node(const call *self, char *text, size_t size)
{
    if (self->reference == NULL)
        snprintf(text, size, "url of the call");
    else if (self->reference->url[0] != '\0')
        timeout_print_place(self->client->config, self->reference->section, "url", text, size);
    else
        snprintf(text, size, "node of %s", self->timeout_node);
}

void call_describe_timeout(const call *self, char *text, size_t size)
{
    int len = snprintf(text, size, "timed out after %lld ms (", (long long)self->timeout_ms);
    char *place = text + len;
    size_t room = size - (size_t)len - 1; /* leaves room for the closing bracket */
    switch (self->timeout_from) {
    case TIMEOUT_FROM_CLIENT:
        client_describe_setting(self->client->config,
            self->client->timeout_is_option ? "timeout_ms" : NULL, "request_timeout", place, room);
        break;
    case TIMEOUT_FROM_NODE:
        timeout_print_node(self, place, room);
        break;
    case TIMEOUT_FROM_REFERENCE:
        timeout_print_reference(self, place, room);
        break;
    case TIMEOUT_FROM_OVERRIDE:
        snprintf(place, room, "override rule");
        break;
    case TIMEOUT_FROM_CALL:
        snprintf(place, room, "call option");
        break;
    }
    if (strlen(place) + 1 == room)
        utf8_drop_cut_tail(text);
    strcat(text, ")");
}
