/* A wake-up must not be lost, whatever error the write to the eventfd returns. */
#include "tests/support/test.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/wake.h"
#include "tests/support/call_fail.h"

static bool is_signalled(const wake *self)
{
    struct pollfd look = {.fd = self->fd, .events = POLLIN};
    return poll(&look, 1, 0) == 1;
}

static void an_interrupted_write_is_repeated(void **state)
{
    (void)state;
    wake self;
    assert_true(wake_open(&self));
    call_fail_at(FAIL_EVENTFD_WRITE, 1, 20, EINTR);
    assert_true(wake_signal(&self));
    assert_int_equal(20, call_fail_end());
    assert_true(is_signalled(&self));
    wake_close(&self);
}

static void an_interrupted_read_is_repeated(void **state)
{
    (void)state;
    wake self;
    assert_true(wake_open(&self));
    assert_true(wake_signal(&self));
    call_fail_at(FAIL_EVENTFD_READ, 1, 20, EINTR);
    wake_clear(&self);
    assert_int_equal(20, call_fail_end());
    assert_false(is_signalled(&self));
    wake_close(&self);
}

static void a_full_counter_counts_as_a_wake_up(void **state)
{
    (void)state;
    wake self;
    assert_true(wake_open(&self));
    assert_int_equal(0, eventfd_write(self.fd, UINT64_MAX - 1));
    assert_true(wake_signal(&self));
    assert_true(is_signalled(&self));
    wake_clear(&self);
    assert_false(is_signalled(&self));
    wake_close(&self);
}

static void a_write_that_fails_once_is_repeated(void **state)
{
    (void)state;
    wake self;
    assert_true(wake_open(&self));
    call_fail_at(FAIL_EVENTFD_WRITE, 1, 1, ENOMEM);
    assert_true(wake_signal(&self));
    assert_int_equal(1, call_fail_end());
    assert_true(is_signalled(&self));
    wake_close(&self);
}

static void keep_log(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned count)
{
    (void)level;
    (void)area;
    (void)count;
    snprintf(arg, 256, "%s %s", message, fields);
}

static void a_write_that_keeps_failing_is_reported(void **state)
{
    (void)state;
    char text[256] = "";
    wake self;
    assert_true(wake_open(&self));
    dubboc_log_set(keep_log, text, DUBBOC_LOG_ERROR);
    close(self.fd);
    errno = 0;
    assert_false(wake_signal(&self));
    assert_int_equal(EBADF, errno);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    assert_contains(text, "cannot wake a thread call=write eventfd=");
    assert_contains(text, "reason=\"Bad file descriptor\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupted_write_is_repeated),
        cmocka_unit_test(an_interrupted_read_is_repeated),
        cmocka_unit_test(a_full_counter_counts_as_a_wake_up),
        cmocka_unit_test(a_write_that_fails_once_is_repeated),
        cmocka_unit_test(a_write_that_keeps_failing_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
