/* The callbacks of libmicrohttpd from the request line to the end of the answer. */
#ifndef TRANSPORT_HTTP_SERVER_INCOMING_H
#define TRANSPORT_HTTP_SERVER_INCOMING_H

#include <microhttpd.h>

#include "transport/http_server_request_pool.h"

/* The callbacks for MHD_OPTION_URI_LOG_CALLBACK, the access handler and
 * MHD_OPTION_NOTIFY_COMPLETED. Their first argument is the loop's http_server_request_pool; *state
 * is the http_server_request. The socket context of a connection is its http_server_connection. */
void *http_server_incoming_on_line(void *pool, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_server_incoming_on_access(void *pool, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload_data,
    size_t *upload_data_size, void **state);
void http_server_incoming_on_completed(void *pool, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode how);

/* Resumes the connections of requests that were held and have been answered. Loop's thread. */
void http_server_incoming_resume_answered(http_server_request_pool *pool);

/* To be called when the loop ends: answers every request that is still held with 503, in place of
 * its owner. Loop's thread. */
void http_server_incoming_give_up_held(http_server_request_pool *pool);

#endif
