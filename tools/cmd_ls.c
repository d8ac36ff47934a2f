/* dubboc ls: the interfaces of a registry, or the providers of one interface. By default only those that a dubboc client could call; --all lists
 * every node, with the reason beside those it could not. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "registry/provider_url.h"
#include "tools/tool.h"

typedef struct arguments {
    const char *registry;
    const char *interface;
    bool is_json;
    bool is_all;
} arguments;

static const struct argp_option options[] = {
    TOOL_REGISTRY_OPTION,
    {"all", 'a', NULL, 0, "also nodes that cannot be called, with the reason", 0},
    {"json", 'j', NULL, 0, "one JSON array: of names, or of objects with url, callable and reason", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *given = state->input;
    switch (key) {
    case 'r':
        tool_option_value(state, "-r", "registry", "address", arg);
        given->registry = arg;
        return 0;
    case 'a':
        given->is_all = true;
        return 0;
    case 'j':
        given->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one argument too many: \"%s\"", arg);
        given->interface = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Why a node cannot be called, NULL: it can. */
static const char *fault_of(const char *interface, const char *node, char *reason, size_t size)
{
    const url_wanted wanted = {.interface = slice_of(interface), .group = slice_of("*"), .version = slice_of("*")};
    provider_url *url;
    dubboc_error err;
    if (provider_url_from_text(slice_of(node), &url, &err) != DUBBOC_OK) {
        snprintf(reason, size, "%s", err.text);
        return reason;
    }
    const char *mismatch = provider_url_mismatch(url, &wanted, reason, size);
    provider_url_free(url);
    return mismatch;
}

/* A node may hold anything; a line is a line. */
static void print_clean(const char *text)
{
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text);
}

static void print_node(const char *node, const char *fault)
{
    print_clean(node);
    if (fault != NULL) {
        fputs(" (", stdout);
        print_clean(fault);
        putchar(')');
    }
    putchar('\n');
}

static bool add_item(cJSON *array, const char *node, const char *fault, bool is_provider)
{
    cJSON *item = is_provider ? cJSON_CreateObject() : cJSON_CreateString(node);
    bool is_made = item != NULL;
    if (is_made && is_provider)
        is_made = cJSON_AddStringToObject(item, "url", node) != NULL &&
                  cJSON_AddBoolToObject(item, "callable", fault == NULL) != NULL &&
                  (fault == NULL || cJSON_AddStringToObject(item, "reason", fault) != NULL);
    if (is_made && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static int print_json(const cJSON *array)
{
    char *text;
    dubboc_error err;
    if (dubboc_json_print(array, &text, NULL, &err) != DUBBOC_OK)
        return tool_fail(&err);
    puts(text);
    free(text);
    return TOOL_DONE;
}

/* is_provider: items are nodes of given->interface, else names. Takes the list's items as lines or into array. */
static bool print_items(const arguments *given, const registry_list *list, bool is_provider, cJSON *array)
{
    size_t left_out = 0;
    bool is_good = true;
    for (size_t i = 0; i < list->count && is_good; i++) {
        char reason[DUBBOC_ERROR_TEXT_MAX];
        const char *fault = is_provider ? fault_of(given->interface, list->items[i], reason, sizeof reason) : NULL;
        if (fault != NULL && !given->is_all)
            left_out++;
        else if (array != NULL)
            is_good = add_item(array, list->items[i], fault, is_provider);
        else
            print_node(list->items[i], fault);
    }
    if (left_out > 0)
        tool_say("%zu of %zu nodes left out, --all tells why", left_out, list->count);
    return is_good;
}

static int print_list(const arguments *given, const registry_list *list, bool is_provider)
{
    cJSON *array = given->is_json ? cJSON_CreateArray() : NULL;
    bool is_good = (array != NULL || !given->is_json) && print_items(given, list, is_provider, array);
    int status = is_good ? TOOL_DONE : TOOL_NO_ANSWER;
    if (!is_good)
        tool_say("out of memory");
    else if (array != NULL)
        status = print_json(array);
    cJSON_Delete(array);
    return status;
}

static int list(const arguments *given, registry *reg, int64_t deadline_ns)
{
    registry_list found = {0};
    dubboc_error err;
    bool is_provider = given->interface != NULL;
    dubboc_status status = is_provider ? registry_lookup(reg, given->interface, REGISTRY_PROVIDERS, deadline_ns, &found, &err)
                                       : registry_interfaces(reg, deadline_ns, &found, &err);
    if (status != DUBBOC_OK)
        return tool_fail(&err);
    int exit_status = print_list(given, &found, is_provider);
    registry_list_free(&found);
    return exit_status;
}

int cmd_ls(int argc, char **argv)
{
    static const char doc[] = "Lists the interfaces of the registry, or the providers of INTERFACE, a line each.";
    static const struct argp argp = {.options = options, .parser = parse, .args_doc = "[INTERFACE]", .doc = doc};
    arguments given = {0};
    dubboc_config *config = NULL;
    registry *reg = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    int status = tool_load_config(NULL, &config);
    if (status == TOOL_DONE)
        status = tool_open_registry(config, given.registry, &reg);
    if (status == TOOL_DONE)
        status = list(&given, reg, deadline_in_ms(config_int(config, "registry", "timeout")));
    registry_free(reg);
    dubboc_config_free(config);
    return status;
}
