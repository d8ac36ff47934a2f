/* Memory by whole cache lines: what several threads write stands on lines of its own, so that they
 * do not slow each other down. */
#ifndef SELECTOR_LINE_H
#define SELECTOR_LINE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/slot.h" /* CACHE_LINE */

/* size bytes, zeroed, beginning on a cache line; free() frees it. NULL: no memory. */
static inline void *line_zeroed(size_t size)
{
    size_t whole = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    void *memory = whole >= size ? aligned_alloc(CACHE_LINE, whole) : NULL;
    if (memory != NULL)
        memset(memory, 0, whole);
    return memory;
}

/* Lines that lie side by side, for the many small things that a hot path touches at random: spread
 * over the heap, each would cost it a page as well. Not for several threads at once. A zeroed slab
 * is an empty one. */
typedef struct line_slab {
    struct line_chunk *chunks;
    void *spare; /* the first unused line; each begins with the address of the next */
} line_slab;

/* A zeroed line; given back with line_give_back(). NULL: no memory. */
void *line_take(line_slab *self);
void line_give_back(line_slab *self, void *given);
void line_slab_fini(line_slab *self); /* frees all lines, given back or not */

#endif
