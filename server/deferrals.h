/* HTTP requests with deferred answers, and the thread that answers them when a deferred answer does
 * not come in time. How it works is described in deferrals.c; the functions for the program are in
 * deferred.c. */
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

/* The parked requests of a server. Lives as long as the server object, and not only from start to
 * stop, because the program may answer what was deferred at any time, even after a start that has
 * failed. */
typedef struct deferrals {
    /* Guarded by lock, together with all fields of every parked: */
    mutex lock;
    parked *first;       /* all unanswered requests */
    int64_t earliest_ns; /* when deferrals_expire() is due next */
    bool is_stopped;     /* what is deferred from now on is answered with an error */
    bool ends;           /* the thread must end */
    /* How many threads of the program are inside parked_fill() at the moment. */
    size_t answering;
    condition answered; /* signalled when answering becomes 0 */

    /* Not guarded: */
    size_t open_max;    /* [server] deferred_max; set by the owner after deferrals_init() */
    atomic_size_t open; /* handles that the program has not used yet */
    wake wake; /* signalled when earliest_ns becomes earlier, or when the thread must end */
    bool has_thread;
    pthread_t thread;
} deferrals;

void deferrals_init(deferrals *self);

/* Starts accepting deferred answers; may be called again after deferrals_stop(). Handles of an
 * earlier start that the program has not used yet still count towards open_max. with_thread false:
 * the owner calls deferrals_expire() itself when wake.fd is readable and when earliest_ns has come.
 * wake.fd stays open until deferrals_fini().
 *
 * - DUBBOC_E_SYSTEM: no descriptor or no thread; nothing was started then. */
dubboc_status deferrals_start(deferrals *self, bool with_thread, dubboc_error *err);

/* Answers the requests whose caller has given up by now. Returns the time at which to call this
 * function again; DEADLINE_NEVER: only when wake is signalled. */
int64_t deferrals_expire(deferrals *self);

/* Answers all unanswered requests with an error, ends the thread, and waits for threads inside
 * parked_fill(). Afterwards no deferred answer touches the HTTP server, and an answer that a
 * handler still defers is replaced by an error at once. */
void deferrals_stop(deferrals *self);

/* To be called after deferrals_stop(), or if deferrals_start() was never called. Waits for threads
 * inside parked_fill(). */
void deferrals_fini(deferrals *self);

/* --- the limit of open handles --- */

/* Counts one more open handle. false: open_max is reached, which is logged. Any thread. */
bool deferrals_open(deferrals *self);

/* Counts one open handle less. Any thread. */
void deferrals_close(deferrals *self);

/* --- one HTTP request --- */

/* Parks a held request whose caller gives up at deadline_ns. The `parked` frees itself after
 * parked_release() and the last parked_fill(). NULL: no memory. */
parked *parked_new(deferrals *owner, http_server_request *incoming, int64_t deadline_ns);

/* Adds a deferred answer, which belongs at offset `at` of the request's out buffer. counts: the
 * counters of its method; the end of the call is counted there once. id_take: ownership passes to
 * self on success; freed with free(). *index identifies the answer in parked_fill(), which must be
 * called exactly once. false: no memory. */
bool parked_add(parked *self, size_t at, call_counts *counts, dubboc_slice id_take, size_t *index);

/* How many answers have been deferred so far. Only for the thread that runs the handlers. */
size_t parked_count(const parked *self);

/* To be called when all handlers have returned; the request's out buffer holds what they have
 * written. Answers the request now if nothing is missing, otherwise when the last answer comes. The
 * request must not be touched afterwards. */
void parked_release(parked *self);

/* Gives one deferred answer, which is a whole reply (is_error: an error reply), and closes a
 * handle. A reply that comes too late is dropped. Any thread. */
void parked_fill(parked *self, size_t index, buffer *reply_take, bool is_error);

#endif
