/* Between doubles and decimals with 64-bit digits, by integer arithmetic alone: no library
 * function, no locale. */
#ifndef CODEC_JSON_DOUBLE_H
#define CODEC_JSON_DOUBLE_H

#include <stdbool.h>
#include <stdint.h>

/* The shortest decimal that reads back as value (> 0, finite), and of those the nearest to it:
 * *digits * 10^*exponent. digits may end in zeros. */
void json_double_shortest(double value, uint64_t *digits, int *exponent);

/* The double nearest to digits * 10^exponent, ties to even; infinity and 0 when beyond. digits >
 * 0. */
double json_double_nearest(uint64_t digits, int64_t exponent);

#endif
