/* calloc() and realloc() with checked sizes, copies of texts, and giving memory back to the
 * system. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* mem_freed() lets the allocator keep this much freed memory. */
#define FREED_KEEP_BYTES ((size_t)8 * 1024 * 1024)

void *mem_zeroed(size_t count, size_t size)
{
    return calloc(count, size); /* calloc() checks the product */
}

bool mem_grow(void **array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return true;
    size_t wanted = *capacity < 8 ? 8 : *capacity;
    while (wanted < needed) {
        if (wanted > SIZE_MAX / 2)
            return false;
        wanted *= 2;
    }
    if (wanted > SIZE_MAX / size)
        return false;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

void mem_freed(size_t bytes)
{
#ifdef __GLIBC__
    static atomic_size_t freed_bytes;
    if (atomic_fetch_add(&freed_bytes, bytes) + bytes < FREED_KEEP_BYTES)
        return;
    atomic_store(&freed_bytes, 0);
    malloc_trim(0);
#else
    (void)bytes;
#endif
}

char *mem_dup(const char *text)
{
    return mem_dup_slice(slice_of(text));
}

char *mem_dup_slice(dubboc_slice text)
{
    char *copy = malloc(text.len + 1);
    if (copy == NULL)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : malloc((size_t)len + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}
