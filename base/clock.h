/* The clocks of the library. Time-outs and ages use the monotonic clock, so that setting the wall
 * clock does not affect them. The wall clock is used only for time stamps that others read. Tests
 * can replace the monotonic clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* The monotonic clock, in nanoseconds. */
int64_t clock_now_ns(void);

/* The wall clock: milliseconds since 1970, UTC. */
int64_t clock_wall_ms(void);

/* For tests: clock_now_ns() returns the value of source() from now on. NULL: the system's clock
 * again. */
void clock_set_source(int64_t (*source)(void));

/* A deadline is a value of clock_now_ns(). DEADLINE_NEVER: no deadline. */
#define DEADLINE_NEVER INT64_MAX

/* The deadline in timeout_ms from now. DEADLINE_NEVER if timeout_ms is negative or the sum
 * overflows. */
int64_t deadline_in_ms(int64_t timeout_ms);

static inline bool deadline_is_over(int64_t deadline_ns)
{
    return deadline_ns != DEADLINE_NEVER && clock_now_ns() >= deadline_ns;
}

/* The time until the deadline, for poll(): in milliseconds, rounded up, at most INT_MAX. 0: the
 * deadline has passed. -1: the deadline is DEADLINE_NEVER. */
int deadline_poll_ms(int64_t deadline_ns);

/* Returns the time of CLOCK_MONOTONIC that is left_ns nanoseconds from now. For waits in system
 * calls, because the kernel does not know the clock of a test. */
struct timespec clock_system_end(int64_t left_ns);

/* The earlier of two deadlines. */
static inline int64_t deadline_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
