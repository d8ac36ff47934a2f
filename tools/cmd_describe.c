/* dubboc describe: what is known of one interface (methods, versions, groups, providers, rules),
 * and which of its providers a call would use. */
#include <stdio.h>

#include "tools/absent.h"
#include "tools/commands.h"
#include "tools/description.h"
#include "tools/description_json.h"
#include "tools/description_text.h"
#include "tools/place.h"

typedef struct describe_arguments {
    tool_place place;
    const char *group;
    const char *version;
    bool is_json;
} describe_arguments;

static const struct argp_option describe_options[] = {
    {"group", 'g', "GROUP", 0, "show which providers a call for this group would use; * for any",
        0},
    {"version", 'V', "VERSION", 0,
        "show which providers a call for this version would use; * for any", 0},
    {"json", 'j', NULL, 0, "print one JSON object", 0},
    {0},
};

static error_t describe_parse(int key, char *arg, struct argp_state *state)
{
    static const option_row rows[] = {
        {.key = ARGP_KEY_INIT, .kind = OPTION_CHILD, .offset = offsetof(describe_arguments, place)},
        {.key = 'g', .kind = OPTION_TEXT, .offset = offsetof(describe_arguments, group)},
        {.key = 'V', .kind = OPTION_TEXT, .offset = offsetof(describe_arguments, version)},
        {.key = 'j', .kind = OPTION_FLAG, .offset = offsetof(describe_arguments, is_json)},
    };
    return options_take(OPTION_ROWS(rows), key, arg, state);
}

static int describe_print(const description *self, registry *reg, bool is_json)
{
    const char *name = registry_address(reg);
    if (is_json ? description_print_json(self, name) : description_print(self, name))
        return TOOL_DONE;
    tool_say("out of memory");
    return TOOL_NO_ANSWER;
}

static int describe_interface(const void *given, const opened_place *at)
{
    const describe_arguments *arguments = given;
    const char *interface = arguments->place.interface;
    described_call call =
        description_call(at->config, interface, arguments->group, arguments->version);
    description found;
    dubboc_error err;
    if (description_read(at->reg, &call, at->deadline_ns, &found, &err) != DUBBOC_OK)
        return tool_fail(&err);
    int status = TOOL_NO_ANSWER;
    if (found.providers.count > 0 || absent_tell(at->reg, interface, at->deadline_ns))
        status = describe_print(&found, at->reg, arguments->is_json);
    description_free(&found);
    return status;
}

int cmd_describe(int argc, char **argv)
{
    static const char doc[] =
        "Shows what the registry knows of INTERFACE: its versions, groups, methods, providers and "
        "rules, and which providers a call would use.";
    static const struct argp_child children[] = {{&place_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.options = describe_options,
        .parser = describe_parse,
        .args_doc = "INTERFACE",
        .doc = doc,
        .children = children};
    describe_arguments given = {.place.needs_interface = true};
    if (argp_parse(&argp, argc, argv, 0, NULL, &given) != 0)
        return TOOL_USAGE;
    return place_use(&given.place, describe_interface, &given);
}
