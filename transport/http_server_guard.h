/* Whether a request's framing and headers are beyond doubt. libmicrohttpd reads leniently
 * (libraries.md M3). A proxy in front of us may have understood a request differently from
 * libmicrohttpd, and then the rest of the connection would be read as a request of somebody else
 * (request smuggling). RFC 9112 sections 2.2, 3, 5, 6; RFC 9110 section 10.1.1. */
#ifndef TRANSPORT_HTTP_SERVER_GUARD_H
#define TRANSPORT_HTTP_SERVER_GUARD_H

#include <microhttpd.h>

#include "base/slice.h"

typedef struct http_server_guard {
    const char *method;
    const char *version;
    const char *target;       /* Of the request line, in libmicrohttpd's buffer. */
    dubboc_slice target_copy; /* The same, copied before libmicrohttpd took it apart. */
    uint64_t body_max_bytes;
    /* Set for libmicrohttpd before 1.0. It leaves every header in its receive buffer, separated by
     * what the line ends were. So the distances between them tell of bytes that it skipped or cut:
     * NUL, bare CR or LF, folded lines. Version 1.0 refuses those itself. */
    bool checks_positions;

    /* Results: */
    bool is_http_1_0;
    bool has_body;
    bool is_chunked;
    uint64_t body_bytes; /* By Content-Length; 0: chunked, or no body. */
    bool wants_close;    /* The connection ends after the answer. */
    int status;          /* What to refuse it with; 0: nothing is wrong. */
    const char *problem; /* What is wrong, in words for the peer. */
} http_server_guard;

/* Fills in the results. Cuts white space behind the values of the headers, so that no look-up finds
 * it. In the first access callback of a request only. */
void http_server_guard_check(http_server_guard *guard, struct MHD_Connection *connection);

/* What is wrong with the trailer fields behind a chunked body; NULL: nothing. In the last access
 * callback of a request only. */
const char *http_server_guard_check_trailers(struct MHD_Connection *connection);

#endif
