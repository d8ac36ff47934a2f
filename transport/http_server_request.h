/* A request as its owner sees it: on the loop's thread until it is held, then on the thread that
 * holds it. */
#ifndef TRANSPORT_HTTP_SERVER_REQUEST_H
#define TRANSPORT_HTTP_SERVER_REQUEST_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "transport/http_server_types.h"

dubboc_slice http_server_request_method(const http_server_request *request);

/* Without the query, not unescaped, with its leading "/". */
dubboc_slice http_server_request_path(const http_server_request *request);

/* Without the "?"; may be empty. */
dubboc_slice http_server_request_query(const http_server_request *request);

dubboc_slice http_server_request_body(const http_server_request *request);

/* The first header of that name, in any case. NULL: there is none. Valid while the request is. */
const char *http_server_request_header(const http_server_request *request, const char *name);

/* "ip:port" */
const char *http_server_request_peer(const http_server_request *request);

/* When the headers were complete, on clock_now_ns(). */
int64_t http_server_request_received_ns(const http_server_request *request);

/* The buffer to build the body of the answer in: empty at first, at most 256 MiB. */
buffer *http_server_request_out(http_server_request *request);

/* Keeps the request beyond the return of on_request, and must be called before that. The request
 * must then be answered exactly once, from any thread. Its accessors stay valid until then. */
void http_server_request_hold(http_server_request *request);

/* Gives the memory of the body back now, because nobody reads it any more and the answer may take
 * long. The body is empty from then on. */
void http_server_request_drop_body(http_server_request *request);

/* Whether the peer has closed its side meanwhile, so that an answer would be useless. This is a
 * look at the socket and does not block. */
bool http_server_request_is_gone(const http_server_request *request);

/* Answers with the bytes in http_server_request_out(). The request must not be touched afterwards.
 *
 * content_type NULL: none. headers: at most 8, copied. close: end the connection after the answer.
 * Content-Length, Date and Keep-Alive: timeout= (wire.md 12.3: below the idle time-out) are added
 * here. The answer to HEAD has no body but its length. The connection also ends when the client
 * wishes it, while the server drains, and after a chunked request, because its framing cannot be
 * checked to the last byte.
 *
 * The client gets 500 if the answer cannot be made: the buffer has failed, there is no memory, a
 * header holds line ends, or the status is not from 200 to 999. */
void http_server_request_answer(http_server_request *request, int status, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close);

#endif
