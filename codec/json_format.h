/* Reads a format such as "{s:s, s?:[i,I]}" (see <dubboc/json.h>), for pack and unpack, and makes
 * error texts that name the place in the tree. */
#ifndef CODEC_JSON_FORMAT_H
#define CODEC_JSON_FORMAT_H

#include "codec/json_path.h"

typedef struct json_format {
    const char *at;
    const char *start;
} json_format;

void json_format_init(json_format *format, const char *text);

/* The next code, without taking it. Skips blanks, commas and colons. '\0': the end of the
 * format. */
char json_format_peek(json_format *format);

/* Takes the next code, like json_format_peek(). */
char json_format_take(json_format *format);

/* Takes c if it is the very next byte, such as the '?' behind an s. Returns whether it was
 * taken. */
bool json_format_take_if(json_format *format, char c);

/* Sets DUBBOC_E_ARGUMENT: the format is wrong just before format->at. path: the place in the
 * tree. */
dubboc_status json_format_fault(
    const json_format *format, const json_path *path, dubboc_error *err, const char *what);

#endif
