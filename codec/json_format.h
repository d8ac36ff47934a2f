/* What pack and unpack share: reading a format ("{s:s, s?:[i,I]}"; see <dubboc/json.h>), and
 * knowing the place for error texts. */
#ifndef CODEC_JSON_FORMAT_H
#define CODEC_JSON_FORMAT_H

#include "codec/json_path.h"

typedef struct json_format {
    const char *at;
    const char *start;
} json_format;

void json_format_init(json_format *format, const char *text);

/* The next code, skipping blanks, commas and colons, without taking it; '\0' at the end. */
char json_format_peek(json_format *format);

/* The same, and takes it. */
char json_format_take(json_format *format);

/* Takes c if it is the very next byte, as the '?' behind an s. */
bool json_format_take_if(json_format *format, char c);

/* DUBBOC_E_ARGUMENT: the format itself is wrong before where it has arrived; path is where that is
 * in the tree. */
dubboc_status json_format_fault(
    const json_format *format, const json_path *path, dubboc_error *err, const char *what);

#endif
