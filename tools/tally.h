/* Counts how often each name was seen. */
#ifndef TOOLS_TALLY_H
#define TOOLS_TALLY_H

#include "base/map.h"

typedef struct tally_item {
    char *name;
    size_t count;
} tally_item;

/* Counted names; {0} is empty. */
typedef struct tally {
    map *places; /* name -> its place in items, counted from 1 */
    tally_item *items;
    size_t count;
    size_t capacity;
} tally;

/* Counts name once. false: no memory; nothing was counted. */
bool tally_add(tally *self, dubboc_slice name);

/* Sorts the items by name. Nothing may be added afterwards. */
void tally_sort(tally *self);

void tally_fini(tally *self);

#endif
