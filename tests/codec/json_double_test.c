/* Doubles are printed as the shortest decimal that reads back as the same double, and any decimal
 * is parsed as the nearest double. The C library gives the expected values. */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>

#include "base/random.h"
#include "codec/json_double.h"
#include "codec/json_number.h"

#define ROUNDS 1000000

static cJSON *parse(const char *text)
{
    cJSON *tree;
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_json_parse(text, strlen(text), &tree, &err), &err);
    return tree;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void check_printed(double value, const char *expected)
{
    char text[JSON_NUMBER_PRINT_MAX + 1];
    text[json_number_print(value, text)] = '\0';
    assert_string_equal(expected, text);
}

/* Prints the value, parses the text and reads the node: the bits must be the same, and the text has
 * at most 25 characters. */
static void check_double(double value)
{
    char text[JSON_NUMBER_PRINT_MAX + 1];
    size_t len = json_number_print(value, text);
    text[len] = '\0';
    double again = 0;
    cJSON *tree = parse(text);
    dubboc_status status = dubboc_json_double(tree, &again);
    cJSON_Delete(tree);
    if (len > 25 || status != DUBBOC_OK || bits_of(again) != bits_of(value)) {
        print_error("%a prints as %s, which reads as %a (%s)\n", value, text, again,
            dubboc_status_name(status));
        fail();
    }
}

/* Checks with the C library that no shorter decimal reads back as the same double, and that no
 * decimal of the same length is nearer to it. */
static void check_shortest(double value)
{
    json_decimal decimal = json_shortest(value);
    char text[64];
    int digits = snprintf(text, sizeof text, "%llu", (unsigned long long)decimal.digits);
    snprintf(
        text, sizeof text, "%llue%d", (unsigned long long)decimal.digits, (int)decimal.exponent);
    assert_true(strtod(text, NULL) == value);
    if (digits > 1) {
        snprintf(text, sizeof text, "%.*e", digits - 2, value);
        if (strtod(text, NULL) == value)
            print_error("%a: %s is shorter than %d digits\n", value, text, digits);
        assert_true(strtod(text, NULL) != value);
    }
    char nearest[64];
    snprintf(nearest, sizeof nearest, "%.*e", digits - 1, value);
    snprintf(text, sizeof text, "%llu", (unsigned long long)decimal.digits);
    char *point = strchr(nearest, '.');
    if (point != NULL)
        memmove(point, point + 1, strlen(point));
    nearest[digits] = '\0';
    if (strtod(nearest, NULL) == value)
        assert_string_equal(nearest, text);
}

static void random_doubles_are_printed_and_read_back_exactly(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (long i = 0; i < ROUNDS; i++) {
        double value = double_of(random_step(&seed));
        if (isfinite(value))
            check_double(value);
    }
}

static void everyday_decimals_are_printed_and_read_back_exactly(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (long i = 0; i < ROUNDS / 4; i++) {
        uint64_t digits =
            random_step(&seed) % UINT64_C(1000000000000000) / (random_step(&seed) % 1000 + 1);
        int places = (int)(random_step(&seed) % 12) + 1;
        char text[40];
        snprintf(text, sizeof text, "%llue-%d", (unsigned long long)digits, places);
        double value = strtod(text, NULL);
        check_double(value);
        check_double((double)(int64_t)(random_step(&seed) >> 11) / 9007199254740992.0);
        json_decimal expected = json_decimal_read(slice_of(text)), actual = json_decimal_of(value);
        if (expected.digits != actual.digits || expected.exponent != actual.exponent)
            print_error("%s prints as %llue%lld\n", text, (unsigned long long)actual.digits,
                (long long)actual.exponent);
        assert_true(expected.digits == actual.digits && expected.exponent == actual.exponent);
    }
}

static void doubles_near_powers_of_two_and_ten_are_printed_and_read_back_exactly(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent++) {
        double value = ldexp(1, exponent);
        check_double(value);
        check_double(-value);
        check_double(nextafter(value, INFINITY));
        check_double(nextafter(value, 0));
        check_shortest(value);
        check_shortest(nextafter(value, INFINITY));
    }
    for (int exponent = -323; exponent <= 308; exponent++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", exponent);
        double value = strtod(text, NULL);
        check_double(value);
        check_shortest(value);
        check_double(nextafter(value, INFINITY));
        check_double(nextafter(value, 0));
    }
    check_double(DBL_MAX);
    check_double(DBL_MIN);
    check_double(DBL_TRUE_MIN);
}

static void prints_the_shortest_decimal_that_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (long i = 0; i < ROUNDS / 40; i++) {
        double value = fabs(double_of(random_step(&seed)));
        if (isfinite(value))
            check_shortest(value);
        check_shortest((double)(int64_t)(random_step(&seed) >> 11 | 1) / 9007199254740992.0);
    }
}

static void prints_doubles_in_the_form_that_people_and_java_expect(void **state)
{
    (void)state;
    check_printed(0, "0");
    check_printed(-0.0, "-0.0");
    check_printed(1, "1");
    check_printed(-17, "-17");
    check_printed(0.1, "0.1");
    check_printed(1.1, "1.1");
    check_printed(0.3, "0.3");
    check_printed(0.1 + 0.2, "0.30000000000000004");
    check_printed(1.0 / 3, "0.3333333333333333");
    check_printed(100, "100");
    check_printed(1e15, "1000000000000000");
    check_printed(9007199254740991, "9007199254740991");
    check_printed(9007199254740992, "9007199254740992");
    check_printed(1e17, "100000000000000000");
    check_printed(1152921504606846976, "1152921504606846976");
    check_printed(9223372036854775807.0, "9223372036854775808");
    check_printed(1e20, "1e20");
    check_printed(1e23, "1e23");
    check_printed(1.5e300, "1.5e300");
    check_printed(1e-5, "0.00001");
    check_printed(1.25e-6, "0.00000125");
    check_printed(1e-7, "1e-7");
    check_printed(-1.5e-10, "-1.5e-10");
    check_printed(123456.789, "123456.789");
    check_printed(5e-324, "5e-324");
    check_printed(1.7976931348623157e308, "1.7976931348623157e308");
    check_printed(2.2250738585072014e-308, "2.2250738585072014e-308");
    check_printed(9.5e-3, "0.0095");
    check_printed(2251799813685248.5, "2251799813685248.5");
}

/* Compares random decimals with the results of the C library. */
static void reads_decimals_as_the_c_library_does(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (long i = 0; i < ROUNDS / 2; i++) {
        uint64_t digits = random_step(&seed) >> (random_step(&seed) % 64) | 1;
        int exponent = (int)(random_step(&seed) % 720) - 380;
        if (i % 2 == 0)
            exponent = exponent % 24;
        char text[48];
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
        double expected = strtod(text, NULL), actual = json_double_nearest(digits, exponent);
        if (bits_of(expected) != bits_of(actual))
            print_error("%s reads as %a, expected %a\n", text, actual, expected);
        assert_true(bits_of(expected) == bits_of(actual));
    }
}

/* A decimal exactly halfway between two doubles is read as the one with an even mantissa. */
static void reads_halves_as_the_c_library_does(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (long i = 0; i < ROUNDS / 4; i++) {
        uint64_t digits = (UINT64_C(1) << 53 | random_step(&seed) >> 11 | 1)
                          << (random_step(&seed) % 10);
        for (int exponent = 0; exponent > -8 && digits % 5 != 0; exponent--) {
            char text[48];
            snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
            double expected = strtod(text, NULL), actual = json_double_nearest(digits, exponent);
            if (bits_of(expected) != bits_of(actual))
                print_error("%s reads as %a, expected %a\n", text, actual, expected);
            assert_true(bits_of(expected) == bits_of(actual));
            if (digits > UINT64_MAX / 5)
                break;
            digits *= 5;
        }
    }
}

/* Checks dubboc_json_double() on the node that is parsed from the text, and on a node that holds
 * the text itself. */
static void check_nearest(const char *text, double expected)
{
    cJSON raw = {.type = cJSON_Raw, .valuestring = (char *)(uintptr_t)text};
    cJSON *tree = parse(text);
    double from_raw = 77, from_tree = 77;
    dubboc_status raw_status = dubboc_json_double(&raw, &from_raw),
                  tree_status = dubboc_json_double(tree, &from_tree);
    cJSON_Delete(tree);
    if (raw_status != DUBBOC_OK || tree_status != DUBBOC_OK ||
        bits_of(from_raw) != bits_of(expected) || bits_of(from_tree) != bits_of(expected))
        fail_msg("%.100s reads as %s %a and %s %a, expected %a", text,
            dubboc_status_name(raw_status), from_raw, dubboc_status_name(tree_status), from_tree,
            expected);
}

/* Reads doubles as peers in C, C++, PHP and Java print them, with 15 to 20 digits. */
static void a_million_printed_doubles_read_as_the_c_library_reads_them(void **state)
{
    (void)state;
    static const int digits[] = {15, 16, 17, 20};
    uint64_t seed = 8;
    for (long i = 0; i < ROUNDS; i++) {
        /* half of the values have random magnitudes, the other half ordinary ones */
        double value = double_of(random_step(&seed));
        if (i % 2 == 0)
            value = (double)(int64_t)random_step(&seed) / 9007199254740992.0;
        for (size_t j = 0; isfinite(value) && j < sizeof digits / sizeof digits[0]; j++) {
            char text[64];
            snprintf(text, sizeof text, "%.*g", digits[j], value);
            /* rounding to fewer digits may turn the largest doubles into infinity */
            if (isfinite(strtod(text, NULL)))
                check_nearest(text, strtod(text, NULL));
        }
    }
}

/* The exact decimal expansion of a double, and of the values halfway to its neighbours, has up to
 * 767 digits. */
static void exact_expansions_and_midpoints_are_read_as_strtod_reads_them(void **state)
{
    (void)state;
    static const char *const tails[] = {"", "0", "1", "000000000000000000000000000000001"};
    uint64_t seed = 9;
    char text[2048];
    for (long i = 0; i < 3000; i++) {
        double value = double_of(random_step(&seed) >> 2), next = nextafter(value, INFINITY);
        long double half = ((long double)value + (long double)next) / 2;
        if (!isfinite(next))
            continue;
        for (size_t j = 0; j < sizeof tails / sizeof tails[0]; j++) {
            int len = snprintf(text, sizeof text, "%.1100Lf%s", half, tails[j]);
            assert_in_range(len, 1100, sizeof text - 1);
            check_nearest(text, strtod(text, NULL));
            snprintf(text, sizeof text, "%.1100f%s", value, tails[j]);
            check_nearest(text, strtod(text, NULL));
        }
    }
    /* longer than the digits that the parser keeps; only the last digit decides the result */
    char *endless = malloc(100000);
    assert_non_null(endless);
    strcpy(endless, "1.00000000000000011102230246251565404236316680908203125"); /* 1 + 2^-53 */
    check_nearest(endless, 1);
    size_t len = strlen(endless);
    memset(endless + len, '0', 99990 - len);
    strcpy(endless + 99990, "1");
    check_nearest(endless, nextafter(1, 2));
    free(endless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_doubles_are_printed_and_read_back_exactly),
        cmocka_unit_test(everyday_decimals_are_printed_and_read_back_exactly),
        cmocka_unit_test(doubles_near_powers_of_two_and_ten_are_printed_and_read_back_exactly),
        cmocka_unit_test(prints_the_shortest_decimal_that_reads_back),
        cmocka_unit_test(prints_doubles_in_the_form_that_people_and_java_expect),
        cmocka_unit_test(reads_decimals_as_the_c_library_does),
        cmocka_unit_test(reads_halves_as_the_c_library_does),
        cmocka_unit_test(a_million_printed_doubles_read_as_the_c_library_reads_them),
        cmocka_unit_test(exact_expansions_and_midpoints_are_read_as_strtod_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
