#include "tools/tally.h"

#include "base/mem.h"

static bool tally_append(tally *self, dubboc_slice name)
{
    void *items = self->items;
    char *copy = mem_dup_slice(name);
    if (copy == NULL || !mem_grow(&items, &self->capacity, self->count + 1, sizeof(tally_item)) ||
        !map_put(self->places, name, (void *)(self->count + 1), NULL)) {
        self->items = items;
        free(copy);
        return false;
    }
    self->items = items;
    self->items[self->count++] = (tally_item){copy, 1};
    return true;
}

bool tally_add(tally *self, dubboc_slice name)
{
    if (self->places == NULL)
        self->places = map_new();
    if (self->places == NULL)
        return false;
    size_t place = (size_t)map_find(self->places, name);
    if (place == 0)
        return tally_append(self, name);
    self->items[place - 1].count++;
    return true;
}

static int tally_compare(const void *a, const void *b)
{
    return strcmp(((const tally_item *)a)->name, ((const tally_item *)b)->name);
}

void tally_sort(tally *self)
{
    if (self->count > 1)
        qsort(self->items, self->count, sizeof(tally_item), tally_compare);
}

void tally_fini(tally *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->items[i].name);
    free(self->items);
    map_free(self->places, NULL);
    *self = (tally){0};
}
