/* A map from text to pointer, based on uthash. Keys are copied, values are borrowed. Not
 * thread-safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/slice.h"

typedef struct map map;

map *map_new(void);

/* Frees the map. free_value is called for each value; it may be NULL. self may be NULL. */
void map_free(map *self, void (*free_value)(void *value));

/* Adds or replaces an entry. *former receives the value that was replaced, or NULL; former may be
 * NULL. false: no memory; nothing was changed. */
bool map_put(map *self, dubboc_slice key, void *value, void **former);

/* The value of key. NULL: there is none. */
void *map_find(const map *self, dubboc_slice key);

/* Removes the entry and returns its value. NULL: there is none. */
void *map_remove(map *self, dubboc_slice key);

size_t map_count(const map *self);

/* Visits every entry in the order in which they were added. visit may remove the entry that it is
 * called with, but no other. */
void map_each(map *self, void (*visit)(void *arg, const char *key, void *value), void *arg);

#endif
