/* dubboc config check FILE: every problem of a file, a line each. dubboc config show [FILE]: what is in force here and now, and where each value
 * comes from. */
#include <stdio.h>
#include <string.h>

#include "base/mask.h"
#include "tools/tool.h"

typedef struct arguments {
    const char *action;
    const char *file;
} arguments;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num == 0 && strcmp(arg, "check") != 0 && strcmp(arg, "show") != 0)
            argp_error(state, "unknown action \"%s\", expected check or show", MASKED(slice_of(arg)));
        if (state->arg_num > 1)
            argp_error(state, "one argument too many: \"%s\"", MASKED(slice_of(arg)));
        *(state->arg_num == 0 ? &given->action : &given->file) = arg;
        return 0;
    case ARGP_KEY_END:
        if (given->action == NULL)
            argp_error(state, "expected check FILE, or show [FILE]");
        if (strcmp(given->action, "check") == 0 && given->file == NULL)
            argp_error(state, "expected a FILE to check");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void tell_problem(void *arg, const char *problem)
{
    (void)arg;
    fprintf(stderr, "%s\n", problem);
}

static int check(const char *file)
{
    int problems = dubboc_config_check(file, 0, tell_problem, NULL);
    if (problems > 0)
        return TOOL_CONFIG;
    printf("%s: ok\n", file);
    return TOOL_DONE;
}

static void print_value(void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    (void)arg;
    printf("[%s] %s = %s (%s)\n", section, key, value, origin);
}

static int show(const char *file)
{
    dubboc_config *config;
    int status = tool_load_config(file, &config);
    if (status != TOOL_DONE)
        return status;
    dubboc_config_each(config, print_value, NULL);
    dubboc_config_free(config);
    return TOOL_DONE;
}

int cmd_config(int argc, char **argv)
{
    static const char doc[] =
        "Checks the configuration in FILE and tells every problem, or shows the effective values (file and environment; "
        "without FILE the one of $DUBBOC_CONF_FILE) with their origin.";
    static const struct argp argp = {.parser = parse, .args_doc = "check FILE\nshow [FILE]", .doc = doc};
    arguments given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    return strcmp(given.action, "check") == 0 ? check(given.file) : show(given.file);
}
