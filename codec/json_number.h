/* Exact conversion of numbers between text and double. A number is compared by its decimal value:
 * sign, digits, power of ten. */
#ifndef CODEC_JSON_NUMBER_H
#define CODEC_JSON_NUMBER_H

#include <cjson/cJSON.h>

#include "base/slice.h"

#define JSON_NUMBER_PRINT_MAX 32

/* Up to this integer every integer is a double. */
#define JSON_EXACT_INTEGER_MAX (UINT64_C(1) << 53)

/* A decimal, digits * 10^exponent. digits does not end in 0; the value 0 has exponent 0. */
typedef struct json_decimal {
    uint64_t digits;
    int64_t exponent;
    bool is_negative;
    bool is_long; /* the digits do not fit into digits, which is 0 then */
} json_decimal;

/* Whether text is exactly one JSON number. */
bool json_number_is_valid(dubboc_slice text);

/* Parses a checked number. */
json_decimal json_decimal_read(dubboc_slice number);

/* The value of a finite double as it is printed: the exact integer below 2^64, otherwise the
 * shortest decimal that is parsed as this double. */
json_decimal json_decimal_of(double value);

/* The nearest double; infinity if it is too large. decimal.is_long must be false. */
double json_decimal_double(json_decimal decimal);

/* The double nearest to a checked number of any length, like strtod() in the C locale; ties round
 * to even, and a number that is too small becomes 0. false: the number is larger than the largest
 * finite double. */
bool json_number_nearest(dubboc_slice number, double *value);

/* Whether a checked number is stored in a tree as a cJSON number; *value is that number. Otherwise
 * it is stored as text. */
bool json_number_is_plain(dubboc_slice number, double *value);

/* Writes a finite number to out[JSON_NUMBER_PRINT_MAX], without a NUL, and returns its length. */
size_t json_number_print(double value, char *out);

/* The shortest decimal that is parsed as value; if there are several, the nearest to value. value
 * must be positive and finite. */
json_decimal json_shortest(double value);

#endif
