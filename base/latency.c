/* The start of a bucket, and percentiles. */
#include "base/latency.h"

uint64_t dubboc_latency_bucket_ns(unsigned bucket)
{
    return bucket < DUBBOC_LATENCY_BUCKETS
               ? log_scale_start(bucket, LATENCY_SCALE_BITS) << LATENCY_UNIT_BITS
               : UINT64_MAX;
}

static uint64_t latency_bucket_middle_ns(unsigned bucket)
{
    uint64_t start = dubboc_latency_bucket_ns(bucket);
    return bucket + 1 < DUBBOC_LATENCY_BUCKETS
               ? start + (dubboc_latency_bucket_ns(bucket + 1) - start) / 2
               : start;
}

uint64_t dubboc_latency_percentile_ns(const dubboc_latency *latency, double share)
{
    uint64_t total = 0, seen = 0;
    for (unsigned i = 0; i < DUBBOC_LATENCY_BUCKETS; i++)
        total += latency->buckets[i];
    double wanted = share * (double)total;
    for (unsigned i = 0; i < DUBBOC_LATENCY_BUCKETS; i++) {
        seen += latency->buckets[i];
        if (seen > 0 && (seen == total || (double)seen >= wanted))
            return latency_bucket_middle_ns(i);
    }
    return 0;
}
