/* Writes a URL: params are collected, then sorted, as all implementations expect (docs/wire.md 5.2,
 * N21).
 *
 * Values may contain any character. Characters that some reader would take for structure (; # & =
 * and control characters, docs/wire.md P21), and those that a second decoding would change (% and
 * +), are escaped inside the value. Readers that decode twice get the original; others see the
 * escape. */
#include "registry/url_writer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/mem.h"

typedef struct written_param {
    char *key;
    char *value;
} written_param;

struct url_writer {
    char *start; /* scheme, address and path */
    written_param *params;
    size_t count;
    size_t capacity;
    bool is_failed;
};

#define ASCII_MOST 0x7E /* highest character allowed in a request line */
#define ANY_BYTE 0xFF

static bool url_writer_must_escape(unsigned char c, const char *more, unsigned char most)
{
    return c < 0x20 || c == 0x7F || c > most || strchr(more, c) != NULL;
}

/* Escapes control characters, those in more, and those above most. NULL: no memory. */
static char *url_writer_escape(const char *text, const char *more, unsigned char most)
{
    size_t extra = 0;
    for (const char *c = text; *c != '\0'; c++)
        extra += url_writer_must_escape((unsigned char)*c, more, most) ? 2 : 0;
    char *escaped = malloc(strlen(text) + extra + 1), *to = escaped;
    if (escaped == NULL)
        return NULL;
    for (const char *c = text; *c != '\0'; c++)
        if (url_writer_must_escape((unsigned char)*c, more, most))
            to += sprintf(to, "%%%02X", (unsigned)(unsigned char)*c);
        else
            *to++ = *c;
    *to = '\0';
    return escaped;
}

url_writer *url_writer_new(const char *scheme, const char *address, const char *path)
{
    url_writer *writer = MEM_NEW(url_writer);
    char *target = url_writer_escape(path[0] == '/' ? path + 1 : path, " #?", ASCII_MOST);
    if (writer != NULL && target != NULL)
        writer->start = mem_printf("%s://%s/%s", scheme, address, target);
    free(target);
    if (writer != NULL && writer->start == NULL) {
        free(writer);
        return NULL;
    }
    return writer;
}

void url_writer_free(url_writer *writer)
{
    if (writer == NULL)
        return;
    for (size_t i = 0; i < writer->count; i++) {
        free(writer->params[i].key);
        free(writer->params[i].value);
    }
    free(writer->params);
    free(writer->start);
    free(writer);
}

/* Finds the param with that key, or adds an empty one. NULL: no memory. */
static written_param *url_writer_find_place(url_writer *writer, const char *key)
{
    for (size_t i = 0; i < writer->count; i++)
        if (strcmp(writer->params[i].key, key) == 0)
            return &writer->params[i];
    void *params = writer->params;
    if (!mem_grow(&params, &writer->capacity, writer->count + 1, sizeof(written_param)))
        return NULL;
    writer->params = params;
    writer->params[writer->count] = (written_param){0};
    return &writer->params[writer->count++];
}

void url_writer_add(url_writer *writer, const char *key, const char *value)
{
    static const char special[] = ";#&=%+";
    if (value == NULL || value[0] == '\0')
        return;
    char *key_text = url_writer_escape(key, special, ANY_BYTE),
         *value_text = url_writer_escape(value, special, ANY_BYTE);
    written_param *place =
        key_text != NULL && value_text != NULL ? url_writer_find_place(writer, key_text) : NULL;
    if (place == NULL) {
        free(key_text);
        free(value_text);
        writer->is_failed = true;
        return;
    }
    free(place->key);
    free(place->value);
    *place = (written_param){key_text, value_text};
}

void url_writer_addf(url_writer *writer, const char *key, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        writer->is_failed = true;
        return;
    }
    url_writer_add(writer, key, text);
    free(text);
}

static int written_param_compare(const void *a, const void *b)
{
    const written_param *one = a, *other = b;
    return strcmp(one->key, other->key);
}

char *url_writer_text(url_writer *writer)
{
    if (writer->is_failed)
        return NULL;
    buffer out;
    buffer_init(&out, SIZE_MAX / 2);
    if (writer->count > 0)
        qsort(writer->params, writer->count, sizeof(written_param), written_param_compare);
    buffer_append_text(&out, writer->start);
    for (size_t i = 0; i < writer->count; i++) {
        buffer_append_char(&out, i == 0 ? '?' : '&');
        buffer_append_text(&out, writer->params[i].key);
        buffer_append_char(&out, '=');
        buffer_append_text(&out, writer->params[i].value);
    }
    if (buffer_text(&out) == NULL) {
        buffer_fini(&out);
        return NULL;
    }
    return out.data;
}
