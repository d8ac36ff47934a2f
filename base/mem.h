/* Memory with the products and sums checked. Everything may return NULL and every caller handles
 * it; free() frees it all. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdlib.h>

#include "base/slice.h"

/* count objects of size bytes, zeroed. NULL: no memory, or the product overflows. */
void *mem_zeroed(size_t count, size_t size);
#define MEM_NEW(type) ((type *)mem_zeroed(1, sizeof(type)))
#define MEM_NEW_ARRAY(count, type) ((type *)mem_zeroed((count), sizeof(type)))

/* Makes room for at least needed elements of size bytes in *array (realloc, doubling). false:
 * *array and *capacity are as before. */
bool mem_grow(void **array, size_t *capacity, size_t needed, size_t size);

/* Blocks of so many bytes in all have been freed. Now and then this gives back to the system what
 * the allocator keeps, since it keeps all that lies between blocks still in use. To be called for
 * large amounts only: it may take a millisecond. */
void mem_freed(size_t bytes);

/* A zero-ended copy. */
char *mem_dup(const char *text);
char *mem_dup_slice(dubboc_slice text);

/* A formatted zero-ended text. */
char *mem_printf(const char *format, ...) DUBBOC_PRINTF(1, 2);

#endif
