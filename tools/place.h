/* What the commands share that look into a registry (ls, watch, describe): which registry, which
 * interface, and how long to wait. A command takes place_argp as its first child and gives it its
 * tool_place as input (state->child_inputs[0]). */
#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include "registry/url_match.h"
#include "tools/options.h"
#include "tools/tool.h"

/* Texts are the command line's own; NULL: not given. */
typedef struct tool_place {
    const char *registry;
    const char *interface;
    int64_t timeout_ms; /* 0: not given */
    bool is_verbose;
    bool needs_interface; /* set by the command: without one it is wrong usage */
} tool_place;

extern const struct argp place_argp;

/* What a command works on. */
typedef struct opened_place {
    registry *reg; /* a connection may not be there yet */
    const dubboc_config *config;
    int64_t deadline_ns; /* when waiting for the registry ends: -t, or 3 s */
} opened_place;

/* given: as handed to place_use(). Returns the exit status. */
typedef int place_user(const void *given, const opened_place *at);

/* Reads the configuration, opens the registry, calls use, and closes both. Returns the exit status:
 * that of use, or another when the user has been told why it was not called. */
int place_use(const tool_place *place, place_user *use, const void *given);

/* Providers of every group and version. */
url_wanted place_wants_any(const char *interface);

/* Whether the registry does not have the interface: nobody ever offered it. Then it has been said,
 * with the name that was probably meant. Not when the registry cannot be asked until
 * deadline_ns. */
bool place_is_unknown(registry *reg, const char *interface, int64_t deadline_ns);

#endif
