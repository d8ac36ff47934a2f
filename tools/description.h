/* What `dubboc describe` knows of one interface, gathered before anything is printed. */
#ifndef TOOLS_DESCRIPTION_H
#define TOOLS_DESCRIPTION_H

#include "base/config.h"
#include "tools/offers.h"
#include "tools/rules.h"
#include "tools/tally.h"

/* The call that is described; texts are borrowed. */
typedef struct described_call {
    const char *interface;
    const char *group;   /* "": none, "*": any */
    const char *version; /* the same */
    const char *url; /* [reference X] url: calls go there, whatever the registry says; "": none */
    const char *application;
} described_call;

typedef struct description {
    described_call call;
    registry_list nodes;
    offers providers; /* judged for that call */
    tally methods;    /* by how many nodes each is named */
    tally versions;
    tally groups;
    rule_set rules;
} description;

/* The call as it would be made with this configuration; group and version, when not NULL, come from
 * the command line. */
described_call description_call(
    const dubboc_config *config, const char *interface, const char *group, const char *version);

/* DUBBOC_E_REGISTRY: something could not be read until deadline_ns; DUBBOC_E_NO_MEMORY. Nothing is
 * left behind then. */
dubboc_status description_read(registry *reg, const described_call *call, int64_t deadline_ns,
    description *found, dubboc_error *err);
void description_free(description *self);

#endif
