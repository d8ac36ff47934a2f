/* Command line options as rows of a table: what each option does with its value, and which member
 * of the parser's input it sets. An argp parser passes every key that it does not handle itself to
 * options_take(). */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

typedef enum option_kind {
    /* Each kind sets a member; its type comes first in the comment. */
    OPTION_FLAG,    /* bool: set to true */
    OPTION_CHOICE,  /* int64_t: set to number; if several such options are given, the last one
                       counts */
    OPTION_TEXT,    /* const char *: the argument, unchecked */
    OPTION_COUNT,   /* int64_t: the argument, a whole number from 1 to number */
    OPTION_SETTING, /* const char *: the argument, if it is valid for [section] config_key */
    OPTION_VALUE,   /* int64_t: the argument, read as a value of [section] config_key */

    OPTION_CHILD, /* for the key ARGP_KEY_INIT: the member is the input of the first child parser */
    OPTION_REQUIRED /* for the key ARGP_KEY_END, const char *: NULL is wrong usage, "expected
                       <name>" */
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

/* Does what the row of key says; ends the program as wrong usage if the value is invalid.
 * ARGP_ERR_UNKNOWN: there is no row for key. */
error_t options_take(
    const option_row *rows, size_t count, int key, char *arg, const struct argp_state *state);

/* Reads value as a value of [section] key, and returns its number (0 if it is a text). Ends the
 * program as wrong usage if the value is invalid for that key. name: the option, for the error
 * text. */
int64_t option_value(const struct argp_state *state, const char *name, const char *section,
    const char *key, const char *value);

/* The option -r, which all commands share, and its row. */
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
