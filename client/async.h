/* The asynchronous calls of a client as a whole: their drivers, and how they end with the client.
 */
#ifndef CLIENT_ASYNC_H
#define CLIENT_ASYNC_H

#include "client/client.h"

/* threads 0: the program steps the client. The driver is then created at once, because the program
 * may call dubboc_client_fd() before it makes its first call. Errors as io_driver_new(). */
dubboc_status async_init(
    dubboc_client *client, int threads, unsigned in_flight_max, dubboc_error *err);

/* After the client was stopped: with 0 threads, steps the client until no asynchronous call is in
 * flight. Otherwise a no-op. */
void async_step_to_end(dubboc_client *client);

/* Ends the threads, and thereby waits for running callbacks. No call may be in flight. */
void async_stop(dubboc_client *client);

/* Frees the drivers. To be called after async_stop(), when all connections have been closed. */
void async_fini(dubboc_client *client);

#endif
