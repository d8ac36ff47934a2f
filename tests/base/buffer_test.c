#include "tests/support/test.h"

#include "base/buffer.h"

static void refuses_bytes_beyond_its_limit(void **state)
{
    (void)state;
    buffer buf;
    buffer_init(&buf, 10);
    buffer_append_text(&buf, "0123456789");
    assert_int_equal(buf.status, DUBBOC_OK);
    buffer_append_char(&buf, 'x');
    assert_int_equal(buf.status, DUBBOC_E_TOO_BIG);
    assert_int_equal(buf.len, 10);
    buffer_fini(&buf);
}

static void stays_failed_until_it_is_cleared(void **state)
{
    (void)state;
    buffer buf;
    buffer_init(&buf, 4);
    buffer_append_text(&buf, "12345");
    buffer_append_text(&buf, "1");
    assert_int_equal(buf.len, 0);
    buffer_clear(&buf);
    buffer_append_text(&buf, "1");
    assert_int_equal(buf.len, 1);
    assert_int_equal(buf.status, DUBBOC_OK);
    buffer_fini(&buf);
}

static void prints_the_extreme_integers(void **state)
{
    (void)state;
    buffer buf;
    buffer_init(&buf, 100);
    buffer_append_i64(&buf, INT64_MIN);
    buffer_append_char(&buf, ' ');
    buffer_append_u64(&buf, UINT64_MAX);
    buffer_append_char(&buf, ' ');
    buffer_append_i64(&buf, 0);
    buffer_printf(&buf, " %s", "x");
    assert_string_equal(buffer_text(&buf), "-9223372036854775808 18446744073709551615 0 x");
    buffer_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bytes_beyond_its_limit),
        cmocka_unit_test(stays_failed_until_it_is_cleared),
        cmocka_unit_test(prints_the_extreme_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
