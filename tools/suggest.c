#include "tools/suggest.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "client/client.h"
#include "tools/choice.h"
#include "tools/place.h"

#define SUGGEST_WAIT_MS 1000
#define LINE_BYTES_MAX 2048

/* Prints the options that would reach a provider, if the given options reach none. */
static void suggest_other(
    const tool_target *target, const dubboc_client *client, int64_t deadline_ns)
{
    described_call call =
        description_call(client->config, target->interface, target->group, target->version);
    const url_wanted asked = {.interface = slice_of(call.interface),
        .group = slice_of(call.group),
        .version = slice_of(call.version)};
    registry_list nodes = {0};
    offers fitting = {0};
    buffer line;
    buffer_init(&line, LINE_BYTES_MAX);
    if (registry_lookup(client->registry, call.interface, REGISTRY_PROVIDERS, deadline_ns, &nodes,
            NULL) == DUBBOC_OK &&
        offers_read(&nodes, &asked, NULL, &fitting) && fitting.callable == 0 &&
        choice_find(&nodes, &call, NULL, &line))
        tool_say("%s", line.data);
    buffer_fini(&line);
    offers_free(&fitting);
    registry_list_free(&nodes);
}

/* Prints why the registry is unreachable, if the call was too short to find out. */
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
