/* Runs asynchronous calls: an event loop, the opener of its connections, and the list of the calls
 * that run on it, so that stopping the client can end each of them. */
#ifndef CLIENT_IO_DRIVER_H
#define CLIENT_IO_DRIVER_H

#include "base/stop_signal.h"
#include "client/io_loop.h"
#include "transport/http_client_opener.h"

/* Something that runs on a driver. It is the first member of its owner. The owner sets task.run and
 * stop; everything else is zero at first. */
typedef struct io_job {
    io_task task;
    /* Called when the client is stopped, on the thread of the loop, without locks. The job may
     * remove and free itself, but must not remove another job. */
    void (*stop)(struct io_job *self);
    struct io_job *previous, *next; /* in the driver's list */
} io_job;

typedef struct io_driver {
    /* constant */
    io_loop *loop;
    http_client_opener *opener;
    stop_signal *stop;

    /* used on the loop's thread only */
    io_task opener_task;
    uint64_t opener_turn; /* the last turn in which the opener was stepped, plus 1; 0: none */
    io_task stop_task;
    io_job *jobs;
} io_driver;

/* Creates a driver without a thread; io_loop_start_thread() starts one. http and stop are borrowed.
 * DUBBOC_E_SYSTEM: no descriptor is left. DUBBOC_E_NO_MEMORY. */
dubboc_status io_driver_new(
    http_client *http, stop_signal *stop, io_driver **self, dubboc_error *err);

/* No job may be left. self may be NULL. */
void io_driver_free(io_driver *self);

/* --- The functions below are for the thread of the loop only. */

/* Adds a job to the list. */
void io_driver_add(io_driver *self, io_job *job);

/* Removes a job from the list and its task from the loop. From now on no thread may post the task.
 */
void io_driver_remove(io_driver *self, io_job *job);

/* Calls stop of each job. */
void io_driver_stop_jobs(io_driver *self);

/* Begins to open a connection, using a place of the endpoint. Later the driver calls opened() as
 * http_client_opener_begin() describes. NULL: no memory; the place was given back. */
http_client_opening *io_driver_open(io_driver *self, http_client_endpoint *endpoint,
    int64_t deadline_ns, http_client_opened opened, void *arg);

#endif
