#include "transport/http_server_daemon.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/log.h"
#include "base/mem.h"

/* Of this thread: where to go when libmicrohttpd gives up, NULL while it is not called from here,
 * and why it did. */
static _Thread_local jmp_buf *panic_exit;
static _Thread_local char panic_reason[200];

typedef struct abandoned_daemon {
    struct abandoned_daemon *next;
    struct MHD_Daemon *daemon;
    const struct MHD_Connection *closing;
} abandoned_daemon;

static abandoned_daemon *_Atomic abandoned;

static void daemon_on_panic(void *arg, const char *file, unsigned line, const char *reason)
{
    int error = errno;
    (void)arg;
    snprintf(panic_reason, sizeof panic_reason, "libmicrohttpd gave up at %s:%u: %.*s (%s)", file,
        line, reason != NULL ? (int)strcspn(reason, "\r\n") : 0, reason != NULL ? reason : "",
        strerror(error));
    if (panic_exit != NULL)
        longjmp(*panic_exit, 1);
    /* A daemon of the program's own: it expects not to be returned to. */
    LOG(DUBBOC_LOG_ERROR, "transport", "libmicrohttpd gives up", "reason=\"%s\"", panic_reason);
    abort();
}

static void daemon_set_panic_once(void)
{
    MHD_set_panic_func(daemon_on_panic, NULL);
}

void http_server_daemon_set_panic(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, daemon_set_panic_once);
}

const char *http_server_daemon_call(void (*call)(void *arg), void *arg)
{
    jmp_buf here;
    jmp_buf *const outer = panic_exit; /* a handler may make a step of another server */
    if (setjmp(here) != 0) {
        panic_exit = outer;
        return panic_reason;
    }
    panic_exit = &here;
    call(arg);
    panic_exit = outer;
    return NULL;
}

void http_server_daemon_abandon(struct MHD_Daemon *daemon, const struct MHD_Connection *closing)
{
    abandoned_daemon *one = MEM_NEW(abandoned_daemon);
    if (one == NULL)
        return;
    one->daemon = daemon;
    one->closing = closing;
    one->next = atomic_load(&abandoned);
    while (!atomic_compare_exchange_weak(&abandoned, &one->next, one))
        continue;
}
