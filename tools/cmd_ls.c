/* dubboc ls: the interfaces of a registry, or the providers of one interface. By default only those that a dubboc client could call; --all lists
 * every node, with the reason beside those it could not: overrides in the registry count, rules of the config centre are not looked at. A provider that
 * is registered under two schemes is one, as to a client. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "base/mem.h"
#include "registry/own_address.h"
#include "selector/configurator.h"
#include "tools/place.h"

#define MAPPING_WAIT_MS 1000

typedef struct arguments {
    tool_place place;
    bool is_json;
    bool is_all;
    configurators *rules; /* of the interface */
    map *preferred;       /* what callable nodes of the scheme jsonrpc offer, the one used of two (wire.md 12.5) */
} arguments;

static const struct argp_option options[] = {
    {"all", 'a', NULL, 0, "also nodes that cannot be called, with the reason", 0},
    {"json", 'j', NULL, 0, "one JSON array: of names, or of objects with url, callable and reason", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *given = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &given->place;
        return 0;
    case 'a':
        given->is_all = true;
        return 0;
    case 'j':
        given->is_json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static url_wanted any_of(const char *interface)
{
    return (url_wanted){.interface = slice_of(interface), .group = slice_of("*"), .version = slice_of("*")};
}

/* What two nodes of one service at one place have in common, whatever their schemes. The caller frees it; NULL: no memory. */
static char *offer_of(const provider_url *url)
{
    return mem_printf("%.*s:%u%.*s %.*s %.*s", SLICE_ARGS(url->host), (unsigned)url->port, SLICE_ARGS(url->path),
        SLICE_ARGS(url->group), SLICE_ARGS(url->version));
}

/* The reason if url, which can be called, stands for what a node of the other scheme offers as well. Notes it otherwise. */
static const char *double_of(const arguments *given, const provider_url *url)
{
    char *offer = offer_of(url);
    if (offer == NULL)
        return "out of memory";
    const char *reason = NULL;
    if (!slice_is(url->scheme, "jsonrpc"))
        reason = map_find(given->preferred, slice_of(offer)) != NULL ? "the same provider as another node" : NULL;
    else if (!map_put(given->preferred, slice_of(offer), given->preferred, NULL))
        reason = "out of memory";
    free(offer);
    return reason;
}

/* Why a node cannot be called, NULL: it can. */
static const char *fault_of(const arguments *given, const char *node, char *reason, size_t size)
{
    const url_wanted wanted = any_of(given->place.interface);
    provider_url *url;
    configured with;
    dubboc_error err;
    if (provider_url_from_text(slice_of(node), &url, &err) != DUBBOC_OK) {
        snprintf(reason, size, "%s", err.text);
        return reason;
    }
    const char *mismatch = "out of memory";
    if (configured_init(&with, given->rules, url)) {
        mismatch = configured_mismatch(&with, &wanted, reason, size);
        configured_fini(&with);
    }
    if (mismatch == NULL)
        mismatch = double_of(given, url);
    provider_url_free(url);
    return mismatch;
}

/* Nodes of one scheme come before those of another: all are looked at before the first is shown. */
static bool note_preferred(arguments *given, const registry_list *list)
{
    char reason[DUBBOC_ERROR_TEXT_MAX];
    given->preferred = map_new();
    for (size_t i = 0; i < list->count && given->preferred != NULL; i++)
        fault_of(given, list->items[i], reason, sizeof reason);
    return given->preferred != NULL;
}

static void print_node(const char *node, const char *fault)
{
    place_print(node);
    if (fault != NULL) {
        fputs(" (", stdout);
        place_print(fault);
        putchar(')');
    }
    putchar('\n');
}

static bool add_provider(cJSON *item, const char *node, const char *fault)
{
    return cJSON_AddStringToObject(item, "url", node) != NULL && cJSON_AddBoolToObject(item, "callable", fault == NULL) != NULL &&
           (fault == NULL || cJSON_AddStringToObject(item, "reason", fault) != NULL);
}

static bool add_item(cJSON *array, const char *given, const char *given_fault, bool is_provider)
{
    char *node = place_text(given), *fault = given_fault != NULL ? place_text(given_fault) : NULL;
    bool has_memory = node != NULL && (fault != NULL || given_fault == NULL);
    cJSON *item = !has_memory ? NULL : is_provider ? cJSON_CreateObject() : cJSON_CreateString(node);
    bool is_made = item != NULL && (!is_provider || add_provider(item, node, fault));
    free(node);
    free(fault);
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

/* is_provider: items are nodes of given->place.interface, else names. Takes the list's items as lines or into array. */
static bool print_items(const arguments *given, const registry_list *list, bool is_provider, cJSON *array)
{
    size_t left_out = 0;
    bool is_good = true;
    for (size_t i = 0; i < list->count && is_good; i++) {
        char reason[DUBBOC_ERROR_TEXT_MAX];
        const char *fault = is_provider ? fault_of(given, list->items[i], reason, sizeof reason) : NULL;
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

static int print_list(arguments *given, const registry_list *list, bool is_provider)
{
    cJSON *array = given->is_json ? cJSON_CreateArray() : NULL;
    bool is_good = (array != NULL || !given->is_json) && (!is_provider || note_preferred(given, list)) &&
                   print_items(given, list, is_provider, array);
    int status = is_good ? TOOL_DONE : TOOL_NO_ANSWER;
    if (!is_good)
        tool_say("out of memory");
    else if (array != NULL)
        status = print_json(array);
    cJSON_Delete(array);
    return status;
}

/* What stands below <root>/mapping: the applications of Dubbo 3 that offer a service without writing nodes of it. */
typedef struct mapping {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_read;
    char applications[256];
} mapping;

static void on_mapping(void *arg, const char *path, const char *data, size_t len)
{
    mapping *self = arg;
    (void)path;
    pthread_mutex_lock(&self->lock);
    self->is_read = true;
    snprintf(self->applications, sizeof self->applications, "%.*s", (int)(len < 255 ? len : 255), data != NULL ? data : "");
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void wait_for_mapping(mapping *self)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += MAPPING_WAIT_MS / 1000;
    pthread_mutex_lock(&self->lock);
    while (!self->is_read && pthread_cond_timedwait(&self->changed, &self->lock, &until) == 0)
        continue;
    pthread_mutex_unlock(&self->lock);
}

/* Where there is no node at all, why that may be. false: there is nothing to tell. */
static bool tell_of_applications(registry *reg, const char *interface)
{
    mapping found = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    registry_subscription *watched = NULL;
    char path[600];
    dubboc_error err;
    int len = snprintf(path, sizeof path, "mapping/%s", interface);
    if (len >= (int)sizeof path || registry_watch_data(reg, path, on_mapping, &found, &watched, &err) != DUBBOC_OK)
        return false;
    wait_for_mapping(&found);
    registry_unsubscribe(reg, watched);
    if (found.applications[0] != '\0')
        tool_say("%s is offered at application level only, by %s: its providers need register-mode=interface or all", interface,
            found.applications);
    return found.applications[0] != '\0';
}

static dubboc_status find_rules(registry *reg, arguments *given, int64_t deadline_ns, dubboc_error *err)
{
    char own[OWN_ADDRESS_SIZE];
    registry_list overrides = {0};
    dubboc_status status = registry_lookup(reg, given->place.interface, REGISTRY_CONFIGURATORS, deadline_ns, &overrides, err);
    if (status != DUBBOC_OK)
        return status;
    own_address_known(registry_servers(reg), own);
    const configurator_consumer consumer = {.application = "", .address = own, .wanted = any_of(given->place.interface)};
    const configurator_texts texts[CONFIGURATOR_SOURCES] = {{(const char *const *)overrides.items, overrides.count}};
    if (!configurators_new(&consumer, texts, &given->rules))
        status = error_no_memory(err);
    registry_list_free(&overrides);
    return status;
}

static dubboc_status look_up(registry *reg, arguments *given, int64_t deadline_ns, registry_list *found, dubboc_error *err)
{
    if (given->place.interface == NULL)
        return registry_interfaces(reg, deadline_ns, found, err);
    dubboc_status status = find_rules(reg, given, deadline_ns, err);
    return status == DUBBOC_OK ? registry_lookup(reg, given->place.interface, REGISTRY_PROVIDERS, deadline_ns, found, err)
                               : status;
}

static int list(arguments *given, registry *reg, int64_t deadline_ns)
{
    registry_list found = {0};
    dubboc_error err;
    dubboc_status status = look_up(reg, given, deadline_ns, &found, &err);
    int exit_status = status == DUBBOC_OK ? print_list(given, &found, given->place.interface != NULL) : tool_fail(&err);
    if (status == DUBBOC_OK && given->place.interface != NULL && found.count == 0) {
        if (!tell_of_applications(reg, given->place.interface) && place_is_unknown(reg, given->place.interface, deadline_ns))
            exit_status = TOOL_NO_ANSWER;
    }
    registry_list_free(&found);
    configurators_free(given->rules);
    map_free(given->preferred, NULL);
    return exit_status;
}

int cmd_ls(int argc, char **argv)
{
    static const char doc[] = "Lists the interfaces of the registry, or the providers of INTERFACE, a line each.";
    static const struct argp_child children[] = {{&place_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "[INTERFACE]", .doc = doc, .children = children};
    arguments given = {0};
    dubboc_config *config = NULL;
    registry *reg = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    int status = place_open(&given.place, &config, &reg);
    if (status == TOOL_DONE)
        status = list(&given, reg, deadline_in_ms(config_int(config, "registry", "timeout")));
    registry_free(reg);
    dubboc_config_free(config);
    return status;
}
