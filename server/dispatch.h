/* From a body to handlers to replies. See dispatch.c. */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include "server/serving.h"

/* Serves a request that has come whole, or hands it to a worker. On its loop's thread. */
void dispatch_request(serving *self, http_server_request *incoming);

/* The worker's part: runs a held exchange and answers it, unless its caller has gone. taken is a
 * part of the exchange, which is freed. */
void dispatch_run(work *taken);

/* Answers such an exchange, which will not be run, as not executed, and frees it. Any thread. */
void dispatch_refuse(work *taken);

#endif
