#include "tests/base/config_fixture.h"

#include "base/config.h"
#include "tests/support/alloc_fail.h"

static void count_value(
    void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    size_t *count = arg;
    *count += section[0] != '\0' && key[0] != '\0' && value != NULL && origin[0] != '\0';
}

/* Uses a configuration from load to free: loads file and environment, shares the configuration,
 * sets a value while it is shared, reads it, and frees it. */
static void live(void *arg, bool must_work)
{
    const char *path = arg;
    dubboc_config *config = NULL;
    dubboc_error err;
    dubboc_status status = dubboc_config_load(path, &config, &err);
    if (status != DUBBOC_OK) {
        assert_false(must_work);
        assert_status(DUBBOC_E_NO_MEMORY, status, &err);
        assert_int_equal(err.status, status);
        assert_null(config);
        return;
    }
    dubboc_config *held = config_ref(config);
    status = dubboc_config_set(config, USERS, "GetUser.timeout", "9ms", &err);
    if (status != DUBBOC_OK) {
        assert_false(must_work);
        assert_status(DUBBOC_E_NO_MEMORY, status, &err);
    }
    int64_t ms = 0;
    assert_true(config_method_int(config, USERS, "GetUser", "timeout", &ms));
    assert_int_equal(ms, status == DUBBOC_OK ? 9 : 5);
    assert_true(config_method_int(held, USERS, "GetUser", "timeout", &ms));
    assert_int_equal(ms, 5);
    assert_int_equal(config_int(config, "client", "retries"), 4);
    size_t values = 0;
    dubboc_config_each(config, count_value, &values);
    assert_true(values > 40);
    dubboc_config_free(config);
    dubboc_config_free(held);
}

static void count_out_of_memory(void *arg, const char *problem)
{
    int *count = arg;
    *count += strcmp(problem, "out of memory") == 0;
}

static void check(void *arg, bool must_work)
{
    int out_of_memory = 0;
    int problems = dubboc_config_check(arg, 1, count_out_of_memory, &out_of_memory);
    assert_int_equal(out_of_memory, alloc_fail_was_hit() ? 1 : 0);
    assert_false(must_work && alloc_fail_was_hit());
    assert_in_range(problems, 1, 2);
}

static void each_allocation_of_a_load_may_fail(void **state)
{
    (void)state;
    set_variable("DUBBOC_CLIENT_RETRIES", "4");
    set_variable("DUBBOC_SERVICE_A_WEIGHT", "4");
    write_file("[client]\nretries = 1\nproxy = http://u:p@h:1/\n[" USERS
               "]\nGetUser.timeout = 5ms\nweight = 7\n[" USERS_USED "]\n");
    assert_true(alloc_fail_each(live, file_path) > 20);
}

static void each_allocation_of_a_check_may_fail(void **state)
{
    (void)state;
    set_variable("DUBBOC_CLIENT_RETRIES", "4");
    write_file("[client]\nretries = x\n[" USERS "]\nGetUser.timeout = 5ms\n");
    assert_true(alloc_fail_each(check, file_path) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_allocation_of_a_load_may_fail),
        TEST(each_allocation_of_a_check_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
