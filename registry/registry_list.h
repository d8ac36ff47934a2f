/* A list of texts: the URLs of a category, or the names of interfaces. {0} is an empty list. */
#ifndef REGISTRY_REGISTRY_LIST_H
#define REGISTRY_REGISTRY_LIST_H

#include "base/slice.h"

typedef struct registry_list {
    char **items; /* count texts, each allocated separately */
    size_t count;
} registry_list;

/* Frees the texts and leaves an empty list. */
void registry_list_free(registry_list *list);

/* Appends a copy of text. *capacity is the allocated size of the list; the caller starts with 0 and
 * passes the same variable each time. false: no memory, and nothing has changed. */
bool registry_list_add(registry_list *list, size_t *capacity, dubboc_slice text);

/* Sorts by bytes and removes duplicates. */
void registry_list_sort(registry_list *list);

/* Whether two sorted lists have the same texts. */
bool registry_list_equal(const registry_list *a, const registry_list *b);

#endif
