#include "base/map.h"

#include "base/mem.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

typedef struct entry {
    UT_hash_handle hh;
    void *value;
    char key[];
} entry;

struct map {
    entry *entries;
};

map *map_new(void)
{
    return MEM_NEW(map);
}

void map_free(map *self, void (*free_value)(void *value))
{
    if (self == NULL)
        return;
    entry *current, *next;
    HASH_ITER(hh, self->entries, current, next)
    {
        HASH_DEL(self->entries, current);
        if (free_value != NULL)
            free_value(current->value);
        free(current);
    }
    free(self);
}

static entry *find(const map *self, dubboc_slice key)
{
    entry *found = NULL;
    const char *at = key.len > 0 ? key.at : "";
    HASH_FIND(hh, self->entries, at, (unsigned)key.len, found);
    return found;
}

bool map_put(map *self, dubboc_slice key, void *value, void **former)
{
    entry *old = find(self, key);
    if (former != NULL)
        *former = old != NULL ? old->value : NULL;
    if (old != NULL) {
        old->value = value;
        return true;
    }
    entry *added = mem_zeroed(1, sizeof(entry) + key.len + 1);
    if (added == NULL)
        return false;
    if (key.len > 0)
        memcpy(added->key, key.at, key.len);
    added->value = value;
    HASH_ADD_KEYPTR(hh, self->entries, added->key, (unsigned)key.len, added);
    if (added->hh.tbl == NULL) { /* uthash says "no memory" by adding nothing */
        free(added);
        return false;
    }
    return true;
}

void *map_find(const map *self, dubboc_slice key)
{
    entry *found = find(self, key);
    return found != NULL ? found->value : NULL;
}

void *map_remove(map *self, dubboc_slice key)
{
    entry *found = find(self, key);
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
    entry *current, *next;
    HASH_ITER(hh, self->entries, current, next)
    visit(arg, current->key, current->value);
}
