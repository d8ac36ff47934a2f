/* The log of the process: one receiver and one level, held events, and throttling. */
#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/utf8.h"
#include <dubboc/error.h>

static struct {
    /* The effective level: 0 without a receiver, and never DUBBOC_LOG_FROM_CONFIG. It is read
     * without the lock, so that an event below the level costs one load. */
    atomic_int level;

    /* Guarded by lock: */
    mutex lock;
    dubboc_log_fn receiver;
    void *arg;
    dubboc_log_level wanted;     /* the level set by dubboc_log_set() */
    dubboc_log_level configured; /* the level that DUBBOC_LOG_FROM_CONFIG means */
    bool is_configured;          /* log_take_level() was called */
} sink = {.lock = MUTEX_INITIALIZER(MUTEX_RANK_LOG), .configured = DUBBOC_LOG_WARN};

/* where this thread's events are held; NULL: they are delivered at once */
static _Thread_local log_held *waiting;

static const char *const level_names[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG"};

static void sink_update_level_locked(void)
{
    dubboc_log_level level = sink.wanted == DUBBOC_LOG_FROM_CONFIG ? sink.configured : sink.wanted;
    atomic_store(&sink.level, sink.receiver != NULL ? (int)level : 0);
}

void dubboc_log_set(dubboc_log_fn receiver, void *arg, dubboc_log_level level)
{
    mutex_lock(&sink.lock);
    sink.receiver = receiver;
    sink.arg = arg;
    sink.wanted = level;
    sink_update_level_locked();
    mutex_unlock(&sink.lock);
}

void log_take_level(const char *configured)
{
    dubboc_log_level level;
    if (dubboc_log_level_parse(configured, &level) != DUBBOC_OK)
        return;
    mutex_lock(&sink.lock);
    if (!sink.is_configured) {
        sink.is_configured = true;
        sink.configured = level;
        sink_update_level_locked();
    }
    mutex_unlock(&sink.lock);
}

bool log_is_on(dubboc_log_level level)
{
    return (int)level <= atomic_load_explicit(&sink.level, memory_order_relaxed);
}

static void log_hand_over(dubboc_log_level level, const char *area, const char *message,
    unsigned suppressed, const char *fields)
{
    mutex_lock(&sink.lock);
    dubboc_log_fn receiver = sink.receiver;
    void *arg = sink.arg;
    mutex_unlock(&sink.lock);
    if (receiver != NULL)
        receiver(arg, level, area, message, fields, suppressed);
}

static void log_keep(log_held *held, dubboc_log_level level, const char *area, const char *message,
    unsigned suppressed, const char *fields)
{
    if (held->count == LOG_HELD_MAX) {
        held->left_out++;
        return;
    }
    log_event *event = &held->events[held->count++];
    event->level = level;
    event->area = area;
    event->message = message;
    event->suppressed = suppressed;
    dubboc_slice kept = utf8_cut(slice_of(fields), sizeof event->fields - 1);
    memcpy(event->fields, kept.at, kept.len);
    event->fields[kept.len] = '\0';
}

void log_write(dubboc_log_level level, const char *area, const char *message, unsigned suppressed,
    const char *fields, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fields);
    if (vsnprintf(text, sizeof text, fields, args) >= (int)sizeof text)
        utf8_drop_cut_tail(text);
    va_end(args);
    utf8_hide_controls(text);
    if (waiting != NULL)
        log_keep(waiting, level, area, message, suppressed, text);
    else
        log_hand_over(level, area, message, suppressed, text);
}

void log_hold(log_held *held)
{
    assert(waiting == NULL);
    held->count = held->left_out = 0;
    waiting = held;
}

void log_let_go(log_held *held)
{
    waiting = NULL;
    for (const log_event *event = held->events; event < held->events + held->count; event++)
        log_hand_over(event->level, event->area, event->message, event->suppressed, event->fields);
    if (held->left_out > 0)
        LOG(DUBBOC_LOG_WARN, "log", "log events lost: too many at once", "left_out=%zu",
            held->left_out);
}

bool log_throttle_pass(log_throttle *throttle, int64_t every_ns, unsigned *suppressed)
{
    int64_t now = clock_now_ns();
    int64_t next = atomic_load(&throttle->next_ns);
    if (now < next || !atomic_compare_exchange_strong(&throttle->next_ns, &next, now + every_ns)) {
        atomic_fetch_add(&throttle->suppressed, 1);
        return false;
    }
    *suppressed = atomic_exchange(&throttle->suppressed, 0);
    return true;
}

void dubboc_log_stderr(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg;
    int64_t wall_ms = clock_wall_ms();
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char when[32];
    gmtime_r(&seconds, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    char more[48] = "";
    if (suppressed > 0)
        snprintf(more, sizeof more, " suppressed=%u", suppressed);
    fprintf(stderr, "%s.%03dZ %s %s: %s%s%s%s\n", when, (int)(wall_ms % 1000), level_names[level],
        area, message, fields[0] != '\0' ? " " : "", fields, more);
}

dubboc_status dubboc_log_level_parse(const char *text, dubboc_log_level *level)
{
    static const char *const words[] = {"off", "error", "warn", "info", "debug"};
    for (int i = 0; text != NULL && i < (int)(sizeof words / sizeof words[0]); i++)
        if (strcmp(text, words[i]) == 0) {
            *level = (dubboc_log_level)i;
            return DUBBOC_OK;
        }
    return DUBBOC_E_ARGUMENT;
}
