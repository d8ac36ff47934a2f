/* A map from text to pointer, on uthash. Keys are copied, values are borrowed. Not for several
 * threads at once. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/slice.h"

typedef struct map map;

map *map_new(void);

/* Frees the map; free_value (may be NULL) is called for each value. NULL map is accepted. */
void map_free(map *self, void (*free_value)(void *value));

/* Adds or replaces; *former (may be NULL) receives the value that was there. false: no memory,
 * nothing changed. */
bool map_put(map *self, dubboc_slice key, void *value, void **former);

/* NULL: none. */
void *map_find(const map *self, dubboc_slice key);

/* Takes the entry out and returns its value; NULL: none. */
void *map_remove(map *self, dubboc_slice key);

size_t map_count(const map *self);

/* Visits every entry in the order of adding; visit may remove the entry that it is called with, no
 * other. */
void map_each(map *self, void (*visit)(void *arg, const char *key, void *value), void *arg);

#endif
