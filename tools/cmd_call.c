/* dubboc call: makes one call and prints its result as JSON to standard output, indented on a
 * terminal. An error object of the peer is printed to standard error, and indented if that is a
 * terminal. If there is no reply, a line on standard error says why, and whether the call may have
 * been executed. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "tools/commands.h"
#include "tools/pretty.h"
#include "tools/suggest.h"
#include "tools/target.h"

enum { OPTION_PRETTY = 0x200, OPTION_COMPACT };

typedef struct call_arguments {
    tool_target target;
    int64_t pretty; /* 1: --pretty, -1: --compact, 0: neither was given */
} call_arguments;

/* Replaces line ends by blanks. This does not change JSON text, which has line ends only between
 * its tokens. */
static void call_print_in_one_line(FILE *out, const dubboc_text *json)
{
    for (size_t i = 0; i < json->len; i++)
        putc(json->data[i] == '\n' || json->data[i] == '\r' ? ' ' : json->data[i], out);
}

static bool call_is_pretty(const call_arguments *given, FILE *out)
{
    if (given->pretty != 0)
        return given->pretty > 0;
    return !given->target.is_raw && isatty(fileno(out)) == 1;
}

/* Prints JSON text indented, without a line end behind it. */
static dubboc_status call_print_pretty(FILE *out, dubboc_slice json, dubboc_error *err)
{
    buffer text;
    buffer_init(&text, SIZE_MAX / 2);
    pretty_append(&text, json);
    dubboc_status status = text.status == DUBBOC_OK ? DUBBOC_OK : error_no_memory(err);
    fwrite(text.data, 1, text.len, out);
    buffer_fini(&text);
    return status;
}

static dubboc_status call_print_result(
    const call_arguments *given, dubboc_slice json, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    if (call_is_pretty(given, stdout))
        status = call_print_pretty(stdout, json, err);
    else
        fwrite(json.at, 1, json.len, stdout);
    putchar('\n');
    return status;
}

static void call_print_error(const call_arguments *given, const dubboc_text *json)
{
    dubboc_slice text = {json->data, json->len};
    if (call_is_pretty(given, stderr))
        call_print_pretty(stderr, text, NULL);
    else
        call_print_in_one_line(stderr, json);
    putc('\n', stderr);
}

static int call_tell_failure(
    const call_arguments *given, const dubboc_error *err, const dubboc_text *remote_error)
{
    if (err->status == DUBBOC_E_REMOTE && remote_error->len > 0) {
        call_print_error(given, remote_error);
        return TOOL_REMOTE_ERROR;
    }
    int status = tool_exit_status(err->status);
    const char *execution = dubboc_execution_text(err->execution);
    if (status == TOOL_NO_ANSWER && strstr(err->text, execution) == NULL)
        tool_say("%s: %s", execution, err->text);
    else
        tool_say("%s", err->text);
    return status;
}

static dubboc_status call_with_text(dubboc_client *client, const call_arguments *given,
    dubboc_slice params, const dubboc_call_options *options, dubboc_error *err)
{
    const tool_target *target = &given->target;
    dubboc_text result = {0};
    dubboc_status status =
        dubboc_call_raw(client, target->interface, target->method, params, options, &result, err);
    if (status == DUBBOC_OK)
        status = call_print_result(given, (dubboc_slice){result.data, result.len}, err);
    dubboc_text_free(&result);
    return status;
}

static dubboc_status call_with_tree(dubboc_client *client, const call_arguments *given,
    dubboc_slice params, const dubboc_call_options *options, dubboc_error *err)
{
    const tool_target *target = &given->target;
    cJSON *tree = NULL, *result = NULL;
    char *text = NULL;
    size_t len = 0;
    dubboc_status status = dubboc_json_parse(params.at, params.len, &tree, err);
    if (status != DUBBOC_OK) {
        error_prefix(err, DUBBOC_E_ARGUMENT, "PARAMS");
        return DUBBOC_E_ARGUMENT;
    }
    status =
        dubboc_call_with(client, target->interface, target->method, tree, options, &result, err);
    if (status == DUBBOC_OK)
        status = dubboc_json_print(result, &text, &len, err);
    if (status == DUBBOC_OK)
        status = call_print_result(given, slice_make(text, len), err);
    free(text);
    cJSON_Delete(result);
    cJSON_Delete(tree);
    return status;
}

static int call_once(const void *given, dubboc_client *client, dubboc_slice params)
{
    const call_arguments *arguments = given;
    const tool_target *target = &arguments->target;
    dubboc_text remote_error = {0};
    dubboc_error err = {0};
    dubboc_call_options options = target_call_options(target);
    options.remote_error = &remote_error;
    dubboc_status status = target->is_raw
                               ? call_with_text(client, arguments, params, &options, &err)
                               : call_with_tree(client, arguments, params, &options, &err);
    int exit_status =
        status == DUBBOC_OK ? TOOL_DONE : call_tell_failure(arguments, &err, &remote_error);
    if (status != DUBBOC_OK)
        suggest_after_call(target, client, &err);
    dubboc_text_free(&remote_error);
    return exit_status;
}

static error_t call_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {
        {.key = ARGP_KEY_INIT, .kind = OPTION_CHILD, .offset = offsetof(call_arguments, target)},
        {OPTION_PRETTY, OPTION_CHOICE, offsetof(call_arguments, pretty), NULL, 1, NULL, NULL},
        {OPTION_COMPACT, OPTION_CHOICE, offsetof(call_arguments, pretty), NULL, -1, NULL, NULL},
    };
    return options_take(OPTION_ROWS(rows), key, arg, state);
}

static const struct argp_option call_argp_options[] = {
    {"pretty", OPTION_PRETTY, NULL, 0,
        "indent the result (default on a terminal, unless --raw is given)", 0},
    {"compact", OPTION_COMPACT, NULL, 0, "print the result in one line (default elsewhere)", 0},
    {0},
};

int cmd_call(int argc, char **argv)
{
    static const char doc[] =
        "Calls METHOD of INTERFACE and prints its result as JSON. PARAMS is a JSON array or "
        "object: - reads it from standard input, @FILE from a file. Without PARAMS, [] is sent.";
    static const struct argp_child children[] = {{&target_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = call_argp_options,
        .parser = call_parse,
        .args_doc = TARGET_ARGS_DOC,
        .doc = doc,
        .children = children};
    call_arguments given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    return target_use(&given.target, call_once, &given);
}
