/* Numbers in trees: integers and long decimals come back unchanged, whatever the locale is.
 * Decimals of doubles are tested in json_double_test.c. */
#include "tests/support/test.h"

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <sys/stat.h>

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

static char *print(const cJSON *tree)
{
    char *text;
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_json_print(tree, &text, NULL, &err), &err);
    return text;
}

static void integers_come_back_exactly(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (long i = 0; i < ROUNDS; i++) {
        int64_t value =
            (int64_t)(random_step(&seed) >> (random_step(&seed) % 64)) * (i % 2 ? 1 : -1);
        char expected[24], text[JSON_NUMBER_PRINT_MAX + 1];
        snprintf(expected, sizeof expected, "%lld", (long long)value);
        int64_t again = 0;
        cJSON *made = dubboc_json_i64_new(value), *tree = parse(expected);
        if (dubboc_json_i64(tree, &again) != DUBBOC_OK || again != value ||
            dubboc_json_i64(made, &again) != DUBBOC_OK || again != value ||
            dubboc_json_decimal(tree, text, sizeof text) != DUBBOC_OK ||
            strcmp(text, expected) != 0 || made->type != tree->type) {
            print_error("%s comes back as %lld, prints as %s\n", expected, (long long)again, text);
            fail();
        }
        cJSON_Delete(made);
        cJSON_Delete(tree);
    }
}

/* --- which numbers are plain nodes --- */

static void check_node(const char *text, bool is_plain)
{
    cJSON *tree = parse(text);
    if ((tree->type == cJSON_Number) != is_plain)
        print_error("%s is %s\n", text, is_plain ? "raw" : "plain");
    assert_int_equal(is_plain ? cJSON_Number : cJSON_Raw, tree->type);
    assert_true(dubboc_json_is_number(tree));
    if (!is_plain) {
        assert_string_equal(text, tree->valuestring);
        assert_true(tree->valuedouble == 0);
        assert_int_equal(0, tree->valueint);
    }
    cJSON_Delete(tree);
}

static void a_number_that_a_double_keeps_is_a_plain_number(void **state)
{
    (void)state;
    const char *plain[] = {"0", "-0", "5", "5.0", "5e0", "50e-1", "9007199254740992",
        "-9007199254740992", "900719925474099200e-2", "0.1", "1e23", "1e300", "0.30000000000000004",
        "5e-324", "1.7976931348623157e308", "123456789.123456", "1e18", "1e22", "0e999",
        "0.10000000000000000000000000000"};
    const char *raw[] = {"9007199254740993", "9007199254740994", "-9007199254740993",
        "9223372036854775807", "-9223372036854775808", "18446744073709551615",
        "18446744073709551616", "1e400", "-1e400", "1e-400", "3.14159265358979323846264338327",
        "0.1000000000000000055", "9007199254740993.0", "4.9e-324", "0.300000000000000041",
        "1.7976931348623158e308", "123456789012345678901234567890", "1152921504606846976"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        check_node(plain[i], true);
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++)
        check_node(raw[i], false);
}

static void big_numbers_survive_byte_for_byte(void **state)
{
    (void)state;
    const char *texts[] = {"9007199254740993", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "1e400", "123456789012345678901234567890",
        "0.123456789012345678901234567890", "-1E+400",
        "1.00000000000000000000000000000000000000000001"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"a\":[%s,%s],\"b\":%s}", texts[i], texts[i], texts[i]);
        cJSON *tree = parse(body);
        char *printed = print(tree);
        assert_string_equal(body, printed);
        free(printed);
        cJSON_Delete(tree);
    }
}

static void valueint_and_valuedouble_have_the_values_that_cjson_sets(void **state)
{
    (void)state;
    const char *texts[] = {"1", "-1", "2147483647", "2147483648", "-2147483648", "-2147483649",
        "1.9", "-1.9", "1e300", "-1e300", "true", "false"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cJSON *ours = parse(texts[i]), *theirs = cJSON_Parse(texts[i]);
        assert_non_null(theirs);
        assert_int_equal(theirs->valueint, ours->valueint);
        assert_true(theirs->valuedouble == ours->valuedouble);
        assert_int_equal(theirs->type, ours->type);
        cJSON_Delete(ours);
        cJSON_Delete(theirs);
    }
}

/* --- accessors --- */

typedef struct reading {
    const char *text;
    dubboc_status i64_status;
    int64_t i64;
    dubboc_status u64_status;
    uint64_t u64;
    dubboc_status double_status;
    double number;
} reading;

#define OK DUBBOC_OK
#define RANGE DUBBOC_E_RANGE
#define TYPE DUBBOC_E_TYPE
static const reading readings[] = {
    {"5", OK, 5, OK, 5, OK, 5},
    {"5.0", OK, 5, OK, 5, OK, 5},
    {"5e0", OK, 5, OK, 5, OK, 5},
    {"50e-1", OK, 5, OK, 5, OK, 5},
    {"0.05E+2", OK, 5, OK, 5, OK, 5},
    {"-0", OK, 0, OK, 0, OK, 0},
    {"-0.0e5", OK, 0, OK, 0, OK, 0},
    {"0e99999999999", OK, 0, OK, 0, OK, 0},
    {"-1", OK, -1, RANGE, 0, OK, -1},
    {"1.5", RANGE, 0, RANGE, 0, OK, 1.5},
    {"1e-400", RANGE, 0, RANGE, 0, OK, 0},
    {"9007199254740992", OK, INT64_C(9007199254740992), OK, UINT64_C(9007199254740992), OK,
        9007199254740992.0},
    {"9007199254740993", OK, INT64_C(9007199254740993), OK, UINT64_C(9007199254740993), OK,
        9007199254740992.0},
    {"9007199254740994", OK, INT64_C(9007199254740994), OK, UINT64_C(9007199254740994), OK,
        9007199254740994.0},
    {"9223372036854775807", OK, INT64_MAX, OK, INT64_MAX, OK, 9223372036854775808.0},
    {"9223372036854775807.000", OK, INT64_MAX, OK, INT64_MAX, OK, 9223372036854775808.0},
    {"922337203685477580.7e1", OK, INT64_MAX, OK, INT64_MAX, OK, 9223372036854775808.0},
    {"9223372036854775808", RANGE, 0, OK, UINT64_C(9223372036854775808), OK, 9223372036854775808.0},
    {"-9223372036854775808", OK, INT64_MIN, RANGE, 0, OK, -9223372036854775808.0},
    {"-9223372036854775809", RANGE, 0, RANGE, 0, OK, -9223372036854775808.0},
    {"18446744073709551615", RANGE, 0, OK, UINT64_MAX, OK, 18446744073709551616.0},
    {"18446744073709551616", RANGE, 0, RANGE, 0, OK, 18446744073709551616.0},
    {"1e19", RANGE, 0, OK, UINT64_C(10000000000000000000), OK, 1e19},
    {"1e18", OK, INT64_C(1000000000000000000), OK, UINT64_C(1000000000000000000), OK, 1e18},
    {"1e20", RANGE, 0, RANGE, 0, OK, 1e20},
    {"1e400", RANGE, 0, RANGE, 0, RANGE, 0},
    {"123456789012345678901234567890", RANGE, 0, RANGE, 0, OK, 123456789012345678901234567890.0},
    {"1.00000000000000000000000000000000001", RANGE, 0, RANGE, 0, OK, 1},
    {"100000000000000000000000e-23", OK, 1, OK, 1, OK, 1},
    {"1.7976931348623158e308", RANGE, 0, RANGE, 0, OK, DBL_MAX},
    /* just below the midpoint between DBL_MAX and 2^1024 */
    {"1.797693134862315807937e308", RANGE, 0, RANGE, 0, OK, DBL_MAX},
    {"1.797693134862315807938e308", RANGE, 0, RANGE, 0, RANGE, 0},
    {"-1.7976931348623159e308", RANGE, 0, RANGE, 0, RANGE, 0},
    {"4.9E-324", RANGE, 0, RANGE, 0, OK, DBL_TRUE_MIN},
    {"2.4703282292062327e-324", RANGE, 0, RANGE, 0, OK, 0},
    {"2.4703282292062328e-324", RANGE, 0, RANGE, 0, OK, DBL_TRUE_MIN},
    {"1e-99999999999999999999", RANGE, 0, RANGE, 0, OK, 0},
    {"1e99999999999999999999", RANGE, 0, RANGE, 0, RANGE, 0},
    {"\"5\"", TYPE, 0, TYPE, 0, TYPE, 0},
    {"true", TYPE, 0, TYPE, 0, TYPE, 0},
    {"null", TYPE, 0, TYPE, 0, TYPE, 0},
    {"[5]", TYPE, 0, TYPE, 0, TYPE, 0},
};

static void check_reading(const cJSON *value, const reading *expected)
{
    int64_t i64 = 77;
    uint64_t u64 = 77;
    double number = 77;
    dubboc_status status = dubboc_json_i64(value, &i64);
    if (status != expected->i64_status || i64 != (status == OK ? expected->i64 : 77)) {
        print_error("%s as int64_t: %s, %lld\n", expected->text, dubboc_status_name(status),
            (long long)i64);
        fail();
    }
    status = dubboc_json_u64(value, &u64);
    if (status != expected->u64_status || u64 != (status == OK ? expected->u64 : 77)) {
        print_error("%s as uint64_t: %s, %llu\n", expected->text, dubboc_status_name(status),
            (unsigned long long)u64);
        fail();
    }
    status = dubboc_json_double(value, &number);
    if (status != expected->double_status || number != (status == OK ? expected->number : 77)) {
        print_error("%s as double: %s, %g\n", expected->text, dubboc_status_name(status), number);
        fail();
    }
}

static void accessors_read_both_kinds_of_node_and_never_saturate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        cJSON *tree = parse(readings[i].text);
        check_reading(tree, &readings[i]);
        cJSON_Delete(tree);
        cJSON *raw = cJSON_CreateRaw(readings[i].text);
        check_reading(raw, &readings[i]);
        cJSON_Delete(raw);
    }
}

static void accessors_refuse_values_that_are_not_numbers(void **state)
{
    (void)state;
    const char *texts[] = {"", " 5", "5 ", "05", "5x", "+5", "NaN", "0x5"};
    int64_t i64;
    double number;
    char text[32];
    assert_int_equal(DUBBOC_E_TYPE, dubboc_json_i64(NULL, &i64));
    assert_int_equal(DUBBOC_E_TYPE, dubboc_json_double(NULL, &number));
    assert_int_equal(DUBBOC_E_TYPE, dubboc_json_decimal(NULL, text, sizeof text));
    assert_false(dubboc_json_is_number(NULL));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cJSON *raw = cJSON_CreateRaw(texts[i]);
        assert_false(dubboc_json_is_number(raw));
        assert_int_equal(DUBBOC_E_TYPE, dubboc_json_i64(raw, &i64));
        assert_int_equal(DUBBOC_E_TYPE, dubboc_json_double(raw, &number));
        assert_int_equal(DUBBOC_E_TYPE, dubboc_json_decimal(raw, text, sizeof text));
        cJSON_Delete(raw);
        assert_null(dubboc_json_decimal_new(texts[i], strlen(texts[i])));
    }
    cJSON *odd = cJSON_CreateNumber(NAN);
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_i64(odd, &i64));
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_double(odd, &number));
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_decimal(odd, text, sizeof text));
    cJSON_Delete(odd);
}

static void numbers_made_with_cjson_functions_are_read_by_their_value(void **state)
{
    (void)state;
    int64_t i64;
    uint64_t u64;
    cJSON *node = cJSON_CreateNumber(1152921504606846976.0);
    assert_int_equal(DUBBOC_OK, dubboc_json_i64(node, &i64));
    assert_true(i64 == INT64_C(1152921504606846976));
    cJSON_SetNumberValue(node, 9223372036854775808.0);
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_i64(node, &i64));
    assert_int_equal(DUBBOC_OK, dubboc_json_u64(node, &u64));
    cJSON_SetNumberValue(node, 18446744073709551616.0);
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_u64(node, &u64));
    cJSON_SetNumberValue(node, -9223372036854775808.0);
    assert_int_equal(DUBBOC_OK, dubboc_json_i64(node, &i64));
    assert_true(i64 == INT64_MIN);
    cJSON_Delete(node);
}

static void decimal_returns_the_exact_text_or_reports_that_it_does_not_fit(void **state)
{
    (void)state;
    char text[32] = "untouched";
    cJSON *tree = parse("123456789012345678901234567890");
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_decimal(tree, text, 30));
    assert_string_equal("untouched", text);
    assert_int_equal(DUBBOC_OK, dubboc_json_decimal(tree, text, 31));
    assert_string_equal("123456789012345678901234567890", text);
    cJSON_Delete(tree);
    tree = parse("1.50");
    assert_int_equal(DUBBOC_E_RANGE, dubboc_json_decimal(tree, text, 3));
    assert_int_equal(DUBBOC_OK, dubboc_json_decimal(tree, text, 4));
    assert_string_equal("1.5", text);
    cJSON_Delete(tree);
}

static void new_numbers_print_exactly(void **state)
{
    (void)state;
    cJSON *array = cJSON_CreateArray();
    cJSON_AddItemToArray(array, dubboc_json_i64_new(INT64_MIN));
    cJSON_AddItemToArray(array, dubboc_json_i64_new(INT64_MAX));
    cJSON_AddItemToArray(array, dubboc_json_i64_new(-7));
    cJSON_AddItemToArray(array, dubboc_json_u64_new(UINT64_MAX));
    cJSON_AddItemToArray(array, dubboc_json_u64_new(0));
    cJSON_AddItemToArray(array, dubboc_json_decimal_new("1.10", 4));
    cJSON_AddItemToArray(array, dubboc_json_decimal_new("1.1000000000000000000001", 24));
    char *text = print(array);
    assert_string_equal("[-9223372036854775808,9223372036854775807,-7,18446744073709551615,0,1.1,1."
                        "1000000000000000000001]",
        text);
    free(text);
    cJSON_Delete(array);
}

/* --- locale --- */

static void write_file(const char *folder, const char *name, const void *data, size_t len)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(len, fwrite(data, 1, len, file));
    assert_int_equal(0, fclose(file));
}

/* Writes a locale with a decimal comma to a folder from which glibc reads it, and sets it, so that
 * the test needs no installed locale. Returns false if the C library cannot read it. */
static bool use_comma_locale(void)
{
    enum { ITEMS = 6, TEXTS_AT = 4 * (2 + ITEMS) };
    const struct {
        uint32_t magic, items, at[ITEMS];
        uint32_t point, separator; /* as wide characters */
        char texts[12];
    } numeric = {UINT32_C(0x20031115) ^ LC_NUMERIC, ITEMS,
        {TEXTS_AT + 8, TEXTS_AT + 10, TEXTS_AT + 12, TEXTS_AT, TEXTS_AT + 4, TEXTS_AT + 14}, ',',
        '.', ",\0.\0\3\0UTF-8"};
    char *folder = test_folder_new();
    char path[400];
    snprintf(path, sizeof path, "%s/comma", folder);
    assert_int_equal(0, mkdir(path, 0700));
    write_file(path, "LC_NUMERIC", &numeric, sizeof numeric);
    setenv("LOCPATH", folder, 1);
    bool is_set = setlocale(LC_NUMERIC, "comma") != NULL;
    unsetenv("LOCPATH");
    test_folder_remove(folder);
    return is_set && strcmp(localeconv()->decimal_point, ",") == 0;
}

static void the_locale_changes_nothing(void **state)
{
    (void)state;
    if (!use_comma_locale()) {
        print_message("this C library has no locale with a decimal comma\n");
        return;
    }
    char probe[16];
    snprintf(probe, sizeof probe, "%.1f", 1.5);
    assert_string_equal("1,5", probe);
    const char *body = "[1.5,0.30000000000000004,-2.2250738585072014e-308,123456.789,5e-324,1."
                       "7976931348623157e308]";
    cJSON *tree = parse(body);
    char *text = print(tree);
    double number;
    dubboc_status status = dubboc_json_double(cJSON_GetArrayItem(tree, 1), &number);
    /* These numbers are converted by the C library. */
    double tiny = json_double_nearest(UINT64_C(4940656458412465442), -342);
    cJSON pi = {
        .type = cJSON_Raw, .valuestring = (char[]){"3.14159265358979323846264338327950288"}};
    double long_number = 0;
    dubboc_status long_status = dubboc_json_double(&pi, &long_number);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(body, text);
    assert_int_equal(DUBBOC_OK, status);
    assert_true(number == 0.1 + 0.2);
    assert_int_equal(DUBBOC_OK, long_status);
    assert_true(long_number == 3.14159265358979323846264338327950288);
    assert_true(tiny == 4.940656458412465442e-324);
    free(text);
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_come_back_exactly),
        cmocka_unit_test(a_number_that_a_double_keeps_is_a_plain_number),
        cmocka_unit_test(big_numbers_survive_byte_for_byte),
        cmocka_unit_test(valueint_and_valuedouble_have_the_values_that_cjson_sets),
        cmocka_unit_test(accessors_read_both_kinds_of_node_and_never_saturate),
        cmocka_unit_test(accessors_refuse_values_that_are_not_numbers),
        cmocka_unit_test(numbers_made_with_cjson_functions_are_read_by_their_value),
        cmocka_unit_test(decimal_returns_the_exact_text_or_reports_that_it_does_not_fit),
        cmocka_unit_test(new_numbers_print_exactly),
        cmocka_unit_test(the_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
