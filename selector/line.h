/* Memory by whole cache lines: what several threads write stands on lines of its own, so that they do not slow each other down. */
#ifndef SELECTOR_LINE_H
#define SELECTOR_LINE_H

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

#endif
