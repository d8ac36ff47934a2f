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

/* The exit status for a status: TOOL_USAGE for an argument that cannot be used, TOOL_CONFIG for a
 * wrong or unsupported setting, TOOL_REMOTE_ERROR for an error of the peer, and TOOL_NO_ANSWER for
 * all other failures. */
int tool_exit_status(dubboc_status status);

/* Prints err and returns its exit status. */
int tool_fail(const dubboc_error *err);

/* Does what tool_fail() does, for a registry that cannot be opened. given: the address from the
 * option -r; NULL: the address is from the configuration. In the latter case the text names the
 * place where the address is set, and an address that cannot be used gives TOOL_CONFIG. */
int tool_fail_registry(const dubboc_error *err, const dubboc_config *config, const char *given);

/* Flushes standard output. Returns status. If standard output cannot be written, prints a line to
 * standard error and returns TOOL_NO_ANSWER in place of TOOL_DONE. */
int tool_finish(int status);

/* Passes events of the log to standard error: up to the level `least`, or up to [log] level if that
 * lets more events through. Most commands pass DUBBOC_LOG_ERROR, which hides warnings, because they
 * print themselves, in one line, why they fail. */
void tool_log(const dubboc_config *config, dubboc_log_level least);

/* Loads the configuration from the file at path (NULL: the file that the environment names) and
 * from the environment, and calls tool_log() with *config and least. TOOL_DONE: the caller owns
 * *config. Otherwise returns an exit status, and has printed the reason. */
int tool_load_config(const char *path, dubboc_log_level least, dubboc_config **config);

#endif
