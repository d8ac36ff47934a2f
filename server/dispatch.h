/* From a body to handlers to replies. See dispatch.c. */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include "server/exchange.h"

/* http_server_settings.on_request; arg is the dubboc_server. */
void dispatch_on_request(void *arg, http_server_request *incoming);

/* The worker's part: runs a held exchange and answers it, unless its caller has gone. taken is a
 * part of the exchange, which is freed. */
void dispatch_run(work *taken);

/* Answers such an exchange, which will not be run, as not executed, and frees it. Any thread. */
void dispatch_refuse(work *taken);

/* Answers with the JSON that stands in the incoming's out buffer (nothing: an empty body); when
 * that buffer has failed, with a short error instead. */
void dispatch_answer(http_server_request *incoming, bool is_executed);

/* Appends a whole reply of that method. A result that cannot be written becomes an error answer
 * that says why, and is logged. */
void dispatch_write_tree(
    buffer *out, const service_method *method, dubboc_slice id, const cJSON *result);
void dispatch_write_raw(
    buffer *out, const service_method *method, dubboc_slice id, dubboc_slice result, bool checks);

#endif
