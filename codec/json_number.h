/* Numbers between text and double, exactly. A number is compared by its value as a decimal: sign,
 * digits, power of ten. */
#ifndef CODEC_JSON_NUMBER_H
#define CODEC_JSON_NUMBER_H

#include <cjson/cJSON.h>

#include "base/slice.h"

#define JSON_NUMBER_PRINT_MAX 32

/* The greatest integer up to which every integer is a double. */
#define JSON_EXACT_INTEGER_MAX (UINT64_C(1) << 53)

/* digits * 10^exponent; digits has no zero at its end, 0 has exponent 0. */
typedef struct json_decimal {
    uint64_t digits;
    int64_t exponent;
    bool is_negative;
    bool is_long; /* the digits do not fit; then digits holds nothing */
} json_decimal;

/* Whether text is a JSON number and nothing else. */
bool json_number_is_valid(dubboc_slice text);

/* Reads a checked number. */
json_decimal json_decimal_read(dubboc_slice number);

/* The value of a double that is neither NaN nor infinite, as it is printed: the exact integer below
 * 2^64, otherwise the shortest decimal that reads back as this double. */
json_decimal json_decimal_of(double value);

/* The nearest double; infinity when beyond. The decimal is not long. */
double json_decimal_double(json_decimal decimal);

/* The double nearest to a checked number of any length, ties to even, as strtod() has it in the C
 * locale; 0 below the smallest one. false: it is beyond the largest finite double. */
bool json_number_nearest(dubboc_slice number, double *value);

/* Whether a checked number stands in a tree as a cJSON number; then *value is it. Otherwise it is
 * kept as text. */
bool json_number_is_plain(dubboc_slice number, double *value);

/* Writes the number, not zero-ended, to out[JSON_NUMBER_PRINT_MAX] and returns its length. value is
 * neither NaN nor infinite. */
size_t json_number_print(double value, char *out);

/* digits > 0 and exponent with digits * 10^exponent the shortest decimal that reads back as value
 * (> 0, finite), the nearest to it of those; no zero at the end of digits. */
json_decimal json_shortest(double value);

#endif
