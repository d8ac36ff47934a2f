/* Command line options as rows: what each option does with its value, and where that goes. A parser
 * of argp begins or ends with options_take(); what no row can say stays in the parser. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

typedef enum option_kind {
    OPTION_FLAG,    /* bool: set to true */
    OPTION_CHOICE,  /* int64_t: set to number; the last of several options counts */
    OPTION_TEXT,    /* const char *: the argument itself */
    OPTION_COUNT,   /* int64_t: a whole number from 1 to number */
    OPTION_SETTING, /* const char *: the argument, held against [section] key of the configuration
                     */
    OPTION_VALUE,   /* int64_t: the number that stands for in the configuration */

    /* With ARGP_KEY_INIT and ARGP_KEY_END in place of an option's key. */
    OPTION_CHILD,   /* the input of the first child parser */
    OPTION_REQUIRED /* const char *: NULL is wrong usage, "expected <name>" */
} option_kind;

typedef struct option_row {
    int key; /* as in struct argp_option */
    option_kind kind;
    size_t offset;    /* of the member in the parser's input */
    const char *name; /* for error texts */
    int64_t number;
    const char *section, *config_key;
} option_row;

#define OPTION_ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* Does what the row of key says; ends the program as wrong usage when the value is refused.
 * ARGP_ERR_UNKNOWN: there is no row for it. */
error_t options_take(
    const option_row *rows, size_t count, int key, char *arg, const struct argp_state *state);

/* The number that value stands for in [section] key; ends the program as wrong usage when it is
 * refused. name: of the option. */
int64_t option_value(const struct argp_state *state, const char *name, const char *section,
    const char *key, const char *value);

/* The option -r, the same in all commands, and its row. */
#define OPTION_REGISTRY                                                                            \
    {                                                                                              \
        "registry", 'r', "REGISTRY", 0,                                                            \
            "zookeeper://HOST:PORT,.../, file:///FOLDER or static:URL,... (default: [registry] "   \
            "address)",                                                                            \
            0                                                                                      \
    }
#define OPTION_REGISTRY_ROW(offset_)                                                               \
    {                                                                                              \
        'r', OPTION_SETTING, (offset_), "-r", 0, "registry", "address"                             \
    }

#endif
