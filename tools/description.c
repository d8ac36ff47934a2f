#include "tools/description.h"

#include <stdio.h>

#include "base/error.h"
#include "base/own_address.h"

#define SECTION_SIZE 600 /* an interface has at most 512 bytes */

described_call description_call(
    const dubboc_config *config, const char *interface, const char *group, const char *version)
{
    char section[SECTION_SIZE];
    snprintf(section, sizeof section, "reference %s", interface);
    return (described_call){
        .interface = interface,
        .group = group != NULL ? group : config_text(config, section, "group"),
        .version = version != NULL ? version : config_text(config, section, "version"),
        .url = config_text(config, section, "url"),
        .application = config_text(config, "application", "name"),
    };
}

static bool description_count(description *self)
{
    bool is_done = true;
    for (size_t i = 0; i < self->providers.count && is_done; i++) {
        const offer *one = &self->providers.items[i];
        dubboc_slice rest = slice_of(one->methods), method;
        if (one->protocol[0] == '\0')
            continue; /* the node is not a URL */
        is_done = tally_add(&self->versions, slice_of(one->version)) &&
                  tally_add(&self->groups, slice_of(one->group));
        while (is_done && slice_next(&rest, ',', &method))
            is_done = tally_add(&self->methods, method);
    }
    tally_sort(&self->methods);
    tally_sort(&self->versions);
    tally_sort(&self->groups);
    return is_done;
}

static dubboc_status description_read_each(
    registry *reg, int64_t deadline_ns, description *self, dubboc_error *err)
{
    char own[OWN_ADDRESS_SIZE];
    const described_call *call = &self->call;
    const url_wanted wanted = {
        slice_of(call->interface), slice_of(call->group), slice_of(call->version)};
    own_address_known(registry_servers(reg), own);
    const configurator_consumer consumer = {call->application, own, wanted};
    dubboc_status status =
        rule_set_read(reg, call->interface, &consumer, deadline_ns, &self->rules, err);
    if (status == DUBBOC_OK)
        status = registry_lookup(
            reg, call->interface, REGISTRY_PROVIDERS, deadline_ns, &self->nodes, err);
    if (status != DUBBOC_OK)
        return status;
    bool is_done = offers_read(&self->nodes, &wanted, self->rules.in_force, &self->providers) &&
                   offers_leave_out_weight_0(&self->providers) && description_count(self);
    return is_done ? DUBBOC_OK : error_no_memory(err);
}

dubboc_status description_read(registry *reg, const described_call *call, int64_t deadline_ns,
    description *found, dubboc_error *err)
{
    description read = {.call = *call};
    dubboc_status status = description_read_each(reg, deadline_ns, &read, err);
    if (status == DUBBOC_OK)
        *found = read;
    else
        description_free(&read);
    return status;
}

void description_free(description *self)
{
    tally_fini(&self->methods);
    tally_fini(&self->versions);
    tally_fini(&self->groups);
    offers_free(&self->providers);
    registry_list_free(&self->nodes);
    rule_set_free(&self->rules);
}
