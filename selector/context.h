/* The data that all directories of a selector share. */
#ifndef SELECTOR_CONTEXT_H
#define SELECTOR_CONTEXT_H

#include "base/own_address.h"
#include "registry/registry.h"
#include "selector/probes.h"
#include "selector/provider.h"
#include "selector/readers.h"
#include "selector/settings.h"
#include "selector/upkeep.h"

typedef struct selector_context {
    readers readers; /* first, because it is cache-line aligned */

    /* Constant: */
    selector_settings settings; /* its texts are NULL here; see the fields below */
    char *snapshot_dir;         /* NULL: none */
    char *application;          /* "": none */
    /* From own_address_known(); decides which configurators apply to this consumer. */
    char own_address[OWN_ADDRESS_SIZE];
    int default_policy; /* index in policies[] */
    registry *source;   /* borrowed; NULL: no registry is configured */
    uint64_t hash_seed; /* random, because the hashed texts come from the network */

    /* Each has its own lock: */
    provider_set providers;
    upkeep upkeep;
    probes probes;

    /* Held while a provider is ejected, so that two threads together cannot eject more than half of
     * the providers. */
    mutex ejecting;
} selector_context;

#endif
