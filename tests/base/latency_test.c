/* Tests the counting of latencies in buckets. */
#include "base/latency.h"

#include "tests/support/test.h"

static void check_value(uint64_t value, unsigned bits)
{
    unsigned bucket = log_scale_bucket(value, bits);
    uint64_t start = log_scale_start(bucket, bits), next = log_scale_start(bucket + 1, bits);
    uint64_t middle = log_scale_middle(bucket, bits);
    if (start > value || value >= next || middle < start || middle >= next)
        print_error("value %llu, %u bits\n", (unsigned long long)value, bits);
    assert_true(start <= value && value < next);
    assert_true(start <= middle && middle < next);
    assert_true(next - start == 1 || (next - start) << bits <= start);
}

static void each_value_is_in_the_bucket_whose_limits_enclose_it(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 8; bits += 2) {
        for (uint64_t value = 0; value < 5000; value++)
            check_value(value, bits);
        for (unsigned power = 12; power < 62; power++)
            for (int off = -1; off <= 1; off++)
                check_value((UINT64_C(1) << power) + (uint64_t)off, bits);
    }
}

static void the_buckets_of_latencies_are_without_gaps_and_end_at_two_minutes(void **state)
{
    (void)state;
    assert_int_equal(dubboc_latency_bucket_ns(0), 0);
    for (unsigned i = 0; i < DUBBOC_LATENCY_BUCKETS; i++) {
        uint64_t start = dubboc_latency_bucket_ns(i);
        assert_int_equal(latency_bucket(start), i);
        if (i > 0)
            assert_int_equal(latency_bucket(start - 1), i - 1);
    }
    assert_in_range(dubboc_latency_bucket_ns(DUBBOC_LATENCY_BUCKETS - 1), UINT64_C(120000000000),
        UINT64_C(121000000000));
    assert_int_equal(latency_bucket(UINT64_MAX), DUBBOC_LATENCY_BUCKETS - 1);
    assert_true(dubboc_latency_bucket_ns(DUBBOC_LATENCY_BUCKETS) == UINT64_MAX);
}

static void percentiles_are_right_to_an_eighth(void **state)
{
    (void)state;
    dubboc_latency latency = {0};
    assert_int_equal(dubboc_latency_percentile_ns(&latency, 0.5), 0);
    for (uint64_t us = 1; us <= 1000; us++)
        latency.buckets[latency_bucket(us * 1000)]++;
    for (int percent = 10; percent <= 100; percent += 10) {
        uint64_t exact = (uint64_t)percent * 10000;
        uint64_t told = dubboc_latency_percentile_ns(&latency, percent / 100.0);
        assert_in_range(told, exact - exact / 8, exact + exact / 8);
    }
    assert_int_equal(
        latency_bucket(dubboc_latency_percentile_ns(&latency, 0)), latency_bucket(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value_is_in_the_bucket_whose_limits_enclose_it),
        cmocka_unit_test(the_buckets_of_latencies_are_without_gaps_and_end_at_two_minutes),
        cmocka_unit_test(percentiles_are_right_to_an_eighth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
