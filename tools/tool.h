/* What the subcommands of `dubboc` share: how they are called, how they end, and where their output
 * goes.
 *
 * Only results are written to standard output. Everything else goes to standard error, one line
 * each. */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include "base/config.h"
#include "registry/registry.h"
#include <dubboc/dubboc.h>

/* The exit statuses of the program; scripts rely on them. */
enum {
    TOOL_DONE = 0,
    TOOL_REMOTE_ERROR = 1, /* the peer answered with an error object */
    TOOL_NO_ANSWER = 2,    /* there is no reply, or something else failed */
    TOOL_USAGE = 64,
    TOOL_CONFIG = 78
};

/* Prints "dubboc: ..." and a line end to standard error. Control bytes are replaced, because the
 * text may come from a peer. */
void tool_say(const char *format, ...) DUBBOC_PRINTF(1, 2);

/* The exit status for a failure: wrong usage for an argument that cannot be used, wrong
 * configuration, or no answer for all others. */
int tool_exit_status(dubboc_status status);

/* Prints err and returns its exit status. */
int tool_fail(const dubboc_error *err);

/* Does what tool_fail() does, for a registry that cannot be opened (given by -r, or NULL): the text
 * names the place where its address is set, and an address that cannot be used is wrong
 * configuration. */
int tool_fail_registry(const dubboc_error *err, const dubboc_config *config, const char *given);

/* Flushes standard output. Returns status; or TOOL_NO_ANSWER, with a line on standard error, if
 * standard output cannot be written. */
int tool_finish(int status);

/* Passes events of the log to standard error: up to the level `least`, or up to [log] level if that
 * is set. Commands hide warnings, because they print themselves, in one line, why they fail. */
void tool_log(const dubboc_config *config, dubboc_log_level least);

/* Loads the configuration from the file at path (NULL: the one that the environment names) and from
 * the environment, and calls tool_log() with it and least. Returns TOOL_DONE if the caller owns
 * *config now; otherwise an exit status, and the reason was printed. */
int tool_load_config(const char *path, dubboc_log_level least, dubboc_config **config);

#endif
