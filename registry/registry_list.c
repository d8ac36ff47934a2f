/* Sorting, removing duplicates and comparing need no memory, so they cannot fail. */
#include "registry/registry_list.h"

#include <stdlib.h>

#include "base/mem.h"

void registry_list_free(registry_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (registry_list){0};
}

bool registry_list_add(registry_list *list, size_t *capacity, dubboc_slice text)
{
    void *items = list->items;
    char *copy = mem_dup_slice(text);
    if (copy == NULL || !mem_grow(&items, capacity, list->count + 1, sizeof(char *))) {
        free(copy);
        return false;
    }
    list->items = items;
    list->items[list->count++] = copy;
    return true;
}

static int registry_list_compare_items(const void *a, const void *b)
{
    char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

void registry_list_sort(registry_list *list)
{
    size_t kept = 0;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(char *), registry_list_compare_items);
    for (size_t i = 0; i < list->count; i++)
        if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    list->count = kept;
}

bool registry_list_equal(const registry_list *a, const registry_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}
