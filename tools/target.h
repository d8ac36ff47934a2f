/* What `dubboc call` and `dubboc bench` share: whom to call, with which params and options. A
 * command uses target_argp as its first child parser and gives it a tool_target as input
 * (state->child_inputs[0]). */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include "tools/options.h"
#include "tools/tool.h"

#define TARGET_ARGS_DOC "INTERFACE METHOD [PARAMS]"
#define TARGET_HEADERS_MAX 64
#define TARGET_PARAMS_BYTES_MAX (64u * 1024 * 1024)

/* What the command line gives; NULL: not given. */
typedef struct tool_target {
    const char *registry;
    const char *url;
    const char *group;
    const char *version;
    const char *load_balance;
    int64_t timeout_ms; /* 0: not given; DUBBOC_NONE: no deadline */
    int retries;        /* 0: not given; DUBBOC_NONE: none */
    bool is_idempotent;
    dubboc_header headers[TARGET_HEADERS_MAX];
    size_t header_count;
    bool is_raw; /* raw calls: the result is printed byte for byte as the peer wrote it */
    bool is_verbose;
    const char *interface;
    const char *method;
    const char *params; /* JSON text; "-": from standard input; "@FILE": from a file */
} tool_target;

extern const struct argp target_argp;

/* given is the value that was passed to target_use(); params is the JSON text of an array or
 * object. Returns the exit status. */
typedef int target_user(const void *given, dubboc_client *client, dubboc_slice params);

/* Reads PARAMS (from the command line, standard input or a file; default "[]") and the
 * configuration, makes the client, calls use, and frees everything. Returns the exit status of use,
 * or another one if use was not called, for example because PARAMS are not JSON or no registry is
 * given; the reason was then printed. */
int target_use(const tool_target *target, target_user *use, const void *given);

/* The options of each call, borrowed from target. With -v each call is explained on standard error.
 */
dubboc_call_options target_call_options(const tool_target *target);

#endif
