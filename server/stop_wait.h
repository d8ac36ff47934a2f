/* How long a stopping server keeps serving after its nodes were removed from the registry.
 *
 * Consumers notice the removal at different times: dubbo-go and Dubbo 2 within milliseconds, Dubbo
 * 3 up to five seconds later, because it handles changes of the registry at most once in that time.
 * So the server does not wait for a fixed time, but serves until no call has come for quiet_ms. */
#ifndef SERVER_STOP_WAIT_H
#define SERVER_STOP_WAIT_H

#include <stdatomic.h>

#include "base/clock.h"

typedef struct stop_wait {
    int64_t least_ms; /* [server] stop_watch_wait: the shortest wait */
    int64_t quiet_ms; /* [server] stop_quiet: no call must have come for this long */
    int64_t most_ms;  /* [server] stop_watch_max: the longest wait, unless least_ms is longer */
    int64_t begun_ns; /* when the nodes were removed */
} stop_wait;

/* When the wait ends if no other call comes. last_call_ns: when the last call came; 0: none has
 * come since begun_ns. */
int64_t stop_wait_end_ns(const stop_wait *self, int64_t last_call_ns);

/* When the last call came. It is noted only while is_on is set, because reading the clock for each
 * call would cost too much. Any thread. */
typedef struct call_watch {
    atomic_bool is_on;       /* the server is stopping */
    _Atomic int64_t last_ns; /* 0: no call since is_on was set */
} call_watch;

static inline void call_watch_note(call_watch *self)
{
    if (atomic_load_explicit(&self->is_on, memory_order_relaxed))
        atomic_store_explicit(&self->last_ns, clock_now_ns(), memory_order_relaxed);
}

#endif
