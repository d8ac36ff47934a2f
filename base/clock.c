/* Reads the clocks of the system, or the clock that a test has set. */
#include "base/clock.h"

#include <limits.h>
#include <stdatomic.h>
#include <time.h>

typedef int64_t (*time_source)(void);

static _Atomic(time_source) test_source;

int64_t clock_now_ns(void)
{
    time_source source = atomic_load_explicit(&test_source, memory_order_relaxed);
    if (source != NULL)
        return source();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

void clock_set_source(int64_t (*source)(void))
{
    atomic_store(&test_source, source);
}

int64_t deadline_in_ms(int64_t timeout_ms)
{
    int64_t now = clock_now_ns();
    if (timeout_ms < 0 || timeout_ms >= (DEADLINE_NEVER - now) / NS_PER_MS)
        return DEADLINE_NEVER;
    return now + timeout_ms * NS_PER_MS;
}

int deadline_poll_ms(int64_t deadline_ns)
{
    if (deadline_ns == DEADLINE_NEVER)
        return -1;
    int64_t left = deadline_ns - clock_now_ns();
    if (left <= 0)
        return 0;
    left = (left - 1) / NS_PER_MS + 1;
    return left > INT_MAX ? INT_MAX : (int)left;
}

struct timespec clock_system_end(int64_t left_ns)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t ns = end.tv_nsec + left_ns % NS_PER_S;
    end.tv_sec += (time_t)(left_ns / NS_PER_S + ns / NS_PER_S);
    end.tv_nsec = (long)(ns % NS_PER_S);
    return end;
}
