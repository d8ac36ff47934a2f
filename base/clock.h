/* The one clock. Time-outs and ages go by the monotonic one, so that setting the wall clock changes
 * nothing; the wall clock is only for time stamps that peers read. Tests put a clock of their own
 * in its place. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Nanoseconds since some fixed moment, never going back. */
int64_t clock_now_ns(void);

/* Milliseconds since 1970, UTC. */
int64_t clock_wall_ms(void);

/* For tests: source gives the monotonic time from now on; NULL: the real one again. */
void clock_set_source(int64_t (*source)(void));

/* A deadline is a monotonic time; DEADLINE_NEVER is none. */
#define DEADLINE_NEVER INT64_MAX

/* timeout_ms < 0: never. Saturates. */
int64_t deadline_in_ms(int64_t timeout_ms);

static inline bool deadline_is_over(int64_t deadline_ns)
{
    return deadline_ns != DEADLINE_NEVER && clock_now_ns() >= deadline_ns;
}

/* What is left, for poll(): rounded up to a millisecond, 0 when over, -1 for never, INT_MAX at
 * most. */
int deadline_poll_ms(int64_t deadline_ns);

/* When so much will have passed, by the system's monotonic clock: for waits of the system, which do
 * not know the clock of a test. */
struct timespec clock_system_end(int64_t left_ns);

/* The earlier one. */
static inline int64_t deadline_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
