/* Makes each allocation of the codec fail in turn. The result must be DUBBOC_E_NO_MEMORY, without a
 * crash and without a leak (AddressSanitizer checks this). */
#include "tests/support/test.h"

#include "codec/jsonrpc.h"
#include "tests/support/alloc_fail.h"

static const char text[] = "{\"user\":{\"id\":9223372036854775807,\"name\":\"A\\u00e9\",\"tags\":["
                           "\"a\",\"b\",1.5,1e400]},\"ok\":true,\"none\":null}";

/* Checks that the status is success or DUBBOC_E_NO_MEMORY, and success if must_work. Returns
 * whether it is success. */
static bool is_done(dubboc_status status, bool must_work)
{
    if (status != DUBBOC_OK && (must_work || status != DUBBOC_E_NO_MEMORY))
        print_error("%s\n", dubboc_status_name(status));
    assert_true(status == DUBBOC_OK || (!must_work && status == DUBBOC_E_NO_MEMORY));
    return status == DUBBOC_OK;
}

static void parse_and_print(void *arg, bool must_work)
{
    (void)arg;
    cJSON *tree;
    dubboc_error err;
    if (!is_done(dubboc_json_parse(text, strlen(text), &tree, &err), must_work))
        return;
    char *printed = NULL;
    if (is_done(dubboc_json_print(tree, &printed, NULL, &err), must_work))
        assert_true(strstr(printed, "9223372036854775807") != NULL);
    free(printed);
    cJSON_Delete(tree);
}

static void pack_and_unpack(void *arg, bool must_work)
{
    const cJSON *source = arg;
    cJSON *tree, *taken = cJSON_CreateArray();
    dubboc_error err;
    if (taken == NULL)
        return;
    if (!is_done(dubboc_json_pack(&tree, &err, "{s:s,s:[I,U,f,b,n],s:o,s:O,s:S}", "a", "text", "b",
                     INT64_MAX, UINT64_MAX, 1.5, 1, "c", taken, "d", source, "e", "xyz", (size_t)2),
            must_work))
        return;
    cJSON *first = NULL, *second = NULL;
    const char *a;
    dubboc_status status = dubboc_json_unpack(tree, &err, "{s:s,s:O,s:O,s:o,s:o!}", "a", &a, "b",
        &first, "d", &second, "c", &(const cJSON *){NULL}, "e", &(const cJSON *){NULL});
    if (is_done(status, must_work)) {
        cJSON_Delete(first);
        cJSON_Delete(second);
    } else {
        assert_null(first);
        assert_null(second);
    }
    cJSON_Delete(tree);
}

static void make_numbers(void *arg, bool must_work)
{
    (void)arg;
    cJSON *made[] = {dubboc_json_i64_new(5), dubboc_json_i64_new(INT64_MIN),
        dubboc_json_u64_new(UINT64_MAX), dubboc_json_decimal_new("1.5", 3),
        dubboc_json_decimal_new("1e400", 5)};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        assert_true(made[i] != NULL || !must_work);
        cJSON_Delete(made[i]);
    }
}

static void write_messages(void *arg, bool must_work)
{
    (void)arg;
    buffer out;
    buffer_init(&out, 4096);
    jsonrpc_write_error(&out, slice_of("1"), -32000,
        slice_of("a rather long message, so that the buffer has to grow\n and grow"), NULL);
    (void)jsonrpc_begin_request(&out, slice_of("method"));
    jsonrpc_end_request(&out, 7);
    is_done(out.status, must_work);
    buffer_fini(&out);
}

static void build_and_read(void *arg, bool must_work)
{
    cJSON *made = NULL, *copy = NULL, *other = NULL;
    const cJSON *source = arg;
    cJSON *taken = cJSON_CreateString("taken over");
    if (taken == NULL)
        return;
    dubboc_status status = dubboc_json_build(&made, NULL,
        DUBBOC_OBJECT("a", DUBBOC_ARRAY(1, INT64_MAX, 0.5, "x", taken), "b", source, "c",
            DUBBOC_DECIMAL("1e400"), "d", (bool)true));
    is_done(status, must_work);
    if (status == DUBBOC_OK) {
        status = dubboc_json_read(made, NULL, DUBBOC_MEMBERS("a", &copy, "b", &other));
        is_done(status, must_work);
    }
    assert_true(status == DUBBOC_OK || (copy == NULL && other == NULL));
    cJSON_Delete(copy);
    cJSON_Delete(other);
    cJSON_Delete(made);
}

static void check_each(void (*body)(void *arg, bool must_work), void *arg, unsigned long least)
{
    unsigned long failed = alloc_fail_each(body, arg);
    if (failed < least)
        print_error(
            "only %lu allocations were made to fail, expected %lu or more\n", failed, least);
    assert_true(failed >= least);
}

static void parsing_and_printing_survive_every_failing_allocation(void **state)
{
    (void)state;
    check_each(parse_and_print, NULL, 12 + 6 + 5);
}

static void packing_and_unpacking_survive_every_failing_allocation(void **state)
{
    (void)state;
    cJSON *source;
    assert_int_equal(DUBBOC_OK, dubboc_json_parse(text, strlen(text), &source, NULL));
    check_each(pack_and_unpack, source, 50);
    cJSON_Delete(source);
}

static void building_and_reading_survive_every_failing_allocation(void **state)
{
    (void)state;
    cJSON *source;
    assert_int_equal(DUBBOC_OK, dubboc_json_parse(text, strlen(text), &source, NULL));
    check_each(build_and_read, source, 40);
    cJSON_Delete(source);
}

static void making_numbers_survives_every_failing_allocation(void **state)
{
    (void)state;
    check_each(make_numbers, NULL, 8);
}

static void writing_messages_survives_every_failing_allocation(void **state)
{
    (void)state;
    check_each(write_messages, NULL, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing_and_printing_survive_every_failing_allocation),
        cmocka_unit_test(packing_and_unpacking_survive_every_failing_allocation),
        cmocka_unit_test(building_and_reading_survive_every_failing_allocation),
        cmocka_unit_test(making_numbers_survives_every_failing_allocation),
        cmocka_unit_test(writing_messages_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
