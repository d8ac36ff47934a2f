/* dubboc call: makes one call and prints its result as JSON on standard output, indented when that
 * is a terminal. An error object of the peer goes to standard error as it came, in one line. When
 * there is no answer, a line there says what is known about execution, and why there is none. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "tools/pretty.h"
#include "tools/target.h"

enum { OPTION_PRETTY = 0x200, OPTION_COMPACT };

typedef struct call_arguments {
    tool_target target;
    int pretty; /* 1: --pretty, -1: --compact, 0: neither was given */
} call_arguments;

/* JSON text may have line ends only between its tokens, where a blank does as well. */
static void print_in_one_line(FILE *out, const dubboc_text *json)
{
    for (size_t i = 0; i < json->len; i++)
        putc(json->data[i] == '\n' || json->data[i] == '\r' ? ' ' : json->data[i], out);
    putc('\n', out);
}

static int tell_failure(const dubboc_error *err, const dubboc_text *remote_error)
{
    if (err->status == DUBBOC_E_REMOTE && remote_error->len > 0) {
        print_in_one_line(stderr, remote_error);
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

static bool is_pretty(const call_arguments *given)
{
    if (given->pretty != 0)
        return given->pretty > 0;
    return !given->target.is_raw && isatty(STDOUT_FILENO) == 1;
}

static dubboc_status print_result(const call_arguments *given, dubboc_slice json, dubboc_error *err)
{
    buffer text;
    dubboc_status status = DUBBOC_OK;
    if (!is_pretty(given)) {
        fwrite(json.at, 1, json.len, stdout);
    } else {
        buffer_init(&text, SIZE_MAX / 2);
        pretty_append(&text, json);
        status = text.status == DUBBOC_OK ? DUBBOC_OK : error_no_memory(err);
        fwrite(text.data, 1, text.len, stdout);
        buffer_fini(&text);
    }
    putchar('\n');
    return status;
}

static dubboc_status call_raw(dubboc_client *client, const call_arguments *given,
    const dubboc_text *params, const dubboc_call_options *options, dubboc_error *err)
{
    const tool_target *target = &given->target;
    dubboc_text result = {0};
    dubboc_slice text = {.at = params->data, .len = params->len};
    dubboc_status status =
        dubboc_call_raw(client, target->interface, target->method, text, options, &result, err);
    if (status == DUBBOC_OK)
        status = print_result(given, (dubboc_slice){result.data, result.len}, err);
    dubboc_text_free(&result);
    return status;
}

static dubboc_status call_json(dubboc_client *client, const call_arguments *given,
    const dubboc_text *params, const dubboc_call_options *options, dubboc_error *err)
{
    const tool_target *target = &given->target;
    cJSON *tree = NULL, *result = NULL;
    char *text = NULL;
    size_t len = 0;
    dubboc_status status = dubboc_json_parse(params->data, params->len, &tree, err);
    if (status != DUBBOC_OK) {
        error_prefix(err, DUBBOC_E_ARGUMENT, "PARAMS");
        return DUBBOC_E_ARGUMENT;
    }
    status =
        dubboc_call_with(client, target->interface, target->method, tree, options, &result, err);
    if (status == DUBBOC_OK)
        status = dubboc_json_print(result, &text, &len, err);
    if (status == DUBBOC_OK)
        status = print_result(given, slice_make(text, len), err);
    free(text);
    cJSON_Delete(result);
    cJSON_Delete(tree);
    return status;
}

static int call(dubboc_client *client, const call_arguments *given, const dubboc_text *params)
{
    const tool_target *target = &given->target;
    dubboc_text remote_error = {0};
    dubboc_error err = {0};
    dubboc_call_options options = target_call_options(target);
    options.remote_error = &remote_error;
    dubboc_status status = target->is_raw ? call_raw(client, given, params, &options, &err)
                                          : call_json(client, given, params, &options, &err);
    int exit_status = status == DUBBOC_OK ? TOOL_DONE : tell_failure(&err, &remote_error);
    target_suggest(target, client, status);
    dubboc_text_free(&remote_error);
    return exit_status;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    call_arguments *given = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &given->target;
        return 0;
    case OPTION_PRETTY:
        given->pretty = 1;
        return 0;
    case OPTION_COMPACT:
        given->pretty = -1;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"pretty", OPTION_PRETTY, NULL, 0, "indent the result (default on a terminal, without --raw)",
        0},
    {"compact", OPTION_COMPACT, NULL, 0, "print the result in one line (default elsewhere)", 0},
    {0},
};

int cmd_call(int argc, char **argv)
{
    static const char doc[] = "Calls METHOD of INTERFACE and prints its result as JSON. PARAMS is "
                              "a JSON array or object; - reads it "
                              "from standard input, @FILE from a file; without it [] is sent.";
    static const struct argp_child children[] = {{&target_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = options,
        .parser = parse,
        .args_doc = TARGET_ARGS_DOC,
        .doc = doc,
        .children = children};
    call_arguments given = {0};
    dubboc_text params = {0};
    dubboc_config *config = NULL;
    dubboc_client *client = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    int status = target_read_params(&given.target, &params);
    if (status == TOOL_DONE)
        status = target_open(&given.target, &config, &client);
    if (status == TOOL_DONE)
        status = call(client, &given, &params);
    dubboc_client_free(client);
    dubboc_config_free(config);
    dubboc_text_free(&params);
    return status;
}
