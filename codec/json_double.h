/* Conversion between doubles and decimals with 64-bit digits, by integer arithmetic. Independent of
 * the locale. */
#ifndef CODEC_JSON_DOUBLE_H
#define CODEC_JSON_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>

/* The shortest decimal that is parsed as value; if there are several, the nearest to value. The
 * decimal is *digits * 10^*exponent; *digits may end in zeros. value must be positive and
 * finite. */
void json_double_shortest(double value, uint64_t *digits, int *exponent);

/* The double nearest to digits * 10^exponent; ties round to even. Infinity if it is too large, 0 if
 * it is too small. digits must be positive. */
double json_double_nearest(uint64_t digits, int64_t exponent);

#endif
