#include "tests/support/test.h"

#include <limits.h>
#include <math.h>

static dubboc_error err;

static void check_json(cJSON *tree, const char *expected)
{
    char *text;
    assert_status(DUBBOC_OK, dubboc_json_print(tree, &text, NULL, &err), &err);
    assert_string_equal(expected, text);
    free(text);
    cJSON_Delete(tree);
}

static cJSON *parse(const char *text)
{
    cJSON *tree;
    assert_status(DUBBOC_OK, dubboc_json_parse(text, strlen(text), &tree, &err), &err);
    return tree;
}

/* --- pack --- */

static void packs_the_example_of_the_header(void **state)
{
    (void)state;
    cJSON *user;
    assert_status(DUBBOC_OK,
        dubboc_json_pack(
            &user, &err, "{s:s, s:I, s:[s,s]}", "name", "Ann", "id", (int64_t)7, "tags", "a", "b"),
        &err);
    check_json(user, "{\"name\":\"Ann\",\"id\":7,\"tags\":[\"a\",\"b\"]}");
}

static void packs_every_code(void **state)
{
    (void)state;
    cJSON *tree, *copied = parse("{\"k\":[1,{}]}");
    assert_status(DUBBOC_OK,
        dubboc_json_pack(&tree, &err, " [ s s? s? S i I U f b b n o O {} [] ] ", "a", "b",
            (const char *)NULL, "cdef", (size_t)2, -5, INT64_MIN, UINT64_MAX, 0.1, 0, 17,
            parse("[true]"), copied),
        &err);
    check_json(tree, "[\"a\",\"b\",null,\"cd\",-5,-9223372036854775808,18446744073709551615,0.1,"
                     "false,true,null,[true],{\"k\":[1,{}]},{},[]]");
    cJSON_Delete(copied);
    assert_status(DUBBOC_OK, dubboc_json_pack(&tree, &err, "i", 3), &err);
    check_json(tree, "3");
    assert_status(DUBBOC_OK, dubboc_json_pack(&tree, &err, "{s{s[i]}}", "a", "b", 1), &err);
    check_json(tree, "{\"a\":{\"b\":[1]}}");
}

static void a_packed_member_loses_its_former_name(void **state)
{
    (void)state;
    cJSON *source = parse("{\"old\":1}"), *tree;
    cJSON *member = cJSON_DetachItemFromObjectCaseSensitive(source, "old");
    assert_status(
        DUBBOC_OK, dubboc_json_pack(&tree, &err, "{s:o,s:O}", "new", member, "copy", source), &err);
    check_json(tree, "{\"new\":1,\"copy\":{}}");
    cJSON_Delete(source);
}

static void packing_refuses_bad_values_and_names_the_place(void **state)
{
    (void)state;
    cJSON *tree = NULL;
    const char *null = NULL;
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_json_pack(&tree, &err, "{s:{s:[i,s]}}", "user", "tags", 1, null), &err);
    assert_contains(err.text, "$.user.tags[1]: the string is NULL");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "{s:s}", "a", "\xFF"), &err);
    assert_contains(err.text, "$.a: the string is not UTF-8");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "[S]", "a\0b", (size_t)3), &err);
    assert_contains(err.text, "$[0]: the string holds a zero byte");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "[f]", NAN), &err);
    assert_contains(err.text, "$[0]: the number is NaN");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "f", INFINITY), &err);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "{s:i}", null, 1), &err);
    assert_contains(err.text, "a name is NULL");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "{s:i}", "\xC0\x80", 1), &err);
    assert_contains(err.text, "a name is not UTF-8");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "o", (cJSON *)NULL), &err);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "O", (cJSON *)NULL), &err);
    assert_null(tree);
}

static void packing_refuses_malformed_formats(void **state)
{
    (void)state;
    const char *formats[] = {"", " ", "{", "[", "[i", "{s", "{s:", "{s:i", "x", "[x]", "{i:i}",
        "i i", "]", "[}", "{]", "[i}"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        cJSON *tree = NULL;
        dubboc_status status = dubboc_json_pack(&tree, &err, formats[i],
            strcmp(formats[i], "{i:i}") == 0 || formats[i][0] != '{' ? (void *)1 : (void *)"k", 1);
        if (status != DUBBOC_E_ARGUMENT)
            print_error("taken: %s\n", formats[i]);
        assert_status(DUBBOC_E_ARGUMENT, status, &err);
        assert_contains(err.text, "in the format at byte");
    }
}

static void packing_takes_everything_over_even_when_it_fails(void **state)
{
    (void)state;
    cJSON *tree = NULL, *kept = parse("[1]");
    /* AddressSanitizer reports a value that is not freed, or freed twice. */
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_json_pack(&tree, &err, "[o,s,o,i,f,I,S,{s:o,s?:o,b},O,U,n,o]", parse("[1]"),
            (const char *)NULL, parse("{}"), 1, 2.0, INT64_C(3), "x", (size_t)1, "k", parse("[2]"),
            "k", parse("3"), 1, kept, UINT64_C(4), parse("4")),
        &err);
    assert_status(
        DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "[o,o", parse("[1]"), parse("[1]")), &err);
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_json_pack(&tree, &err, "{s:o}o", "a", parse("[1]"), parse("[1]")), &err);
    assert_status(
        DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "{s:?o}", "a", parse("[1]")), &err);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "{i:o}", 5, parse("[1]")), &err);
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_json_pack(&tree, &err, "{o:o}", parse("[1]"), parse("[1]")), &err);
    cJSON_Delete(kept);
}

static void packing_touches_no_argument_after_an_unknown_code(void **state)
{
    (void)state;
    cJSON *tree = NULL, *kept = parse("[1]");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "[l,o]", 5L, kept), &err);
    assert_status(
        DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "{l:s,s:o}", 5L, "k", "k", kept), &err);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, "[f,l,o]", NAN, 5L, kept), &err);
    check_json(kept, "[1]");
}

static void packing_ends_at_128_levels(void **state)
{
    (void)state;
    char format[300] = "";
    memset(format, '[', 129);
    memset(format + 129, ']', 129);
    cJSON *tree;
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_pack(&tree, &err, format), &err);
    assert_contains(err.text, "deeper than 128 levels");
    format[257] = '\0';
    assert_status(DUBBOC_OK, dubboc_json_pack(&tree, &err, format + 1), &err);
    cJSON_Delete(tree);
}

/* --- unpack --- */

static void unpacks_the_example_of_the_header(void **state)
{
    (void)state;
    cJSON *user = parse("{\"id\":9223372036854775807,\"name\":\"Ann\"}");
    const char *name;
    int64_t id;
    int age = 99;
    assert_status(DUBBOC_OK,
        dubboc_json_unpack(user, &err, "{s:s, s:I, s?:i}", "name", &name, "id", &id, "age", &age),
        &err);
    assert_string_equal("Ann", name);
    assert_true(id == INT64_MAX);
    assert_int_equal(99, age);
    cJSON_Delete(user);
}

static void unpacks_every_code(void **state)
{
    (void)state;
    cJSON *tree =
        parse("[\"a\",null,\"b\",-5,5.0,18446744073709551615,0.1,true,null,[1],{\"k\":\"v\"},7,8]");
    const char *a, *none = "x", *b;
    int i;
    int64_t i64;
    uint64_t u64;
    double f;
    bool yes;
    const cJSON *borrowed;
    cJSON *copy;
    assert_status(DUBBOC_OK,
        dubboc_json_unpack(tree, &err, "[s, s?, s?, i, I, U, f, b, n, o, O, *]", &a, &none, &b, &i,
            &i64, &u64, &f, &yes, &borrowed, &copy),
        &err);
    assert_string_equal("a", a);
    assert_null(none);
    assert_string_equal("b", b);
    assert_int_equal(-5, i);
    assert_int_equal(5, i64);
    assert_true(u64 == UINT64_MAX);
    assert_true(f == 0.1);
    assert_true(yes);
    assert_int_equal(1, borrowed->child->valueint);
    cJSON_Delete(tree);
    check_json(copy, "{\"k\":\"v\"}");
}

static void absent_optional_members_are_skipped_and_leave_their_targets_unchanged(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"b\":null,\"z\":3}");
    int i1 = 1, i2 = 2, i3 = 4, z = 0;
    const char *s = "s";
    double f = 5;
    cJSON *copy = NULL;
    const cJSON *borrowed = NULL;
    bool flag = true;
    int64_t i64 = 6;
    uint64_t u64 = 7;
    assert_status(DUBBOC_OK,
        dubboc_json_unpack(tree, &err,
            "{s?:{s:i,s:[i,s,f,O,o,*],s?:b!}, s?:[I,U,n,s?], s:i, s?:i!}", "a", "x", &i1, "y", &i2,
            &s, &f, &copy, &borrowed, "w", &flag, "b", &i64, &u64, &s, "z", &z, "q", &i3),
        &err);
    assert_int_equal(1, i1);
    assert_int_equal(2, i2);
    assert_int_equal(4, i3);
    assert_int_equal(3, z);
    assert_string_equal("s", s);
    assert_true(f == 5 && i64 == 6 && u64 == 7 && flag);
    assert_null(copy);
    assert_null(borrowed);
    cJSON_Delete(tree);
}

static void check_unpack_fails(
    dubboc_status expected, const char *part, const char *text, const char *format, ...)
{
    cJSON *tree = parse(text);
    va_list args;
    va_start(args, format);
    assert_status(expected, dubboc_json_vunpack(tree, &err, format, args), &err);
    va_end(args);
    assert_contains(err.text, part);
    cJSON_Delete(tree);
}

static void unpacking_errors_name_the_path_what_was_expected_and_what_was_found(void **state)
{
    (void)state;
    int i;
    int64_t i64;
    uint64_t u64;
    double f;
    bool b;
    const char *s;
    char decimal[4];
    check_unpack_fails(DUBBOC_E_TYPE,
        "$.user.age: expected an integer from -2147483648 to 2147483647, found a string",
        "{\"user\":{\"age\":\"5\"}}", "{s:{s:i}}", "user", "age", &i);
    check_unpack_fails(DUBBOC_E_TYPE, "$.user.tags[2]: expected a string, found null",
        "{\"user\":{\"tags\":[\"a\",\"b\",null]}}", "{s:{s:[s,s,s]}}", "user", "tags", &s, &s, &s);
    check_unpack_fails(
        DUBBOC_E_TYPE, "$: expected an object, found an array", "[]", "{s:i}", "a", &i);
    check_unpack_fails(DUBBOC_E_TYPE, "$: expected an array, found an object", "{}", "[i]", &i);
    check_unpack_fails(
        DUBBOC_E_TYPE, "$.a: expected a boolean, found a number", "{\"a\":1}", "{s:b}", "a", &b);
    check_unpack_fails(DUBBOC_E_TYPE, "found a number", "12345678901234567890", "s", &s);
    check_unpack_fails(DUBBOC_E_TYPE, "expected null, found a boolean", "true", "n");
    check_unpack_fails(DUBBOC_E_TYPE, "expected a string or null, found an object", "{}", "s?", &s);
    check_unpack_fails(DUBBOC_E_RANGE,
        "$[0]: expected an integer from -2147483648 to 2147483647, found 2147483648",
        "[2147483648]", "[i]", &i);
    check_unpack_fails(DUBBOC_E_RANGE, "found 1.5", "1.5", "I", &i64);
    check_unpack_fails(
        DUBBOC_E_RANGE, "found 9223372036854775808", "9223372036854775808", "I", &i64);
    check_unpack_fails(DUBBOC_E_RANGE, "found -1", "-1", "U", &u64);
    check_unpack_fails(
        DUBBOC_E_RANGE, "expected a number that fits a double, found 1e400", "1e400", "f", &f);
    check_unpack_fails(DUBBOC_E_RANGE, "found 1234567890123456789012345678901234567890...",
        "12345678901234567890123456789012345678901234567890", "i", &i);
    check_unpack_fails(DUBBOC_E_RANGE, "expected a number of at most 3 bytes, found 12.34", "12.34",
        "D", decimal, sizeof decimal);
    check_unpack_fails(DUBBOC_E_TYPE, "expected a number of at most 3 bytes, found a string",
        "\"1\"", "D", decimal, sizeof decimal);
    check_unpack_fails(
        DUBBOC_E_NOT_FOUND, "$.a.b: is missing", "{\"a\":{\"B\":1}}", "{s:{s:i}}", "a", "b", &i);
    check_unpack_fails(DUBBOC_E_NOT_FOUND, "$[1]: expected an item", "[1]", "[i,i]", &i, &i);
    check_unpack_fails(DUBBOC_E_RANGE, "expected 1 item, found 3", "[1,2,3]", "[i]", &i);
    check_unpack_fails(DUBBOC_E_TYPE, "$[\"other one\"]: is not expected",
        "{\"a\":1,\"other one\":2}", "{s:i!}", "a", &i);
    check_unpack_fails(DUBBOC_E_TYPE, "$.o.b: is not expected", "{\"o\":{\"a\":1,\"b\":1}}",
        "{s:{s:i!}}", "o", "a", &i);
    check_unpack_fails(
        DUBBOC_E_TYPE, "$.a: is not expected", "{\"a\":1,\"a\":2}", "{s:i!}", "a", &i);
    assert_int_equal(DUBBOC_E_TYPE, dubboc_json_unpack(NULL, &err, "i", &i));
}

static void unpacking_refuses_malformed_formats(void **state)
{
    (void)state;
    int i;
    check_unpack_fails(DUBBOC_E_ARGUMENT, "a value is missing", "1", "");
    check_unpack_fails(DUBBOC_E_ARGUMENT, "an unknown code", "1", "x");
    check_unpack_fails(DUBBOC_E_ARGUMENT, "an unknown code", "\"a\"", "S", "x");
    check_unpack_fails(DUBBOC_E_ARGUMENT, "not closed", "[1]", "[i", &i);
    check_unpack_fails(DUBBOC_E_ARGUMENT, "no ] after *", "[1]", "[i*i]", &i);
    check_unpack_fails(DUBBOC_E_ARGUMENT, "no } after !", "{\"a\":1}", "{s:i!s}", "a", &i);
    check_unpack_fails(DUBBOC_E_ARGUMENT, "not closed", "{\"a\":1}", "{s:i", "a", &i);
    check_unpack_fails(DUBBOC_E_ARGUMENT, "a key other than s", "{\"a\":1}", "{i:i}", &i, &i);
    check_unpack_fails(
        DUBBOC_E_ARGUMENT, "a name is NULL", "{\"a\":1}", "{s:i}", (const char *)NULL, &i);
    check_unpack_fails(
        DUBBOC_E_ARGUMENT, "something after the value in the format at byte 2", "1", "i i", &i, &i);
}

/* Reads 0.1 as C, C++ and PHP peers print it, and pi as cJSON prints it. A long decimal keeps its
 * text. */
static void doubles_are_the_nearest_and_decimals_keep_their_text(void **state)
{
    (void)state;
    cJSON *tree = parse(
              "[0.10000000000000001,3.1415926535897931,9007199254740993,33.3333333333333333333]"),
          *again;
    double tenth, pi, big;
    char decimal[32];
    assert_status(DUBBOC_OK,
        dubboc_json_unpack(tree, &err, "[f,f,f,D]", &tenth, &pi, &big, decimal, sizeof decimal),
        &err);
    assert_true(tenth == 0.1 && pi == 3.141592653589793 && big == 9007199254740992.0);
    assert_string_equal("33.3333333333333333333", decimal);
    assert_status(
        DUBBOC_OK, dubboc_json_pack(&again, &err, "{s:D,s:D}", "a", decimal, "b", "-1.50e3"), &err);
    check_json(again, "{\"a\":33.3333333333333333333,\"b\":-1500}");
    static const char *const bad[] = {NULL, "", "1,5", "1 ", "NaN", "0x1", "01", "+1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(
            DUBBOC_E_ARGUMENT, dubboc_json_pack(&again, &err, "[D,o]", bad[i], parse("[1]")), &err);
        assert_contains(err.text, "$[0]: the decimal is");
    }
    double skipped = 7;
    decimal[0] = 'x';
    assert_status(
        DUBBOC_OK, dubboc_json_unpack(tree, &err, "[f,f,f,f]", &tenth, &pi, &big, &skipped), &err);
    cJSON *empty = parse("{\"z\":1}");
    int z = 0;
    assert_status(DUBBOC_OK,
        dubboc_json_unpack(empty, &err, "{s?:D,s:i}", "a", decimal, sizeof decimal, "z", &z), &err);
    assert_true(decimal[0] == 'x' && z == 1);
    cJSON_Delete(empty);
    cJSON_Delete(tree);
}

static void copies_are_freed_when_a_later_member_is_wrong(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"a\":[1],\"b\":{\"c\":2},\"d\":\"x\"}"), *a = NULL, *b = NULL;
    int d;
    assert_status(DUBBOC_E_TYPE,
        dubboc_json_unpack(tree, &err, "{s:O,s:O,s:i}", "a", &a, "b", &b, "d", &d), &err);
    assert_null(a);
    assert_null(b);
    cJSON_Delete(tree);
}

static void a_packed_tree_unpacks_to_the_same_values(void **state)
{
    (void)state;
    cJSON *tree;
    int64_t i64;
    uint64_t u64;
    double f;
    assert_status(DUBBOC_OK,
        dubboc_json_pack(
            &tree, NULL, "[I,U,f]", INT64_C(-9007199254740993), UINT64_MAX, 0.30000000000000004),
        NULL);
    assert_status(DUBBOC_OK, dubboc_json_unpack(tree, NULL, "[I,U,f]", &i64, &u64, &f), NULL);
    assert_true(i64 == INT64_C(-9007199254740993) && u64 == UINT64_MAX && f == 0.1 + 0.2);
    cJSON_Delete(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_the_example_of_the_header),
        cmocka_unit_test(packs_every_code),
        cmocka_unit_test(a_packed_member_loses_its_former_name),
        cmocka_unit_test(packing_refuses_bad_values_and_names_the_place),
        cmocka_unit_test(packing_refuses_malformed_formats),
        cmocka_unit_test(packing_takes_everything_over_even_when_it_fails),
        cmocka_unit_test(packing_touches_no_argument_after_an_unknown_code),
        cmocka_unit_test(packing_ends_at_128_levels),
        cmocka_unit_test(unpacks_the_example_of_the_header),
        cmocka_unit_test(unpacks_every_code),
        cmocka_unit_test(absent_optional_members_are_skipped_and_leave_their_targets_unchanged),
        cmocka_unit_test(unpacking_errors_name_the_path_what_was_expected_and_what_was_found),
        cmocka_unit_test(unpacking_refuses_malformed_formats),
        cmocka_unit_test(doubles_are_the_nearest_and_decimals_keep_their_text),
        cmocka_unit_test(copies_are_freed_when_a_later_member_is_wrong),
        cmocka_unit_test(a_packed_tree_unpacks_to_the_same_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
