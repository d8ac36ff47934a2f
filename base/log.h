/* Saying what happens: an event with a fixed message and formatted key=value fields, handed to the
 * program's receiver. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include <dubboc/log.h>

/* One event. fields is printf's format for "key=value key=value", "" for none; a %s that may hold
 * blanks is written as key=\"%s\". Control bytes in the result are replaced; one that is too long
 * (1023 bytes) is cut between two characters. Costs one load when nobody listens at that level. */
#define LOG(level, area, message, ...)                                                             \
    do {                                                                                           \
        if (log_is_on(level))                                                                      \
            log_write(level, area, message, 0, __VA_ARGS__);                                       \
    } while (0)

bool log_is_on(dubboc_log_level level);

/* Called for every client and server with the [log] level of its configuration. The first call in a
 * process decides what DUBBOC_LOG_FROM_CONFIG means; later ones do nothing. */
void log_take_level(const char *configured);

void log_write(dubboc_log_level level, const char *area, const char *message, unsigned suppressed,
    const char *fields, ...) DUBBOC_PRINTF(5, 6);

/* For code that has something to say while it holds a lock: between log_hold() and log_let_go()
 * this thread's events wait, and the second hands them to the receiver in their order. It is called
 * when the lock is free again. At most LOG_HELD_MAX wait; how many more there were is told in an
 * event of its own. Not nested. */
#define LOG_HELD_MAX 8
#define LOG_HELD_FIELDS_MAX 512 /* bytes; longer fields are cut between two characters */

typedef struct log_event {
    dubboc_log_level level;
    const char *area, *message;
    unsigned suppressed;
    char fields[LOG_HELD_FIELDS_MAX];
} log_event;

typedef struct log_held {
    size_t count;
    size_t left_out; /* for want of room */
    log_event events[LOG_HELD_MAX];
} log_held;

void log_hold(log_held *held);
void log_let_go(log_held *held);

/* Lets one event pass in an interval. LOG_THROTTLED() has one for each place, and the interval of a
 * second. */
typedef struct log_throttle {
    _Atomic int64_t next_ns;
    atomic_uint suppressed;
} log_throttle;

/* Whether to log it now, at most once in every_ns; *suppressed receives how many were left out
 * since the last one. */
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
