#include "tools/choice.h"

#include <string.h>

#include "base/mask.h"
#include "tools/place.h"

#define CHOICE_BYTES_MAX 512

/* Whether a text of a node can be pasted into a shell as it is. */
static bool choice_is_plain(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return text[strspn(text, plain)] == '\0' && text[0] != '-';
}

static void choice_append(
    buffer *offered, buffer *options, const char *what, char option, const char *value)
{
    buffer_append_text(offered, offered->len > 0 ? ", " : "");
    if (value[0] != '\0')
        buffer_printf(offered, "%s %s", what, value);
    else
        buffer_printf(offered, "no %s", what);
    buffer_printf(options, " -%c %s", option, value[0] != '\0' ? value : "''");
}

/* Appends the version and group of an offer, and the options that ask for them. false: the call
 * asks for them already, or they cannot be pasted into a shell, or there is no memory. */
static bool choice_write(const described_call *call, const offer *other, buffer *line)
{
    buffer offered, options;
    if (!choice_is_plain(other->version) || !choice_is_plain(other->group))
        return false;
    buffer_init(&offered, CHOICE_BYTES_MAX);
    buffer_init(&options, CHOICE_BYTES_MAX);
    if (strcmp(call->version, "*") != 0 && strcmp(call->version, other->version) != 0)
        choice_append(&offered, &options, "version", 'V', other->version);
    if (strcmp(call->group, "*") != 0 && strcmp(call->group, other->group) != 0)
        choice_append(&offered, &options, "group", 'g', other->group);
    bool is_other =
        offered.len > 0 && buffer_text(&offered) != NULL && buffer_text(&options) != NULL;
    if (is_other)
        buffer_printf(line, "%s offers %s: try%s", MASKED(slice_of(other->address)), offered.data,
            options.data);
    buffer_fini(&offered);
    buffer_fini(&options);
    return is_other && buffer_text(line) != NULL;
}

bool choice_find(const registry_list *nodes, const described_call *call, const configurators *rules,
    buffer *line)
{
    const url_wanted any = place_wants_any(call->interface);
    offers all = {0};
    bool is_found = false;
    if (!offers_read(nodes, &any, rules, &all))
        return false;
    for (size_t i = 0; i < all.count && !is_found; i++)
        is_found = all.items[i].reason == NULL && choice_write(call, &all.items[i], line);
    offers_free(&all);
    return is_found;
}
