#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "tests/support/test.h"

static int64_t now_ns = 1000 * NS_PER_S;

static int64_t test_clock(void)
{
    return now_ns;
}

/* The events that the log callback has received, one per line. */
static char heard[4096];

static void hear(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    size_t len = strlen(heard);
    (void)arg;
    snprintf(heard + len, sizeof heard - len, "%d %s: %s %s %u\n", (int)level, area, message,
        fields, suppressed);
}

static int listen_to_all(void **state)
{
    (void)state;
    heard[0] = '\0';
    now_ns += NS_PER_S;
    clock_set_source(test_clock);
    dubboc_log_set(hear, NULL, DUBBOC_LOG_DEBUG);
    return 0;
}

static int listen_no_more(void **state)
{
    (void)state;
    clock_set_source(NULL);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    return 0;
}

static void only_events_up_to_the_level_are_passed_on(void **state)
{
    (void)state;
    dubboc_log_set(hear, NULL, DUBBOC_LOG_WARN);
    LOG(DUBBOC_LOG_ERROR, "a", "one", "k=%d", 1);
    LOG(DUBBOC_LOG_WARN, "a", "two", "%s", "");
    LOG(DUBBOC_LOG_INFO, "a", "three", "%s", "");
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_DEBUG);
    LOG(DUBBOC_LOG_ERROR, "a", "four", "%s", "");
    assert_string_equal("1 a: one k=1 0\n2 a: two  0\n", heard);
}

static void control_bytes_never_reach_the_receiver(void **state)
{
    (void)state;
    LOG(DUBBOC_LOG_INFO, "a", "m", "k=\"%s\"", "x\ny\x1B[0m\x7F");
    assert_string_equal("3 a: m k=\"x?y?[0m?\" 0\n", heard);
}

static void say_often(int n)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "a", "often", "n=%d", n);
}

static void a_throttle_passes_one_event_a_second_and_counts_the_others(void **state)
{
    (void)state;
    say_often(1);
    say_often(2);
    now_ns += NS_PER_S - 1;
    say_often(3);
    now_ns += 1;
    say_often(4);
    now_ns += NS_PER_S;
    say_often(5);
    assert_string_equal("2 a: often n=1 0\n2 a: often n=4 2\n2 a: often n=5 0\n", heard);
}

static void a_throttle_of_a_minute_passes_once_a_minute(void **state)
{
    (void)state;
    log_throttle throttle = {0};
    unsigned suppressed = 9;
    assert_true(log_throttle_pass(&throttle, 60 * NS_PER_S, &suppressed));
    assert_int_equal(suppressed, 0);
    now_ns += 60 * NS_PER_S - 1;
    assert_false(log_throttle_pass(&throttle, 60 * NS_PER_S, &suppressed));
    now_ns += 1;
    assert_true(log_throttle_pass(&throttle, 60 * NS_PER_S, &suppressed));
    assert_int_equal(suppressed, 1);
}

static void held_events_are_delivered_in_order_when_released(void **state)
{
    (void)state;
    log_held held;
    log_hold(&held);
    LOG(DUBBOC_LOG_WARN, "a", "one", "k=%d", 1);
    say_often(6);
    assert_string_equal("", heard);
    log_let_go(&held);
    assert_string_equal("2 a: one k=1 0\n2 a: often n=6 0\n", heard);
    LOG(DUBBOC_LOG_WARN, "a", "two", "%s", "");
    assert_contains(heard, "two");
}

static void the_number_of_held_events_is_limited(void **state)
{
    (void)state;
    char longest[2000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    log_held held;
    log_hold(&held);
    LOG(DUBBOC_LOG_WARN, "a", "long", "%s", longest);
    for (int i = 1; i < LOG_HELD_MAX + 5; i++)
        LOG(DUBBOC_LOG_WARN, "a", "m", "i=%d.", i);
    log_let_go(&held);
    assert_contains(heard, "x 0\n");
    assert_contains(heard, "i=7.");
    assert_null(strstr(heard, "i=8."));
    assert_contains(heard, "log: log events lost: too many at once left_out=5");
}

/* Logs an event whose fields are too long, once delivered at once and once held back. */
static void fields_that_are_too_long_are_cut_between_two_characters(void **state)
{
    char euros[1500];
    (void)state;
    for (size_t i = 0; i < sizeof euros; i++)
        euros[i] = "\xE2\x82\xAC"[i % 3];
    for (int shift = 0; shift < 3; shift++) {
        log_held held;
        heard[0] = '\0';
        LOG(DUBBOC_LOG_WARN, "a", "m", "%.*s%.*s", shift, "xx", (int)sizeof euros, euros);
        assert_in_range(strlen(heard), 1021, 1060);
        assert_true(utf8_is_valid(slice_of(heard)));
        heard[0] = '\0';
        log_hold(&held);
        LOG(DUBBOC_LOG_WARN, "a", "m", "%.*s%.*s", shift, "xx", 600, euros);
        log_let_go(&held);
        assert_in_range(strlen(heard), LOG_HELD_FIELDS_MAX - 3, LOG_HELD_FIELDS_MAX + 30);
        assert_true(utf8_is_valid(slice_of(heard)));
    }
}

static void levels_are_read_by_their_names(void **state)
{
    (void)state;
    dubboc_log_level level = DUBBOC_LOG_DEBUG;
    assert_int_equal(DUBBOC_OK, dubboc_log_level_parse("off", &level));
    assert_int_equal(0, level);
    assert_int_equal(DUBBOC_OK, dubboc_log_level_parse("debug", &level));
    assert_int_equal(DUBBOC_LOG_DEBUG, level);
    assert_int_equal(DUBBOC_E_ARGUMENT, dubboc_log_level_parse("Debug", &level));
    assert_int_equal(DUBBOC_E_ARGUMENT, dubboc_log_level_parse(NULL, &level));
}

/* The first configuration sets the level for the whole process, so a single test has to check all
 * of it. */
static void the_first_configuration_sets_the_level_of_dubboc_log_from_config(void **state)
{
    (void)state;
    dubboc_log_set(hear, NULL, DUBBOC_LOG_FROM_CONFIG);
    /* the default level, because no client or server exists yet */
    assert_true(log_is_on(DUBBOC_LOG_WARN));
    assert_false(log_is_on(DUBBOC_LOG_INFO));
    log_take_level("info");
    assert_true(log_is_on(DUBBOC_LOG_INFO));
    assert_false(log_is_on(DUBBOC_LOG_DEBUG));
    log_take_level("debug");
    assert_false(log_is_on(DUBBOC_LOG_DEBUG));
    dubboc_log_set(hear, NULL, DUBBOC_LOG_ERROR);
    assert_false(log_is_on(DUBBOC_LOG_WARN));
    dubboc_log_set(hear, NULL, DUBBOC_LOG_FROM_CONFIG);
    assert_true(log_is_on(DUBBOC_LOG_INFO));
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_FROM_CONFIG);
    assert_false(log_is_on(DUBBOC_LOG_ERROR));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, listen_to_all, listen_no_more)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_events_up_to_the_level_are_passed_on),
        TEST(control_bytes_never_reach_the_receiver),
        TEST(a_throttle_passes_one_event_a_second_and_counts_the_others),
        TEST(a_throttle_of_a_minute_passes_once_a_minute),
        TEST(held_events_are_delivered_in_order_when_released),
        TEST(the_number_of_held_events_is_limited),
        TEST(fields_that_are_too_long_are_cut_between_two_characters),
        TEST(levels_are_read_by_their_names),
        TEST(the_first_configuration_sets_the_level_of_dubboc_log_from_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
