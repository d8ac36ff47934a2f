/* The log. The library passes its events to one callback of the program. Without a callback events
 * are dropped: the library never prints by itself. There is one log per process, because the
 * libraries below (ZooKeeper's client, libmicrohttpd) have no more than one. */
#ifndef DUBBOC_LOG_H
#define DUBBOC_LOG_H

#include <dubboc/defs.h>
#include <dubboc/error.h>

DUBBOC_BEGIN

/* How serious an event is. */
typedef enum dubboc_log_level {
    DUBBOC_LOG_ERROR = 1, /* something does not work, and will not without help */
    DUBBOC_LOG_WARN = 2,  /* something is wrong; the library works around it */
    DUBBOC_LOG_INFO = 3,  /* normal events: started, registered, reconnected, stopped */
    DUBBOC_LOG_DEBUG = 4, /* details for finding faults: single connections, requests, nodes */
    /* For dubboc_log_set() only: the level of [log] level in the configuration of the first client
     * or server that this process makes. Until then the level is DUBBOC_LOG_WARN. */
    DUBBOC_LOG_FROM_CONFIG = -1
} dubboc_log_level;

/* Receives one event.
 *
 *   - area: the part of the library that the event comes from ("registry").
 *   - message: fixed words, which are the same for all events of a kind.
 *   - fields: the variable part, key=value pairs separated by blanks; "" if there are none. It is
 *     cut at 1023 bytes. It is meant for people, not for parsers: a value that may hold blanks
 *     is in quotes, but quotes inside the value are not escaped. Control bytes are replaced by
 *     '?'.
 *   - suppressed: how many events of this kind were dropped since the last one that was passed on.
 *     Kinds of events that peers or failures could cause in great number are limited to one per
 *     second.
 *
 * The texts are valid only during the call of this function. Any thread of the library may call the
 * function, but never while that thread holds a lock. The function must not block for long. */
typedef void (*dubboc_log_fn)(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed);

/* Sets the receiver of the log. The receiver gets the events up to and including level; 0: none.
 * receiver NULL: no events are received. Any thread, at any time. An event that is being passed on
 * may still reach the former receiver. Most programs begin with
 *
 *     dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG); */
DUBBOC_API void dubboc_log_set(dubboc_log_fn receiver, void *arg, dubboc_log_level level);

/* A receiver that writes each event to standard error, as a line: "2026-01-31T12:00:00.000Z WARN
 * registry: file skipped path=... reason=...". */
DUBBOC_API void dubboc_log_stderr(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed);

/* Reads a level from text: error, warn, info, debug, or off, which sets *level to 0.
 * DUBBOC_E_ARGUMENT: the text is none of these. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_log_level_parse(
    const char *text, dubboc_log_level *level);

DUBBOC_END

#endif
