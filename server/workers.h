/* A bounded pool of threads for handlers that may block, in front of it the queue of
 * work_queue.h. */
#ifndef SERVER_WORKERS_H
#define SERVER_WORKERS_H

#include <stdbool.h>

#include <dubboc/error.h>

#include "server/work_queue.h"

typedef struct workers workers;

#define WORKERS_MAX 4096
#define WORKERS_QUEUE_MAX 1000000

typedef struct workers_settings {
    int threads;                 /* 1 to WORKERS_MAX */
    int queue_max;               /* work that waits, 1 to WORKERS_QUEUE_MAX */
    void (*run)(work *taken);    /* on a worker */
    void (*refuse)(work *taken); /* taken->refusal says why; on any thread, without locks */
} workers_settings;

/* Starts the threads, with all signals blocked in them. DUBBOC_E_SYSTEM: a thread cannot be had.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status workers_new(const workers_settings *settings, workers **self, dubboc_error *err);

/* Takes over work whose deadline_ns, start_by_ns and cost are set. It is run or refused, at once
 * when the queue is full or the pool stopped. Any thread. */
void workers_push(workers *self, work *added);

/* Takes nothing more, refuses what waits, and waits for what runs. Once; not from a worker. */
void workers_stop(workers *self);

/* After workers_stop(), or stops. NULL is accepted. */
void workers_free(workers *self);

#endif
