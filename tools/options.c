#include "tools/options.h"

#include <stdbool.h>

#include "base/config_value.h"
#include "base/mask.h"

int64_t option_value(const struct argp_state *state, const char *name, const char *section,
    const char *key, const char *value)
{
    const config_key *row = config_key_get(slice_of(section), slice_of(key), CONFIG_OF_SECTION);
    int64_t number = 0;
    dubboc_error err;
    if (config_key_read(row, slice_of(value), &number, &err) != DUBBOC_OK)
        argp_error(state, "%s \"%s\": %s", name, MASKED(slice_of(value)), err.text);
    return number;
}

static int64_t option_count(
    const struct argp_state *state, const option_row *row, const char *value)
{
    uint64_t number = 0;
    if (!slice_u64(slice_of(value), (uint64_t)row->number, &number) || number == 0)
        argp_error(state, "%s takes a whole number from 1 to %lld, not \"%s\"", row->name,
            (long long)row->number, MASKED(slice_of(value)));
    return (int64_t)number;
}

static void option_store(const struct argp_state *state, const option_row *row, char *arg)
{
    void *member = (char *)state->input + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)member = true;
        break;
    case OPTION_CHOICE:
        *(int64_t *)member = row->number;
        break;
    case OPTION_SETTING:
        option_value(state, row->name, row->section, row->config_key, arg);
        *(const char **)member = arg;
        break;
    case OPTION_TEXT:
        *(const char **)member = arg;
        break;
    case OPTION_COUNT:
        *(int64_t *)member = option_count(state, row, arg);
        break;
    case OPTION_VALUE:
        *(int64_t *)member = option_value(state, row->name, row->section, row->config_key, arg);
        break;
    case OPTION_CHILD:
        state->child_inputs[0] = member;
        break;
    case OPTION_REQUIRED:
        if (*(const char **)member == NULL)
            argp_error(state, "expected %s", row->name);
    }
}

error_t options_take(
    const option_row *rows, size_t count, int key, char *arg, const struct argp_state *state)
{
    for (const option_row *row = rows; row < rows + count; row++)
        if (row->key == key) {
            option_store(state, row, arg);
            return 0;
        }
    return ARGP_ERR_UNKNOWN;
}
