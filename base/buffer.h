/* A growing byte buffer that names its ceiling. Appending past the ceiling, or without memory,
 * marks it failed; from then on it takes nothing more, so a writer appends freely and looks once,
 * at the end, at buffer_status(). It is reused by buffer_clear(). */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/slice.h"
#include <dubboc/error.h>

typedef struct buffer {
    char *data;
    size_t len;
    size_t capacity;
    size_t max_bytes;     /* the ceiling */
    dubboc_status status; /* DUBBOC_OK, DUBBOC_E_NO_MEMORY or DUBBOC_E_TOO_BIG */
} buffer;

/* Allocates nothing yet. */
void buffer_init(buffer *buf, size_t max_bytes);
void buffer_fini(buffer *buf);

/* Empties it and forgets a failure; keeps its memory. */
void buffer_clear(buffer *buf);

/* As buffer_clear(), but gives memory above keep_bytes back, so that one big message does not stay
 * for ever. */
void buffer_recycle(buffer *buf, size_t keep_bytes);

/* Room for more bytes at data + len; the caller writes there and adds to len. NULL: failed. */
char *buffer_reserve(buffer *buf, size_t more);

/* Appending where there is room already is done in the caller: a request is put together from a
 * dozen pieces. */
void buffer_append_growing(buffer *buf, const char *data, size_t len);

static inline void buffer_append(buffer *buf, const char *data, size_t len)
{
    size_t limit = buf->capacity < buf->max_bytes ? buf->capacity : buf->max_bytes;
    if (buf->status != DUBBOC_OK || len == 0 || buf->len > limit || len > limit - buf->len) {
        buffer_append_growing(buf, data, len);
        return;
    }
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}

static inline void buffer_append_text(buffer *buf, const char *text)
{
    buffer_append(buf, text, strlen(text));
}

static inline void buffer_append_slice(buffer *buf, dubboc_slice slice)
{
    buffer_append(buf, slice.at, slice.len);
}

static inline void buffer_append_char(buffer *buf, char c)
{
    buffer_append(buf, &c, 1);
}

void buffer_append_u64(buffer *buf, uint64_t value);
void buffer_append_i64(buffer *buf, int64_t value);
void buffer_printf(buffer *buf, const char *format, ...) DUBBOC_PRINTF(2, 3);

/* A zero byte after the end, not counted in len; data may then be read as a C string. NULL:
 * failed. */
const char *buffer_text(buffer *buf);

static inline dubboc_slice buffer_slice(const buffer *buf)
{
    return slice_make(buf->data, buf->len);
}

#endif
