/* A slab gets memory in chunks of 16 KiB and keeps unused lines in a free list. Chunks are only
 * freed with the slab. */
#include "selector/cache_line.h"

#define CHUNK_LINES 255 /* plus one line for the header: 16 KiB */

typedef struct cache_line {
    _Alignas(CACHE_LINE) void *next;
    char rest[CACHE_LINE - sizeof(void *)];
} cache_line;

typedef struct cache_line_chunk {
    _Alignas(CACHE_LINE) struct cache_line_chunk *next;
    cache_line lines[CHUNK_LINES];
} cache_line_chunk;

static bool cache_line_add_chunk(cache_line_slab *self)
{
    cache_line_chunk *added = cache_line_zeroed(sizeof *added);
    if (added == NULL)
        return false;
    added->next = self->chunks;
    self->chunks = added;
    for (size_t i = CHUNK_LINES; i > 0; i--)
        cache_line_give_back(self, &added->lines[i - 1]);
    return true;
}

void *cache_line_take(cache_line_slab *self)
{
    if (self->spare == NULL && !cache_line_add_chunk(self))
        return NULL;
    cache_line *taken = self->spare;
    self->spare = taken->next;
    memset(taken, 0, sizeof *taken);
    return taken;
}

void cache_line_give_back(cache_line_slab *self, void *given)
{
    cache_line *spare = given;
    spare->next = self->spare;
    self->spare = spare;
}

void cache_line_slab_fini(cache_line_slab *self)
{
    while (self->chunks != NULL) {
        cache_line_chunk *next = self->chunks->next;
        free(self->chunks);
        self->chunks = next;
    }
    self->spare = NULL;
}
