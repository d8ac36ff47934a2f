/* dubboc ls: lists the interfaces of a registry with the number of their providers, or the
 * providers of one interface. It lists only what a dubboc client could call; --all lists every
 * node, with the reason why it could not be called. Overrides in the registry are applied, rules of
 * the config centre are not. A provider that is registered under two schemes counts once, as in a
 * client. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "tools/absent.h"
#include "tools/commands.h"
#include "tools/counts.h"
#include "tools/offers.h"
#include "tools/place.h"
#include "tools/rules.h"
#include "tools/shown.h"
#include "tools/table.h"

#define COUNT_TEXT_SIZE 24

typedef struct ls_arguments {
    tool_place place;
    bool is_json;
    bool is_all;
    bool is_urls;
} ls_arguments;

enum { OPTION_URLS = 0x200 };

static const struct argp_option ls_options[] = {
    {"all", 'a', NULL, 0, "list nodes that cannot be called too, with the reason", 0},
    {"json", 'j', NULL, 0,
        "print one JSON array: of names, or of objects with url, callable and reason", 0},
    {"urls", OPTION_URLS, NULL, 0,
        "print URLs instead of a table; without INTERFACE, only the names", 0},
    {0},
};

static error_t ls_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {
        {.key = ARGP_KEY_INIT, .kind = OPTION_CHILD, .offset = offsetof(ls_arguments, place)},
        {.key = 'a', .kind = OPTION_FLAG, .offset = offsetof(ls_arguments, is_all)},
        {.key = 'j', .kind = OPTION_FLAG, .offset = offsetof(ls_arguments, is_json)},
        {.key = OPTION_URLS, .kind = OPTION_FLAG, .offset = offsetof(ls_arguments, is_urls)},
    };
    return options_take(OPTION_ROWS(rows), key, arg, state);
}

static int ls_out_of_memory(void)
{
    tool_say("out of memory");
    return TOOL_NO_ANSWER;
}

/* --- JSON */

/* Takes item over. */
static bool ls_add_json(cJSON *array, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static cJSON *ls_json_name(const char *name)
{
    char *text = shown_text(name);
    cJSON *item = text != NULL ? cJSON_CreateString(text) : NULL;
    free(text);
    return item;
}

static cJSON *ls_json_offer(const offer *one)
{
    char *url = shown_text(one->node);
    char *reason = one->reason != NULL ? shown_text(one->reason) : NULL;
    cJSON *item = cJSON_CreateObject();
    bool is_made = item != NULL && url != NULL && (one->reason == NULL || reason != NULL) &&
                   cJSON_AddStringToObject(item, "url", url) != NULL &&
                   cJSON_AddBoolToObject(item, "callable", one->reason == NULL) != NULL &&
                   (reason == NULL || cJSON_AddStringToObject(item, "reason", reason) != NULL);
    free(url);
    free(reason);
    if (is_made)
        return item;
    cJSON_Delete(item);
    return NULL;
}

static int ls_print_json(const cJSON *array)
{
    char *text;
    dubboc_error err;
    if (dubboc_json_print(array, &text, NULL, &err) != DUBBOC_OK)
        return tool_fail(&err);
    puts(text);
    free(text);
    return TOOL_DONE;
}

/* --- interfaces */

static int ls_names_as_json(const registry_list *names)
{
    cJSON *array = cJSON_CreateArray();
    bool is_made = array != NULL;
    for (size_t i = 0; i < names->count && is_made; i++)
        is_made = ls_add_json(array, ls_json_name(names->items[i]));
    int status = is_made ? ls_print_json(array) : ls_out_of_memory();
    cJSON_Delete(array);
    return status;
}

static void ls_print_line(const char *text)
{
    shown_print(text);
    putchar('\n');
}

static bool ls_add_count(table *rows, const char *name, const interface_count *count)
{
    char callable[COUNT_TEXT_SIZE] = "?", left_out[COUNT_TEXT_SIZE] = "?";
    if (count->is_known) {
        snprintf(callable, sizeof callable, "%zu", count->callable);
        snprintf(left_out, sizeof left_out, "%zu", count->left_out);
    }
    return table_add(rows, (const char *[]){name, callable, left_out});
}

static bool ls_print_counts(const registry_list *names, const interface_count *counts)
{
    static const char *const titles[] = {"INTERFACE", "PROVIDERS", "LEFT-OUT"};
    table *rows = table_new(titles, 3);
    bool is_made = rows != NULL;
    for (size_t i = 0; i < names->count && is_made; i++)
        is_made = ls_add_count(rows, names->items[i], &counts[i]);
    if (is_made)
        table_print(rows, "");
    table_free(rows);
    return is_made;
}

static int ls_names_with_counts(registry *reg, const registry_list *names, int64_t deadline_ns)
{
    dubboc_error err;
    interface_count *counts = MEM_NEW_ARRAY(names->count + 1, interface_count);
    if (counts == NULL)
        return ls_out_of_memory();
    dubboc_status status = counts_read(reg, names, deadline_ns, counts, &err);
    bool is_printed = ls_print_counts(names, counts);
    free(counts);
    if (!is_printed)
        return ls_out_of_memory();
    if (status == DUBBOC_OK)
        return TOOL_DONE;
    tool_say("providers that are not known (?): %s", err.text);
    return TOOL_NO_ANSWER;
}

static int ls_interfaces(const ls_arguments *given, registry *reg, int64_t deadline_ns)
{
    registry_list names = {0};
    dubboc_error err;
    int status = TOOL_DONE;
    if (registry_interfaces(reg, deadline_ns, &names, &err) != DUBBOC_OK)
        return tool_fail(&err);
    if (given->is_json)
        status = ls_names_as_json(&names);
    else if (given->is_urls)
        for (size_t i = 0; i < names.count; i++)
            ls_print_line(names.items[i]);
    else
        status = ls_names_with_counts(reg, &names, deadline_ns);
    if (names.count == 0)
        tool_say("no interfaces at %s", registry_address(reg));
    registry_list_free(&names);
    return status;
}

/* --- providers of one interface */

static bool ls_shows(const ls_arguments *given, const offer *one)
{
    return given->is_all || one->reason == NULL;
}

static int ls_offers_as_json(const ls_arguments *given, const offers *found)
{
    cJSON *array = cJSON_CreateArray();
    bool is_made = array != NULL;
    for (size_t i = 0; i < found->count && is_made; i++)
        if (ls_shows(given, &found->items[i]))
            is_made = ls_add_json(array, ls_json_offer(&found->items[i]));
    int status = is_made ? ls_print_json(array) : ls_out_of_memory();
    cJSON_Delete(array);
    return status;
}

static int ls_offers_as_urls(const ls_arguments *given, const offers *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const offer *one = &found->items[i];
        if (!ls_shows(given, one))
            continue;
        shown_print(one->node);
        if (one->reason != NULL) {
            fputs(" (", stdout);
            shown_print(one->reason);
            putchar(')');
        }
        putchar('\n');
    }
    return TOOL_DONE;
}

static int ls_offers_as_table(const ls_arguments *given, const offers *found)
{
    table *rows = table_new(offer_titles, OFFER_COLUMNS);
    bool is_made = rows != NULL;
    for (size_t i = 0; i < found->count && is_made; i++)
        if (ls_shows(given, &found->items[i]))
            is_made = offer_add_row(&found->items[i], rows);
    if (is_made)
        table_print(rows, "");
    table_free(rows);
    return is_made ? TOOL_DONE : ls_out_of_memory();
}

static int ls_print_offers(const ls_arguments *given, const offers *found)
{
    int status = given->is_json   ? ls_offers_as_json(given, found)
                 : given->is_urls ? ls_offers_as_urls(given, found)
                                  : ls_offers_as_table(given, found);
    size_t left_out = found->count - found->callable;
    if (status == TOOL_DONE && !given->is_all && left_out > 0)
        tool_say("%zu of %zu nodes left out, --all tells why", left_out, found->count);
    return status;
}

static dubboc_status ls_look_up(registry *reg, const char *interface, int64_t deadline_ns,
    registry_list *nodes, offers *found, dubboc_error *err)
{
    const url_wanted wanted = place_wants_any(interface);
    configurators *rules = NULL;
    dubboc_status status = rules_read(reg, interface, deadline_ns, &rules, err);
    if (status == DUBBOC_OK)
        status = registry_lookup(reg, interface, REGISTRY_PROVIDERS, deadline_ns, nodes, err);
    if (status == DUBBOC_OK && !offers_read(nodes, &wanted, rules, found))
        status = error_no_memory(err);
    configurators_free(rules);
    return status;
}

static int ls_providers(const ls_arguments *given, registry *reg, int64_t deadline_ns)
{
    const char *interface = given->place.interface;
    registry_list nodes = {0};
    offers found = {0};
    dubboc_error err;
    int exit_status;
    if (ls_look_up(reg, interface, deadline_ns, &nodes, &found, &err) != DUBBOC_OK)
        exit_status = tool_fail(&err);
    else
        exit_status = ls_print_offers(given, &found);
    if (exit_status == TOOL_DONE && found.count == 0 && !absent_tell(reg, interface, deadline_ns))
        exit_status = TOOL_NO_ANSWER;
    offers_free(&found);
    registry_list_free(&nodes);
    return exit_status;
}

static int ls(const void *given, const opened_place *at)
{
    const ls_arguments *arguments = given;
    return arguments->place.interface != NULL ? ls_providers(arguments, at->reg, at->deadline_ns)
                                              : ls_interfaces(arguments, at->reg, at->deadline_ns);
}

int cmd_ls(int argc, char **argv)
{
    static const char doc[] =
        "Lists the interfaces in the registry, with the number of providers that can be called and "
        "of nodes that are left out. With INTERFACE, lists its providers: address, protocol, "
        "version, group, weight, application and state, with \"-\" where a node says nothing.";
    static const struct argp_child children[] = {{&place_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = ls_options,
        .parser = ls_parse,
        .args_doc = "[INTERFACE]",
        .doc = doc,
        .children = children};
    ls_arguments given = {0};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    return place_use(&given.place, ls, &given);
}
