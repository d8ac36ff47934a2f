/* What `dubboc describe` knows of an interface; all of it is read before anything is printed. */
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
    const char *version; /* "": none, "*": any */
    const char *url; /* [reference X] url: the address of all calls, without the registry; "": not
                        set */
    const char *application;
} described_call;

typedef struct description {
    described_call call;
    registry_list nodes;
    offers providers; /* each with the reason why the call would not use it */
    tally methods;    /* each with the number of nodes that name it */
    tally versions;
    tally groups;
    rule_set rules;
} description;

/* Makes the call from the configuration. group and version come from the command line and override
 * the configuration unless they are NULL. */
described_call description_call(
    const dubboc_config *config, const char *interface, const char *group, const char *version);

/* Reads everything that a description holds. DUBBOC_E_REGISTRY: something could not be read by
 * deadline_ns. DUBBOC_E_NO_MEMORY: an allocation failed. After a failure there is nothing to free.
 */
dubboc_status description_read(registry *reg, const described_call *call, int64_t deadline_ns,
    description *found, dubboc_error *err);
void description_free(description *self);

#endif
