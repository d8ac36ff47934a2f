#include "selector/line.h"

#define CHUNK_LINES 255 /* and one for the head: 16 KiB */

typedef struct line {
    _Alignas(CACHE_LINE) void *next;
    char rest[CACHE_LINE - sizeof(void *)];
} line;

typedef struct line_chunk {
    _Alignas(CACHE_LINE) struct line_chunk *next;
    line lines[CHUNK_LINES];
} line_chunk;

static bool add_chunk(line_slab *self)
{
    line_chunk *added = line_zeroed(sizeof *added);
    if (added == NULL)
        return false;
    added->next = self->chunks;
    self->chunks = added;
    for (size_t i = CHUNK_LINES; i > 0; i--)
        line_give_back(self, &added->lines[i - 1]);
    return true;
}

void *line_take(line_slab *self)
{
    if (self->spare == NULL && !add_chunk(self))
        return NULL;
    line *taken = self->spare;
    self->spare = taken->next;
    memset(taken, 0, sizeof *taken);
    return taken;
}

void line_give_back(line_slab *self, void *given)
{
    line *spare = given;
    spare->next = self->spare;
    self->spare = spare;
}

void line_slab_fini(line_slab *self)
{
    while (self->chunks != NULL) {
        line_chunk *next = self->chunks->next;
        free(self->chunks);
        self->chunks = next;
    }
    self->spare = NULL;
}
