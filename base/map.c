/* A wrapper of uthash, which keeps the order in which entries were added. */
#include "base/map.h"

#include "base/mem.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

typedef struct map_entry {
    UT_hash_handle hh;
    void *value;
    char key[];
} map_entry;

struct map {
    map_entry *entries;
};

map *map_new(void)
{
    return MEM_NEW(map);
}

void map_free(map *self, void (*free_value)(void *value))
{
    if (self == NULL)
        return;
    map_entry *current, *next;
    HASH_ITER(hh, self->entries, current, next)
    {
        HASH_DEL(self->entries, current);
        if (free_value != NULL)
            free_value(current->value);
        free(current);
    }
    free(self);
}

static map_entry *map_find_entry(const map *self, dubboc_slice key)
{
    map_entry *found = NULL;
    const char *at = key.len > 0 ? key.at : "";
    HASH_FIND(hh, self->entries, at, (unsigned)key.len, found);
    return found;
}

bool map_put(map *self, dubboc_slice key, void *value, void **former)
{
    map_entry *old = map_find_entry(self, key);
    if (former != NULL)
        *former = old != NULL ? old->value : NULL;
    if (old != NULL) {
        old->value = value;
        return true;
    }
    map_entry *added = mem_zeroed(1, sizeof(map_entry) + key.len + 1);
    if (added == NULL)
        return false;
    if (key.len > 0)
        memcpy(added->key, key.at, key.len);
    added->value = value;
    HASH_ADD_KEYPTR(hh, self->entries, added->key, (unsigned)key.len, added);
    /* If there is no memory, uthash does not add the entry and reports nothing else. */
    if (added->hh.tbl == NULL) {
        free(added);
        return false;
    }
    return true;
}

void *map_find(const map *self, dubboc_slice key)
{
    map_entry *found = map_find_entry(self, key);
    return found != NULL ? found->value : NULL;
}

void *map_remove(map *self, dubboc_slice key)
{
    map_entry *found = map_find_entry(self, key);
    if (found == NULL)
        return NULL;
    void *value = found->value;
    HASH_DEL(self->entries, found);
    free(found);
    return value;
}

size_t map_count(const map *self)
{
    return HASH_COUNT(self->entries);
}

void map_each(map *self, void (*visit)(void *arg, const char *key, void *value), void *arg)
{
    map_entry *current, *next;
    HASH_ITER(hh, self->entries, current, next)
    visit(arg, current->key, current->value);
}
