/* Histogram buckets whose width grows with the value, so that the relative precision is the same
 * for a microsecond and an hour. Each power of two is divided into 2^bits buckets of equal width;
 * values below 2^bits have a bucket each. The width of a bucket is at most 2^-bits times its
 * smallest value, or 1. */
#ifndef BASE_LOG_SCALE_H
#define BASE_LOG_SCALE_H

#include <stdint.h>

/* The bucket of a value. bits must be below 32. */
static inline unsigned log_scale_bucket(uint64_t value, unsigned bits)
{
    if (value >> bits == 0)
        return (unsigned)value;
    unsigned shift = 63 - bits - (unsigned)__builtin_clzll(value); /* value >> shift < 2^(bits+1) */
    return (shift << bits) + (unsigned)(value >> shift);
}

/* The smallest value of a bucket. */
static inline uint64_t log_scale_start(unsigned bucket, unsigned bits)
{
    if (bucket >> bits == 0)
        return bucket;
    unsigned shift = (bucket >> bits) - 1;
    return (uint64_t)(bucket - (shift << bits)) << shift;
}

/* The middle of a bucket. */
static inline uint64_t log_scale_middle(unsigned bucket, unsigned bits)
{
    uint64_t start = log_scale_start(bucket, bits);
    return start + (log_scale_start(bucket + 1, bits) - start) / 2;
}

#endif
