/* Runs the handler of one JSON-RPC request. See invoke.c. */
#ifndef SERVER_INVOKE_H
#define SERVER_INVOKE_H

#include "server/exchange.h"

/* Executes one request and appends its reply to out, unless it is a notification or the handler has
 * deferred. method NULL: there is no such method, which is the reply. Sets ex->is_executed if a
 * handler was called, and ex->is_refused if there was no memory for its params. */
void invoke(exchange *ex, const jsonrpc_request *rpc, const service_method *method, buffer *out);

#endif
