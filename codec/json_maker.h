/* Makes one JSON node from one C value. Used by pack (values named by a format) and build (values
 * with types). */
#ifndef CODEC_JSON_MAKER_H
#define CODEC_JSON_MAKER_H

#include "codec/json_path.h"

typedef struct json_maker {
    json_path path;       /* where in the tree the next node will be */
    dubboc_error *err;    /* the caller's; may be NULL */
    dubboc_status status; /* of the first failure */
} json_maker;

void json_maker_init(json_maker *self, dubboc_error *err);

/* The functions below return NULL on failure, and set status and err. err includes the path. Only
 * the first failure is kept. */

/* Fails with DUBBOC_E_ARGUMENT and this text. */
cJSON *json_make_failed(json_maker *self, const char *problem);

/* Returns node; if it is NULL, fails with DUBBOC_E_NO_MEMORY. */
cJSON *json_make_node(json_maker *self, cJSON *node);

/* DUBBOC_E_ARGUMENT: text is NULL, is not UTF-8, or contains a NUL byte. */
cJSON *json_make_string(json_maker *self, dubboc_slice text);
cJSON *json_make_string_or_null(json_maker *self, const char *text);

/* DUBBOC_E_ARGUMENT: NaN or infinity. */
cJSON *json_make_double(json_maker *self, double value);

/* DUBBOC_E_ARGUMENT: text is NULL or not a JSON number. */
cJSON *json_make_decimal(json_maker *self, const char *text);

cJSON *json_make_bool(json_maker *self, bool value);

/* Returns node, which is taken over; json_make_member() replaces its key. DUBBOC_E_ARGUMENT: node
 * is NULL. */
cJSON *json_make_taken(json_maker *self, cJSON *node);

/* Copies a tree. DUBBOC_E_ARGUMENT: tree is NULL or deeper than 128 levels. */
cJSON *json_make_copy(json_maker *self, const cJSON *tree);

/* Appends child to parent under a copy of key; key NULL: parent is an array. Takes child over.
 * Returns false if child is NULL, because making the child has failed before, or if there is no
 * memory. */
bool json_make_member(json_maker *self, cJSON *parent, const char *key, cJSON *child);

/* Enters a member or an item, so that err will name it. false: DUBBOC_E_ARGUMENT, because the name
 * is NULL or not UTF-8, or there are more than 128 levels. */
bool json_maker_enter_key(json_maker *self, const char *key);
bool json_maker_enter_index(json_maker *self, size_t index);

/* Leaves the member or item that was entered last. */
void json_maker_leave(json_maker *self);

#endif
