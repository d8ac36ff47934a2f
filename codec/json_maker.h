/* Making one JSON value from one C value: what pack (by a format) and build (by types) share. */
#ifndef CODEC_JSON_MAKER_H
#define CODEC_JSON_MAKER_H

#include "codec/json_path.h"

typedef struct json_maker {
    json_path path;    /* where in the tree the next value will stand */
    dubboc_error *err; /* of the caller, may be NULL */
    dubboc_status status;
} json_maker;

void json_maker_init(json_maker *self, dubboc_error *err);

/* All that follow return NULL on failure: status and err say why, err with the path. The first
 * failure is the one that is kept. */

/* DUBBOC_E_ARGUMENT with these words. */
cJSON *json_make_failed(json_maker *self, const char *problem);

/* node; when it is NULL: DUBBOC_E_NO_MEMORY. */
cJSON *json_make_node(json_maker *self, cJSON *node);

/* DUBBOC_E_ARGUMENT: text is NULL, not UTF-8, or holds a zero byte. */
cJSON *json_make_string(json_maker *self, dubboc_slice text);
cJSON *json_make_string_or_null(json_maker *self, const char *text);

/* DUBBOC_E_ARGUMENT: NaN or infinity. */
cJSON *json_make_double(json_maker *self, double value);

/* DUBBOC_E_ARGUMENT: text is NULL or not a JSON number. */
cJSON *json_make_decimal(json_maker *self, const char *text);

cJSON *json_make_bool(json_maker *self, bool value);

/* node itself, without the key it may have had. DUBBOC_E_ARGUMENT: it is NULL. */
cJSON *json_make_taken(json_maker *self, cJSON *node);

/* DUBBOC_E_ARGUMENT: tree is NULL or deeper than 128 levels. */
cJSON *json_make_copy(json_maker *self, const cJSON *tree);

/* Appends child to parent under a copy of key (NULL: an array's item). Takes child over; child NULL
 * is passed on as the failure that it is. */
bool json_make_member(json_maker *self, cJSON *parent, const char *key, cJSON *child);

/* Goes down to a member or item; false: DUBBOC_E_ARGUMENT (the name is NULL or not UTF-8, or more
 * than 128 levels). */
bool json_maker_enter_key(json_maker *self, const char *key);
bool json_maker_enter_index(json_maker *self, size_t index);
void json_maker_leave(json_maker *self);

#endif
