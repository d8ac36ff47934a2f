/* What `dubboc call` and `dubboc bench` share: whom to call, with what, and how. The options are
 * parsed here once; a command takes target_argp as its first child and gives it its tool_target as
 * input (state->child_inputs[0]). */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include "tools/options.h"
#include "tools/tool.h"

#define TARGET_ARGS_DOC "INTERFACE METHOD [PARAMS]"
#define TARGET_HEADERS_MAX 64
#define TARGET_PARAMS_BYTES_MAX (64u * 1024 * 1024)

/* Texts are the command line's own; NULL: not given. */
typedef struct tool_target {
    const char *registry;
    const char *url;
    const char *group;
    const char *version;
    const char *load_balance;
    int64_t timeout_ms; /* 0: not given; DUBBOC_NONE */
    int retries;        /* 0: not given; DUBBOC_NONE: none */
    bool is_idempotent;
    dubboc_header headers[TARGET_HEADERS_MAX];
    size_t header_count;
    bool is_raw; /* the raw form of the calls: the result byte for byte as the peer wrote it */
    bool is_verbose;
    const char *interface;
    const char *method;
    const char *params; /* JSON text, "-" for standard input, "@FILE" */
} tool_target;

extern const struct argp target_argp;

/* given: as handed to target_use(); params: the JSON text of an array or object. Returns the exit
 * status. */
typedef int target_user(const void *given, dubboc_client *client, dubboc_slice params);

/* Reads PARAMS (as given, from standard input or a file, or "[]") and the configuration, makes the
 * client, calls use, and frees all of it. Returns the exit status: that of use, or another when the
 * user has been told why it was not called (PARAMS are no JSON, or there is nowhere to look for
 * providers, say). */
int target_use(const tool_target *target, target_user *use, const void *given);

/* The options of each call, borrowed from target; explained on standard error with -v. */
dubboc_call_options target_call_options(const tool_target *target);

#endif
