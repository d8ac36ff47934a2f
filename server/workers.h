/* A bounded pool of threads for handlers that may block, with the queue of work_queue.h in front of
 * it. */
#ifndef SERVER_WORKERS_H
#define SERVER_WORKERS_H

#include <stdbool.h>

#include <dubboc/error.h>

#include "server/work_queue.h"

typedef struct workers workers;

#define WORKERS_MAX 4096
#define WORKERS_QUEUE_MAX 1000000

typedef struct workers_settings {
    int threads;   /* 1 to WORKERS_MAX */
    int queue_max; /* the most requests that wait, 1 to WORKERS_QUEUE_MAX */
    /* Runs a request, on a worker. May block. Takes the request over. */
    void (*run)(work *taken);
    /* Refuses a request; taken->refusal says why. Called on any thread, without locks. Takes the
     * request over. */
    void (*refuse)(work *taken);
} workers_settings;

/* Starts the threads; all signals are blocked in them.
 *
 * - DUBBOC_E_SYSTEM: a thread cannot be created.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status workers_new(const workers_settings *settings, workers **self, dubboc_error *err);

/* Queues a request whose deadline_ns, start_by_ns and cost are set. The request is run later, or
 * refused; it may be refused at once if the queue is full, and it is refused at once if the pool is
 * stopped. Any thread. */
void workers_push(workers *self, work *added);

/* Refuses the waiting requests, waits for the running ones, and ends the threads. To be called
 * once, and not on a worker. */
void workers_stop(workers *self);

/* Frees the pool; calls workers_stop() if that has not been done. NULL is accepted. */
void workers_free(workers *self);

#endif
