/* dubboc config check FILE prints every problem of a file, one line each. dubboc config show [FILE]
 * prints the effective values and the origin of each. dubboc config sample prints a file that holds
 * every key with its default, commented out. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/config_value.h"
#include "base/mask.h"
#include "tools/commands.h"
#include "tools/tool.h"

typedef struct config_arguments {
    const char *action;
    const char *file;
} config_arguments;

static error_t config_parse(int key, char *arg, struct argp_state *state)
{
    config_arguments *given = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num == 0 && strcmp(arg, "check") != 0 && strcmp(arg, "show") != 0 &&
            strcmp(arg, "sample") != 0)
            argp_error(state, "unknown action \"%s\", expected check, show or sample",
                MASKED(slice_of(arg)));
        if (state->arg_num > 1)
            argp_error(state, "one argument too many: \"%s\"", MASKED(slice_of(arg)));
        *(state->arg_num == 0 ? &given->action : &given->file) = arg;
        return 0;
    case ARGP_KEY_END:
        if (given->action == NULL)
            argp_error(state, "expected check FILE, show [FILE] or sample");
        if (strcmp(given->action, "check") == 0 && given->file == NULL)
            argp_error(state, "expected a FILE to check");
        if (strcmp(given->action, "sample") == 0 && given->file != NULL)
            argp_error(state, "sample takes no FILE: it prints to standard output");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void config_tell_problem(void *arg, const char *problem)
{
    (void)arg;
    fprintf(stderr, "%s\n", problem);
}

static int config_check_file(const char *file)
{
    int problems = dubboc_config_check(file, 0, config_tell_problem, NULL);
    if (problems > 0)
        return TOOL_CONFIG;
    printf("%s: ok\n", file);
    return TOOL_DONE;
}

static void config_print_value(
    void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    (void)arg;
    printf("[%s] %s = %s (%s)\n", MASKED(slice_of(section)), key, value, origin);
}

static int config_show_values(const char *file)
{
    dubboc_config *config;
    int status = tool_load_config(file, DUBBOC_LOG_WARN, &config);
    if (status != TOOL_DONE)
        return status;
    dubboc_config_each(config, config_print_value, NULL);
    dubboc_config_free(config);
    return TOOL_DONE;
}

/* Everything is commented out, also the headings of the sections of single interfaces, because a
 * section whose interface does not exist would be reported. */
static void config_print_sample_section(const config_key *key)
{
    if (config_section_is_per_interface(key->section))
        printf("\n# one section for each interface %s:\n# [%s com.example.Hello]\n",
            strcmp(key->section, "service") == 0 ? "offered" : "called", key->section);
    else
        printf("\n[%s]\n", key->section);
}

static void config_print_sample_key(const config_key *key)
{
    char expected[256];
    config_key_expected(key, expected, sizeof expected);
    printf("\n# %s\n# (%s", key->help, expected);
    if (key->inherits_section != NULL)
        printf("; default: %s of [%s]", key->inherits_name, key->inherits_section);
    if ((key->where & CONFIG_OF_METHOD) != 0)
        printf("; for one method: METHOD.%s", key->name);
    printf(")\n# %s =%s%s\n", key->name, key->value != NULL ? " " : "",
        key->value != NULL ? key->value : "");
}

static int config_print_sample(void)
{
    size_t count;
    const config_key *keys = config_keys(&count), *previous = NULL;
    printf(
        "# Every setting of dubboc with its default. To change one, remove the \"# \" before it.\n"
        "# Each can also be set by a variable: DUBBOC_CLIENT_RETRIES=1 is [client] retries = 1.\n"
        "# dubboc.conf(5) describes them; dubboc config check FILE finds mistakes.\n");
    for (size_t i = 0; i < count; i++) {
        if (keys[i].is_later)
            continue;
        if (previous == NULL || strcmp(previous->section, keys[i].section) != 0)
            config_print_sample_section(&keys[i]);
        config_print_sample_key(&keys[i]);
        previous = &keys[i];
    }
    return TOOL_DONE;
}

int cmd_config(int argc, char **argv)
{
    static const char doc[] =
        "check prints every problem of FILE. show prints the values in force, from FILE and the "
        "environment, and where each comes from; without FILE it reads the file that "
        "$DUBBOC_CONF_FILE names. sample prints a file with every key and its default, commented "
        "out.";
    static const struct argp argp = {
        .parser = config_parse, .args_doc = "check FILE\nshow [FILE]\nsample", .doc = doc};
    config_arguments given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    if (strcmp(given.action, "sample") == 0)
        return config_print_sample();
    return strcmp(given.action, "check") == 0 ? config_check_file(given.file)
                                              : config_show_values(given.file);
}
