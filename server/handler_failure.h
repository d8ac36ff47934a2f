/* Telling the provider's operator of failures in handlers, which otherwise only the callers see. */
#ifndef SERVER_HANDLER_FAILURE_H
#define SERVER_HANDLER_FAILURE_H

#include "server/service.h"

/* Logs that a handler of that method has failed for a reason of its own, and not because of what
 * its caller sent: at most once a minute for each method. Any thread, without a lock held. */
void handler_failure_log(const service_method *method, const char *reason);

#endif
