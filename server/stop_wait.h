/* How long a stopping server goes on serving after its nodes have been removed from the registry.
 *
 * Consumers notice at different times: dubbo-go and Dubbo 2 within milliseconds, Dubbo 3 up to five
 * seconds later, because it acts on registry changes at most once in that time. So the server does
 * not guess: it serves until no call has come for a while (quiet_ms). */
#ifndef SERVER_STOP_WAIT_H
#define SERVER_STOP_WAIT_H

#include <stdatomic.h>

#include "base/clock.h"

typedef struct stop_wait {
    int64_t least_ms; /* [server] stop_watch_wait: not shorter than this */
    int64_t quiet_ms; /* [server] stop_quiet: until no call has come for so long */
    int64_t most_ms;  /* [server] stop_watch_max: not longer, unless least_ms is */
    int64_t begun_ns; /* when the nodes were removed */
} stop_wait;

/* When the wait ends if no further call comes. last_call_ns: when the last one came, 0: none has
 * come since begun_ns. */
int64_t stop_wait_end_ns(const stop_wait *self, int64_t last_call_ns);

/* When the last call came, noted only while somebody waits: a clock reading for each call is more
 * than a serving server should pay. Any thread. */
typedef struct call_watch {
    atomic_bool is_on;
    _Atomic int64_t last_ns; /* 0: none since it is on */
} call_watch;

static inline void call_watch_note(call_watch *self)
{
    if (atomic_load_explicit(&self->is_on, memory_order_relaxed))
        atomic_store_explicit(&self->last_ns, clock_now_ns(), memory_order_relaxed);
}

#endif
