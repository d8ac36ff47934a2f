#include "tools/histogram.h"

#include "base/log_scale.h"

static unsigned histogram_bucket(uint64_t value)
{
    unsigned bucket = log_scale_bucket(value, HISTOGRAM_STEP_BITS);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
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
            uint64_t value = log_scale_middle(i, HISTOGRAM_STEP_BITS);
            return value < self->max ? value : self->max;
        }
    }
    return self->max;
}
