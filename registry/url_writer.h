/* Writes the URLs of providers and consumers. */
#ifndef REGISTRY_URL_WRITER_H
#define REGISTRY_URL_WRITER_H

#include <dubboc/defs.h>

/* To write a URL: create the writer, add params in any order, take the text, in which the params
 * are sorted. Empty values are left out, because consumers do not find a node with "version="
 * (docs/wire.md 12.5). */
typedef struct url_writer url_writer;
/* address is "host:port", or "host" for consumers; path may lack its leading '/'. NULL: no
 * memory. */
url_writer *url_writer_new(const char *scheme, const char *address, const char *path);
void url_writer_free(url_writer *writer); /* NULL is accepted */
/* Adds a param. If the key was added before, the value is replaced; NULL and "" add nothing. */
void url_writer_add(url_writer *writer, const char *key, const char *value);
void url_writer_addf(url_writer *writer, const char *key, const char *format, ...)
    DUBBOC_PRINTF(3, 4);
/* The decoded URL, to be freed by the caller. NULL: no memory, now or when a param was added.
 * Characters that readers would take for structure (; # & = and control characters in a value,
 * docs/wire.md P21) are escaped. */
char *url_writer_text(url_writer *writer);

#endif
