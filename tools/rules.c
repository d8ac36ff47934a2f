#include "tools/rules.h"

#include "base/error.h"
#include "registry/own_address.h"
#include "tools/place.h"

dubboc_status rules_read(registry *reg, const char *interface, int64_t deadline_ns, configurators **rules, dubboc_error *err)
{
    char own[OWN_ADDRESS_SIZE];
    registry_list found = {0};
    dubboc_status status = registry_lookup(reg, interface, REGISTRY_CONFIGURATORS, deadline_ns, &found, err);
    if (status != DUBBOC_OK)
        return status;
    own_address_known(registry_servers(reg), own);
    const configurator_consumer consumer = {.application = "", .address = own, .wanted = place_wants_any(interface)};
    const configurator_texts texts[CONFIGURATOR_SOURCES] = {{(const char *const *)found.items, found.count}};
    if (!configurators_new(&consumer, texts, rules))
        status = error_no_memory(err);
    registry_list_free(&found);
    return status;
}
