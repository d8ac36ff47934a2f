#include "tools/offers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tools/table.h"

#define ADDRESS_BYTES_MAX 60 /* for a node that is not a URL */
#define WEIGHT_TEXT_SIZE 12

const char *const offer_titles[OFFER_COLUMNS] = {
    "ADDRESS", "PROTOCOL", "VERSION", "GROUP", "WEIGHT", "APPLICATION", "STATE"};

static void offer_fini(offer *self)
{
    char *const texts[] = {self->address, self->protocol, self->path, self->version, self->group,
        self->application, self->methods, self->reason, self->changed};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
}

void offers_free(offers *self)
{
    for (size_t i = 0; i < self->count; i++)
        offer_fini(&self->items[i]);
    free(self->items);
    *self = (offers){0};
}

static bool offer_is_filled(const offer *self)
{
    return self->address != NULL && self->protocol != NULL && self->path != NULL &&
           self->version != NULL && self->group != NULL && self->application != NULL &&
           self->methods != NULL;
}

/* Reads the values of a node as the configurators change them. false: no memory. */
static bool offer_fill(offer *self, const configured *with)
{
    const provider_url *url = with->url;
    self->address = address_dup(&url->address);
    self->protocol = mem_dup_slice(url->scheme);
    self->path = mem_dup_slice(url->path);
    self->version = mem_dup_slice(url->version);
    self->group = mem_dup_slice(url->group);
    self->application = mem_dup_slice(provider_url_find(url, "application"));
    self->methods = mem_dup_slice(provider_url_find(url, "methods"));
    self->weight = provider_url_weight(url);
    return offer_is_filled(self);
}

static bool offer_note_changes(offer *self, const configured *with)
{
    buffer text;
    if (!with->is_changed)
        return true;
    buffer_init(&text, URL_BYTES_MAX);
    configured_describe(with, &text);
    self->changed = mem_dup_slice(buffer_slice(&text));
    buffer_fini(&text);
    return self->changed != NULL;
}

static bool offer_refuse(offer *self, const char *reason)
{
    free(self->reason);
    self->reason = mem_dup(reason);
    return self->reason != NULL;
}

static bool offer_read_url(
    offer *self, const provider_url *url, const url_wanted *wanted, const configurators *rules)
{
    configured with;
    char text[DUBBOC_ERROR_TEXT_MAX];
    if (!configured_init(&with, rules, url))
        return false;
    const char *reason = configured_mismatch(&with, wanted, text, sizeof text);
    bool is_made = offer_fill(self, &with) && offer_note_changes(self, &with) &&
                   (reason == NULL || offer_refuse(self, reason));
    configured_fini(&with);
    return is_made;
}

/* The beginning of a node that is not a URL. It is masked before it is cut, because masking needs
 * to see where a password ends. */
static char *offer_broken_address(const char *node)
{
    char *masked = mask_address_dup(slice_of(node));
    if (masked == NULL)
        return NULL;
    dubboc_slice shown = utf8_cut(slice_of(masked), ADDRESS_BYTES_MAX);
    bool is_cut = masked[shown.len] != '\0';
    char *address = mem_printf("%.*s%s", SLICE_ARGS(shown), is_cut ? "..." : "");
    free(masked);
    return address;
}

static bool offer_read_broken(offer *self, const char *reason)
{
    self->address = offer_broken_address(self->node);
    self->protocol = mem_dup("");
    self->path = mem_dup("");
    self->version = mem_dup("");
    self->group = mem_dup("");
    self->application = mem_dup("");
    self->methods = mem_dup("");
    return offer_is_filled(self) && offer_refuse(self, reason);
}

static bool offer_read(
    offer *self, const char *node, const url_wanted *wanted, const configurators *rules)
{
    provider_url *url;
    dubboc_error err;
    self->node = node;
    dubboc_status status = provider_url_from_text(slice_of(node), &url, &err);
    if (status == DUBBOC_E_NO_MEMORY)
        return false;
    if (status != DUBBOC_OK)
        return offer_read_broken(self, err.text);
    bool is_made = offer_read_url(self, url, wanted, rules);
    provider_url_free(url);
    return is_made;
}

/* The text by which two nodes of one provider are found to be the same, whatever their schemes.
 * NULL: no memory. */
static char *offer_identity(const offer *self)
{
    return mem_printf("%s%s %s %s", self->address, self->path, self->group, self->version);
}

/* Notes the identity of a jsonrpc node that a call may use. false: no memory. */
static bool offer_note_preferred(offer *self, map *preferred)
{
    if (self->reason != NULL || strcmp(self->protocol, "jsonrpc") != 0)
        return true;
    char *identity = offer_identity(self);
    bool is_done = identity != NULL && map_put(preferred, slice_of(identity), self, NULL);
    free(identity);
    return is_done;
}

/* Leaves out an http node whose provider also has a jsonrpc node in preferred. false: no memory. */
static bool offer_leave_out_double(offer *self, const map *preferred)
{
    if (self->reason != NULL || strcmp(self->protocol, "jsonrpc") == 0)
        return true;
    char *identity = offer_identity(self);
    bool is_done = identity != NULL;
    if (is_done && map_find(preferred, slice_of(identity)) != NULL)
        is_done = offer_refuse(self, "the same provider as another node");
    free(identity);
    return is_done;
}

/* Leaves out http nodes whose service also has a jsonrpc node, because a client uses only the
 * latter (wire.md 12.5). */
static bool offers_leave_out_doubles(offers *self)
{
    map *preferred = map_new();
    bool is_done = preferred != NULL;
    for (size_t i = 0; i < self->count && is_done; i++)
        is_done = offer_note_preferred(&self->items[i], preferred);
    for (size_t i = 0; i < self->count && is_done; i++)
        is_done = offer_leave_out_double(&self->items[i], preferred);
    map_free(preferred, NULL);
    return is_done;
}

static void offers_count(offers *self)
{
    self->callable = 0;
    for (size_t i = 0; i < self->count; i++)
        self->callable += self->items[i].reason == NULL;
}

bool offers_read(
    const registry_list *list, const url_wanted *wanted, const configurators *rules, offers *found)
{
    offers read = {.items = MEM_NEW_ARRAY(list->count + 1, offer)};
    bool is_done = read.items != NULL;
    for (; read.count < list->count && is_done; read.count++)
        is_done = offer_read(&read.items[read.count], list->items[read.count], wanted, rules);
    if (!is_done || !offers_leave_out_doubles(&read)) {
        offers_free(&read);
        return false;
    }
    offers_count(&read);
    *found = read;
    return true;
}

bool offers_leave_out_weight_0(offers *self)
{
    bool has_weight = false, is_done = true;
    for (size_t i = 0; i < self->count; i++)
        has_weight = has_weight || (self->items[i].reason == NULL && self->items[i].weight > 0);
    for (size_t i = 0; i < self->count && has_weight && is_done; i++)
        if (self->items[i].reason == NULL && self->items[i].weight == 0)
            is_done = offer_refuse(&self->items[i], "weight 0");
    offers_count(self);
    return is_done;
}

char *offer_state(const offer *self)
{
    if (self->reason != NULL)
        return mem_dup(self->reason);
    return self->changed == NULL ? mem_dup("callable") : mem_printf("callable, %s", self->changed);
}

bool offer_add_row(const offer *self, table *rows)
{
    char weight[WEIGHT_TEXT_SIZE] = "";
    char *state = offer_state(self);
    if (self->protocol[0] != '\0')
        snprintf(weight, sizeof weight, "%u", self->weight);
    const char *cells[OFFER_COLUMNS] = {self->address, self->protocol, self->version, self->group,
        weight, self->application, state};
    bool is_done = state != NULL && table_add(rows, cells);
    free(state);
    return is_done;
}
