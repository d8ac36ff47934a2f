/* The Timeout header in both forms (wire.md P11). */
#include "tests/server/caller.h"

#include "server/exchange.h"

static void the_timeout_header_is_read_in_both_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"250000000", 250000000},
        {" 250000000 ", 250000000},
        {"1", 1},
        {"9223372036854775807", INT64_MAX},
        {"3s", 3000000000},
        {"350ms", 350000000},
        {"1m0s", 60000000000},
        {"1h2m3.5s", 3723500000000},
        {"1.5s", 1500000000},
        {".5s", 500000000},
        {"100us", 100000},
        {"100\xc2\xb5s", 100000},
        {"100\xce\xbcs", 100000},
        {"7ns", 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ns = timeout_header_ns(rows[i].text);
        if (ns != rows[i].ns)
            print_error("%s: ", rows[i].text);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void an_unreadable_timeout_is_ignored(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " ", "0", "0s", "-1", "-3s", "+3s", "3x", "s", "3s4",
        "3 s", "1e9", "9223372036854775808", "99999999999h", "0x10", "3,5s", "1.2.3s", ".s",
        "infinity"};
    assert_int_equal(timeout_header_ns(NULL), 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t ns = timeout_header_ns(texts[i]);
        if (ns != 0)
            print_error("\"%s\": ", texts[i]);
        assert_int_equal(ns, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_timeout_header_is_read_in_both_forms),
        cmocka_unit_test(an_unreadable_timeout_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
