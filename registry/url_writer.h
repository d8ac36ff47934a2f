/* Writing provider and consumer URLs. */
#ifndef REGISTRY_URL_WRITER_H
#define REGISTRY_URL_WRITER_H

#include <dubboc/defs.h>

/* Writing a URL: start, then params in any order (empty values are left out, since version= hides a
 * node: wire.md 12.5), then the text with params sorted. */
typedef struct url_writer url_writer;
/* address "host:port", or "host" for consumers; path with or without its leading '/'. NULL: no
 * memory. */
url_writer *url_writer_new(const char *scheme, const char *address, const char *path);
void url_writer_free(url_writer *writer); /* NULL is accepted */
/* A value for a key that was added before replaces it; NULL and "" add nothing. */
void url_writer_add(url_writer *writer, const char *key, const char *value);
void url_writer_addf(url_writer *writer, const char *key, const char *format, ...)
    DUBBOC_PRINTF(3, 4);
/* The decoded URL, the caller's; NULL: no memory (also of any add before). DUBBOC_E_ARGUMENT
 * conditions (bytes ; # & = or control in a value: wire.md P21) are encoded, not refused. */
char *url_writer_text(url_writer *writer);

#endif
