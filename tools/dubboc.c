/* The dubboc command: one program with a table of subcommands, each in its own file (cmd_<name>.c)
 * with its own options. This file only finds the subcommand. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/config_keys.h"
#include "base/mask.h"
#include "tools/commands.h"
#include "tools/tool.h"

static const tool_command commands[] = {
    {"call", cmd_call, "call a method and print its result"},
    {"ls", cmd_ls, "list interfaces, or the providers of one"},
    {"describe", cmd_describe, "show methods, versions, providers and rules of an interface"},
    {"watch", cmd_watch, "print each change of an interface's providers"},
    {"bench", cmd_bench, "call a method many times and measure the calls"},
    {"config", cmd_config, "check a configuration file, or show the values in force"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const tool_command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void command_unknown(const struct argp_state *state, const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (config_is_near(slice_of(name), commands[i].name))
            argp_error(
                state, "unknown command \"%s\", did you mean \"%s\"?", name, commands[i].name);
    argp_error(state, "unknown command \"%s\"", MASKED(slice_of(name)));
}

typedef struct command_choice {
    const tool_command *command;
    int at; /* its index in argv */
} command_choice;

/* Stops at the first word that is not an option: the rest belongs to the subcommand. */
static error_t command_parse(int key, char *arg, struct argp_state *state)
{
    command_choice *chosen = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        chosen->command = command_find(arg);
        if (chosen->command == NULL)
            command_unknown(state, arg);
        chosen->at = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Prints the table of commands below the options. */
static char *command_help(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    buffer help;
    buffer_init(&help, 4096);
    buffer_append_text(&help, "Commands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buffer_printf(&help, "  %-8s %s\n", commands[i].name, commands[i].help);
    buffer_append_text(&help,
        "\n`dubboc COMMAND --help` and `dubboc help COMMAND` describe the options of a command, "
        "`dubboc version` prints the version.\n"
        "Exit status: 0 success, 1 the provider answered with an error, 2 no answer, 64 wrong "
        "usage, "
        "78 wrong configuration.\n");
    return buffer_text(&help) != NULL ? help.data : (char *)text;
}

/* `dubboc help`, `dubboc help COMMAND` and `dubboc version` do what `--help` and `--version` do. */
static void command_take_words(int argc, char **argv)
{
    static char help[] = "--help", version[] = "--version";
    if (argc == 2 && strcmp(argv[1], "version") == 0)
        argv[1] = version;
    if (argc == 2 && strcmp(argv[1], "help") == 0)
        argv[1] = help;
    if (argc == 3 && strcmp(argv[1], "help") == 0) {
        argv[1] = argv[2];
        argv[2] = help;
    }
}

int main(int argc, char **argv)
{
    static const char doc[] =
        "Calls, lists, watches and measures Dubbo services that speak JSON-RPC.\v ";
    static const struct argp argp = {.parser = command_parse,
        .args_doc = "COMMAND ...",
        .doc = doc,
        .help_filter = command_help};
    command_choice chosen = {0};
    char name[64];
    argp_err_exit_status = TOOL_USAGE;
    argp_program_version = "dubboc " DUBBOC_VERSION;
    command_take_words(argc, argv);
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &chosen) != 0 || chosen.command == NULL)
        return TOOL_USAGE;
    argp_program_version = NULL; /* some commands have an option --version */
    snprintf(name, sizeof name, "dubboc %s", chosen.command->name);
    argv[chosen.at] = name;
    return tool_finish(chosen.command->run(argc - chosen.at, argv + chosen.at));
}
