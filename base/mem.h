/* Allocating memory with checked products and sums. Every function may return NULL, and every
 * caller must handle that. All memory is freed with free(). */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdlib.h>

#include "base/slice.h"

/* Allocates count objects of size bytes, zeroed. NULL: no memory, or the product overflows. */
void *mem_zeroed(size_t count, size_t size);
#define MEM_NEW(type) ((type *)mem_zeroed(1, sizeof(type)))
#define MEM_NEW_ARRAY(count, type) ((type *)mem_zeroed((count), sizeof(type)))

/* Makes *array large enough for `needed` elements of size bytes; doubles its capacity. false: no
 * memory; *array and *capacity are unchanged. */
bool mem_grow(void **array, size_t *capacity, size_t needed, size_t size);

/* To be called after blocks of `bytes` in total were freed. From time to time this function returns
 * freed memory to the system that the allocator would otherwise keep, because blocks in use lie
 * behind it. For large amounts only, because the function may take a millisecond. */
void mem_freed(size_t bytes);

/* A copy that ends with a NUL. NULL: no memory. */
char *mem_dup(const char *text);
char *mem_dup_slice(dubboc_slice text);

/* A formatted text. NULL: no memory. */
char *mem_printf(const char *format, ...) DUBBOC_PRINTF(1, 2);

#endif
