/* What the subcommands of `dubboc` share: how they are called, how they end, and where results and
 * everything else go.
 *
 * Results only are written to standard output, everything else to standard error, each as one
 * line. */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include "base/config.h"
#include "registry/registry.h"
#include <dubboc/dubboc.h>

/* How the program ends; scripts rely on these. */
enum {
    TOOL_DONE = 0,
    TOOL_REMOTE_ERROR = 1, /* the peer answered with an error object */
    TOOL_NO_ANSWER = 2,    /* no answer came, or something else did not work */
    TOOL_USAGE = 64,
    TOOL_CONFIG = 78
};

/* "dubboc: ..." and a line end to standard error. Control bytes of what peers wrote are
 * replaced. */
void tool_say(const char *format, ...) DUBBOC_PRINTF(1, 2);

/* The exit status that fits a failure: wrong usage for an argument that cannot be used, wrong
 * configuration, else no answer. */
int tool_exit_status(dubboc_status status);

/* Tells err and gives the exit status that fits it. */
int tool_fail(const dubboc_error *err);

/* The same for a registry that cannot be opened, given by -r or NULL: then the place is told where
 * its address is set, and an address that cannot be used is wrong configuration. */
int tool_fail_registry(const dubboc_error *err, const dubboc_config *config, const char *given);

/* Writes out what was printed. status, or TOOL_NO_ANSWER with a line said when standard output
 * takes no more. */
int tool_finish(int status);

/* Lets the log go to standard error: what is at least as grave as `least` or as [log] level names,
 * when that is set. Commands hide warnings because they say themselves, in one line, why they
 * fail. */
void tool_log(const dubboc_config *config, dubboc_log_level least);

/* Loads file (NULL: as the environment says) and environment, and calls tool_log(). TOOL_DONE:
 * *config is the caller's. Else the user has been told why. */
int tool_load_config(const char *path, dubboc_log_level least, dubboc_config **config);

#endif
