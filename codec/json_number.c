/* Conversion of numbers between text and double, independent of the locale.
 *
 * Nearly all numbers are short, and are converted by one exact multiplication or division: integers
 * up to 2^53 and powers of ten up to 10^22 are doubles, so the result is rounded once.
 * json_double.c converts all others. */
#include "codec/json_number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json_scan.h"
#include "codec/json_double.h"

#define EXACT_POWER_MAX 22
static const double powers_of_ten[EXACT_POWER_MAX + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A decimal of up to 15 digits (DBL_DIG) survives the conversion to a double in its normal range
 * and back. */
#define SAFE_DIGITS_END UINT64_C(1000000000000000)
#define SAFE_EXPONENT 290

#define EXPONENT_LIMIT 1000000000

/* If the processor computes with more precision than double, one operation may round twice. */
static const bool rounds_once = FLT_EVAL_METHOD == 0;

bool json_number_is_valid(dubboc_slice text)
{
    json_value value;
    if (text.at == NULL || json_check(text, &value, NULL) != DUBBOC_OK)
        return false;
    return value.kind == JSON_NUMBER && value.text.len == text.len;
}

/* --- parsing --- */

static bool decimal_push_digit(uint64_t *digits, unsigned digit)
{
    if (*digits > (UINT64_MAX - digit) / 10)
        return false;
    *digits = *digits * 10 + digit;
    return true;
}

/* Zeros are only counted until another digit follows, because trailing zeros belong to the
 * exponent. */
static bool decimal_push_zeros_and_digit(uint64_t *digits, int64_t zeros, unsigned digit)
{
    if (zeros > 20)
        return false;
    for (; zeros > 0; zeros--) {
        if (!decimal_push_digit(digits, 0))
            return false;
    }
    return decimal_push_digit(digits, digit);
}

static int64_t decimal_read_exponent(const char *at, const char *end)
{
    bool is_negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    int64_t value = 0;
    for (; at < end; at++) {
        if (value < EXPONENT_LIMIT)
            value = value * 10 + (*at - '0');
    }
    return is_negative ? -value : value;
}

json_decimal json_decimal_read(dubboc_slice number)
{
    const char *at = number.at, *end = number.at + number.len;
    json_decimal decimal = {.is_negative = *at == '-'};
    if (decimal.is_negative)
        at++;
    bool is_fraction = false;
    int64_t zeros = 0;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        decimal.exponent -= is_fraction;
        if (*at == '0') {
            zeros += decimal.digits != 0;
        } else if (!decimal.is_long) {
            decimal.is_long =
                !decimal_push_zeros_and_digit(&decimal.digits, zeros, (unsigned)(*at - '0'));
            zeros = 0;
        }
    }
    if (decimal.is_long || decimal.digits == 0) {
        decimal.digits = 0;
        decimal.exponent = 0;
        return decimal;
    }
    decimal.exponent += zeros;
    if (at < end)
        decimal.exponent += decimal_read_exponent(at + 1, end);
    return decimal;
}

static double number_unsigned_double(uint64_t digits, int64_t exponent)
{
    if (digits == 0)
        return 0;
    bool is_short = digits <= JSON_EXACT_INTEGER_MAX && exponent >= -EXACT_POWER_MAX &&
                    exponent <= EXACT_POWER_MAX;
    if (!is_short || !rounds_once)
        return json_double_nearest(digits, exponent);
    return exponent < 0 ? (double)digits / powers_of_ten[-exponent]
                        : (double)digits * powers_of_ten[exponent];
}

double json_decimal_double(json_decimal decimal)
{
    double value = number_unsigned_double(decimal.digits, decimal.exponent);
    return decimal.is_negative ? -value : value;
}

/* --- numbers that a double holds exactly --- */

static bool number_is_surely_given_back(json_decimal decimal)
{
    return decimal.digits < SAFE_DIGITS_END && decimal.exponent > -SAFE_EXPONENT &&
           decimal.exponent < SAFE_EXPONENT;
}

static bool decimal_is_same(json_decimal a, json_decimal b)
{
    return a.digits == b.digits && a.exponent == b.exponent && a.is_negative == b.is_negative;
}

static bool decimal_as_double(json_decimal decimal, double *value)
{
    if (decimal.is_long)
        return false;
    double nearest = json_decimal_double(decimal);
    if (!number_is_surely_given_back(decimal) &&
        (isinf(nearest) || !decimal_is_same(decimal, json_decimal_of(nearest))))
        return false;
    *value = nearest;
    return true;
}

/* --- the nearest double of any number --- */

/* Every double, and every number halfway between two doubles, has fewer significant decimal digits
 * than this. So further digits only tell on which side of a halfway number the value is. */
#define NEAREST_DIGITS_MAX 800

/* Parses a number whose digits do not fit into an integer. strtod() gets an integer with an
 * exponent: without a decimal point it does not depend on the locale. */
static double number_long_nearest(dubboc_slice number)
{
    char text[NEAREST_DIGITS_MAX + 32];
    const char *at = number.at, *end = number.at + number.len;
    size_t len = 0;
    int64_t exponent = 0;
    bool is_fraction = false, is_more = false;
    for (at += *at == '-'; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        exponent -= is_fraction;
        if (len == 0 && *at == '0')
            continue;
        if (len < NEAREST_DIGITS_MAX) {
            text[len++] = *at;
        } else {
            is_more = is_more || *at != '0';
            exponent++;
        }
    }
    /* One digit other than 0 stands for all digits that were left out. */
    if (is_more) {
        text[len++] = '1';
        exponent--;
    }
    if (at < end)
        exponent += decimal_read_exponent(at + 1, end);
    snprintf(text + len, sizeof text - len, "e%lld", (long long)exponent);
    double value = strtod(text, NULL);
    return *number.at == '-' ? -value : value;
}

bool json_number_nearest(dubboc_slice number, double *value)
{
    json_decimal decimal = json_decimal_read(number);
    double nearest = decimal.is_long ? number_long_nearest(number) : json_decimal_double(decimal);
    if (isinf(nearest))
        return false;
    *value = nearest;
    return true;
}

static bool number_is_integer_text(dubboc_slice number)
{
    for (size_t i = 0; i < number.len; i++) {
        if (number.at[i] == '.' || number.at[i] == 'e' || number.at[i] == 'E')
            return false;
    }
    return true;
}

bool json_number_is_plain(dubboc_slice number, double *value)
{
    json_decimal decimal = json_decimal_read(number);
    double found;
    if (!decimal_as_double(decimal, &found))
        return false;
    /* Above 2^53 only some integers are doubles. All of them are kept as text, so that values of
     * the same kind are nodes of the same type. */
    if (fabs(found) > (double)JSON_EXACT_INTEGER_MAX && number_is_integer_text(number))
        return false;
    *value = found;
    return true;
}

/* --- printing --- */

/* Finds a decimal with few places, as people write them: the first power of ten that makes value an
 * integer, if dividing that integer gives value again. */
static bool number_short_decimal(double value, json_decimal *decimal)
{
    if (value >= 1e15 || value < 1e-5 || !rounds_once)
        return false;
    for (int places = 0; places <= 20; places++) {
        double scaled = value * powers_of_ten[places];
        if (scaled >= (double)SAFE_DIGITS_END)
            return false;
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if ((double)digits / powers_of_ten[places] == value) {
            *decimal = (json_decimal){.digits = digits, .exponent = -places};
            return true;
        }
    }
    return false;
}

static json_decimal decimal_without_end_zeros(json_decimal decimal)
{
    while (decimal.digits != 0 && decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

json_decimal json_shortest(double value)
{
    json_decimal decimal = {.digits = 0};
    if (number_short_decimal(value, &decimal))
        return decimal_without_end_zeros(decimal);
    int exponent;
    json_double_shortest(value, &decimal.digits, &exponent);
    decimal.exponent = exponent;
    return decimal_without_end_zeros(decimal);
}

/* value must not be negative. */
static bool number_is_printed_as_integer(double value)
{
    return value < 18446744073709551616.0 && value == (double)(uint64_t)value;
}

json_decimal json_decimal_of(double value)
{
    double positive = fabs(value);
    json_decimal decimal;
    if (number_is_printed_as_integer(positive))
        decimal = decimal_without_end_zeros((json_decimal){.digits = (uint64_t)positive});
    else
        decimal = json_shortest(positive);
    decimal.is_negative = signbit(value) != 0;
    return decimal;
}

static size_t number_print_u64(uint64_t value, char *out)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

/* Prints digits with a decimal point after the first `point` digits. */
static size_t number_print_with_point(const char *digits, size_t count, int point, char *out)
{
    size_t len = 0;
    if (point <= 0) {
        out[len++] = '0';
        out[len++] = '.';
        for (int i = point; i < 0; i++)
            out[len++] = '0';
        memcpy(out + len, digits, count);
        return len + count;
    }
    size_t before = (size_t)point;
    memcpy(out, digits, before);
    out[before] = '.';
    memcpy(out + before + 1, digits + before, count - before);
    return count + 1;
}

static size_t number_print_with_exponent(const char *digits, size_t count, int point, char *out)
{
    size_t len = 0;
    out[len++] = digits[0];
    if (count > 1) {
        out[len++] = '.';
        memcpy(out + len, digits + 1, count - 1);
        len += count - 1;
    }
    out[len++] = 'e';
    int exponent = point - 1;
    if (exponent < 0)
        out[len++] = '-';
    return len + number_print_u64((uint64_t)(exponent < 0 ? -exponent : exponent), out + len);
}

static size_t number_print_decimal(json_decimal decimal, char *out)
{
    char digits[20];
    size_t count = number_print_u64(decimal.digits, digits);
    int point = (int)count + (int)decimal.exponent;
    if (decimal.exponent < 0 && point > -6)
        return number_print_with_point(digits, count, point, out);
    return number_print_with_exponent(digits, count, point, out);
}

size_t json_number_print(double value, char *out)
{
    size_t len = 0;
    if (signbit(value))
        out[len++] = '-';
    double positive = fabs(value);
    if (positive == 0 &&
        /* Java and Python would read -0 as the integer 0, and lose its sign. */
        len > 0) {
        memcpy(out + len, "0.0", 3);
        return len + 3;
    }
    if (number_is_printed_as_integer(positive))
        return len + number_print_u64((uint64_t)positive, out + len);
    return len + number_print_decimal(json_shortest(positive), out + len);
}
