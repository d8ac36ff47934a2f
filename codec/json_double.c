/* Conversion between doubles and decimals.
 *
 * Printing follows Raffaello Giulietti, "The Schubfach way to render doubles". The numbers that
 * round to a double form an interval. Scaled by the right power of ten, the interval contains at
 * most one multiple of ten and at least one integer, which is the result. A power with 126 bits is
 * precise enough to compare the scaled numbers, if the lowest bit of a product is set whenever bits
 * that are not zero are cut off.
 *
 * Parsing follows Daniel Lemire, "Number parsing at a gigabyte per second". The product of the
 * digits and a 128-bit power has the 55 bits that rounding needs, except in cases that can be
 * recognised. Those cases, and the smallest doubles, are left to strtod(). Its input has no decimal
 * point, so the result does not depend on the locale. */
#include "codec/json_double.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json_powers.h"

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1023
#define HIDDEN_BIT (UINT64_C(1) << FRACTION_BITS)
#define EXPONENT_INFINITE 0x7FF

typedef struct double_product {
    uint64_t high;
    uint64_t low;
} double_product;

#ifdef __SIZEOF_INT128__

__extension__ typedef unsigned __int128 u128;

static inline double_product double_multiply(uint64_t a, uint64_t b)
{
    u128 whole = (u128)a * b;
    return (double_product){.high = (uint64_t)(whole >> 64), .low = (uint64_t)whole};
}

#else

static inline double_product double_multiply(uint64_t a, uint64_t b)
{
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low;
    uint64_t middle = a_high * b_low + (low >> 32);
    uint64_t other = a_low * b_high + (uint32_t)middle;
    return (double_product){.high = a_high * b_high + (middle >> 32) + (other >> 32),
        .low = other << 32 | (uint32_t)low};
}

#endif

/* floor(log2(10^k)) for |k| < 1233. All compilers that are supported round down when they shift a
 * negative number to the right. */
static inline int double_floor_log2_power(int k)
{
    return (k * 1741647) >> 19;
}

/* --- printing --- */

/* The high 64 bits of power * factor. Bit 0 is also set if the bits below are not (nearly) zero. */
static uint64_t double_multiply_to_odd(json_power power, uint64_t factor)
{
    double_product low = double_multiply(power.low, factor);
    double_product high = double_multiply(power.high, factor);
    uint64_t middle = high.low + low.high;
    uint64_t carry = middle < low.high;
    return (high.high + carry) | (middle > 1);
}

/* The interval of the numbers that round to a double, and the double itself. All are scaled by
 * 10^-exponent and by 4. */
typedef struct interval {
    uint64_t lower;
    uint64_t value;
    uint64_t upper;
} interval;

static interval double_interval(double value, int *exponent)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    int biased = (int)(bits >> FRACTION_BITS);
    uint64_t c = biased != 0 ? fraction | HIDDEN_BIT : fraction;
    int q = (biased != 0 ? biased : 1) - EXPONENT_BIAS - FRACTION_BITS;
    /* Below a power of two the distance between doubles is halved. */
    bool is_lower_nearer = fraction == 0 && biased > 1;
    /* floor(log10(2^q)), or floor(log10(3/4 * 2^q)) if the interval is narrower. */
    int k = (q * 1262611 - (is_lower_nearer ? 524031 : 0)) >> 22;
    int shift = q + double_floor_log2_power(-k) + 1;
    json_power power = json_powers[-k - JSON_POWER_FIRST];
    /* a tie rounds to the even double, so the ends belong to its interval */
    uint64_t is_open = c & 1;
    *exponent = k;
    return (interval){
        .lower = double_multiply_to_odd(power, (4 * c - 2 + is_lower_nearer) << shift) + is_open,
        .value = double_multiply_to_odd(power, (4 * c) << shift),
        .upper = double_multiply_to_odd(power, (4 * c + 2) << shift) - is_open};
}

void json_double_shortest(double value, uint64_t *digits, int *exponent)
{
    int k;
    interval in = double_interval(value, &k);
    uint64_t below = in.value / 4, tens = below / 10;
    bool is_lower_in = in.lower <= 40 * tens, is_upper_in = 40 * tens + 40 <= in.upper;
    if (below >= 10 && is_lower_in != is_upper_in) {
        *digits = tens + is_upper_in;
        *exponent = k + 1;
        return;
    }
    *exponent = k;
    is_lower_in = in.lower <= 4 * below;
    is_upper_in = 4 * below + 4 <= in.upper;
    if (is_lower_in != is_upper_in) {
        *digits = below + is_upper_in;
        return;
    }
    uint64_t middle = 4 * below + 2;
    bool rounds_up = in.value > middle || (in.value == middle && below % 2 == 1);
    *digits = below + rounds_up;
}

/* --- parsing --- */

static double double_by_library(uint64_t digits, int exponent)
{
    char text[40];
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
    return strtod(text, NULL);
}

static unsigned double_leading_zeros(uint64_t value)
{
    return (unsigned)__builtin_clzll(value);
}

/* Whether 5^exponent fits into 128 bits, or 5^-exponent into 64. For these exponents the power of
 * the table, which is rounded up, is precise enough in every case. */
static bool double_is_small_power(int exponent)
{
    return exponent >= -27 && exponent <= 55;
}

/* The power as the proof of Lemire's algorithm requires it: rounded down, which is one less than in
 * the table. Small powers are as in the table. */
static json_power double_reading_power(int exponent)
{
    json_power power = json_powers[exponent - JSON_POWER_FIRST];
    if (double_is_small_power(exponent))
        return power;
    power.high -= power.low == 0;
    power.low--;
    return power;
}

/* Multiplies digits (highest bit set) by the power. false: the high part is not precise enough. */
static bool double_scale(uint64_t digits, int exponent, double_product *scaled)
{
    json_power power = double_reading_power(exponent);
    double_product whole = double_multiply(digits, power.high);
    /* The 9 bits below the bits that are rounded are all set, so a carry from the power's low half
     * may matter. */
    if ((whole.high & 0x1FF) == 0x1FF) {
        uint64_t more = double_multiply(digits, power.low).high;
        whole.low += more;
        whole.high += whole.low < more;
    }
    *scaled = whole;
    return whole.low != UINT64_MAX || double_is_small_power(exponent);
}

static double double_from_parts(uint64_t fraction, int biased)
{
    if (biased >= EXPONENT_INFINITE)
        return HUGE_VAL;
    uint64_t bits = (fraction & (HIDDEN_BIT - 1)) | (uint64_t)biased << FRACTION_BITS;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double json_double_nearest(uint64_t digits, int64_t wide_exponent)
{
    if (wide_exponent > 310)
        return HUGE_VAL;
    if (wide_exponent < -400)
        return 0;
    int exponent = (int)wide_exponent;
    unsigned zeros = double_leading_zeros(digits);
    double_product scaled;
    if (exponent < JSON_POWER_FIRST || !double_scale(digits << zeros, exponent, &scaled))
        return double_by_library(digits, exponent);
    unsigned top = (unsigned)(scaled.high >> 63);
    unsigned shift = top + 64 - FRACTION_BITS - 3;
    uint64_t mantissa = scaled.high >> shift;
    int biased = double_floor_log2_power(exponent) + 63 + (int)top - (int)zeros + EXPONENT_BIAS;
    if (biased <= 0)
        return double_by_library(digits, exponent);
    /* Exactly in the middle between two doubles: round to the even one. Only these exponents can
     * lead to such a tie. */
    bool is_tie = scaled.low <= 1 && exponent >= -4 && exponent <= 23 && (mantissa & 3) == 1 &&
                  mantissa << shift == scaled.high;
    if (is_tie)
        mantissa--;
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >= 2 * HIDDEN_BIT) {
        mantissa = HIDDEN_BIT;
        biased++;
    }
    return double_from_parts(mantissa, biased);
}
