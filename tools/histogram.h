/* A histogram of latencies in fixed memory. The width of a bucket grows with its value, so that a
 * percentile is exact to about 1.6 %, from a nanosecond to hours. */
#ifndef TOOLS_HISTOGRAM_H
#define TOOLS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 6u /* 64 buckets for each power of two */
#define HISTOGRAM_BUCKETS (44u << HISTOGRAM_STEP_BITS)

typedef struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t max;
} histogram;

void histogram_add(histogram *self, uint64_t value);
void histogram_merge(histogram *self, const histogram *other);

/* The value that a share (0 to 1) of all values does not exceed; 0 if there are no values. */
uint64_t histogram_percentile(const histogram *self, double share);

#endif
