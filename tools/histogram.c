#include "tools/histogram.h"

/* Values below HISTOGRAM_STEPS have a bucket each; above, each power of two is cut in
 * HISTOGRAM_STEPS equal buckets. */
static unsigned histogram_bucket(uint64_t value)
{
    if (value < HISTOGRAM_STEPS)
        return (unsigned)value;
    /* so that value >> shift is in [64, 128) */
    unsigned shift = 57 - (unsigned)__builtin_clzll(value);
    unsigned bucket =
        (shift + 1) * HISTOGRAM_STEPS + (unsigned)((value >> shift) - HISTOGRAM_STEPS);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The middle of a bucket. */
static uint64_t histogram_value(unsigned bucket)
{
    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    unsigned shift = bucket / HISTOGRAM_STEPS - 1;
    return ((uint64_t)(bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << shift) +
           ((UINT64_C(1) << shift) >> 1);
}

void histogram_add(histogram *self, uint64_t value)
{
    self->counts[histogram_bucket(value)]++;
    self->total++;
    if (value > self->max)
        self->max = value;
}

void histogram_merge(histogram *self, const histogram *other)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        self->counts[i] += other->counts[i];
    self->total += other->total;
    if (other->max > self->max)
        self->max = other->max;
}

uint64_t histogram_percentile(const histogram *self, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)self->total + 0.999999), seen = 0;
    if (self->total == 0)
        return 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += self->counts[i];
        if (seen >= wanted && self->counts[i] > 0) {
            uint64_t value = histogram_value(i);
            return value < self->max ? value : self->max;
        }
    }
    return self->max;
}
