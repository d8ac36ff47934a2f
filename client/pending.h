/* One asynchronous call: the state machine of client/call.h, driven by an event loop.
 *
 * While the call runs, only the thread of its loop steps it. Other threads may take its outcome,
 * wait for it, cancel it and free it; what they share is guarded by the lock of the call. A
 * dubboc_pending may outlive its client: after the call has ended it uses neither the client nor
 * the loop. */
#ifndef CLIENT_PENDING_H
#define CLIENT_PENDING_H

#include <dubboc/async.h>

#include "base/buffer.h"
#include "client/call.h"
#include "client/io_driver.h"

typedef enum pending_state {
    PENDING_RUNS,
    PENDING_TELLS,  /* The callback runs. The outcome may be taken. */
    PENDING_IS_OVER /* The callback has returned. Only the program uses it from now on. */
} pending_state;

struct dubboc_pending {
    io_job job; /* the first member, so that it can be cast */

    /* constant while the call runs */
    io_driver *driver;
    dubboc_client *client;
    counter_slot *slot;

    /* used on the loop's thread only */
    call call;
    waiter waiter;                /* waking it posts the task, so that the loop steps the call */
    call_want want;               /* what the last call_step() returned; CALL_GOES_ON: none yet */
    http_client_opening *opening; /* set while want is CALL_WANTS_OPEN */

    /* constant */
    dubboc_done done; /* NULL: no callback */
    void *arg;
    bool frees_itself; /* The program does not hold the call, which is freed after the callback. */
    bool is_stepped;   /* no thread runs the call: the program steps the client */
    char *texts;       /* one block with copies of the caller's strings; the call points into it */
    buffer params;     /* the text of params, if they were given as a tree */

    atomic_bool is_cancelled; /* The loop has been asked to end the call. Set under the lock. */

    mutex lock; /* guards the fields below */
    pending_state state;
    bool is_freed; /* The program has freed the call; the loop's thread destroys it. */
    bool is_taken;
    pthread_t teller;     /* the thread of the callback, in PENDING_TELLS */
    waiter_queue waiting; /* threads that wait for PENDING_IS_OVER */

    /* the outcome; constant from PENDING_TELLS on */
    dubboc_error err; /* holds the status, too */
    dubboc_text result;
    dubboc_text remote_error;
};

/* What the caller of dubboc_call_start() asked for. All of it is borrowed. */
typedef struct pending_wanted {
    dubboc_client *client;
    const char *interface;
    const char *method;
    dubboc_slice params; /* checked JSON text */
    /* The buffer that holds params; its content is moved. NULL: params is copied. */
    buffer *own_params;
    const dubboc_call_options *options;
    dubboc_done done;
    void *arg;
    bool frees_itself;
} pending_wanted;

/* Creates a call that can be started: finds its reference and directory, and copies everything that
 * the caller may free. Does not block. Errors as dubboc_call_start(). */
dubboc_status pending_new(const pending_wanted *wanted, dubboc_pending **self, dubboc_error *err);

/* Hands the call to the driver. The call may have ended, and been freed, before this function
 * returns. slot is from counters_begin(). The client must have counted the call as in flight. */
void pending_start(dubboc_pending *self, io_driver *driver, counter_slot *slot);

/* Callbacks that take longer are counted in dubboc_client_stats.slow_callbacks. */
#define PENDING_SLOW_MS 10

#endif
