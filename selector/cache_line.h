/* Memory by whole cache lines. Data that several threads write has cache lines of its own, so that
 * these threads do not slow each other down. */
#ifndef SELECTOR_CACHE_LINE_H
#define SELECTOR_CACHE_LINE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/slot.h" /* CACHE_LINE */

/* size bytes, zeroed, beginning on a cache line; free() frees it. NULL: no memory. */
static inline void *cache_line_zeroed(size_t size)
{
    size_t whole = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *memory = whole >= size ? aligned_alloc(CACHE_LINE, whole) : NULL;
    if (memory != NULL)
        memset(memory, 0, whole);
    return memory;
}

/* Cache lines that lie side by side, for many small objects that a hot path touches at random:
 * objects spread over the heap would cost a page of the TLB each. Not for several threads at once.
 * A zeroed slab is an empty one. */
typedef struct cache_line_slab {
    struct cache_line_chunk *chunks;
    void *spare; /* the first unused line; each begins with the address of the next */
} cache_line_slab;

/* A zeroed line; given back with cache_line_give_back(). NULL: no memory. */
void *cache_line_take(cache_line_slab *self);
void cache_line_give_back(cache_line_slab *self, void *given);
void cache_line_slab_fini(cache_line_slab *self); /* frees all lines, given back or not */

#endif
