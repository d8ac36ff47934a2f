/* Trees are ordinary cJSON trees, but without the faults of cJSON's own parser and printer
 * (libraries.md J1 to J9). */
#include "tests/support/test.h"

#include <malloc.h>
#include <math.h>
#include <time.h>

#include "codec/json_scan.h"
#include "codec/json_build.h"
#include "codec/json_write.h"

static dubboc_error err;

static cJSON *parse(const char *text)
{
    cJSON *tree;
    assert_status(DUBBOC_OK, dubboc_json_parse(text, strlen(text), &tree, &err), &err);
    return tree;
}

static void check_print(const cJSON *tree, const char *expected)
{
    char *text;
    size_t len;
    assert_status(DUBBOC_OK, dubboc_json_print(tree, &text, &len, &err), &err);
    assert_string_equal(expected, text);
    assert_int_equal(strlen(expected), len);
    free(text);
}

static void check_print_refused(cJSON *tree, const char *part)
{
    char *text = NULL;
    assert_status(DUBBOC_E_ARGUMENT, dubboc_json_print(tree, &text, NULL, &err), &err);
    assert_contains(err.text, part);
    assert_null(text);
    cJSON_Delete(tree);
}

/* --- trees are cJSON's --- */

static void check_links(const cJSON *parent)
{
    const cJSON *last = NULL;
    for (const cJSON *child = parent->child; child != NULL; child = child->next) {
        if (last != NULL)
            assert_ptr_equal(last, child->prev);
        last = child;
        check_links(child);
    }
    if (parent->child != NULL)
        assert_ptr_equal(last, parent->child->prev);
}

static void trees_are_linked_as_cjson_links_them(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"a\":[1,2,{\"b\":[]}],\"c\":{\"d\":\"e\",\"f\":null}}");
    check_links(tree);
    assert_null(tree->prev);
    assert_null(tree->next);
    assert_non_null(cJSON_AddStringToObject(tree, "new", "x"));
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "a");
    cJSON *array = cJSON_GetObjectItemCaseSensitive(tree, "c");
    cJSON_AddItemToObject(tree, "moved", cJSON_DetachItemFromObjectCaseSensitive(array, "f"));
    check_links(tree);
    check_print(tree, "{\"c\":{\"d\":\"e\"},\"new\":\"x\",\"moved\":null}");
    cJSON *copy = cJSON_Duplicate(array, true);
    cJSON_Delete(tree);
    check_print(copy, "{\"d\":\"e\"}");
    cJSON_Delete(copy);
}

static unsigned mallocs;
static unsigned frees;

static void *count_malloc(size_t size)
{
    mallocs++;
    return malloc(size);
}

static void count_free(void *memory)
{
    frees += memory != NULL;
    free(memory);
}

static void trees_are_allocated_and_freed_by_the_hooks_of_cjson(void **state)
{
    (void)state;
    cJSON_Hooks hooks = {.malloc_fn = count_malloc, .free_fn = count_free};
    cJSON_InitHooks(&hooks);
    mallocs = frees = 0;
    cJSON *tree = parse("{\"a\":[1,\"x\\n\",12345678901234567890]}");
    assert_int_equal(5 + 1 + 2, mallocs); /* five nodes, one key, two texts */
    cJSON_Delete(tree);
    assert_int_equal(mallocs, frees);
    assert_status(
        DUBBOC_E_TYPE, dubboc_json_parse("{\"a\":[1,\"x\\u0000\"]}", 19, &tree, &err), &err);
    assert_int_equal(mallocs, frees);
    cJSON_InitHooks(NULL);
}

static void trees_of_cjson_functions_print_exactly(void **state)
{
    (void)state;
    cJSON *tree = cJSON_CreateObject();
    cJSON_AddNumberToObject(tree, "n", 9007199254740991);
    cJSON_AddStringToObject(tree, "s\n", "\x01\x1F \"\\/\x7F\b\f\n\r\t\xC3\xA9");
    cJSON_AddBoolToObject(tree, "t", true);
    cJSON_AddRawToObject(tree, "r", " [1, 2.50] ");
    cJSON_AddItemToObjectCS(tree, "const", cJSON_CreateArray());
    cJSON_AddItemToObject(tree, "ref", cJSON_CreateStringReference("text"));
    check_print(tree, "{\"n\":9007199254740991,\"s\\n\":\"\\u0001\\u001f "
                      "\\\"\\\\/\x7F\\b\\f\\n\\r\\t\xC3\xA9\",\"t\":true,\"r\":[1, "
                      "2.50],\"const\":[],\"ref\":\"text\"}");
    cJSON_Delete(tree);
}

static void printing_refuses_what_is_not_json_and_names_the_place(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"user\":{\"tags\":[1,2,3],\"a b\":0}}");
    cJSON_SetNumberValue(tree->child->child->child->next->next, NAN);
    check_print_refused(tree, "$.user.tags[2]: NaN");
    tree = parse("[0,[1]]");
    cJSON_SetNumberValue(tree->child->next->child, -INFINITY);
    check_print_refused(tree, "$[1][0]: infinity");
    check_print_refused(cJSON_CreateString("\xC0\xAF"), "$: a string that is not UTF-8");
    check_print_refused(
        cJSON_CreateString("1234567890123456\xED\xA0\x80"), "$: a string that is not UTF-8");
    tree = parse("{\"a\":{}}");
    cJSON_AddNullToObject(tree->child, "b\xFF");
    check_print_refused(tree, "$.a[\"b?\"]: a name that is not UTF-8");
    tree = cJSON_CreateArray();
    cJSON_AddItemToArray(tree, cJSON_CreateRaw("[1,]"));
    check_print_refused(tree, "$[0]: a raw node that is not JSON");
    check_print_refused(cJSON_CreateRaw(""), "$: a raw node that is not JSON");
    check_print_refused(cJSON_CreateRaw("1,2"), "$: a raw node that is not JSON");
    check_print_refused(cJSON_CreateStringReference(NULL), "$: a string without text");
    check_print_refused(NULL, "NULL");
    tree = cJSON_CreateObject();
    cJSON_AddItemToArray(tree, cJSON_CreateTrue());
    check_print_refused(tree, "a member without a name");
    tree = cJSON_CreateTrue();
    tree->type = 0;
    check_print_refused(tree, "a cJSON node of an unknown type");
}

static cJSON *nested(int levels)
{
    cJSON *tree = cJSON_CreateArray();
    for (int i = 1; i < levels; i++) {
        cJSON *outer = i % 2 ? cJSON_CreateObject() : cJSON_CreateArray();
        if (i % 2)
            cJSON_AddItemToObject(outer, "a", tree);
        else
            cJSON_AddItemToArray(outer, tree);
        tree = outer;
    }
    return tree;
}

static void prints_128_levels_and_no_more(void **state)
{
    (void)state;
    cJSON *tree = nested(128);
    char *text;
    assert_status(DUBBOC_OK, dubboc_json_print(tree, &text, NULL, &err), &err);
    cJSON *again = parse(text);
    cJSON_Delete(again);
    free(text);
    cJSON_Delete(tree);
    check_print_refused(nested(129), "deeper than 128 levels");
    /* J6: cJSON_Duplicate() has no limit, so a user's tree may be deep. Printing must not crash. */
    check_print_refused(nested(100000), "deeper than 128 levels");
}

static void looks_members_up_by_their_exact_name(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"NAME\":1,\"name\":2,\"name\":3}");
    assert_int_equal(2, dubboc_json_get(tree, "name")->valueint);
    assert_int_equal(1, dubboc_json_get(tree, "NAME")->valueint);
    assert_null(dubboc_json_get(tree, "Name"));
    assert_null(dubboc_json_get(tree->child, "name"));
    assert_null(dubboc_json_get(NULL, "name"));
    assert_int_equal(3, cJSON_GetArraySize(tree));
    cJSON_Delete(tree);
}

static void a_parse_error_leaves_the_tree_pointer_alone(void **state)
{
    (void)state;
    cJSON *tree = (cJSON *)&err;
    assert_status(DUBBOC_E_PARSE, dubboc_json_parse("[1", 2, &tree, &err), &err);
    assert_ptr_equal(&err, tree);
    assert_status(DUBBOC_E_PARSE, dubboc_json_parse(NULL, 0, &tree, NULL), NULL);
}

static void success_resets_an_earlier_error(void **state)
{
    (void)state;
    cJSON *tree;
    char *text;
    assert_int_equal(DUBBOC_E_PARSE, dubboc_json_parse("[1", 2, &tree, &err));
    tree = parse("[1]");
    assert_int_equal(DUBBOC_OK, err.status);
    assert_string_equal("", err.text);
    assert_int_equal(DUBBOC_E_PARSE, dubboc_json_parse("[1", 2, &(cJSON *){NULL}, &err));
    assert_status(DUBBOC_OK, dubboc_json_print(tree, &text, NULL, &err), &err);
    assert_string_equal("", err.text);
    free(text);
    cJSON_Delete(tree);
}

/* --- faults of cJSON that are avoided --- */

/* libraries.md J1 */
static void numbers_are_not_changed_and_never_null(void **state)
{
    (void)state;
    const char *text =
        "[9007199254740991,9007199254740993,1e400,4611686018427387905,0.1,1234567890123456]";
    cJSON *tree = parse(text);
    check_print(tree, text);
    cJSON_Delete(tree);
}

/* libraries.md J2 */
static void malformed_text_that_cjson_accepts_is_refused(void **state)
{
    (void)state;
    const char *lenient[] = {
        "[1]x", "[-01]", "[1.]", "[0e]", "\xEF\xBB\xBF[]", "[\"a\tb\"]", "[\"\xFF\"]", "{} {}"};
    for (size_t i = 0; i < sizeof lenient / sizeof lenient[0]; i++) {
        cJSON *tree;
        assert_status(
            DUBBOC_E_PARSE, dubboc_json_parse(lenient[i], strlen(lenient[i]), &tree, &err), &err);
    }
}

/* libraries.md J3 */
static void a_zero_byte_in_a_string_is_an_error_and_does_not_cut_the_string(void **state)
{
    (void)state;
    const char *texts[] = {"\"echo\\u0000x\"", "[\"a\",\"\\u0000\"]", "{\"a\\u0000\":1}",
        "{\"a\":{\"b\":\"\\n\\u0000\"}}"};
    const char *places[] = {"byte 0", "byte 5", "byte 1", "byte 10"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cJSON *tree;
        assert_status(
            DUBBOC_E_TYPE, dubboc_json_parse(texts[i], strlen(texts[i]), &tree, &err), &err);
        assert_contains(err.text, "\\u0000");
        assert_contains(err.text, places[i]);
    }
    cJSON *tree = parse("\"\\\\u0000\"");
    assert_string_equal("\\u0000", tree->valuestring);
    cJSON_Delete(tree);
}

/* Returns the processor time of this thread, so that other load on the machine does not count. */
static int64_t processor_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

static int64_t time_of_parse_and_print(size_t items)
{
    char *text = malloc(items * 2 + 2);
    assert_non_null(text);
    for (size_t i = 0; i < items; i++)
        memcpy(text + 1 + i * 2, "1,", 2);
    text[0] = '[';
    text[items * 2] = ']';
    text[items * 2 + 1] = '\0';
    int64_t best = INT64_MAX;
    for (int round = 0; round < 3; round++) {
        int64_t start = processor_ns();
        cJSON *tree = parse(text);
        check_print(tree, text);
        cJSON_Delete(tree);
        int64_t spent = processor_ns() - start;
        best = spent < best ? spent : best;
    }
    free(text);
    return best;
}

/* libraries.md J5 */
static void parsing_and_printing_a_long_array_takes_linear_time(void **state)
{
    (void)state;
    int64_t few = time_of_parse_and_print(10000), many = time_of_parse_and_print(400000);
    if (many > few * 40 * 10)
        print_error("10,000 items: %lld ns, 400,000: %lld ns\n", (long long)few, (long long)many);
    /* The array is 40 times as long; with quadratic time this would take 1,600 times as long. */
    assert_true(many <= few * 40 * 10);
}

/* libraries.md J5 */
static void the_number_of_values_in_a_tree_is_limited(void **state)
{
    (void)state;
    /* the array counts as a value too, so the values are one more than the limit */
    size_t items = JSON_TREE_VALUES_MAX, len = items * 2 + 1;
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t i = 0; i < items; i++)
        memcpy(text + 1 + i * 2, "1,", 2);
    text[0] = '[';
    text[len - 1] = ']';
    cJSON *tree = NULL;
    dubboc_error error;
    json_value value;
    assert_status(DUBBOC_OK, json_check(slice_make(text, len), &value, &error), &error);
    assert_status(DUBBOC_E_TOO_BIG, dubboc_json_parse(text, len, &tree, &error), &error);
    assert_null(tree);
    text[len - 3] = ']';
    assert_status(DUBBOC_OK, dubboc_json_parse(text, len - 2, &tree, &error), &error);
    cJSON_Delete(tree);
    free(text);
}

/* libraries.md J8 */
static void each_caller_gets_its_own_parse_error(void **state)
{
    (void)state;
    dubboc_error first, second;
    cJSON *tree;
    cJSON_Delete(cJSON_Parse("{}"));
    const char *before = cJSON_GetErrorPtr();
    assert_int_equal(DUBBOC_E_PARSE, dubboc_json_parse("[1", 2, &tree, &first));
    assert_int_equal(DUBBOC_E_PARSE, dubboc_json_parse("{\"a\":x}", 7, &tree, &second));
    assert_contains(first.text, "byte 2");
    assert_contains(second.text, "byte 5");
    assert_ptr_equal(before, cJSON_GetErrorPtr());
}

/* --- writing strings --- */

static void check_write(const char *text, size_t len, const char *exact, const char *lossy)
{
    buffer out;
    buffer_init(&out, 1000);
    buffer_append_text(&out, "x");
    bool is_utf8 = json_write_string(&out, slice_make(text, len));
    assert_int_equal(exact != NULL, is_utf8);
    assert_int_equal(DUBBOC_OK, out.status);
    assert_string_equal(exact != NULL ? exact : "", buffer_text(&out) + 1);
    buffer_clear(&out);
    json_write_string_lossy(&out, slice_make(text, len));
    assert_string_equal(lossy, buffer_text(&out));
    buffer_fini(&out);
}

static void writes_strings_exactly_or_repaired(void **state)
{
    (void)state;
    check_write("", 0, "\"\"", "\"\"");
    check_write(NULL, 0, "\"\"", "\"\"");
    check_write("a\0b", 3, "\"a\\u0000b\"", "\"a\\u0000b\"");
    check_write("caf\xC3\xA9 1234567890123456\n\xC3\xA9", 25,
        "\"caf\xC3\xA9 1234567890123456\\n\xC3\xA9\"",
        "\"caf\xC3\xA9 1234567890123456\\n\xC3\xA9\"");
    check_write("a\xFFz", 3, NULL, "\"a\xEF\xBF\xBDz\"");
    check_write("\n\xC3", 2, NULL, "\"\\n\xEF\xBF\xBD\"");
    check_write("\xED\xA0\x80", 3, NULL, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void writing_a_tree_into_a_buffer_that_is_too_small_fails_as_too_big(void **state)
{
    (void)state;
    const char *text = "{\"a\":[1,2.5,\"x\\ny\",true,false,null,123456789012345678901234567890]}";
    cJSON *tree = parse(text);
    for (size_t max = 0; max <= strlen(text) + 40; max++) {
        buffer out;
        buffer_init(&out, max);
        dubboc_status status = json_write(&out, tree, &err);
        if (status == DUBBOC_OK)
            assert_true(slice_is(buffer_slice(&out), text));
        else
            assert_status(DUBBOC_E_TOO_BIG, status, &err);
        assert_true(status == DUBBOC_OK || max < strlen(text) + 32);
        assert_true(out.len <= max);
        buffer_fini(&out);
    }
    cJSON_Delete(tree);
}

static size_t node_count(const cJSON *node)
{
    size_t count = 0;
    for (; node != NULL; node = node->next)
        count += 1 + node_count(node->child);
    return count;
}

static size_t malloc_bytes(void *block)
{
    return block != NULL ? malloc_usable_size(block) + 8 : 0;
}

static size_t tree_bytes(cJSON *node)
{
    size_t bytes = 0;
    for (; node != NULL; node = node->next)
        bytes += malloc_bytes(node) + malloc_bytes(node->string) + malloc_bytes(node->valuestring) +
                 tree_bytes(node->child);
    return bytes;
}

static void the_memory_of_a_tree_is_known_before_it_is_built(void **state)
{
    (void)state;
    static const char *const texts[] = {"0", " [ ] ", "[0,0,0,-1.5e3,12345678901234567890.5]",
        "{\"a\":1,\"b\" : [true,false,null],\"a longer name than most\":{}}",
        "[\"\",\"a string of some length, longer than the smallest block\",\"\\n\\u00e9\\\"\"]",
        "{\"\":\"\",\"[{\":\"t,:\"}", "[[[[\"e\",1e5,1E-5]]]]", "\"alone\" "};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cJSON *tree = parse(texts[i]);
        json_tree_cost cost = json_tree_cost_of(slice_of(texts[i]));
        assert_int_equal(cost.values, node_count(tree));
        /* The allocator may return a block that is 16 bytes larger, if the remainder of a split
         * would be too small. */
        assert_in_range(tree_bytes(tree), 1, cost.bytes + 16 * cost.values);
        assert_in_range(cost.bytes, 1, cost.values * 200);
        cJSON_Delete(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_are_linked_as_cjson_links_them),
        cmocka_unit_test(trees_are_allocated_and_freed_by_the_hooks_of_cjson),
        cmocka_unit_test(trees_of_cjson_functions_print_exactly),
        cmocka_unit_test(printing_refuses_what_is_not_json_and_names_the_place),
        cmocka_unit_test(prints_128_levels_and_no_more),
        cmocka_unit_test(looks_members_up_by_their_exact_name),
        cmocka_unit_test(a_parse_error_leaves_the_tree_pointer_alone),
        cmocka_unit_test(success_resets_an_earlier_error),
        cmocka_unit_test(numbers_are_not_changed_and_never_null),
        cmocka_unit_test(malformed_text_that_cjson_accepts_is_refused),
        cmocka_unit_test(a_zero_byte_in_a_string_is_an_error_and_does_not_cut_the_string),
        cmocka_unit_test(parsing_and_printing_a_long_array_takes_linear_time),
        cmocka_unit_test(the_number_of_values_in_a_tree_is_limited),
        cmocka_unit_test(the_memory_of_a_tree_is_known_before_it_is_built),
        cmocka_unit_test(each_caller_gets_its_own_parse_error),
        cmocka_unit_test(writes_strings_exactly_or_repaired),
        cmocka_unit_test(writing_a_tree_into_a_buffer_that_is_too_small_fails_as_too_big),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
