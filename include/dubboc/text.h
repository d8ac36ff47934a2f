/* Text that is passed in and out: borrowed slices, and a buffer of the caller that is filled again
 * and again. */
#ifndef DUBBOC_TEXT_H
#define DUBBOC_TEXT_H

#include <dubboc/defs.h>
#include <dubboc/error.h>

/* A piece of text that belongs to somebody else: len bytes, not ended by a zero byte. {NULL, 0} is
 * "none". */
typedef struct dubboc_slice {
    const char *at; /* where the text begins */
    size_t len;     /* its length in bytes */
} dubboc_slice;

/* A text buffer of the caller that dubboc fills and reuses: start with {0}, pass it to as many
 * calls as you like (it only grows when it must), read data[0..len) after each success (data[len]
 * is a zero byte), end with dubboc_text_free(). One thread at a time. */
typedef struct dubboc_text {
    char *data;      /* the text, with a zero byte behind it; NULL before the first use */
    size_t len;      /* its length in bytes, without the zero byte */
    size_t capacity; /* how many bytes data has room for */
} dubboc_text;

DUBBOC_BEGIN

/* Frees text->data and sets all to 0. NULL is accepted. */
DUBBOC_API void dubboc_text_free(dubboc_text *text);

/* Puts len bytes of data in place of what text held. DUBBOC_E_NO_MEMORY: text is as before. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_text_set(
    dubboc_text *text, const char *data, size_t len);

DUBBOC_END

#endif
