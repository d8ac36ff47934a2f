/* Copies as many bytes as both structures have. */
#include "base/sized.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

/* every structure of every release is smaller */
#define SIZED_BYTES_MAX 4096

static bool size_is_possible(size_t size)
{
    return size >= sizeof size && size <= SIZED_BYTES_MAX;
}

static size_t size_of(const void *given)
{
    size_t size;
    memcpy(&size, given, sizeof size);
    return size;
}

dubboc_status sized_read(
    const char *name, const void *given, void *own, size_t own_size, dubboc_error *err)
{
    memset(own, 0, own_size);
    if (given != NULL) {
        size_t size = size_of(given);
        if (!size_is_possible(size))
            return error_set(
                err, DUBBOC_E_ARGUMENT, "%s.size is %zu: set it to sizeof(%s)", name, size, name);
        memcpy(own, given, size < own_size ? size : own_size);
    }
    memcpy(own, &own_size, sizeof own_size);
    return DUBBOC_OK;
}

void sized_write(void *given, const void *own, size_t own_size)
{
    const size_t head = sizeof own_size;
    size_t size = size_of(given);
    if (size_is_possible(size))
        memcpy((char *)given + head, (const char *)own + head,
            (size < own_size ? size : own_size) - head);
}
