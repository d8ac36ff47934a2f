/* Answers: libmicrohttpd's response objects, ready-made ones for common answers, and refusals that
 * are written directly to the socket. */
#ifndef TRANSPORT_HTTP_SERVER_RESPONSE_H
#define TRANSPORT_HTTP_SERVER_RESPONSE_H

#include <stdbool.h>

#include <microhttpd.h>

#include "base/slice.h"
#include "transport/http_server_types.h"

/* Makes a response object. body is borrowed until the object is destroyed. second: the time for the
 * Date header, since 1970. content_type may be NULL. keep_alive: the value of the Keep-Alive
 * header; "": no such header; NULL: send Connection: close. Returns NULL if there is no memory or a
 * header contains line ends. Any thread. */
struct MHD_Response *http_server_response_new(dubboc_slice body, int64_t second,
    const char *content_type, const http_server_answer_header *headers, size_t header_count,
    const char *keep_alive);

/* --- ready-made responses ---
 *
 * Most answers are small, have no additional headers and keep the connection. Making a response
 * object of libmicrohttpd for each of them would take a quarter of the time of a request. The
 * length and the headers of such an object cannot be changed, but the bytes of its body can. So
 * each loop keeps one object per body length, and lends it to one request at a time, until the
 * second in its Date header has passed. */

/* How many objects a loop keeps, and the longest body that they may have. */
#define HTTP_SERVER_READY_SLOTS 128
#define HTTP_SERVER_READY_MAX_BYTES 1024

typedef struct http_server_ready http_server_ready;

/* One for each loop, used by its thread only. */
typedef struct http_server_ready_cache {
    const char *keep_alive; /* see http_server_response_new(); borrowed */
    http_server_ready *slots[HTTP_SERVER_READY_SLOTS];
} http_server_ready_cache;

void http_server_ready_cache_init(http_server_ready_cache *cache, const char *keep_alive);

/* No response may be lent. */
void http_server_ready_cache_fini(http_server_ready_cache *cache);

/* Lends a response that keeps the connection and holds a copy of body. NULL: body is too long, the
 * object of that length is lent already, or there is no memory; use http_server_response_new()
 * then. */
http_server_ready *http_server_ready_lend(
    http_server_ready_cache *cache, const char *content_type, dubboc_slice body);

/* Borrowed until http_server_ready_give_back(). */
struct MHD_Response *http_server_ready_response(const http_server_ready *ready);
void http_server_ready_give_back(http_server_ready *ready);

/* --- refusals --- */

/* Whether the answer says that the request was not executed (header Dubboc-Not-Executed: 1), so
 * that the peer may send the request to another provider. */
typedef enum http_server_executed {
    HTTP_SERVER_NOT_EXECUTED,
    HTTP_SERVER_MAYBE_EXECUTED
} http_server_executed;

/* Writes a complete small reply with Connection: close to the socket. problem is its body; is_head:
 * the request was HEAD, so the body is left out. libmicrohttpd must have nothing to write to that
 * socket. Does not block: if the send buffer of the socket is full, the reply is lost. Any
 * thread. */
void http_server_response_refuse(
    int fd, int status, const char *problem, http_server_executed executed, bool is_head);

#endif
