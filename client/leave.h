/* Counts the end of a call, blocking or asynchronous. */
#ifndef CLIENT_LEAVE_H
#define CLIENT_LEAVE_H

#include "client/client.h"

/* Counts the end of a call whose beginning counters_begin() has counted. When the client is being
 * freed, another thread waits under the lock for the last call to end and then frees everything. So
 * this function touches nothing of the client after counting, and counts under the lock when the
 * client is stopping. A thread that begins to wait just now checks the counters regularly anyway.
 * The caller must not use the client afterwards, unless it runs on one of the client's threads. */
void client_leave(
    dubboc_client *client, counter_slot *slot, dubboc_status status, dubboc_execution execution);

#endif
