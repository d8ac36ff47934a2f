/* Reads one JSON value into one C variable, with errors that name the place, what was expected and
 * what was found. */
#include "codec/json_reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "codec/json_tree.h"

/* the most characters of a number in an error text, because a peer may send a very long one */
#define SHOWN_NUMBER_MAX 40

void json_reader_init(json_reader *self, dubboc_error *err)
{
    self->path.depth = 0;
    self->err = err;
    self->copies = NULL;
    self->copy_count = self->copy_capacity = 0;
}

dubboc_status json_reader_fini(json_reader *self, dubboc_status status)
{
    while (status != DUBBOC_OK && self->copy_count > 0) {
        cJSON **target = self->copies[--self->copy_count];
        cJSON_Delete(*target);
        *target = NULL;
    }
    free(self->copies);
    return status;
}

static const char *reader_value_kind(const cJSON *value)
{
    switch (json_node_type(value)) {
    case cJSON_String:
        return "a string";
    case cJSON_Number:
        return "a number";
    case cJSON_Object:
        return "an object";
    case cJSON_Array:
        return "an array";
    case cJSON_True:
    case cJSON_False:
        return "a boolean";
    case cJSON_NULL:
        return "null";
    default:
        return dubboc_json_is_number(value) ? "a number" : "raw text";
    }
}

dubboc_status json_read_wrong_type(json_reader *self, const cJSON *value, const char *expected)
{
    return json_path_error(&self->path, self->err, DUBBOC_E_TYPE, "expected %s, found %s", expected,
        reader_value_kind(value));
}

/* The number as text; only its beginning if it is long. */
static const char *reader_number_text(const cJSON *value, char text[SHOWN_NUMBER_MAX + 4])
{
    if (dubboc_json_decimal(value, text, SHOWN_NUMBER_MAX) == DUBBOC_OK)
        return text;
    if (json_node_type(value) == cJSON_Number)
        return isnan(value->valuedouble) ? "NaN" : "infinity";
    snprintf(text, SHOWN_NUMBER_MAX + 4, "%.*s...", SHOWN_NUMBER_MAX, value->valuestring);
    return text;
}

/* Reports that a value is not the expected number. status: the result of reading it. */
static dubboc_status reader_wrong_number(
    json_reader *self, const cJSON *value, dubboc_status status, const char *expected)
{
    char text[SHOWN_NUMBER_MAX + 4];
    if (status == DUBBOC_OK)
        return DUBBOC_OK;
    if (status == DUBBOC_E_TYPE)
        return json_read_wrong_type(self, value, expected);
    return json_path_error(&self->path, self->err, DUBBOC_E_RANGE, "expected %s, found %s",
        expected, reader_number_text(value, text));
}

dubboc_status json_read_string(
    json_reader *self, const cJSON *value, bool may_be_null, const char **to)
{
    if (may_be_null && json_node_type(value) == cJSON_NULL) {
        *to = NULL;
        return DUBBOC_OK;
    }
    if (json_node_type(value) != cJSON_String || value->valuestring == NULL)
        return json_read_wrong_type(self, value, may_be_null ? "a string or null" : "a string");
    *to = value->valuestring;
    return DUBBOC_OK;
}

dubboc_status json_read_i64(
    json_reader *self, const cJSON *value, int64_t min, int64_t max, int64_t *to)
{
    int64_t number = 0;
    dubboc_status status = dubboc_json_i64(value, &number);
    if (status == DUBBOC_OK && (number < min || number > max))
        status = DUBBOC_E_RANGE;
    if (status == DUBBOC_OK) {
        *to = number;
        return DUBBOC_OK;
    }
    char expected[80];
    snprintf(expected, sizeof expected, "an integer from %" PRId64 " to %" PRId64, min, max);
    return reader_wrong_number(self, value, status, expected);
}

dubboc_status json_read_u64(json_reader *self, const cJSON *value, uint64_t max, uint64_t *to)
{
    uint64_t number = 0;
    dubboc_status status = dubboc_json_u64(value, &number);
    if (status == DUBBOC_OK && number > max)
        status = DUBBOC_E_RANGE;
    if (status == DUBBOC_OK) {
        *to = number;
        return DUBBOC_OK;
    }
    char expected[80];
    snprintf(expected, sizeof expected, "an integer from 0 to %" PRIu64, max);
    return reader_wrong_number(self, value, status, expected);
}

dubboc_status json_read_double(json_reader *self, const cJSON *value, double *to)
{
    return reader_wrong_number(
        self, value, dubboc_json_double(value, to), "a number that fits a double");
}

dubboc_status json_read_decimal(json_reader *self, const cJSON *value, char *to, size_t size)
{
    dubboc_status status = dubboc_json_decimal(value, to, size);
    if (status == DUBBOC_OK)
        return DUBBOC_OK;
    char expected[64];
    snprintf(expected, sizeof expected, "a number of at most %zu bytes", size > 0 ? size - 1 : 0);
    return reader_wrong_number(self, value, status, expected);
}

dubboc_status json_read_bool(json_reader *self, const cJSON *value, bool *to)
{
    int type = json_node_type(value);
    if (type != cJSON_True && type != cJSON_False)
        return json_read_wrong_type(self, value, "a boolean");
    *to = type == cJSON_True;
    return DUBBOC_OK;
}

dubboc_status json_read_null(json_reader *self, const cJSON *value)
{
    return json_node_type(value) == cJSON_NULL ? DUBBOC_OK
                                               : json_read_wrong_type(self, value, "null");
}

dubboc_status json_read_copy(json_reader *self, const cJSON *value, cJSON **to)
{
    void *copies = self->copies;
    if (!mem_grow(&copies, &self->copy_capacity, self->copy_count + 1, sizeof *self->copies))
        return error_no_memory(self->err);
    self->copies = copies;
    cJSON *copy;
    dubboc_status status = json_copy(value, &copy);
    if (status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(self->err);
    if (status != DUBBOC_OK)
        return json_path_error(&self->path, self->err, DUBBOC_E_RANGE, "deeper than 128 levels");
    *to = copy;
    self->copies[self->copy_count++] = to;
    return DUBBOC_OK;
}
