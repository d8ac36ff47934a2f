/* HTTP requests whose answer comes later, and the clock that answers for those handlers that do
 * not in time. See deferrals.c; the program's side is deferred.c. */
#ifndef SERVER_DEFERRALS_H
#define SERVER_DEFERRALS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "base/condition.h"
#include "base/mutex.h"
#include "base/wake.h"
#include "server/call_counts.h"
#include "transport/http_server.h"

typedef struct parked parked;

/* All unanswered parked requests of a server. It lives as long as the server and not only from
 * start to stop, because the program may answer what was deferred at any time, also after a start
 * that has failed. */
typedef struct deferrals {
    /* Guarded by the lock, and so is every parked. */
    mutex lock;
    parked *first;
    int64_t earliest_ns; /* the next look is due then */
    bool is_stopped;     /* whatever is deferred from now on is answered with an error */
    bool ends;           /* the thread has to end */
    size_t answering;   /* later answers that are being given just now, by threads of the program */
    condition answered; /* answering became 0 */

    /* Not guarded. */
    size_t open_max;    /* [server] deferred_max, set by the owner after deferrals_init() */
    atomic_size_t open; /* rights to answer that the program has not used yet */
    wake wake;          /* signalled when earliest_ns went down, and when the thread has to end */
    bool has_thread;
    pthread_t thread;
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

/* --- rights to answer --- */

/* Takes one of open_max. false: all are taken, which is logged. Any thread. */
bool deferrals_open(deferrals *self);
void deferrals_close(deferrals *self);

/* --- one HTTP request --- */

/* Parks a held request whose caller gives up at deadline_ns. It ends by itself, after
 * parked_release() and the last answer. NULL: no memory. */
parked *parked_new(deferrals *owner, http_server_request *incoming, int64_t deadline_ns);

/* Adds an open answer: it will stand at this place of the request's out buffer. counts: where the
 * end of its call is counted, once. id_take: free(), on success only. *index: for parked_fill(),
 * which must follow exactly once. false: no memory. */
bool parked_add(parked *self, size_t at, call_counts *counts, dubboc_slice id_take, size_t *index);

/* How many answers have been deferred so far. By the thread that runs the handlers. */
size_t parked_count(const parked *self);

/* The handlers have all returned, and what they have written is in the request's out buffer:
 * answers now, if nothing is missing, else when the last answer comes. The request must not be
 * touched afterwards. */
void parked_release(parked *self);

/* Gives one later answer, a whole reply (is_error: an error), and closes a right to answer. A reply
 * that comes too late goes nowhere. Any thread. */
void parked_fill(parked *self, size_t index, buffer *reply_take, bool is_error);

#endif
