/* Answers that come later. See deferred.c. */
#ifndef SERVER_DEFERRED_H
#define SERVER_DEFERRED_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/condition.h"
#include "base/mutex.h"
#include "base/wake.h"
#include "server/exchange.h"

typedef struct parked parked;

/* All unanswered parked exchanges of a server, and the clock that answers for those who do not in
 * time. It lives as long as the server and not only from start to stop, because the program may
 * answer what was deferred at any time, also after a start that has failed. */
typedef struct deferrals {
    mutex lock; /* guards everything below and every parked */
    parked *first;
    int64_t earliest_ns; /* the next look is due then */
    bool checks_raw;     /* [server] check_raw, set by the owner after deferrals_init() */
    size_t open_max;     /* [server] deferred_max, set likewise */
    atomic_size_t open;  /* handles that the program has not answered; not guarded by the lock */
    bool is_stopped;     /* whatever is deferred from now on is answered with an error */
    bool has_thread;
    bool ends;          /* for the thread */
    size_t answering;   /* later answers that are being given just now, by threads of the program */
    condition answered; /* answering became 0 */
    pthread_t thread;
    wake wake; /* earliest_ns went down, or ends */
} deferrals;

void deferrals_init(deferrals *self);

/* Accepts deferred answers from now on; after deferrals_stop() again. What was deferred before that
 * and is not answered yet counts towards open_max. with_thread false: the owner calls
 * deferrals_expire() itself, when wake.fd is readable or earliest_ns has come. DUBBOC_E_SYSTEM: no
 * descriptor or thread; nothing runs then. wake.fd stays open until deferrals_fini(). */
dubboc_status deferrals_start(deferrals *self, bool with_thread, dubboc_error *err);

/* Answers those whose caller has given up by now. Returns when to look again, DEADLINE_NEVER: when
 * wake is signalled. */
int64_t deferrals_expire(deferrals *self);

/* Answers all that are left with an error, and any later one at once; waits for the answers that
 * are being given. Ends the thread. From then on no deferred answer touches the HTTP server. */
void deferrals_stop(deferrals *self);

/* After deferrals_stop(), or when it was never started. Waits for the answers that are being
 * given. */
void deferrals_fini(deferrals *self);

/* How many answers have been deferred so far. */
size_t parked_count(const parked *self);

/* The handlers of an exchange with a parked have all returned, and what they have written is in its
 * out buffer: answers now, if nothing is missing, else when the last answer comes. The exchange
 * must not be touched afterwards. */
void parked_release(parked *self);

#endif
