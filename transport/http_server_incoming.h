/* What libmicrohttpd calls while a request comes in and is answered. */
#ifndef TRANSPORT_HTTP_SERVER_INCOMING_H
#define TRANSPORT_HTTP_SERVER_INCOMING_H

#include <microhttpd.h>

#include "transport/http_server_request_pool.h"

/* The callbacks that the daemon is started with: MHD_OPTION_URI_LOG_CALLBACK, the access handler,
 * and MHD_OPTION_NOTIFY_COMPLETED. Their first argument is the loop's http_server_request_pool. The
 * socket context of a connection is its http_server_connection. */
void *http_server_incoming_on_line(void *pool, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_server_incoming_on_access(void *pool, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload_data,
    size_t *upload_data_size, void **state);
void http_server_incoming_on_completed(void *pool, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode how);

/* Takes requests up again that were held and are answered. Loop's thread. */
void http_server_incoming_resume_answered(http_server_request_pool *pool);

/* The loop ends: answers every request that is still held with 503, in its owner's place. Loop's
 * thread. */
void http_server_incoming_give_up_held(http_server_request_pool *pool);

#endif
