/* Latencies, counted in buckets: how the statistics of dubboc say how long calls took. */
#ifndef DUBBOC_LATENCY_H
#define DUBBOC_LATENCY_H

#include <dubboc/defs.h>

DUBBOC_BEGIN

/* The size of a dubboc_latency. */
enum {
    DUBBOC_LATENCY_BUCKETS = 112 /* the number of buckets of a dubboc_latency */
};

/* A histogram of latencies. Bucket i counts the values from dubboc_latency_bucket_ns(i) to below
 * dubboc_latency_bucket_ns(i + 1). The first four buckets are 256 ns wide. Above them each power of
 * two is divided into four buckets of equal width, so a bucket is at most a quarter as wide as its
 * smallest value. The last bucket counts all values from 120 s on. */
typedef struct dubboc_latency {
    uint64_t count;  /* the number of values, which is the sum of the buckets */
    uint64_t sum_ns; /* the sum of the values */
    uint64_t buckets[DUBBOC_LATENCY_BUCKETS]; /* the number of values in each bucket */
} dubboc_latency;

/* The smallest value of a bucket; UINT64_MAX if bucket is DUBBOC_LATENCY_BUCKETS or more. */
DUBBOC_API uint64_t dubboc_latency_bucket_ns(unsigned bucket);

/* The value that a share (0 to 1) of all values does not exceed: 0.99 gives the 99th percentile.
 * The result is the middle of the bucket with that value, so it is wrong by an eighth at most; for
 * the last bucket the result is the smallest value of the bucket. 0: there are no values. */
DUBBOC_API uint64_t dubboc_latency_percentile_ns(const dubboc_latency *latency, double share);

DUBBOC_END

#endif
