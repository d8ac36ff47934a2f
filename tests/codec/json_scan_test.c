/* Tests the rules of RFC 8259 with one text per line. Each accepted text is also printed without
 * white space and escapes, and the output must equal `printed` (NULL: the text itself). */
#include "tests/support/test.h"

#include "codec/json_scan.h"

typedef struct accepted {
    const char *text;
    const char *printed;
} accepted;

/* clang-format off */
static const accepted accepts[] = {
    /* literals */
    {"true", NULL}, {"false", NULL}, {"null", NULL},
    /* white space: section 2 */
    {" 1", "1"}, {"1 ", "1"}, {"\t1\t", "1"}, {"\n1\n", "1"}, {"\r1\r\n", "1"},
    {" \t\r\n[ \t\r\n] \t\r\n", "[]"},
    {"[ 1 , 2 ]", "[1,2]"}, {"{ \"a\" : 1 , \"b\" : 2 }", "{\"a\":1,\"b\":2}"}, {"{\n}", "{}"},
    /* structure */
    {"[]", NULL}, {"{}", NULL}, {"[[]]", NULL}, {"[{}]", NULL}, {"{\"a\":[]}", NULL},
    {"{\"a\":{}}", NULL}, {"[[],[]]", NULL},
    {"[1,\"a\",true,false,null,[],{}]", NULL}, {"{\"\":0}", NULL}, {"{\"a\":1,\"a\":2}", NULL},
    {"{\"a\":{\"a\":{\"a\":[[[1]]]}}}", NULL},
    {"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", NULL}, {"{\"a b\":1}", NULL}, {"{\"{\":\"}\"}", NULL},
    {"[\"[\",\"]\"]", NULL},
    {"[{\"a\":1},{\"a\":2}]", NULL}, {"{\"a\":[1,2],\"b\":{\"c\":[3]}}", NULL},
    /* numbers: section 6 */
    {"0", NULL}, {"-0", "-0.0"}, {"1", NULL}, {"-1", NULL}, {"10", NULL}, {"1234567890", NULL},
    {"0.5", NULL}, {"-0.5", NULL}, {"1.5", NULL},
    {"1e5", "100000"}, {"1E5", "100000"}, {"1e+5", "100000"}, {"1E+5", "100000"}, {"15e-1", "1.5"},
    {"15E-1", "1.5"}, {"1.0", "1"},
    {"0e0", "0"}, {"0E+0", "0"}, {"0e-0", "0"}, {"-0.0", NULL}, {"-0e5", "-0.0"}, {"0.0", "0"},
    {"1.10", "1.1"}, {"123e00002", "12300"}, {"0.1", NULL},
    {"0.001", NULL}, {"0.000001", NULL}, {"1e-7", NULL}, {"0.0000001", "1e-7"},
    {"100000000000000000000", NULL}, {"1e400", NULL}, {"-1e400", NULL},
    {"1e-400", NULL}, {"0e99999999999999999999", "0"}, {"1e99999999999999999999", NULL},
    {"1e-99999999999999999999", NULL},
    {"9007199254740991", NULL}, {"9007199254740992", NULL}, {"9007199254740993", NULL},
    {"-9007199254740993", NULL},
    {"9223372036854775807", NULL}, {"-9223372036854775808", NULL}, {"18446744073709551615", NULL},
    {"18446744073709551616", NULL},
    {"3.14159265358979323846264338327", NULL}, {"1.7976931348623157e308", NULL}, {"5e-324", NULL},
    {"2.2250738585072014e-308", NULL},
    {"1.7976931348623159e308", NULL}, {"4.9e-324", NULL}, {"1e22", NULL}, {"1e23", NULL},
    {"123456789012345678901234567890", NULL},
    /* strings: section 7 */
    {"\"\"", NULL}, {"\"a\"", NULL}, {"\" \"", NULL}, {"\"\x7F\"", NULL}, {"\"a/b\"", NULL},
    {"\"a\\/b\"", "\"a/b\""},
    {"\"\\\"\"", NULL}, {"\"\\\\\"", NULL}, {"\"\\b\\f\\n\\r\\t\"", NULL},
    {"\"\\u0041\"", "\"A\""}, {"\"\\u000a\"", "\"\\n\""},
    {"\"\\u000B\"", "\"\\u000b\""}, {"\"\\u001f\"", NULL}, {"\"\\u007f\"", "\"\x7F\""},
    {"\"\\u0080\"", "\"\xC2\x80\""}, {"\"\\u07FF\"", "\"\xDF\xBF\""},
    {"\"\\u0800\"", "\"\xE0\xA0\x80\""}, {"\"\\uFFFF\"", "\"\xEF\xBF\xBF\""},
    {"\"\\ud7ff\"", "\"\xED\x9F\xBF\""}, {"\"\\ue000\"", "\"\xEE\x80\x80\""},
    {"\"\\ud800\\udc00\"", "\"\xF0\x90\x80\x80\""}, {"\"\\uDBFF\\uDFFF\"", "\"\xF4\x8F\xBF\xBF\""},
    {"\"\\uD834\\uDD1E\"", "\"\xF0\x9D\x84\x9E\""},
    {"\"\\\\u0041\"", NULL}, {"\"\\\\\\\\\"", NULL}, {"\"\\u0022\"", "\"\\\"\""},
    {"\"\\u005c\"", "\"\\\\\""}, {"\"\\u2028\\u2029\"", "\"\xE2\x80\xA8\xE2\x80\xA9\""},
    {"\"x\\u0041x\\u0042x\"", "\"xAxBx\""}, {"{\"\\u0061\":1}", "{\"a\":1}"},
    {"[\"a\\\"]\"]", NULL}, {"\"12345678901234567890123456789012345678901234567890\"", NULL},
    {"\"123456789012345\\n\"", NULL}, {"\"1234567890123456\\n\"", NULL},
    {"\"12345678901234567\\n1234567890123456\\t\"", NULL},
    /* UTF-8: section 8.1, RFC 3629 */
    {"\"\xC2\x80\"", NULL}, {"\"\xDF\xBF\"", NULL}, {"\"\xE0\xA0\x80\"", NULL},
    {"\"\xED\x9F\xBF\"", NULL}, {"\"\xEE\x80\x80\"", NULL},
    {"\"\xEF\xBB\xBF\"", NULL}, {"\"\xEF\xBF\xBF\"", NULL}, {"\"\xF0\x90\x80\x80\"", NULL},
    {"\"\xF4\x8F\xBF\xBF\"", NULL}, {"\"\xC3\xA9t\xC3\xA9\"", NULL},
    {"{\"\xE4\xBD\xA0\xE5\xA5\xBD\":\"\xE4\xB8\x96\xE7\x95\x8C\"}", NULL},
    {"\"12345678901234567890\xC3\xA9 12345678901234567890\"", NULL},
};

static const char *const rejects[] = {
    /* empty, or not a value */
    "", " ", "\n", "a", "-", "+", ".", ",", ":", "]", "}", "\\", "'a'", "\xEF\xBB\xBF" "1",
    "\xEF\xBB\xBF{}", "\xEF\xBB", "\xFE\xFF", "\xFF\xFE[\0]", "<a>", "/**/1", "1 // x", "# x",
    /* literals */
    "tru", "truth", "True", "TRUE", "nul", "nulll", "Null", "fals", "False", "undefined", "NaN",
    "Infinity", "-Infinity", "nan", "inf", "[nul]", "truefalse", "t", "f", "n",
    "\"a\"b", "nan]",
    /* more than one value */
    "1 2", "1,2", "{}{}", "[][]", "[]]", "{}}", "\"a\"\"b\"", "[1]x", "true false", "1\v", "1\f",
    "1\xC2\xA0", "\xC2\xA0" "1",
    /* characters that are not white space in JSON */
    "\f1", "\v1", "[\f]", "[1\v]", "\xE3\x80\x80[]", "[\xC2\x85]",
    /* arrays */
    "[", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1;2]", "[1:2]", "[1}", "[\"a\"",
    "[[]", "[[[", "[]1", "[\"a\":1]", "[1,\n", "[\"\",", "[{}", "[*]",
    /* objects */
    "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}",
    "{\"a\",1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{a:1}", "{'a':1}", "{1:1}",
    "{null:1}", "{[]:1}", "{\"a\":}", "{\"a\"::1}", "{\"a\":1,,\"b\":2}", "{\"a\":1]",
    "{\"a\":1}}", "{\"a\"}", "{:1}", "{\"a\":1,1}", "{\"a\":a}", "{\"a\":1 ,}", "{\"a\\\":1}",
    "{\"a\":/*x*/1}", "{\"a\":1}//", "{\"a\":true false}", "{{}:1}", "{}1", "{\"\xFF\":1}", "{\"a",
    "{\"\\u00\":1}",
    /* numbers */
    "01", "-01", "00", "-00", "1.", "-1.", ".5", "-.5", "0.", "1.e5", "1.5e", "1e", "1e+", "1e-",
    "1e1.5", "1e1e1", "1.5.5", "+1", "++1", "--1", "- 1", "-a", "1a", "0x10", "0b1", "0o7",
    "1_000", "1,000", "1 000", "\xEF\xBC\x91", "1e\xEF\xBC\x91", "[1.]", "[-]", "[0e]", "[0e+]",
    "[1.2.3]", "[012]", "[-012]", "[2.e3]", "[2.e+3]", "[.2e-3]", "[1+2]", "[0.3e+]", "[1eE2]",
    "[+1]",
    "[-NaN]", "[1e", "[1.", "[-", "1f", "1L", "0.0.0", "1e5.0", "\xD9\xA1",
    /* strings */
    "\"", "\"a", "\"\\", "\"\\\"", "\"\\u", "\"\\u0\"", "\"\\u00\"", "\"\\u004\"", "\"\\u004g\"",
    "\"\\u+041\"", "\"\\u 041\"", "\"\\U0041\"", "\"\\x41\"", "\"\\a\"", "\"\\v\"", "\"\\0\"",
    "\"\\'\"", "\"\\ \"", "\"\\\n\"", "\"a\nb\"", "\"a\tb\"", "\"a\rb\"", "\"\x01\"", "\"\x1F\"",
    "\"123456789012345\x1F\"", "\"1234567890123456\x1F\"", "\"12345678901234567890\n",
    "\"\\\xC3\xA9\"",
    "\"\\u00\xC3\xA9\"", "'", "\"\\u0041", "\"\\u123", "\"\\8\"",
    /* lone surrogates */
    "\"\\ud800\"", "\"\\udbff\"", "\"\\udc00\"", "\"\\udfff\"", "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\udc00\\ud800\"", "\"\\ud800\\n\"",
    "\"\\ud800\\udc0\"", "\"\\ud800\\udbff\"",
    "\"\\ud800\\", "\"\\ud800\\u", "\"\\ud800\\ue000\"", "{\"\\ud800\":1}",
    /* bytes that are not UTF-8 */
    "\"\x80\"", "\"\xBF\"", "\"\xC0\x80\"", "\"\xC0\xAF\"", "\"\xC1\xBF\"", "\"\xC2\"",
    "\"\xC2\x41\"", "\"\xE0\x80\x80\"", "\"\xE0\x9F\xBF\"", "\"\xE0\xA0\"", "\"\xE2\x28\xA1\"",
    "\"\xE2\x82\x28\"",
    "\"\xED\xA0\x80\"", "\"\xED\xBF\xBF\"", "\"\xED\xA0\xBD\xED\xB8\x80\"", "\"\xF0\x80\x80\x80\"",
    "\"\xF0\x8F\xBF\xBF\"", "\"\xF0\x90\x80\"", "\"\xF0\x28\x8C\xBC\"", "\"\xF0\x90\x28\xBC\"",
    "\"\xF0\x90\x8C\x28\"",
    "\"\xF4\x90\x80\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xF8\x88\x80\x80\x80\"",
    "\"\xFC\x84\x80\x80\x80\x80\"", "\"\xFE\"", "\"\xFF\"", "\xFF", "[\xFF]",
    "\"1234567890123456\x80\"", "\"\xC3\xA9\x80\"", "\xC3\xA9",
    "\"\xC3", "\"\xE2\x82", "\"\xF0\x9F\x98",
};

/* clang-format on */

static dubboc_status check(const char *text, size_t len, dubboc_error *err)
{
    /* A copy of exactly this length, without a zero byte, so that a sanitizer reports a read beyond
     * its end. */
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, text, len);
    json_value value;
    dubboc_status status = json_check(slice_make(exact, len), &value, err);
    cJSON *tree = NULL;
    dubboc_status parsed = dubboc_json_parse(exact, len, &tree, NULL);
    if (status == DUBBOC_OK && parsed != DUBBOC_OK)
        print_error("checked but not parsed: %s\n", text);
    if (status != DUBBOC_OK && parsed == DUBBOC_OK)
        print_error("parsed but not checked: %s\n", text);
    assert_int_equal(status, parsed);
    cJSON_Delete(tree);
    free(exact);
    return status;
}

static void accepts_what_the_rfc_allows_and_prints_it_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++) {
        dubboc_error err;
        dubboc_status status = check(accepts[i].text, strlen(accepts[i].text), &err);
        if (status != DUBBOC_OK)
            print_error("refused: %s\n", accepts[i].text);
        assert_status(DUBBOC_OK, status, &err);
        cJSON *tree;
        char *printed;
        assert_status(DUBBOC_OK,
            dubboc_json_parse(accepts[i].text, strlen(accepts[i].text), &tree, &err), &err);
        assert_status(DUBBOC_OK, dubboc_json_print(tree, &printed, NULL, &err), &err);
        assert_string_equal(
            accepts[i].printed != NULL ? accepts[i].printed : accepts[i].text, printed);
        free(printed);
        cJSON_Delete(tree);
    }
}

static void refuses_what_the_rfc_does_not_allow(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rejects / sizeof rejects[0]; i++) {
        dubboc_error err;
        dubboc_status status = check(rejects[i], strlen(rejects[i]), &err);
        if (status != DUBBOC_E_PARSE)
            print_error("accepted: %s\n", rejects[i]);
        assert_status(DUBBOC_E_PARSE, status, &err);
        assert_contains(err.text, "at byte ");
    }
}

static void refuses_every_truncated_text(void **state)
{
    (void)state;
    const char *text =
        "{\"a\\u00e9\\ud834\\udd1e\":[1.5e+10,true,null,\"\xE4\xBD\xA0\",{\"b\":[false,-0]}]}";
    for (size_t len = 0; len < strlen(text); len++)
        assert_int_equal(DUBBOC_E_PARSE, check(text, len, NULL));
    assert_int_equal(DUBBOC_OK, check(text, strlen(text), NULL));
}

static void refuses_zero_bytes_everywhere(void **state)
{
    (void)state;
    assert_int_equal(DUBBOC_E_PARSE, check("\0", 1, NULL));
    assert_int_equal(DUBBOC_E_PARSE, check("1\0", 2, NULL));
    assert_int_equal(DUBBOC_E_PARSE, check("[\0]", 3, NULL));
    assert_int_equal(DUBBOC_E_PARSE, check("\"a\0b\"", 5, NULL));
    assert_int_equal(DUBBOC_E_PARSE, check("{}\0", 3, NULL));
}

static void finds_an_invalid_byte_at_every_position_of_a_string(void **state)
{
    (void)state;
    const char bytes[] = {'\n', '\x1F', '\x01', '\x80', '\xFF'};
    for (size_t len = 1; len < 70; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[80];
            memset(text, ' ', sizeof text);
            memset(text + 1, 'x', len);
            text[0] = text[len + 1] = '"';
            assert_int_equal(DUBBOC_OK, check(text, len + 2, NULL));
            for (size_t i = 0; i < sizeof bytes; i++) {
                text[at + 1] = bytes[i];
                dubboc_error err;
                char place[40];
                assert_status(DUBBOC_E_PARSE, check(text, len + 2, &err), &err);
                snprintf(place, sizeof place, "at byte %zu", at + 1);
                assert_contains(err.text, place);
            }
            text[at + 1] = '"';
            assert_int_equal(DUBBOC_E_PARSE, check(text, len + 2, NULL));
        }
    }
}

static void reports_what_is_wrong_and_where(void **state)
{
    (void)state;
    const struct {
        const char *text, *error;
    } cases[] = {
        {"[1,]", "not JSON: an unexpected character at byte 3"},
        {"{\"a\" 1}", "not JSON: a colon is missing at byte 5"},
        {"[1 2]", "not JSON: a comma or ] is missing at byte 3"},
        {"{\"a\":1 2}", "not JSON: a comma or } is missing at byte 7"},
        {"\xEF\xBB\xBF{}", "not JSON: a byte order mark at byte 0"},
        {"[01]", "not JSON: a number with a leading zero at byte 1"},
        {"1 1", "not JSON: something after the value at byte 2"},
        {"\"a\\q\"", "not JSON: an unknown escape at byte 2"},
        {"\"\\ud800\"", "not JSON: a high surrogate without a low one at byte 1"},
        {"[\"a\xC0\xAF\"]", "not JSON: bytes that are not UTF-8 at byte 3"},
        {"[", "not JSON: a value is missing at the end at byte 1"},
        {"{", "not JSON: a member's name is missing at byte 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dubboc_error err;
        assert_status(DUBBOC_E_PARSE, check(cases[i].text, strlen(cases[i].text), &err), &err);
        assert_string_equal(cases[i].error, err.text);
    }
}

static char *repeated(const char *left, const char *middle, const char *right, size_t times)
{
    size_t left_len = strlen(left), right_len = strlen(right), middle_len = strlen(middle);
    char *text = malloc(times * (left_len + right_len) + middle_len + 1), *at = text;
    assert_non_null(text);
    for (size_t i = 0; i < times; i++, at += left_len)
        memcpy(at, left, left_len);
    memcpy(at, middle, middle_len);
    at += middle_len;
    for (size_t i = 0; i < times; i++, at += right_len)
        memcpy(at, right, right_len);
    *at = '\0';
    return text;
}

static void accepts_128_levels_and_no_more(void **state)
{
    (void)state;
    const char *forms[][3] = {{"[", "1", "]"}, {"{\"a\":", "1", "}"}, {"[{\"a\":", "1", "}]"},
        {"[", "[]", "]"}, {"[1,", "{}", ",2]"}};
    const size_t fits[] = {128, 128, 64, 127, 127};
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        char *text = repeated(forms[i][0], forms[i][1], forms[i][2], fits[i]);
        dubboc_error err;
        assert_status(DUBBOC_OK, check(text, strlen(text), &err), &err);
        free(text);
        text = repeated(forms[i][0], forms[i][1], forms[i][2], fits[i] + 1);
        assert_status(DUBBOC_E_TOO_BIG, check(text, strlen(text), &err), &err);
        assert_contains(err.text, "128 levels");
        free(text);
    }
}

static void a_million_open_brackets_are_refused_as_too_big(void **state)
{
    (void)state;
    char *text = repeated("[", "", "", 1000000);
    assert_int_equal(DUBBOC_E_TOO_BIG, check(text, strlen(text), NULL));
    free(text);
    text = repeated("{\"a\":", "", "", 1000000);
    assert_int_equal(DUBBOC_E_TOO_BIG, check(text, strlen(text), NULL));
    free(text);
}

static void accepts_8388608_values_and_no_more(void **state)
{
    (void)state;
    char *text = repeated("1,", "1", "", JSON_VALUES_MAX - 1);
    char *array = malloc(strlen(text) + 5);
    assert_non_null(array);
    json_value value;
    dubboc_error err;
    sprintf(array, "[%s]", text);
    assert_status(DUBBOC_E_TOO_BIG, json_check(slice_of(array), &value, &err), &err);
    assert_contains(err.text, "more than 8388608 values");
    /* One element fewer than the limit, because the array counts as a value too. */
    array[2 * (JSON_VALUES_MAX - 1)] = ']';
    assert_status(DUBBOC_OK,
        json_check(slice_make(array, 2 * (size_t)(JSON_VALUES_MAX - 1) + 1), &value, &err), &err);
    free(array);
    free(text);
}

/* --- walking --- */

static void walks_through_objects_and_arrays(void **state)
{
    (void)state;
    json_scan scan;
    json_value value;
    dubboc_slice key;
    json_scan_init(&scan, slice_of(" { \"a\" : 1 , \"b\" : [ true , \"x\" ] , \"c\" : {} } "));
    assert_int_equal(JSON_OBJECT, json_scan_peek(&scan));
    assert_true(json_scan_open(&scan, JSON_OBJECT));
    assert_true(json_scan_member(&scan, &key));
    assert_true(slice_is(key, "\"a\""));
    assert_true(json_scan_value(&scan, &value));
    assert_int_equal(JSON_NUMBER, value.kind);
    assert_true(slice_is(value.text, "1"));
    assert_true(json_scan_member(&scan, &key));
    assert_true(json_scan_open(&scan, JSON_ARRAY));
    assert_true(json_scan_item(&scan));
    assert_true(json_scan_value(&scan, &value));
    assert_int_equal(JSON_TRUE, value.kind);
    assert_true(json_scan_item(&scan));
    assert_true(json_scan_value(&scan, &value));
    assert_true(slice_is(value.text, "\"x\""));
    assert_false(json_scan_item(&scan));
    assert_true(json_scan_member(&scan, &key));
    assert_true(json_scan_open(&scan, JSON_OBJECT));
    assert_false(json_scan_member(&scan, &key));
    assert_false(json_scan_member(&scan, &key));
    assert_int_equal(DUBBOC_OK, scan.status);
    assert_true(json_scan_end(&scan));
}

static void walking_refuses_the_same_texts_as_checking(void **state)
{
    (void)state;
    const char *texts[] = {
        "[", "[1", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[1}", "[nul]", "[\"\xFF\"]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_scan scan;
        json_value value;
        json_scan_init(&scan, slice_of(texts[i]));
        assert_true(json_scan_open(&scan, JSON_ARRAY));
        while (json_scan_item(&scan) && json_scan_value(&scan, &value))
            continue;
        if (scan.status != DUBBOC_E_PARSE)
            print_error("walked through: %s\n", texts[i]);
        assert_int_equal(DUBBOC_E_PARSE, scan.status);
        assert_false(json_scan_end(&scan));
        assert_int_equal(JSON_NONE, json_scan_peek(&scan));
    }
}

static void walking_into_an_array_counts_towards_the_limit_of_levels(void **state)
{
    (void)state;
    char *text = repeated("[", "[]", "]", 128);
    json_scan scan;
    json_value value;
    json_scan_init(&scan, slice_of(text));
    for (int i = 0; i < 100; i++)
        assert_true(json_scan_open(&scan, JSON_ARRAY));
    assert_false(json_scan_value(&scan, &value));
    assert_int_equal(DUBBOC_E_TOO_BIG, scan.status);
    json_scan_init(&scan, slice_of(text));
    for (int i = 0; i < 128; i++)
        assert_true(json_scan_open(&scan, JSON_ARRAY));
    assert_false(json_scan_open(&scan, JSON_ARRAY));
    assert_int_equal(DUBBOC_E_TOO_BIG, scan.status);
    free(text);
}

static void compares_and_decodes_strings_with_escapes(void **state)
{
    (void)state;
    assert_true(json_string_is(slice_of("\"echo\""), "echo"));
    assert_true(json_string_is(slice_of("\"\\u0065ch\\u006F\""), "echo"));
    assert_true(json_string_is(slice_of("\"\""), ""));
    assert_true(json_string_is(slice_of("\"\\\\\\\"\\/\""), "\\\"/"));
    assert_true(json_string_is(slice_of("\"\\ud834\\udd1e\""), "\xF0\x9D\x84\x9E"));
    assert_false(json_string_is(slice_of("\"echo\""), "ech"));
    assert_false(json_string_is(slice_of("\"ech\""), "echo"));
    assert_false(json_string_is(slice_of("\"Echo\""), "echo"));
    assert_false(json_string_is(slice_of("\"echo\\u0000\""), "echo"));
    assert_false(json_string_is(slice_of("\"\\u0000\""), ""));
    assert_false(json_string_is(slice_of("\"\\n\""), "\\n"));
    buffer out;
    buffer_init(&out, 100);
    json_string_decode(slice_of("\"a\\u0000\\u00e9\\n\""), &out);
    assert_int_equal(5, out.len);
    assert_memory_equal("a\0\xC3\xA9\n", out.data, 5);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_the_rfc_allows_and_prints_it_back),
        cmocka_unit_test(refuses_what_the_rfc_does_not_allow),
        cmocka_unit_test(refuses_every_truncated_text),
        cmocka_unit_test(refuses_zero_bytes_everywhere),
        cmocka_unit_test(finds_an_invalid_byte_at_every_position_of_a_string),
        cmocka_unit_test(reports_what_is_wrong_and_where),
        cmocka_unit_test(accepts_128_levels_and_no_more),
        cmocka_unit_test(a_million_open_brackets_are_refused_as_too_big),
        cmocka_unit_test(accepts_8388608_values_and_no_more),
        cmocka_unit_test(walks_through_objects_and_arrays),
        cmocka_unit_test(walking_refuses_the_same_texts_as_checking),
        cmocka_unit_test(walking_into_an_array_counts_towards_the_limit_of_levels),
        cmocka_unit_test(compares_and_decodes_strings_with_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
