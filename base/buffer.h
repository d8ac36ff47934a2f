/* A growing byte buffer with a ceiling. Appending beyond the ceiling, or without memory, makes the
 * buffer fail: status is set, and everything that is appended afterwards is ignored. So a writer
 * appends without checks, and looks at status once at the end. buffer_clear() makes the buffer
 * usable again. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/slice.h"
#include <dubboc/error.h>

typedef struct buffer {
    char *data;
    size_t len;
    size_t capacity;
    size_t max_bytes;     /* the ceiling of len */
    dubboc_status status; /* DUBBOC_OK, DUBBOC_E_NO_MEMORY or DUBBOC_E_TOO_BIG */
} buffer;

/* Does not allocate. */
void buffer_init(buffer *buf, size_t max_bytes);
void buffer_fini(buffer *buf);

/* Moves the content of `from` to `to`, which must be empty. Afterwards `from` is empty. */
void buffer_move(buffer *to, buffer *from);

/* Empties the buffer and clears a failure; keeps the memory. */
void buffer_clear(buffer *buf);

/* Like buffer_clear(), but frees memory above keep_bytes, so that one large message does not make
 * the buffer large for ever. */
void buffer_recycle(buffer *buf, size_t keep_bytes);

/* Makes room for `more` bytes at data + len. The caller writes there and then adds to len. NULL:
 * the buffer has failed. */
char *buffer_reserve(buffer *buf, size_t more);

/* The part of buffer_append() for a buffer without enough capacity. The common case is inline,
 * because a request is put together from a dozen pieces. */
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

/* Writes a NUL behind the content, without counting the NUL in len, and returns data as a C string.
 * NULL: the buffer has failed. */
const char *buffer_text(buffer *buf);

static inline dubboc_slice buffer_slice(const buffer *buf)
{
    return slice_make(buf->data, buf->len);
}

#endif
