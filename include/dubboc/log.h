/* What dubboc has to say while it works goes to one callback of the program; without one it says
 * nothing. It never prints by itself. The log is per process, because the libraries underneath
 * (ZooKeeper's client, libmicrohttpd) know no other. */
#ifndef DUBBOC_LOG_H
#define DUBBOC_LOG_H

#include <dubboc/defs.h>
#include <dubboc/error.h>

DUBBOC_BEGIN

/* How serious an event is. */
typedef enum dubboc_log_level {
    DUBBOC_LOG_ERROR = 1, /* something does not work and stays so */
    DUBBOC_LOG_WARN = 2,  /* something is odd and is being worked around */
    DUBBOC_LOG_INFO = 3,  /* life: started, registered, reconnected, stopped */
    DUBBOC_LOG_DEBUG = 4, /* what helps to find a fault: single connections, requests, nodes */
    /* For dubboc_log_set() only: the level that [log] level names in the configuration of the first
     * client or server that this process makes; until then DUBBOC_LOG_WARN. */
    DUBBOC_LOG_FROM_CONFIG = -1
} dubboc_log_level;

/* Receives one event. area: the folder it comes from ("registry"); message: fixed words, the same
 * for each event of its kind; fields: the variable part as key=value pairs separated by blanks, ""
 * when there are none, cut at 1023 bytes. It is for people: a value that may hold blanks stands in
 * quotes, but quotes in it stay as they are; control bytes become '?'. All three are valid only
 * during the call. suppressed: how many events of this kind were left out since the last one
 * (throttled to one a second each, where strangers or failures could make many). Called from any
 * thread of the library, never with a lock held; it must not block for long. */
typedef void (*dubboc_log_fn)(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed);

/* Sets the receiver of events up to and including level (0: of none); NULL: none. Any thread, any
 * time; an event that is under way may still reach the former receiver. Most programs begin with
 *
 *     dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
 */
DUBBOC_API void dubboc_log_set(dubboc_log_fn receiver, void *arg, dubboc_log_level level);

/* A ready-made receiver: one line a call to standard error, "2026-01-31T12:00:00.000Z WARN
 * registry: file skipped path=... reason=...". */
DUBBOC_API void dubboc_log_stderr(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed);

/* Reads error, warn, info, debug or off (*level = 0). DUBBOC_E_ARGUMENT: none of them. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_log_level_parse(
    const char *text, dubboc_log_level *level);

DUBBOC_END

#endif
