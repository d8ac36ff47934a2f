/* What the commands share that look into a registry (ls, watch, describe): which registry, which
 * interface, and how long to wait. A command takes place_argp as its first child and gives it its
 * tool_place as input (state->child_inputs[0]). */
#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include "registry/url_match.h"
#include "tools/tool.h"

/* Texts are the command line's own; NULL: not given. */
typedef struct tool_place {
    const char *registry;
    const char *interface;
    int64_t timeout_ms; /* 0: not given */
    bool is_verbose;
} tool_place;

extern const struct argp place_argp;

/* Reads the configuration and opens the registry, without waiting for a connection. TOOL_DONE:
 * *config and *opened are the caller's. Else the user has been told why. */
int place_open(const tool_place *place, dubboc_config **config, registry **opened);

/* When waiting for the registry ends, counted from now: -t, or 3 s. */
int64_t place_deadline(const tool_place *place);

/* Providers of every group and version. */
url_wanted place_wants_any(const char *interface);

/* Whether the registry does not have the interface: nobody ever offered it. Then it has been said,
 * with the name that was probably meant. Not when the registry cannot be asked until
 * deadline_ns. */
bool place_is_unknown(registry *reg, const char *interface, int64_t deadline_ns);

/* A node, or what is said of one, as people may see it: secrets are masked, and bytes that are no
 * UTF-8 are escaped (%FF). The caller's to free; NULL: no memory. */
char *place_text(const char *given);

/* Prints it so that a line is a line. */
void place_print(const char *text);

#endif
