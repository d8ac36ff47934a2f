/* The subcommands of `dubboc`, each in its own file (cmd_<name>.c). */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

/* argv[0] is "dubboc <name>". Returns the exit status. */
typedef struct tool_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} tool_command;

int cmd_bench(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_describe(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_watch(int argc, char **argv);

#endif
