/* The scanner of JSON texts: strict, and the only one in the library. It checks a text in one pass,
 * which builds nothing and only records where values are. Trees are built later (json_build.h), and
 * only of the values that somebody needs. */
#ifndef CODEC_JSON_SCAN_H
#define CODEC_JSON_SCAN_H

#include "base/buffer.h"
#include "base/slice.h"

#define JSON_DEPTH_MAX 128
/* The most values in a text that is only scanned. */
#define JSON_VALUES_MAX (8u * 1024 * 1024)

typedef enum json_kind {
    JSON_NONE, /* there is no value */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

/* A value in a text that has been checked. text is exactly the bytes of the value, without white
 * space around it. */
typedef struct json_value {
    json_kind kind;
    dubboc_slice text;
} json_value;

/* A position in a text that is being scanned. A copy of it can be used to come back to that
 * position. */
typedef struct json_scan {
    const char *at; /* the next byte to scan */
    const char *end;
    const char *start;
    size_t values_left;   /* how many more values are allowed */
    unsigned depth;       /* arrays and objects opened by json_scan_open() */
    dubboc_status status; /* DUBBOC_OK, DUBBOC_E_PARSE or DUBBOC_E_TOO_BIG */
    const char *problem;  /* what is wrong at `at`; static text */
} json_scan;

/* Starts at the beginning of text, which is borrowed. */
void json_scan_init(json_scan *scan, dubboc_slice text);

/* Scans white space and one value, and checks the value completely. false: scan->status and
 * scan->problem say why, scan->at where. */
bool json_scan_value(json_scan *scan, json_value *value);

/* Whether only white space is left. If not, sets scan->status and scan->problem. */
bool json_scan_end(json_scan *scan);

/* Scans an object or array member by member:
 *
 *     if (!json_scan_open(&scan, JSON_OBJECT)) ...
 *     while (json_scan_member(&scan, &key)) { if (!json_scan_value(&scan, &value)) break; ... }
 *     if (scan.status != DUBBOC_OK) ...
 *
 * key is the string token with its quotes, which json_string_is() compares. json_scan_item() is for
 * arrays; it returns true if a value follows. Both return false after the closing bracket, or if
 * scan->status is not DUBBOC_OK. */
bool json_scan_open(json_scan *scan, json_kind kind);
bool json_scan_member(json_scan *scan, dubboc_slice *key);
bool json_scan_item(json_scan *scan);

/* The kind of the next value, without moving. JSON_NONE: no value starts there. */
json_kind json_scan_peek(const json_scan *scan);

/* Sets err from a failed scan: "not JSON: <problem> at byte <n>". Returns scan->status. */
dubboc_status json_scan_error(const json_scan *scan, dubboc_error *err);

/* Checks that text is one JSON value with nothing but white space around it. *value: its kind and
 * its text. */
dubboc_status json_check(dubboc_slice text, json_value *value, dubboc_error *err);

/* Whether a checked string token (with its quotes) has exactly this content. Escapes are
 * decoded. */
bool json_string_is(dubboc_slice token, const char *text);

/* Appends the content of a checked string token (with its quotes), with escapes decoded. \u0000
 * becomes a NUL byte. */
void json_string_decode(dubboc_slice token, buffer *out);

#endif
