/* Runs the handler of one JSON-RPC request. See invoke.c. */
#ifndef SERVER_INVOKE_H
#define SERVER_INVOKE_H

#include "server/exchange.h"

/* Executes one request and appends its reply to out, if it wants one and has one yet. method NULL:
 * there is none of that name, which is the reply. Sets ex->is_executed when a handler is started,
 * and ex->is_refused when there was no memory for its params. */
void invoke(exchange *ex, const jsonrpc_request *rpc, const service_method *method, buffer *out);

#endif
