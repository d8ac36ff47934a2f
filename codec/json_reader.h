/* Reads one JSON value into one C variable. Used by unpack (variables named by a format) and read
 * (variables with types). */
#ifndef CODEC_JSON_READER_H
#define CODEC_JSON_READER_H

#include "codec/json_path.h"

typedef struct json_reader {
    json_path path;    /* where in the tree the value is */
    dubboc_error *err; /* the caller's; may be NULL */
    /* The targets that hold copies. The copies are freed if a later value cannot be read. */
    cJSON ***copies;
    size_t copy_count;
    size_t copy_capacity;
} json_reader;

void json_reader_init(json_reader *self, dubboc_error *err);

/* Ends reading; returns status. Unless it is DUBBOC_OK, frees the copies that were made and sets
 * their targets to NULL. */
dubboc_status json_reader_fini(json_reader *self, dubboc_status status);

/* Sets DUBBOC_E_TYPE and "expected ..., found ...". */
dubboc_status json_read_wrong_type(json_reader *self, const cJSON *value, const char *expected);

/* The functions below write *to on DUBBOC_OK only. DUBBOC_E_TYPE and DUBBOC_E_RANGE: err names the
 * place, what was expected and what was found. value must not be NULL. */
dubboc_status json_read_string(
    json_reader *self, const cJSON *value, bool may_be_null, const char **to);
dubboc_status json_read_i64(
    json_reader *self, const cJSON *value, int64_t min, int64_t max, int64_t *to);
dubboc_status json_read_u64(json_reader *self, const cJSON *value, uint64_t max, uint64_t *to);
dubboc_status json_read_double(json_reader *self, const cJSON *value, double *to);
dubboc_status json_read_decimal(json_reader *self, const cJSON *value, char *to, size_t size);
dubboc_status json_read_bool(json_reader *self, const cJSON *value, bool *to);
dubboc_status json_read_null(json_reader *self, const cJSON *value);
dubboc_status json_read_copy(json_reader *self, const cJSON *value, cJSON **to);

#endif
