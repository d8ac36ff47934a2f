/* What pack and unpack share: reading a format ("{s:s, s?:[i,I]}"; see <dubboc/json.h>), and knowing the place for error texts. */
#ifndef CODEC_JSON_FORMAT_H
#define CODEC_JSON_FORMAT_H

#include "codec/json_path.h"

typedef struct json_format {
    const char *at;
    const char *start;
    json_path path; /* where in the tree the format has arrived */
} json_format;

void json_format_init(json_format *format, const char *text);

/* The next code, skipping blanks, commas and colons, without taking it; '\0' at the end. */
char json_format_peek(json_format *format);

/* The same, and takes it. */
char json_format_take(json_format *format);

/* Takes c if it is the very next byte, as the '?' behind an s. */
bool json_format_take_if(json_format *format, char c);

/* Sets err to status and "<path>: " and the text. */
dubboc_status json_format_error(const json_format *format, dubboc_error *err, dubboc_status status, const char *text, ...)
    DUBBOC_PRINTF(4, 5);

/* DUBBOC_E_ARGUMENT: the format itself is wrong before where it has arrived. */
dubboc_status json_format_fault(const json_format *format, dubboc_error *err, const char *what);

#endif
