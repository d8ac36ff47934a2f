/* How long calls took, counted in buckets: the form in which dubboc's figures tell latencies. */
#ifndef DUBBOC_LATENCY_H
#define DUBBOC_LATENCY_H

#include <dubboc/defs.h>

DUBBOC_BEGIN

/* A constant of dubboc_latency. */
enum {
    DUBBOC_LATENCY_BUCKETS = 112 /* the number of buckets of a dubboc_latency */
};

/* How many values there were, and how many in each bucket. Bucket i counts the values from
 * dubboc_latency_bucket_ns(i) to below dubboc_latency_bucket_ns(i + 1). The first four are 256 ns
 * wide; above, each power of two has four buckets of equal width, so that a value is known to a
 * quarter of itself. The last bucket counts all from 120 s on. */
typedef struct dubboc_latency {
    uint64_t count;  /* how many values there were: the sum of the buckets */
    uint64_t sum_ns; /* the sum of the values */
    uint64_t buckets[DUBBOC_LATENCY_BUCKETS]; /* how many values fell into each bucket */
} dubboc_latency;

/* The smallest value of that bucket; UINT64_MAX for DUBBOC_LATENCY_BUCKETS and above. */
DUBBOC_API uint64_t dubboc_latency_bucket_ns(unsigned bucket);

/* The value that this share (0 to 1) of the values does not exceed, as the middle of its bucket,
 * which is right to an eighth. 0: there are no values. Of the last bucket: its smallest value. */
DUBBOC_API uint64_t dubboc_latency_percentile_ns(const dubboc_latency *latency, double share);

DUBBOC_END

#endif
