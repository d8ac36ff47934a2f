/* The asynchronous calls of a client as a whole: their drivers, and how they end with the client.
 */
#ifndef CLIENT_ASYNC_H
#define CLIENT_ASYNC_H

#include "client/client.h"

/* threads 0: the program steps the client; then the driver is created at once, because
 * dubboc_client_fd() may be called before the first call. Errors as io_driver_new(). */
dubboc_status async_init(
    dubboc_client *client, int threads, unsigned in_flight_max, dubboc_error *err);

/* After the client was stopped: with 0 threads, steps the client until no asynchronous call is in
 * flight. Otherwise a no-op. */
void async_step_to_end(dubboc_client *client);

/* When no call is in flight: ends the threads, and thereby waits for running callbacks. */
void async_stop(dubboc_client *client);

/* After async_stop(), when all connections have been closed. */
void async_fini(dubboc_client *client);

#endif
