/* The buffer functions that may have to allocate. Appending within the capacity is inline in
 * buffer.h. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

void buffer_init(buffer *buf, size_t max_bytes)
{
    *buf = (buffer){.max_bytes = max_bytes};
}

void buffer_fini(buffer *buf)
{
    free(buf->data);
    *buf = (buffer){0};
}

void buffer_move(buffer *to, buffer *from)
{
    *to = *from;
    *from = (buffer){.max_bytes = to->max_bytes};
}

void buffer_clear(buffer *buf)
{
    buf->len = 0;
    buf->status = DUBBOC_OK;
}

void buffer_recycle(buffer *buf, size_t keep_bytes)
{
    buffer_clear(buf);
    if (buf->capacity <= keep_bytes)
        return;
    free(buf->data);
    buf->data = NULL;
    buf->capacity = 0;
}

static char *buffer_fail(buffer *buf, dubboc_status status)
{
    buf->status = status;
    return NULL;
}

char *buffer_reserve(buffer *buf, size_t more)
{
    if (buf->status != DUBBOC_OK)
        return NULL;
    if (more > buf->max_bytes || buf->len > buf->max_bytes - more)
        return buffer_fail(buf, DUBBOC_E_TOO_BIG);
    if (more <= buf->capacity - buf->len && buf->data != NULL)
        return buf->data + buf->len;
    void *data = buf->data;
    size_t needed = buf->len + more;
    if (!mem_grow(&data, &buf->capacity, needed < 64 ? 64 : needed, 1))
        return buffer_fail(buf, DUBBOC_E_NO_MEMORY);
    buf->data = data;
    return buf->data + buf->len;
}

void buffer_append_growing(buffer *buf, const char *data, size_t len)
{
    char *room = buffer_reserve(buf, len);
    if (room == NULL)
        return;
    if (len > 0)
        memcpy(room, data, len);
    buf->len += len;
}

void buffer_append_u64(buffer *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_append(buf, digits + at, sizeof digits - at);
}

void buffer_append_i64(buffer *buf, int64_t value)
{
    if (value < 0)
        buffer_append_char(buf, '-');
    buffer_append_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buffer_printf(buffer *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room =
        len < 0 ? buffer_fail(buf, DUBBOC_E_NO_MEMORY) : buffer_reserve(buf, (size_t)len + 1);
    if (room != NULL) {
        vsnprintf(room, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

const char *buffer_text(buffer *buf)
{
    char *end = buffer_reserve(buf, 1);
    if (end == NULL)
        return NULL;
    *end = '\0';
    return buf->data;
}
