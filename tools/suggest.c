#include "tools/suggest.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/mask.h"
#include "client/client.h"
#include "tools/description.h"
#include "tools/place.h"

#define SUGGEST_WAIT_MS 1000
#define CHOICE_BYTES_MAX 512

/* Text of a node that may be pasted into a shell. */
static bool suggest_is_plain(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return text[strspn(text, plain)] == '\0' && text[0] != '-';
}

static void suggest_append(
    buffer *offered, buffer *options, const char *what, char option, const char *value)
{
    buffer_append_text(offered, offered->len > 0 ? ", " : "");
    if (value[0] != '\0')
        buffer_printf(offered, "%s %s", what, value);
    else
        buffer_printf(offered, "no %s", what);
    buffer_printf(options, " -%c %s", option, value[0] != '\0' ? value : "''");
}

/* Says by which options a call would reach a provider that this one does not ask for. */
static void suggest_choice(const described_call *call, const offer *other)
{
    buffer offered, options;
    if (!suggest_is_plain(other->version) || !suggest_is_plain(other->group))
        return;
    buffer_init(&offered, CHOICE_BYTES_MAX);
    buffer_init(&options, CHOICE_BYTES_MAX);
    if (strcmp(call->version, "*") != 0 && strcmp(call->version, other->version) != 0)
        suggest_append(&offered, &options, "version", 'V', other->version);
    if (strcmp(call->group, "*") != 0 && strcmp(call->group, other->group) != 0)
        suggest_append(&offered, &options, "group", 'g', other->group);
    if (offered.len > 0 && buffer_text(&offered) != NULL && buffer_text(&options) != NULL)
        tool_say(
            "%s offers %s: try%s", MASKED(slice_of(other->address)), offered.data, options.data);
    buffer_fini(&offered);
    buffer_fini(&options);
}

/* Looks for the first provider that would be called if another version or group were asked for. */
static void suggest_other(
    const tool_target *target, const dubboc_client *client, int64_t deadline_ns)
{
    described_call call =
        description_call(client->config, target->interface, target->group, target->version);
    const url_wanted any = place_wants_any(call.interface);
    const url_wanted asked = {.interface = slice_of(call.interface),
        .group = slice_of(call.group),
        .version = slice_of(call.version)};
    registry_list nodes = {0};
    offers all = {0}, fitting = {0};
    if (registry_lookup(client->registry, call.interface, REGISTRY_PROVIDERS, deadline_ns, &nodes,
            NULL) == DUBBOC_OK &&
        offers_read(&nodes, &any, NULL, &all) && offers_read(&nodes, &asked, NULL, &fitting))
        for (size_t i = 0; i < all.count && fitting.callable == 0; i++)
            if (all.items[i].reason == NULL) {
                suggest_choice(&call, &all.items[i]);
                break;
            }
    offers_free(&fitting);
    offers_free(&all);
    registry_list_free(&nodes);
}

/* Says why the registry is away, when the time of the call was too short to find out. */
static void suggest_trouble(
    const tool_target *target, registry *reg, const dubboc_error *err, int64_t deadline_ns)
{
    char trouble[REGISTRY_TROUBLE_SIZE];
    registry_list nodes = {0};
    dubboc_error why;
    registry_trouble(reg, trouble);
    if (trouble[0] != '\0' && strstr(err->text, trouble) == NULL)
        tool_say("%s: not connected: %s", registry_address(reg), trouble);
    else if (trouble[0] == '\0' && registry_lookup(reg, target->interface, REGISTRY_PROVIDERS,
                                       deadline_ns, &nodes, &why) != DUBBOC_OK)
        tool_say("%s", why.text);
    registry_list_free(&nodes);
}

void suggest_after_call(
    const tool_target *target, const dubboc_client *client, const dubboc_error *err)
{
    registry *reg = client->registry;
    int64_t deadline_ns = deadline_in_ms(SUGGEST_WAIT_MS);
    bool is_without_list = err->status == DUBBOC_E_NO_PROVIDER ||
                           err->status == DUBBOC_E_REGISTRY || err->status == DUBBOC_E_TIMEOUT;
    if (reg == NULL || !is_without_list)
        return;
    if (!registry_is_connected(reg))
        suggest_trouble(target, reg, err, deadline_ns);
    else if (err->status == DUBBOC_E_NO_PROVIDER &&
             !place_is_unknown(reg, target->interface, deadline_ns))
        suggest_other(target, client, deadline_ns);
}
