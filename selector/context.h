/* What all directories of a selector share. */
#ifndef SELECTOR_CONTEXT_H
#define SELECTOR_CONTEXT_H

#include "base/own_address.h"
#include "registry/registry.h"
#include "selector/provider.h"
#include "selector/readers.h"
#include "selector/settings.h"
#include "selector/upkeep.h"

typedef struct selector_context {
    readers readers; /* first: aligned */

    /* constant */
    selector_settings settings;         /* texts are NULL here */
    char *snapshot_dir;                 /* NULL: none */
    char *application;                  /* "": none */
    char own_address[OWN_ADDRESS_SIZE]; /* own_address_known(): which overrides apply to us */
    int default_policy;
    registry *source; /* borrowed; NULL: none */
    uint64_t hash_seed;

    /* each with a lock of its own */
    provider_set providers;
    upkeep upkeep;

    mutex ejecting; /* one provider at a time is ejected, so that no more than half ever are */
} selector_context;

#endif
