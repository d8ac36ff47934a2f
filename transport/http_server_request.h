/* A request as its owner uses it: on the loop's thread, or, once it is held, on the thread that
 * holds it. */
#ifndef TRANSPORT_HTTP_SERVER_REQUEST_H
#define TRANSPORT_HTTP_SERVER_REQUEST_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "transport/http_server_types.h"

dubboc_slice http_server_request_method(const http_server_request *request);

/* The path: without the query, percent-encoded as sent, with its leading "/". */
dubboc_slice http_server_request_path(const http_server_request *request);

/* The query, without the "?". May be empty. */
dubboc_slice http_server_request_query(const http_server_request *request);

dubboc_slice http_server_request_body(const http_server_request *request);

/* The value of the first header of that name, compared without case. NULL: there is none. Valid
 * until the request is answered. */
const char *http_server_request_header(const http_server_request *request, const char *name);

/* The address of the client, "ip:port". */
const char *http_server_request_peer(const http_server_request *request);

/* When the headers were complete, by clock_now_ns(). */
int64_t http_server_request_received_ns(const http_server_request *request);

/* The buffer for the body of the answer. It is empty at first, and its ceiling is 256 MiB. */
buffer *http_server_request_out(http_server_request *request);

/* Keeps the request after on_request has returned. Must be called inside on_request. The request
 * must then be answered exactly once, from any thread; its accessors stay valid until then. */
void http_server_request_hold(http_server_request *request);

/* Frees the memory of the body, for a request that is answered much later. The body is empty
 * afterwards. */
void http_server_request_drop_body(http_server_request *request);

/* Whether the peer has closed its side, so that an answer would be useless. Polls the socket, and
 * does not block. */
bool http_server_request_is_gone(const http_server_request *request);

/* Answers with the content of http_server_request_out(). The request must not be touched
 * afterwards.
 *
 * content_type may be NULL: no such header. headers: at most 8, which are copied. close: end the
 * connection after the answer. Content-Length, Date and Keep-Alive: timeout= (wire.md 12.3: less
 * than the idle time-out) are added here. The answer to HEAD has no body, but the Content-Length
 * that the body would have. The connection also ends when the client asks for it, while the server
 * drains, and after a chunked request, because its framing cannot be checked completely.
 *
 * The client gets 500 if the answer cannot be made: out of memory, a header contains line ends, or
 * the status is not between 200 and 999. */
void http_server_request_answer(http_server_request *request, int status, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close);

#endif
