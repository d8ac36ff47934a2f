/* The scanner of JSON texts: strict, and the only one inside dubboc. It checks a message in one
 * pass that builds nothing and only notes where its values are. Trees are built later
 * (json_build.h), and only of the values that somebody asks for. */
#ifndef CODEC_JSON_SCAN_H
#define CODEC_JSON_SCAN_H

#include "base/buffer.h"
#include "base/slice.h"

#define JSON_DEPTH_MAX 128
#define JSON_VALUES_MAX (8u * 1024 * 1024) /* in a text that is only scanned */

typedef enum json_kind {
    JSON_NONE, /* absent */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

/* A value as it stands in a text that has been checked: text is exactly the value's bytes, without
 * white space around it. */
typedef struct json_value {
    json_kind kind;
    dubboc_slice text;
} json_value;

/* A position in a text that is being scanned. Copying it is a way to come back. */
typedef struct json_scan {
    const char *at;
    const char *end;
    const char *start;
    size_t values_left;
    unsigned depth;
    dubboc_status status; /* DUBBOC_OK, DUBBOC_E_PARSE or DUBBOC_E_TOO_BIG */
    const char *problem;  /* fixed words: what is wrong at `at` */
} json_scan;

void json_scan_init(json_scan *scan, dubboc_slice text);

/* Skips white space and one value, whatever it is, checking it wholly. false: scan->status and
 * ->problem say why, ->at where. */
bool json_scan_value(json_scan *scan, json_value *value);

/* Nothing but white space is left. false: there is more (a problem is set). */
bool json_scan_end(json_scan *scan);

/* Walking into an object or array, member by member:
 *     if (!json_scan_open(&scan, JSON_OBJECT)) ...
 *     while (json_scan_member(&scan, &key)) { if (!json_scan_value(&scan, &value)) break; ... }
 *     if (scan.status != DUBBOC_OK) ...
 * key is the string token with its quotes; json_string_is() compares it. json_scan_item() is
 * json_scan_member() for arrays: true when another value follows. Both return false at the closing
 * bracket, which they consume, or at a problem. */
bool json_scan_open(json_scan *scan, json_kind kind);
bool json_scan_member(json_scan *scan, dubboc_slice *key);
bool json_scan_item(json_scan *scan);

/* The kind of the value that starts at the next byte that is no white space; JSON_NONE: none does.
 * Moves nothing. */
json_kind json_scan_peek(const json_scan *scan);

/* Sets err from a scan that failed: "not JSON: <problem> at byte <n>". Returns scan->status. */
dubboc_status json_scan_error(const json_scan *scan, dubboc_error *err);

/* Checks that text is one JSON text, and tells its kind and place. As json_scan_value() and
 * json_scan_end(). */
dubboc_status json_check(dubboc_slice text, json_value *value, dubboc_error *err);

/* Whether a checked string token (with quotes) spells these bytes, escapes resolved. */
bool json_string_is(dubboc_slice token, const char *text);

/* Appends the bytes that a checked string token spells (a \u0000 becomes a zero byte). */
void json_string_decode(dubboc_slice token, buffer *out);

#endif
