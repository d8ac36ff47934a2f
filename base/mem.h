/* Memory with the products and sums checked. Everything may return NULL and every caller handles it; free() frees it all. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdlib.h>

#include "base/slice.h"

/* count objects of size bytes, zeroed. NULL: no memory, or the product overflows. */
void *mem_zeroed(size_t count, size_t size);
#define MEM_NEW(type) ((type *)mem_zeroed(1, sizeof(type)))
#define MEM_NEW_ARRAY(count, type) ((type *)mem_zeroed((count), sizeof(type)))

/* Makes room for at least needed elements of size bytes in *array (realloc, doubling). false: *array and *capacity are as before. */
bool mem_grow(void **array, size_t *capacity, size_t needed, size_t size);

/* A zero-ended copy. */
char *mem_dup(const char *text);
char *mem_dup_slice(dubboc_slice text);

/* A formatted zero-ended text. */
char *mem_printf(const char *format, ...) DUBBOC_PRINTF(1, 2);

#endif
