/* Log events: a fixed message and formatted key=value fields, delivered to the program's
 * receiver. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include <dubboc/log.h>

/* Logs one event. fields is a printf format for "key=value key=value", or ""; write key=\"%s\" for
 * a text that may contain blanks. Control bytes in the result are replaced; a result above 1023
 * bytes is cut between two characters. An event below the level costs one load. */
#define LOG(level, area, message, ...)                                                             \
    do {                                                                                           \
        if (log_is_on(level))                                                                      \
            log_write(level, area, message, 0, __VA_ARGS__);                                       \
    } while (0)

/* Whether events of that level are delivered. */
bool log_is_on(dubboc_log_level level);

/* Called for every client and server with the [log] level of its configuration. Only the first call
 * in a process has an effect: it decides what DUBBOC_LOG_FROM_CONFIG means. */
void log_take_level(const char *configured);

void log_write(dubboc_log_level level, const char *area, const char *message, unsigned suppressed,
    const char *fields, ...) DUBBOC_PRINTF(5, 6);

/* For code that logs while it holds a lock. Between log_hold() and log_let_go() the events of this
 * thread are kept; log_let_go() delivers them in their order, and must be called after unlocking,
 * because a receiver may call back into the library. At most LOG_HELD_MAX events are kept; if there
 * are more, one more event tells how many were lost. Cannot be nested. */
#define LOG_HELD_MAX 8
/* in bytes; longer fields are cut between two characters */
#define LOG_HELD_FIELDS_MAX 512

typedef struct log_event {
    dubboc_log_level level;
    const char *area, *message;
    unsigned suppressed;
    char fields[LOG_HELD_FIELDS_MAX];
} log_event;

typedef struct log_held {
    size_t count;
    size_t left_out; /* events that were lost because held was full */
    log_event events[LOG_HELD_MAX];
} log_held;

void log_hold(log_held *held);
void log_let_go(log_held *held);

/* Limits an event to one per interval. LOG_THROTTLED() has a throttle for each place in the code,
 * and an interval of one second. */
typedef struct log_throttle {
    _Atomic int64_t next_ns;
    atomic_uint suppressed;
} log_throttle;

/* Whether the event may be logged now: at most one event in every_ns is logged. *suppressed: how
 * many events were not logged since the last one that was. Written only if true is returned. */
bool log_throttle_pass(log_throttle *throttle, int64_t every_ns, unsigned *suppressed);

#define LOG_THROTTLE_NS INT64_C(1000000000)

#define LOG_THROTTLED(level, area, message, ...)                                                   \
    do {                                                                                           \
        static log_throttle throttle_;                                                             \
        unsigned suppressed_;                                                                      \
        if (log_is_on(level) && log_throttle_pass(&throttle_, LOG_THROTTLE_NS, &suppressed_))      \
            log_write(level, area, message, suppressed_, __VA_ARGS__);                             \
    } while (0)

#endif
