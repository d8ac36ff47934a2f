/* Memory in whole cache lines. Data that several threads write gets its own cache lines, so that
 * these threads do not slow each other down (false sharing). */
#ifndef SELECTOR_CACHE_LINE_H
#define SELECTOR_CACHE_LINE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/slot.h" /* CACHE_LINE */

/* Returns size zeroed bytes that begin on a cache line; freed with free(). NULL: no memory. */
static inline void *cache_line_zeroed(size_t size)
{
    size_t whole = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *memory = whole >= size ? aligned_alloc(CACHE_LINE, whole) : NULL;
    if (memory != NULL)
        memset(memory, 0, whole);
    return memory;
}

/* An allocator for many small objects, one cache line each, which lie side by side in memory. A hot
 * path that touches such objects at random would need one TLB entry for each if they were spread
 * over the heap. Not thread-safe. A zeroed slab is an empty one. */
typedef struct cache_line_slab {
    struct cache_line_chunk *chunks;
    void *spare; /* list of unused lines; each begins with a pointer to the next */
} cache_line_slab;

/* Returns a zeroed line; free it with cache_line_give_back(). NULL: no memory. */
void *cache_line_take(cache_line_slab *self);
void cache_line_give_back(cache_line_slab *self, void *given);
void cache_line_slab_fini(cache_line_slab *self); /* frees all lines, given back or not */

#endif
