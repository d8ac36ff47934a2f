#include "tests/support/test.h"

#include "base/slice.h"

static void reads_unsigned_decimals_up_to_the_given_maximum(void **state)
{
    (void)state;
    uint64_t value;
    assert_true(slice_u64(slice_of("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(slice_u64(slice_of("18446744073709551616"), UINT64_MAX, &value));
    assert_true(slice_u64(slice_of("65535"), 65535, &value));
    assert_false(slice_u64(slice_of("65536"), 65535, &value));
    assert_false(slice_u64(slice_of("7"), 5, &value));
    assert_false(slice_u64(slice_of(""), 5, &value));
    assert_false(slice_u64(slice_of("-1"), 5, &value));
    assert_false(slice_u64(slice_of("1 "), 5, &value));
}

static void splits_a_list_and_drops_blanks_and_empty_items(void **state)
{
    (void)state;
    dubboc_slice rest = slice_of(" a, ,b c ,,d"), piece;
    const char *expected[] = {"a", "b c", "d"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(slice_next(&rest, ',', &piece));
        assert_true(slice_is(piece, expected[i]));
    }
    assert_false(slice_next(&rest, ',', &piece));
}

static void compares_without_case_in_ascii_only(void **state)
{
    (void)state;
    assert_true(slice_is_nocase(slice_of("Content-LENGTH"), "content-length"));
    assert_false(slice_is_nocase(slice_of("Content-Lengt"), "content-length"));
    assert_false(slice_is_nocase(slice_of("\xC3\x84"), "\xC3\xA4"));
}

static void compares_bytes_and_sorts_a_prefix_first(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "A", "a", "a\x01", "aa", "ab", "b", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof ascending / sizeof ascending[0]; i++)
        for (size_t k = 0; k < sizeof ascending / sizeof ascending[0]; k++) {
            int order = slice_compare(slice_of(ascending[i]), slice_of(ascending[k]));
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    assert_int_equal(slice_compare(slice_of(NULL), slice_of("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_unsigned_decimals_up_to_the_given_maximum),
        cmocka_unit_test(splits_a_list_and_drops_blanks_and_empty_items),
        cmocka_unit_test(compares_without_case_in_ascii_only),
        cmocka_unit_test(compares_bytes_and_sorts_a_prefix_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
