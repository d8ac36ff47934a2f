/* Builds and reads JSON by the types of C variables, and checks the errors if a tree does not fit.
 * tests/e2e/typed_json.py checks that wrong types do not compile. */
#include "tests/support/test.h"

#include <limits.h>
#include <math.h>

static dubboc_error err;

static cJSON *parse(const char *text)
{
    cJSON *tree = NULL;
    assert_status(DUBBOC_OK, dubboc_json_parse(text, strlen(text), &tree, &err), &err);
    return tree;
}

static void check_json(cJSON *tree, const char *expected)
{
    char *text = NULL;
    assert_status(DUBBOC_OK, dubboc_json_print(tree, &text, NULL, &err), &err);
    assert_string_equal(expected, text);
    free(text);
    cJSON_Delete(tree);
}

/* Builds the smallest and the largest value of every integer type. size_t, int64_t and the like are
 * each one of these types on every platform. */
static void every_integer_type_is_built_exactly(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    const signed char schar = SCHAR_MIN;
    const unsigned char uchar = UCHAR_MAX;
    const short shortest = SHRT_MIN;
    const unsigned short ushort = USHRT_MAX;
    const long longer = LONG_MIN;
    const long long longest = LLONG_MIN;
    const size_t size = SIZE_MAX;
    assert_status(DUBBOC_OK,
        dubboc_json_build(&tree, &err,
            DUBBOC_ARRAY(schar, uchar, shortest, ushort, INT_MIN, UINT_MAX, longer, ULONG_MAX,
                longest, ULLONG_MAX, size, INT64_MIN, UINT64_MAX, -1, 'a', 1u, 2L, 3ULL)),
        &err);
    check_json(tree,
        "[-128,255,-32768,65535,-2147483648,4294967295,-9223372036854775808,18446744073709551615,"
        "-9223372036854775808,18446744073709551615,18446744073709551615,-9223372036854775808,"
        "18446744073709551615,"
        "-1,97,1,2,3]");
}

static void values_of_every_kind_but_integers_are_built(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    char array[] = "array";
    const char *text = "text", *none = NULL;
    const bool yes = true;
    const dubboc_slice slice = {"slice and more", 5};
    cJSON *copied = parse("{\"k\":[1]}");
    const cJSON *borrowed = copied;
    assert_status(DUBBOC_OK,
        dubboc_json_build(&tree, &err,
            DUBBOC_OBJECT("literal", "x", "array", array, "text", text, "slice", slice, "yes", yes,
                "no", (bool)(1 > 2), "double", 0.1, "null", DUBBOC_NULL, "none",
                DUBBOC_OR_NULL(none), "some", DUBBOC_OR_NULL(text), "decimal",
                DUBBOC_DECIMAL("1e400"), "taken", cJSON_CreateArray(), "copied", borrowed)),
        &err);
    check_json(tree, "{\"literal\":\"x\",\"array\":\"array\",\"text\":\"text\",\"slice\":\"slice\","
                     "\"yes\":true,\"no\":false,"
                     "\"double\":0.1,\"null\":null,\"none\":null,\"some\":\"text\",\"decimal\":"
                     "1e400,\"taken\":[],\"copied\":{\"k\":[1]}}");
    cJSON_Delete(copied);
}

static void lists_may_contain_lists_and_a_value_may_be_the_whole_tree(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    assert_status(DUBBOC_OK,
        dubboc_json_build(&tree, &err,
            DUBBOC_ARRAY(DUBBOC_OBJECT("a", DUBBOC_ARRAY(1, DUBBOC_OBJECT("b", DUBBOC_ARRAY("c")))),
                DUBBOC_ARRAY(2))),
        &err);
    check_json(tree, "[{\"a\":[1,{\"b\":[\"c\"]}]},[2]]");
    assert_status(DUBBOC_OK, dubboc_json_build(&tree, &err, "alone"), &err);
    check_json(tree, "\"alone\"");
}

static void a_list_may_have_32_members(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    int first = 0, last = 0;
    assert_status(DUBBOC_OK,
        dubboc_json_build(&tree, &err,
            DUBBOC_OBJECT("a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", 7, "h", 8, "i", 9,
                "j", 10, "k", 11, "l", 12, "m", 13, "n", 14, "o", 15, "p", 16, "q", 17, "r", 18,
                "s", 19, "t", 20, "u", 21, "v", 22, "w", 23, "x", 24, "y", 25, "z", 26, "A", 27,
                "B", 28, "C", 29, "D", 30, "E", 31, "F", 32)),
        &err);
    assert_int_equal(32, cJSON_GetArraySize(tree));
    assert_status(
        DUBBOC_OK, dubboc_json_read(tree, &err, DUBBOC_MEMBERS("a", &first, "F", &last)), &err);
    assert_int_equal(1, first);
    assert_int_equal(32, last);
    cJSON_Delete(tree);
    assert_status(DUBBOC_OK,
        dubboc_json_build(&tree, &err,
            DUBBOC_ARRAY(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)),
        &err);
    assert_int_equal(32, cJSON_GetArraySize(tree));
    cJSON_Delete(tree);
}

#define CHECK_BUILD_FAILS(part, value)                                                             \
    do {                                                                                           \
        cJSON *made = NULL;                                                                        \
        dubboc_status status = dubboc_json_build(&made, &err, value);                              \
        assert_status(DUBBOC_E_ARGUMENT, status, &err);                                            \
        assert_contains(err.text, part);                                                           \
        assert_null(made);                                                                         \
    } while (0)

static void building_refuses_bad_values_names_their_path_and_frees_all_trees(void **state)
{
    (void)state;
    const char *none = NULL;
    /* AddressSanitizer reports a value that is not freed, or freed twice. */
    CHECK_BUILD_FAILS("$.user.tags[1]: the string is NULL",
        DUBBOC_OBJECT("a", parse("[1]"), "user",
            DUBBOC_OBJECT("tags", DUBBOC_ARRAY(1, none, parse("[2]"))), "b", parse("{}"), "c",
            DUBBOC_ARRAY(parse("[3]"))));
    CHECK_BUILD_FAILS("$.a: the string is not UTF-8", DUBBOC_OBJECT("a", "\xFF"));
    CHECK_BUILD_FAILS(
        "$[0]: the string holds a zero byte", DUBBOC_ARRAY(((dubboc_slice){"a\0b", 3})));
    CHECK_BUILD_FAILS("$[0]: the number is NaN", DUBBOC_ARRAY((double)NAN));
    CHECK_BUILD_FAILS("$: the number is infinite", (double)INFINITY);
    CHECK_BUILD_FAILS("$: the decimal is not a JSON number", DUBBOC_DECIMAL("1,5"));
    CHECK_BUILD_FAILS("$: the decimal is NULL", DUBBOC_DECIMAL(none));
    CHECK_BUILD_FAILS("a name is NULL", DUBBOC_OBJECT(none, parse("[1]")));
    CHECK_BUILD_FAILS("a name is not UTF-8", DUBBOC_OBJECT("\xC0\x80", parse("[1]")));
    CHECK_BUILD_FAILS("$.a: the tree is NULL", DUBBOC_OBJECT("a", (cJSON *)NULL));
    CHECK_BUILD_FAILS("$.a: the tree is NULL", DUBBOC_OBJECT("a", (const cJSON *)NULL));
}

static void every_kind_is_read(void **state)
{
    (void)state;
    cJSON *tree =
        parse("[-128,255,-32768,65535,-2147483648,4294967295,-9223372036854775808,"
              "18446744073709551615,5.0,"
              "18446744073709551615,0.10000000000000001,true,\"s\",null,1e400,[1],{\"k\":\"v\"}]");
    signed char schar;
    unsigned char uchar;
    short shortest;
    unsigned short ushort;
    int whole;
    unsigned natural;
    long longer;
    unsigned long ulonger;
    long long longest;
    size_t size;
    double real;
    bool yes;
    const char *string, *none = "x";
    char decimal[16];
    const cJSON *borrowed;
    cJSON *copy;
    assert_status(DUBBOC_OK,
        dubboc_json_read(tree, &err,
            DUBBOC_ITEMS(&schar, &uchar, &shortest, &ushort, &whole, &natural, &longer, &ulonger,
                &longest, &size, &real, &yes, &string, DUBBOC_OR_NULL(&none),
                DUBBOC_DECIMAL_TO(decimal, sizeof decimal), &borrowed, &copy)),
        &err);
    assert_true(
        schar == SCHAR_MIN && uchar == UCHAR_MAX && shortest == SHRT_MIN && ushort == USHRT_MAX);
    assert_true(
        whole == INT_MIN && natural == UINT_MAX && longer == LONG_MIN && ulonger == ULONG_MAX);
    assert_true(longest == 5 && size == SIZE_MAX && real == 0.1 && yes);
    assert_string_equal("s", string);
    assert_null(none);
    assert_string_equal("1e400", decimal);
    assert_ptr_equal(borrowed, cJSON_GetArrayItem(tree, 15));
    cJSON_Delete(tree);
    check_json(copy, "{\"k\":\"v\"}");
}

static void optional_targets_are_unchanged_when_absent_or_null(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"null\":null,\"there\":3,\"list\":[1]}");
    int absent = 1, null = 2, there = 0, first = 0, second = 4, deep = 5;
    assert_status(DUBBOC_OK,
        dubboc_json_read(tree, &err,
            DUBBOC_MEMBERS("absent", DUBBOC_OPTIONAL(&absent), "null", DUBBOC_OPTIONAL(&null),
                "there", DUBBOC_OPTIONAL(&there), "list",
                DUBBOC_ITEMS(&first, DUBBOC_OPTIONAL(&second)), "object",
                DUBBOC_OPTIONAL(DUBBOC_MEMBERS("deep", &deep)))),
        &err);
    assert_true(absent == 1 && null == 2 && there == 3 && first == 1 && second == 4 && deep == 5);
    cJSON_Delete(tree);
}

#define CHECK_READ_FAILS(expected, part, json, target)                                             \
    do {                                                                                           \
        cJSON *given = parse(json);                                                                \
        dubboc_status status = dubboc_json_read(given, &err, target);                              \
        assert_status((expected), status, &err);                                                   \
        assert_contains(err.text, part);                                                           \
        cJSON_Delete(given);                                                                       \
    } while (0)

static void reading_errors_name_the_path_what_was_expected_and_what_was_found(void **state)
{
    (void)state;
    signed char schar = 7;
    unsigned char uchar = 7;
    int whole = 7;
    long longer = 7;
    size_t size = 7;
    double real = 7;
    bool yes = true;
    const char *string = "7";
    char decimal[4];
    CHECK_READ_FAILS(DUBBOC_E_TYPE,
        "$.user.age: expected an integer from -2147483648 to 2147483647, found a string",
        "{\"user\":{\"age\":\"5\"}}", DUBBOC_MEMBERS("user", DUBBOC_MEMBERS("age", &whole)));
    CHECK_READ_FAILS(DUBBOC_E_TYPE, "found a boolean", "[false]", DUBBOC_ITEMS(&whole));
    CHECK_READ_FAILS(
        DUBBOC_E_TYPE, "expected a boolean, found a number", "[1]", DUBBOC_ITEMS(&yes));
    CHECK_READ_FAILS(
        DUBBOC_E_TYPE, "$[0]: expected a string, found null", "[null]", DUBBOC_ITEMS(&string));
    CHECK_READ_FAILS(
        DUBBOC_E_TYPE, "expected an object, found an array", "[]", DUBBOC_MEMBERS("a", &whole));
    CHECK_READ_FAILS(
        DUBBOC_E_TYPE, "expected an array, found an object", "{}", DUBBOC_ITEMS(&whole));
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "from -128 to 127, found 128", "[128]", DUBBOC_ITEMS(&schar));
    CHECK_READ_FAILS(
        DUBBOC_E_RANGE, "from -128 to 127, found -129", "[-129]", DUBBOC_ITEMS(&schar));
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "from 0 to 255, found 256", "[256]", DUBBOC_ITEMS(&uchar));
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "found 1.5", "1.5", &longer);
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "found 9223372036854775808", "9223372036854775808", &longer);
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "found -1", "-1", &size);
    CHECK_READ_FAILS(
        DUBBOC_E_RANGE, "expected a number that fits a double, found 1e400", "1e400", &real);
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "expected a number of at most 3 bytes, found 12.34", "12.34",
        DUBBOC_DECIMAL_TO(decimal, sizeof decimal));
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "found 1234567890123456789012345678901234567890...",
        "12345678901234567890123456789012345678901234567890", &whole);
    CHECK_READ_FAILS(DUBBOC_E_NOT_FOUND, "$.a.b: is missing", "{\"a\":{\"B\":1}}",
        DUBBOC_MEMBERS("a", DUBBOC_MEMBERS("b", &whole)));
    CHECK_READ_FAILS(
        DUBBOC_E_NOT_FOUND, "$[1]: expected an item", "[1]", DUBBOC_ITEMS(&whole, &longer));
    CHECK_READ_FAILS(DUBBOC_E_RANGE, "expected 1 item, found 3", "[1,2,3]", DUBBOC_ITEMS(&whole));
    assert_status(DUBBOC_E_TYPE, dubboc_json_read(NULL, &err, &whole), &err);
    assert_true(schar == 7 && uchar == 7 && size == 7 && real == 7 && yes);
    assert_string_equal("7", string);
}

static void copies_are_freed_when_a_later_member_is_wrong(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"a\":[1],\"b\":{\"c\":2},\"d\":\"x\"}"), *a = NULL, *b = NULL;
    int d;
    assert_status(DUBBOC_E_TYPE,
        dubboc_json_read(tree, &err, DUBBOC_MEMBERS("a", &a, "b", &b, "d", &d)), &err);
    assert_null(a);
    assert_null(b);
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_integer_type_is_built_exactly),
        cmocka_unit_test(values_of_every_kind_but_integers_are_built),
        cmocka_unit_test(lists_may_contain_lists_and_a_value_may_be_the_whole_tree),
        cmocka_unit_test(a_list_may_have_32_members),
        cmocka_unit_test(building_refuses_bad_values_names_their_path_and_frees_all_trees),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(optional_targets_are_unchanged_when_absent_or_null),
        cmocka_unit_test(reading_errors_name_the_path_what_was_expected_and_what_was_found),
        cmocka_unit_test(copies_are_freed_when_a_later_member_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
