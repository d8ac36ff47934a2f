#include "tools/place.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/config_keys.h"
#include "base/mask.h"
#include "client/reference.h"

#define TIMEOUT_DEFAULT_MS 3000
/* Used for the time-out "none", because registries need a deadline. */
#define TIMEOUT_MAX_MS (24 * 3600 * INT64_C(1000))

static const struct argp_option place_options[] = {
    OPTION_REGISTRY,
    {"timeout", 't', "DURATION", 0,
        "wait for the registry at most this long, such as 350ms or 2s (default 3s)", 0},
    {"verbose", 'v', NULL, 0,
        "show the library's log on standard error, with what the ZooKeeper client says", 0},
    {0},
};

static void place_take_interface(tool_place *place, const struct argp_state *state, const char *arg)
{
    dubboc_error err;
    if (state->arg_num > 0)
        argp_error(state, "one argument too many: \"%s\"", MASKED(slice_of(arg)));
    if (reference_check_interface(slice_of(arg), &err) != DUBBOC_OK)
        argp_error(state, "INTERFACE \"%s\": %s", MASKED(slice_of(arg)), err.text);
    place->interface = arg;
}

static error_t place_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {
        OPTION_REGISTRY_ROW(offsetof(tool_place, registry)),
        {'t', OPTION_VALUE, offsetof(tool_place, timeout_ms), "-t", 0, "client", "request_timeout"},
        {.key = 'v', .kind = OPTION_FLAG, .offset = offsetof(tool_place, is_verbose)},
    };
    const tool_place *place = state->input;
    if (key == ARGP_KEY_ARG)
        place_take_interface(state->input, state, arg);
    else if (key == ARGP_KEY_END && place->needs_interface && place->interface == NULL)
        argp_error(state, "expected an INTERFACE");
    else if (key != ARGP_KEY_END)
        return options_take(OPTION_ROWS(rows), key, arg, state);
    return 0;
}

const struct argp place_argp = {.options = place_options, .parser = place_parse};

static int place_open_registry(const dubboc_config *config, const char *address, registry **opened)
{
    dubboc_error err;
    registry_settings settings = {
        .address = address != NULL ? address : config_text(config, "registry", "address"),
        .username = config_text(config, "registry", "username"),
        .password = config_text(config, "registry", "password"),
        .timeout_ms = config_int(config, "registry", "timeout"),
        .self_check_ms = config_int(config, "registry", "self_check")};
    if (settings.username[0] == '\0')
        settings.username = settings.password = NULL;
    if (settings.address[0] == '\0') {
        tool_say(
            "no registry: give -r REGISTRY, or set $DUBBOC_REGISTRY_ADDRESS or [registry] address");
        return TOOL_USAGE;
    }
    if (registry_check_exists(settings.address, &err) == DUBBOC_OK &&
        registry_open(&settings, opened, &err) == DUBBOC_OK)
        return TOOL_DONE;
    return tool_fail_registry(&err, config, address);
}

static int64_t place_deadline(const tool_place *place)
{
    int64_t timeout_ms = place->timeout_ms != 0 ? place->timeout_ms : TIMEOUT_DEFAULT_MS;
    return deadline_in_ms(
        timeout_ms < 0 || timeout_ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : timeout_ms);
}

int place_use(const tool_place *place, place_user *use, const void *given)
{
    dubboc_config *config = NULL;
    registry *reg = NULL;
    int64_t deadline_ns = place_deadline(place);
    int status =
        tool_load_config(NULL, place->is_verbose ? DUBBOC_LOG_DEBUG : DUBBOC_LOG_ERROR, &config);
    if (status == TOOL_DONE)
        status = place_open_registry(config, place->registry, &reg);
    if (status == TOOL_DONE)
        status = use(given, &(opened_place){reg, config, deadline_ns});
    registry_free(reg);
    dubboc_config_free(config);
    return status;
}

url_wanted place_wants_any(const char *interface)
{
    return (url_wanted){
        .interface = slice_of(interface), .group = slice_of("*"), .version = slice_of("*")};
}

static dubboc_slice place_last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return slice_of(dot != NULL ? dot + 1 : name);
}

/* The name that was probably meant: one that differs from wanted by a letter or two, otherwise one
 * whose last part differs from the last part of wanted by a letter or two. NULL: there is none. */
static const char *place_find_near(const registry_list *names, const char *wanted)
{
    const char *near_last = NULL;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (reference_check_interface(slice_of(name), NULL) != DUBBOC_OK)
            continue; /* part of a broken address, which may hold a password */
        if (config_is_near(slice_of(wanted), name))
            return name;
        if (near_last == NULL && config_is_near(place_last_part(wanted), place_last_part(name).at))
            near_last = name;
    }
    return near_last;
}

bool place_is_unknown(registry *reg, const char *interface, int64_t deadline_ns)
{
    registry_list names = {0};
    bool is_unknown = registry_interfaces(reg, deadline_ns, &names, NULL) == DUBBOC_OK;
    for (size_t i = 0; i < names.count && is_unknown; i++)
        is_unknown = strcmp(names.items[i], interface) != 0;
    const char *near = is_unknown ? place_find_near(&names, interface) : NULL;
    if (near != NULL)
        tool_say("%s is not known at %s, did you mean %s?", interface, registry_address(reg),
            MASKED(slice_of(near)));
    else if (is_unknown)
        tool_say("%s is not known at %s", interface, registry_address(reg));
    registry_list_free(&names);
    return is_unknown;
}
