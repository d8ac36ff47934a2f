/* From a complete HTTP request to its reply. See dispatch.c. */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include "server/serving.h"

/* Serves a complete request, or hands it to a worker. To be called on the loop's thread. */
void dispatch_request(serving *self, http_server_request *incoming);

/* workers_settings.run: runs a held exchange and answers it, unless its caller has gone. Frees the
 * exchange that taken is a part of. */
void dispatch_run(work *taken);

/* workers_settings.refuse: answers a held exchange as not executed. Frees the exchange that taken
 * is a part of. Any thread. */
void dispatch_refuse(work *taken);

#endif
