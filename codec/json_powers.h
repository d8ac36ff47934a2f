/* A table of powers of ten with 128 significant bits, for json_double.c. json_powers[k -
 * JSON_POWER_FIRST] is 10^k. */
#ifndef CODEC_JSON_POWERS_H
#define CODEC_JSON_POWERS_H

#include <stdint.h>

#define JSON_POWER_FIRST (-292)
#define JSON_POWER_LAST 324

/* The significant bits g of 10^k, rounded up: 10^k is about g * 2^e with e = floor(log2(10^k)) -
 * 127. */
typedef struct json_power {
    uint64_t high;
    uint64_t low;
} json_power;

extern const json_power json_powers[JSON_POWER_LAST - JSON_POWER_FIRST + 1];

#endif
