/* Answers: libmicrohttpd's response objects, ready-made ones for everyday answers, and refusals
 * that are written past libmicrohttpd. */
#ifndef TRANSPORT_HTTP_SERVER_RESPONSE_H
#define TRANSPORT_HTTP_SERVER_RESPONSE_H

#include <stdbool.h>

#include <microhttpd.h>

#include "base/slice.h"
#include "transport/http_server_types.h"

/* A response object. body is borrowed until the object is destroyed. second: since 1970, for its
 * Date. content_type NULL: none. keep_alive: the value of its Keep-Alive header; "": no such
 * header; NULL: Connection: close. NULL: no memory, or a header that HTTP cannot carry. Any
 * thread. */
struct MHD_Response *http_server_response_new(dubboc_slice body, int64_t second,
    const char *content_type, const http_server_answer_header *headers, size_t header_count,
    const char *keep_alive);

/* --- ready-made responses ---
 *
 * Most answers are small, have no headers of their own and keep the connection. Making
 * libmicrohttpd's response object for each of them would cost a quarter of a request. Neither the
 * length nor the headers of such an object can be changed, but its bytes are ours. So each loop
 * keeps one object for each length, with room for exactly that length, and lends it to one request
 * at a time, until the second in its Date has passed. */

/* How many objects a loop keeps, and how long their bodies are at most. */
#define HTTP_SERVER_READY_SLOTS 128
#define HTTP_SERVER_READY_MAX_BYTES 1024

typedef struct http_server_ready http_server_ready;

/* One for each loop, used by its thread only. */
typedef struct http_server_ready_cache {
    const char *keep_alive; /* As for http_server_response_new(). Borrowed. */
    http_server_ready *slots[HTTP_SERVER_READY_SLOTS];
} http_server_ready_cache;

void http_server_ready_cache_init(http_server_ready_cache *cache, const char *keep_alive);

/* Nothing may be lent. */
void http_server_ready_cache_fini(http_server_ready_cache *cache);

/* A response that keeps the connection and holds a copy of body. NULL: make one with
 * http_server_response_new(), because body is too long, the object of that length is lent, or there
 * is no memory. */
http_server_ready *http_server_ready_lend(
    http_server_ready_cache *cache, const char *content_type, dubboc_slice body);

/* Borrowed until http_server_ready_give_back(). */
struct MHD_Response *http_server_ready_response(const http_server_ready *ready);
void http_server_ready_give_back(http_server_ready *ready);

/* --- refusals --- */

/* Whether the peer is told that its request was not executed (Dubboc-Not-Executed: 1), so that it
 * may send it again elsewhere. */
typedef enum http_server_executed {
    HTTP_SERVER_NOT_EXECUTED,
    HTTP_SERVER_MAYBE_EXECUTED
} http_server_executed;

/* Writes a complete small reply with Connection: close. problem is its body; is_head: the request
 * was HEAD, so the body is left out. libmicrohttpd must have nothing to write on that socket at the
 * moment. Does not block: a peer that leaves no room in its socket gets no reply. Any thread. */
void http_server_response_refuse(
    int fd, int status, const char *problem, http_server_executed executed, bool is_head);

#endif
