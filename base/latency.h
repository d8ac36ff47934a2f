/* The buckets of <dubboc/latency.h>, for code that counts latencies. */
#ifndef BASE_LATENCY_H
#define BASE_LATENCY_H

#include <dubboc/latency.h>

#include "base/log_scale.h"

#define LATENCY_UNIT_BITS 8u  /* a unit is 256 ns */
#define LATENCY_SCALE_BITS 2u /* four buckets for each power of two */

/* The bucket of a latency. */
static inline unsigned latency_bucket(uint64_t ns)
{
    unsigned bucket = log_scale_bucket(ns >> LATENCY_UNIT_BITS, LATENCY_SCALE_BITS);
    return bucket < DUBBOC_LATENCY_BUCKETS ? bucket : DUBBOC_LATENCY_BUCKETS - 1;
}

#endif
