/* What `dubboc call` and `dubboc bench` share: whom to call, with what, and how. The options are
 * parsed here once; a command takes target_argp as its first child and gives it its tool_target as
 * input (state->child_inputs[0]). */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

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

/* Reads the JSON text of the params: as given, from standard input or a file, or "[]", and checks
 * that it is an array or object. TOOL_DONE: *params is the caller's; else the user has been told
 * why. */
int target_read_params(const tool_target *target, dubboc_text *params);

/* Makes the client. TOOL_DONE: *client is the caller's, as *config is. Else it has been told why
 * (nowhere to look for providers, say). */
int target_open(const tool_target *target, dubboc_config **config, dubboc_client **client);

/* After a call that found no provider: says so if the registry does not know the interface at all,
 * with the nearest name that it knows. */
void target_suggest(const tool_target *target, dubboc_client *client, dubboc_status status);

/* The options of each call, borrowed from target; explained on standard error with -v. */
dubboc_call_options target_call_options(const tool_target *target);

#endif
