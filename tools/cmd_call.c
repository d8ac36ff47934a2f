/* dubboc call: one call, its result as one JSON text on standard output. An error object of the peer goes to standard error as it came, in one
 * line; when there is no answer a line there says what is known about execution, and why. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "tools/target.h"

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

static dubboc_status call_raw(dubboc_client *client, const tool_target *target, const dubboc_text *params,
    const dubboc_call_options *options, dubboc_error *err)
{
    dubboc_text result = {0};
    dubboc_slice text = {.at = params->data, .len = params->len};
    dubboc_status status = dubboc_call_raw(client, target->interface, target->method, text, options, &result, err);
    if (status == DUBBOC_OK) {
        fwrite(result.data, 1, result.len, stdout);
        putchar('\n');
    }
    dubboc_text_free(&result);
    return status;
}

static dubboc_status call_json(dubboc_client *client, const tool_target *target, const dubboc_text *params,
    const dubboc_call_options *options, dubboc_error *err)
{
    cJSON *tree = NULL, *result = NULL;
    char *text = NULL;
    dubboc_status status = dubboc_json_parse(params->data, params->len, &tree, err);
    if (status != DUBBOC_OK) {
        error_prefix(err, DUBBOC_E_ARGUMENT, "PARAMS");
        return DUBBOC_E_ARGUMENT;
    }
    status = dubboc_call_with(client, target->interface, target->method, tree, options, &result, err);
    if (status == DUBBOC_OK)
        status = dubboc_json_print(result, &text, NULL, err);
    if (status == DUBBOC_OK)
        puts(text);
    free(text);
    cJSON_Delete(result);
    cJSON_Delete(tree);
    return status;
}

static int call(dubboc_client *client, const tool_target *target, const dubboc_text *params)
{
    dubboc_text remote_error = {0};
    dubboc_error err = {0};
    dubboc_call_options options = target_call_options(target);
    options.remote_error = &remote_error;
    dubboc_status status =
        target->is_raw ? call_raw(client, target, params, &options, &err) : call_json(client, target, params, &options, &err);
    int exit_status = status == DUBBOC_OK ? TOOL_DONE : tell_failure(&err, &remote_error);
    dubboc_text_free(&remote_error);
    return exit_status;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

int cmd_call(int argc, char **argv)
{
    static const char doc[] =
        "Calls METHOD of INTERFACE and prints its result as JSON. PARAMS is a JSON array or object, - reads it from standard "
        "input, without it [] is sent.";
    static const struct argp_child children[] = {{&target_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.parser = parse, .args_doc = TARGET_ARGS_DOC, .doc = doc, .children = children};
    tool_target target = {0};
    dubboc_text params = {0};
    dubboc_config *config = NULL;
    dubboc_client *client = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &target) != 0)
        return TOOL_USAGE;
    int status = target_read_params(&target, &params);
    if (status == TOOL_DONE)
        status = target_open(&target, &config, &client);
    if (status == TOOL_DONE)
        status = call(client, &target, &params);
    dubboc_client_free(client);
    dubboc_config_free(config);
    dubboc_text_free(&params);
    return status;
}
