/* What the commands that look into a registry (ls, watch, describe) share: which registry, which
 * interface, and how long to wait. A command uses place_argp as its first child parser and gives it
 * a tool_place as input (state->child_inputs[0]). */
#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include "registry/url_match.h"
#include "tools/options.h"
#include "tools/tool.h"

/* What the command line gives; NULL: not given. */
typedef struct tool_place {
    const char *registry;
    const char *interface;
    int64_t timeout_ms; /* 0: not given */
    bool is_verbose;
    bool needs_interface; /* set by the command: the interface must be given */
} tool_place;

extern const struct argp place_argp;

/* What a command works with. */
typedef struct opened_place {
    registry *reg; /* may not be connected yet */
    const dubboc_config *config;
    int64_t deadline_ns; /* the end of waiting for the registry: after -t, or 3 s */
} opened_place;

/* given is the value that was passed to place_use(). Returns the exit status. */
typedef int place_user(const void *given, const opened_place *at);

/* Reads the configuration, opens the registry, calls use, and frees both. Returns the exit status
 * of use, or another one if use was not called; the reason was then printed. */
int place_use(const tool_place *place, place_user *use, const void *given);

/* Providers of every group and version. */
url_wanted place_wants_any(const char *interface);

/* Whether the registry does not know the interface, because it was never offered. If so, a line
 * about it was printed, with the name that was probably meant. false also if the registry cannot be
 * read by deadline_ns. */
bool place_is_unknown(registry *reg, const char *interface, int64_t deadline_ns);

#endif
