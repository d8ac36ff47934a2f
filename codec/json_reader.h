/* Reading one JSON value into one C variable: what unpack (by a format) and read (by types)
 * share. */
#ifndef CODEC_JSON_READER_H
#define CODEC_JSON_READER_H

#include "codec/json_path.h"

typedef struct json_reader {
    json_path path;    /* where in the tree the reader is */
    dubboc_error *err; /* of the caller, may be NULL */
    cJSON ***copies; /* targets that hold copies, which are freed again when a later value does not
                        fit */
    size_t copy_count;
    size_t copy_capacity;
} json_reader;

void json_reader_init(json_reader *self, dubboc_error *err);

/* Unless status is DUBBOC_OK, frees the copies that were made and sets their targets to NULL.
 * Returns status. */
dubboc_status json_reader_fini(json_reader *self, dubboc_status status);

/* DUBBOC_E_TYPE: "expected ..., found ...". */
dubboc_status json_read_wrong_type(json_reader *self, const cJSON *value, const char *expected);

/* All that follow write *to on DUBBOC_OK only. DUBBOC_E_TYPE and DUBBOC_E_RANGE name the path, what
 * was expected and what is there. value is not NULL. */
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
