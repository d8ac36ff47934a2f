/* Prints a description for people to read: a heading for each part, its lines indented below. */
#include <stdio.h>

#include "tools/choice.h"
#include "tools/description_text.h"
#include "tools/place.h"
#include "tools/shown.h"
#include "tools/table.h"

#define INDENT "  "
#define COUNT_TEXT_SIZE 64
#define CHOICE_LINE_MAX 2048

static const char *description_word(const char *text, const char *none)
{
    return text[0] != '\0' ? text : none;
}

static void description_print_names(const char *heading, const tally *names)
{
    fputs(heading, stdout);
    for (size_t i = 0; i < names->count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        shown_print(description_word(names->items[i].name, "none"));
        printf(" (%zu)", names->items[i].count);
    }
    putchar('\n');
}

static bool description_print_methods(const description *self)
{
    static const char *const titles[] = {"METHOD", "NODES"};
    table *rows = table_new(titles, 2);
    bool is_made = rows != NULL;
    puts("methods");
    if (self->methods.count == 0)
        puts(INDENT "the nodes name none");
    for (size_t i = 0; i < self->methods.count && is_made; i++) {
        char count[COUNT_TEXT_SIZE];
        const tally_item *one = &self->methods.items[i];
        snprintf(count, sizeof count, "%zu of %zu nodes", one->count, self->providers.count);
        is_made = table_add(rows, (const char *[]){one->name, count});
    }
    if (is_made)
        table_print(rows, INDENT);
    table_free(rows);
    return is_made;
}

static bool description_print_providers(const description *self)
{
    table *rows = table_new(offer_titles, OFFER_COLUMNS);
    bool is_made = rows != NULL;
    puts("providers");
    for (size_t i = 0; i < self->providers.count && is_made; i++)
        is_made = offer_add_row(&self->providers.items[i], rows);
    if (is_made)
        table_print(rows, INDENT);
    table_free(rows);
    return is_made;
}

/* If a provider is left out because of its version or group, prints the options that would reach
 * it. */
static void description_print_choice(const description *self)
{
    buffer line;
    buffer_init(&line, CHOICE_LINE_MAX);
    if (choice_find(&self->nodes, &self->call, self->rules.in_force, &line)) {
        fputs(INDENT, stdout);
        shown_print(line.data);
        putchar('\n');
    }
    buffer_fini(&line);
}

static void description_print_rules(const description *self)
{
    puts("rules");
    if (self->rules.count == 0)
        puts(INDENT "none");
    for (size_t i = 0; i < self->rules.count; i++) {
        const listed_rule *one = &self->rules.items[i];
        fputs(INDENT, stdout);
        shown_print(one->text[0] != '\0' ? one->text : one->source);
        fputs(": ", stdout);
        shown_print(one->effect);
        if (one->text[0] != '\0') {
            fputs(" (", stdout);
            shown_print(one->source);
            putchar(')');
        }
        putchar('\n');
    }
}

static void description_print_call(const description *self)
{
    const described_call *call = &self->call;
    fputs("a call    asks for version ", stdout);
    shown_print(description_word(call->version, "none"));
    fputs(", group ", stdout);
    shown_print(description_word(call->group, "none"));
    printf(" and may use %zu of %zu nodes\n", self->providers.callable, self->providers.count);
    if (call->url[0] == '\0')
        return;
    fputs("          but [reference] url sends it to ", stdout);
    shown_print(call->url);
    putchar('\n');
}

bool description_print(const description *self, const char *registry_name)
{
    printf("interface %s\nregistry  ", self->call.interface);
    shown_print(registry_name);
    putchar('\n');
    description_print_names("versions  ", &self->versions);
    description_print_names("groups    ", &self->groups);
    description_print_call(self);
    bool is_done = description_print_methods(self) && description_print_providers(self);
    if (is_done) {
        description_print_choice(self);
        description_print_rules(self);
    }
    return is_done;
}
