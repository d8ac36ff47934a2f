/* Powers of ten with 128 bits, for json_double.c. */
#ifndef CODEC_JSON_POWERS_H
#define CODEC_JSON_POWERS_H

#include <stdint.h>

#define JSON_POWER_FIRST (-292)
#define JSON_POWER_LAST 324

/* 10^k lies in [2^(e+127), 2^(e+128)) with e = floor(log2(10^k)) - 127. */
typedef struct json_power {
    uint64_t high;
    uint64_t low;
} json_power;

extern const json_power json_powers[JSON_POWER_LAST - JSON_POWER_FIRST + 1];

#endif
