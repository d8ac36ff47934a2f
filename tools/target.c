#include "tools/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "client/client.h"
#include "codec/json_scan.h"
#include "codec/json_write.h"

/* an empty list: no registry is opened, whatever the configuration says */
#define NO_REGISTRY "static:"

#define PARAMS_NAME_SIZE 1024

enum { OPTION_LOAD_BALANCE = 0x100, OPTION_RAW, OPTION_IDEMPOTENT, OPTION_RETRIES };

static const struct argp_option target_options[] = {
    OPTION_REGISTRY,
    {"url", 'u', "URL", 0, "call http://HOST:PORT/PATH without a registry", 0},
    {"timeout", 't', "DURATION", 0,
        "time-out of the whole call, such as 350ms, 2s or none (default: [client] request_timeout)",
        0},
    {"group", 'g', "GROUP", 0, "call only providers of this group; * for any", 0},
    {"version", 'V', "VERSION", 0, "call only providers of this version; * for any", 0},
    {"lb", OPTION_LOAD_BALANCE, "POLICY", 0, "pick a provider by this policy: random or roundrobin",
        0},
    {"header", 'H', "NAME: VALUE", 0,
        "send this HTTP header with each attempt; can be given several times", 0},
    {"idempotent", OPTION_IDEMPOTENT, NULL, 0,
        "the method may run twice: repeat the call when it is not known whether it ran", 0},
    {"retries", OPTION_RETRIES, "N", 0,
        "repeat the call at most N times (default: [client] retries)", 0},
    {"raw", OPTION_RAW, NULL, 0, "print the result as the provider wrote it, byte for byte", 0},
    {"verbose", 'v', NULL, 0,
        "explain the call on standard error: which providers were candidates, which were left out "
        "and why, attempts, times, bytes",
        0},
    {0},
};

static void target_take_argument(
    tool_target *target, const struct argp_state *state, const char *arg)
{
    if (state->arg_num == 0)
        target->interface = arg;
    else if (state->arg_num == 1)
        target->method = arg;
    else if (state->arg_num == 2)
        target->params = arg;
    else
        argp_error(state, "one argument too many: \"%s\" (quote PARAMS for the shell)",
            MASKED(slice_of(arg)));
}

/* Splits "Name: value" in place. */
static void target_take_header(tool_target *target, const struct argp_state *state, char *arg)
{
    char *colon = strchr(arg, ':');
    if (colon == NULL || colon == arg)
        /* the argument is not shown, because it may be a credential */
        argp_error(state, "-H takes \"NAME: VALUE\"");
    if (target->header_count == TARGET_HEADERS_MAX)
        argp_error(state, "more than %d headers", TARGET_HEADERS_MAX);
    *colon = '\0';
    target->headers[target->header_count++] =
        (dubboc_header){arg, colon + 1 + strspn(colon + 1, " \t")};
}

static void target_take_retries(tool_target *target, const struct argp_state *state, char *arg)
{
    int64_t retries = option_value(state, "--retries", "client", "retries", arg);
    target->retries = retries == 0 ? DUBBOC_NONE : (int)retries;
}

static error_t target_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {
        OPTION_REGISTRY_ROW(offsetof(tool_target, registry)),
        {'u', OPTION_SETTING, offsetof(tool_target, url), "-u", 0, "reference", "url"},
        {'t', OPTION_VALUE, offsetof(tool_target, timeout_ms), "-t", 0, "client",
            "request_timeout"},
        {.key = 'g', .kind = OPTION_TEXT, .offset = offsetof(tool_target, group)},
        {.key = 'V', .kind = OPTION_TEXT, .offset = offsetof(tool_target, version)},
        {OPTION_LOAD_BALANCE, OPTION_SETTING, offsetof(tool_target, load_balance), "--lb", 0,
            "client", "load_balance"},
        {.key = OPTION_IDEMPOTENT,
            .kind = OPTION_FLAG,
            .offset = offsetof(tool_target, is_idempotent)},
        {.key = OPTION_RAW, .kind = OPTION_FLAG, .offset = offsetof(tool_target, is_raw)},
        {.key = 'v', .kind = OPTION_FLAG, .offset = offsetof(tool_target, is_verbose)},
        {ARGP_KEY_END, OPTION_REQUIRED, offsetof(tool_target, method), TARGET_ARGS_DOC, 0, NULL,
            NULL},
    };
    switch (key) {
    case 'H':
        target_take_header(state->input, state, arg);
        return 0;
    case OPTION_RETRIES:
        target_take_retries(state->input, state, arg);
        return 0;
    case ARGP_KEY_ARG:
        target_take_argument(state->input, state, arg);
        return 0;
    default:
        return options_take(OPTION_ROWS(rows), key, arg, state);
    }
}

const struct argp target_argp = {.options = target_options, .parser = target_parse};

/* Reads a descriptor to its end; name is used in the error text. */
static int target_read_all(int fd, const char *name, buffer *text)
{
    enum { PIECE = 64 * 1024 };
    ssize_t got = 0;
    do {
        char *room = buffer_reserve(text, PIECE);
        if (room == NULL)
            break;
        got = read(fd, room, PIECE);
        if (got > 0)
            text->len += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (text->status == DUBBOC_E_TOO_BIG) {
        tool_say("%s is longer than about %u bytes", name, TARGET_PARAMS_BYTES_MAX);
        return TOOL_USAGE;
    }
    if (got < 0) {
        tool_say("%s cannot be read: %s", name, strerror(errno));
        return TOOL_NO_ANSWER;
    }
    return TOOL_DONE;
}

static int target_read_file(const char *path, const char *name, buffer *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        tool_say("%s cannot be read: %s", name, strerror(errno));
        return TOOL_USAGE;
    }
    int status = target_read_all(fd, name, text);
    close(fd);
    return status;
}

/* Appends what the user may have meant: an array with the given value. A word that is not JSON is
 * taken for a string whose quotes the shell has removed. */
static void target_suggest_params(dubboc_error *err, dubboc_slice text, json_kind kind)
{
    enum { SHOWN_MAX = 200 };
    buffer meant;
    if (text.len == 0 || text.len > SHOWN_MAX || strchr("[{", text.at[0]) != NULL)
        return;
    buffer_init(&meant, 8 * SHOWN_MAX);
    if (kind == JSON_NONE)
        json_write_string_lossy(&meant, text);
    else
        buffer_append_slice(&meant, text);
    if (buffer_text(&meant) != NULL)
        error_append(err, "; did you mean '[%s]'?", meant.data);
    buffer_fini(&meant);
}

/* name is the source of the text, for the error text. is_typed: the text was given on the command
 * line, where a shell may have changed it. */
static int target_check_params(dubboc_slice text, const char *name, bool is_typed)
{
    json_value value = {JSON_NONE, {NULL, 0}};
    dubboc_error err;
    dubboc_status status = json_check(text, &value, &err);
    bool is_json = status == DUBBOC_OK;
    if (is_json && (value.kind == JSON_ARRAY || value.kind == JSON_OBJECT))
        return TOOL_DONE;
    if (is_json)
        error_set(&err, DUBBOC_E_ARGUMENT, "expected a JSON array or object");
    if (is_typed)
        target_suggest_params(&err, is_json ? value.text : text, is_json ? value.kind : JSON_NONE);
    tool_say("%s: %s", name, err.text);
    return TOOL_USAGE;
}

/* Where PARAMS come from, for error texts. */
static void target_describe_params(const char *given, char *name, size_t size)
{
    if (strcmp(given, "-") == 0)
        snprintf(name, size, "PARAMS on standard input");
    else if (*given == '@')
        snprintf(name, size, "PARAMS file %s", given + 1);
    else
        snprintf(name, size, "PARAMS");
}

static int target_read_params(const tool_target *target, dubboc_text *params)
{
    buffer text;
    int status = TOOL_DONE;
    const char *given = target->params != NULL ? target->params : "[]";
    char name[PARAMS_NAME_SIZE];
    target_describe_params(given, name, sizeof name);
    buffer_init(&text, TARGET_PARAMS_BYTES_MAX);
    if (strcmp(given, "-") == 0)
        status = target_read_all(STDIN_FILENO, name, &text);
    else if (*given == '@')
        status = target_read_file(given + 1, name, &text);
    else
        buffer_append_text(&text, given);
    if (status == TOOL_DONE &&
        (buffer_text(&text) == NULL || dubboc_text_set(params, text.data, text.len) != DUBBOC_OK)) {
        tool_say("out of memory");
        status = TOOL_NO_ANSWER;
    }
    if (status == TOOL_DONE)
        status = target_check_params(
            buffer_slice(&text), name, *given != '@' && strcmp(given, "-") != 0);
    buffer_fini(&text);
    return status;
}

/* Whether the address of the call is known without a registry. */
static bool target_is_direct(const tool_target *target, const dubboc_config *config)
{
    char section[1024];
    if (target->url != NULL)
        return true;
    snprintf(section, sizeof section, "reference %s", target->interface);
    return config_text(config, section, "url")[0] != '\0';
}

static int target_open(const tool_target *target, dubboc_config **config, dubboc_client **client)
{
    dubboc_error err;
    dubboc_config *loaded = NULL;
    int status =
        tool_load_config(NULL, target->is_verbose ? DUBBOC_LOG_WARN : DUBBOC_LOG_ERROR, &loaded);
    if (status != TOOL_DONE)
        return status;
    const char *address =
        target->registry != NULL ? target->registry : config_text(loaded, "registry", "address");
    if (target_is_direct(target, loaded))
        address = NO_REGISTRY;
    /* a tool does not register itself as a consumer */
    if (dubboc_config_set(loaded, "client", "register", "false", &err) != DUBBOC_OK) {
        dubboc_config_free(loaded);
        return tool_fail(&err);
    }
    const dubboc_client_options client_options = {
        .size = sizeof client_options, .config = loaded, .registry = address};
    if (*address == '\0') {
        tool_say("no address: give -u URL or -r REGISTRY, or set $DUBBOC_REGISTRY_ADDRESS or "
                 "[registry] address");
        status = TOOL_USAGE;
    } else if (registry_check_exists(address, &err) != DUBBOC_OK ||
               dubboc_client_new(&client_options, client, &err) != DUBBOC_OK) {
        status = tool_fail_registry(&err, loaded, target->registry);
    }
    if (status == TOOL_DONE)
        *config = loaded;
    else
        dubboc_config_free(loaded);
    return status;
}

static void target_explain(void *arg, const char *line)
{
    (void)arg;
    tool_say("%s", line);
}

dubboc_call_options target_call_options(const tool_target *target)
{
    return (dubboc_call_options){.size = sizeof(dubboc_call_options),
        .timeout_ms = target->timeout_ms,
        .group = target->group,
        .version = target->version,
        .url = target->url,
        .load_balance = target->load_balance,
        .retries = target->retries,
        .idempotent = target->is_idempotent,
        .headers = target->headers,
        .header_count = target->header_count,
        .explain = target->is_verbose ? target_explain : NULL};
}

int target_use(const tool_target *target, target_user *use, const void *given)
{
    dubboc_config *config = NULL;
    dubboc_client *client = NULL;
    dubboc_text params = {0};
    int status = target_read_params(target, &params);
    if (status == TOOL_DONE)
        status = target_open(target, &config, &client);
    if (status == TOOL_DONE)
        status = use(given, client, (dubboc_slice){params.data, params.len});
    dubboc_client_free(client);
    dubboc_config_free(config);
    dubboc_text_free(&params);
    return status;
}
