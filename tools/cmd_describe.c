/* dubboc describe: what is known of one interface (methods, versions, groups, providers, rules),
 * and which of its providers a call would use. */
#include <stdio.h>

#include "tools/data.h"
#include "tools/description.h"
#include "tools/place.h"

typedef struct describe_arguments {
    tool_place place;
    const char *group;
    const char *version;
    bool is_json;
} describe_arguments;

static const struct argp_option options[] = {
    {"group", 'g', "GROUP", 0, "the call asks for this group; * for any", 0},
    {"version", 'V', "VERSION", 0, "the call asks for this version; * for any", 0},
    {"json", 'j', NULL, 0, "one JSON object", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    describe_arguments *given = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &given->place;
        return 0;
    case 'g':
        given->group = arg;
        return 0;
    case 'V':
        given->version = arg;
        return 0;
    case 'j':
        given->is_json = true;
        return 0;
    case ARGP_KEY_END:
        if (given->place.interface == NULL)
            argp_error(state, "expected an INTERFACE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int describe_print(const description *self, registry *reg, bool is_json)
{
    const char *name = registry_address(reg);
    if (is_json ? description_print_json(self, name) : description_print(self, name))
        return TOOL_DONE;
    tool_say("out of memory");
    return TOOL_NO_ANSWER;
}

static int describe(const describe_arguments *given, registry *reg, const dubboc_config *config)
{
    const char *interface = given->place.interface;
    int64_t deadline_ns = place_deadline(&given->place);
    described_call call = description_call(config, interface, given->group, given->version);
    description found;
    dubboc_error err;
    if (description_read(reg, &call, deadline_ns, &found, &err) != DUBBOC_OK)
        return tool_fail(&err);
    int status = TOOL_DONE;
    if (found.providers.count == 0 && !data_tell_applications(reg, interface, deadline_ns)) {
        if (place_is_unknown(reg, interface, deadline_ns))
            status = TOOL_NO_ANSWER;
        else
            tool_say("%s has no providers at %s", interface, registry_address(reg));
    }
    if (status == TOOL_DONE)
        status = describe_print(&found, reg, given->is_json);
    description_free(&found);
    return status;
}

int cmd_describe(int argc, char **argv)
{
    static const char doc[] =
        "Tells what is known of INTERFACE: its methods as the nodes name them, "
        "versions, groups, providers, rules, and which providers a call would use.";
    static const struct argp_child children[] = {{&place_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = options,
        .parser = parse,
        .args_doc = "INTERFACE",
        .doc = doc,
        .children = children};
    describe_arguments given = {0};
    dubboc_config *config = NULL;
    registry *reg = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    int status = place_open(&given.place, &config, &reg);
    if (status == TOOL_DONE)
        status = describe(&given, reg, config);
    registry_free(reg);
    dubboc_config_free(config);
    return status;
}
