/* Reads and makes numbers, which are cJSON_Number nodes or, if a double cannot hold them exactly,
 * cJSON_Raw nodes with their text. Finds members of objects. */
#include "base/error.h"
#include "codec/json_number.h"
#include "codec/json_tree.h"

#include <math.h>

static dubboc_slice access_raw_number(const cJSON *value)
{
    dubboc_slice text = slice_of(value->valuestring);
    return json_number_is_valid(text) ? text : slice_make(NULL, 0);
}

bool dubboc_json_is_number(const cJSON *value)
{
    if (value == NULL)
        return false;
    int type = json_node_type(value);
    return type == cJSON_Number || (type == cJSON_Raw && access_raw_number(value).at != NULL);
}

/* The value of a number node. DUBBOC_E_TYPE: not a number. DUBBOC_E_RANGE: NaN or infinity. */
static dubboc_status access_decimal(const cJSON *value, json_decimal *decimal)
{
    if (value == NULL)
        return DUBBOC_E_TYPE;
    if (json_node_type(value) == cJSON_Number) {
        if (!isfinite(value->valuedouble))
            return DUBBOC_E_RANGE;
        *decimal = json_decimal_of(value->valuedouble);
        return DUBBOC_OK;
    }
    dubboc_slice text =
        json_node_type(value) == cJSON_Raw ? access_raw_number(value) : slice_make(NULL, 0);
    if (text.at == NULL)
        return DUBBOC_E_TYPE;
    *decimal = json_decimal_read(text);
    return DUBBOC_OK;
}

/* The absolute value as an integer. false: the value is not an integer, or is too large. */
static bool decimal_magnitude(json_decimal decimal, uint64_t *magnitude)
{
    if (decimal.is_long || decimal.exponent < 0 || decimal.exponent > 19)
        return false;
    uint64_t value = decimal.digits;
    for (; decimal.exponent > 0; decimal.exponent--) {
        if (value > UINT64_MAX / 10)
            return false;
        value *= 10;
    }
    *magnitude = value;
    return true;
}

static dubboc_status decimal_integer(const cJSON *value, uint64_t *magnitude, bool *is_negative)
{
    json_decimal decimal = {.digits = 0};
    dubboc_status status = access_decimal(value, &decimal);
    if (status != DUBBOC_OK)
        return status;
    if (decimal.digits == 0 && !decimal.is_long)
        decimal.is_negative = false;
    *is_negative = decimal.is_negative;
    return decimal_magnitude(decimal, magnitude) ? DUBBOC_OK : DUBBOC_E_RANGE;
}

dubboc_status dubboc_json_i64(const cJSON *value, int64_t *out)
{
    uint64_t magnitude = 0;
    bool is_negative = false;
    dubboc_status status = decimal_integer(value, &magnitude, &is_negative);
    if (status != DUBBOC_OK)
        return status;
    if (magnitude > (uint64_t)INT64_MAX + is_negative)
        return DUBBOC_E_RANGE;
    if (magnitude > (uint64_t)INT64_MAX)
        *out = INT64_MIN;
    else
        *out = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return DUBBOC_OK;
}

dubboc_status dubboc_json_u64(const cJSON *value, uint64_t *out)
{
    uint64_t magnitude = 0;
    bool is_negative = false;
    dubboc_status status = decimal_integer(value, &magnitude, &is_negative);
    if (status != DUBBOC_OK)
        return status;
    if (is_negative)
        return DUBBOC_E_RANGE;
    *out = magnitude;
    return DUBBOC_OK;
}

dubboc_status dubboc_json_double(const cJSON *value, double *out)
{
    if (value == NULL)
        return DUBBOC_E_TYPE;
    if (json_node_type(value) == cJSON_Number) {
        if (!isfinite(value->valuedouble))
            return DUBBOC_E_RANGE;
        *out = value->valuedouble;
        return DUBBOC_OK;
    }
    dubboc_slice text =
        json_node_type(value) == cJSON_Raw ? access_raw_number(value) : slice_make(NULL, 0);
    if (text.at == NULL)
        return DUBBOC_E_TYPE;
    return json_number_nearest(text, out) ? DUBBOC_OK : DUBBOC_E_RANGE;
}

dubboc_status dubboc_json_decimal(const cJSON *value, char *out, size_t size)
{
    if (!dubboc_json_is_number(value))
        return DUBBOC_E_TYPE;
    char printed[JSON_NUMBER_PRINT_MAX];
    dubboc_slice text = slice_of(value->valuestring);
    if (json_node_type(value) == cJSON_Number) {
        if (!isfinite(value->valuedouble))
            return DUBBOC_E_RANGE;
        text = slice_make(printed, json_number_print(value->valuedouble, printed));
    }
    if (text.len >= size)
        return DUBBOC_E_RANGE;
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return DUBBOC_OK;
}

static cJSON *integer_new(uint64_t magnitude, bool is_negative)
{
    if (magnitude <= JSON_EXACT_INTEGER_MAX)
        return json_node_number(is_negative ? -(double)magnitude : (double)magnitude);
    char digits[24];
    size_t at = sizeof digits;
    for (; magnitude > 0; magnitude /= 10)
        digits[--at] = (char)('0' + magnitude % 10);
    if (is_negative)
        digits[--at] = '-';
    return json_node_text(cJSON_Raw, slice_make(digits + at, sizeof digits - at));
}

cJSON *dubboc_json_i64_new(int64_t value)
{
    return integer_new(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

cJSON *dubboc_json_u64_new(uint64_t value)
{
    return integer_new(value, false);
}

cJSON *dubboc_json_decimal_new(const char *text, size_t len)
{
    dubboc_slice number = slice_make(text, len);
    if (!json_number_is_valid(number))
        return NULL;
    double value;
    return json_number_is_plain(number, &value) ? json_node_number(value)
                                                : json_node_text(cJSON_Raw, number);
}

cJSON *dubboc_json_get(const cJSON *object, const char *name)
{
    if (object == NULL || json_node_type(object) != cJSON_Object)
        return NULL;
    for (cJSON *member = object->child; member != NULL; member = member->next) {
        if (member->string != NULL && strcmp(member->string, name) == 0)
            return member;
    }
    return NULL;
}
