/* How text is passed in and out: as a borrowed slice, or in a buffer of the caller that can be
 * reused. */
#ifndef DUBBOC_TEXT_H
#define DUBBOC_TEXT_H

#include <dubboc/defs.h>
#include <dubboc/error.h>

/* A piece of text that someone else owns: len bytes, without a zero byte at the end. {NULL, 0}
 * means none. */
typedef struct dubboc_slice {
    const char *at; /* where the text begins */
    size_t len;     /* its length in bytes */
} dubboc_slice;

/* A text buffer that the caller owns and dubboc fills. Initialise the buffer with {0}, and pass it
 * to as many calls as you like: it is reused, and grows only when it is too small. After each
 * success read data[0] to data[len - 1]; data[len] is a zero byte. Free it with dubboc_text_free().
 * Only one thread at a time may use it. */
typedef struct dubboc_text {
    char *data;      /* the text, with a zero byte behind it; NULL before the first use */
    size_t len;      /* its length in bytes, without the zero byte */
    size_t capacity; /* how many bytes data has room for */
} dubboc_text;

DUBBOC_BEGIN

/* Frees text->data and sets all fields to 0. text may be NULL. */
DUBBOC_API void dubboc_text_free(dubboc_text *text);

/* Replaces the content of text by len bytes of data. DUBBOC_E_NO_MEMORY: an allocation failed; text
 * is unchanged. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_text_set(
    dubboc_text *text, const char *data, size_t len);

DUBBOC_END

#endif
