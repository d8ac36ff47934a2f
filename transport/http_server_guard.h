/* Whether a request's framing and headers are beyond doubt. libmicrohttpd reads leniently (traps
 * M3): what it lets through, a proxy in front of us may have understood otherwise, and the rest of
 * the connection would be somebody else's request. RFC 9112 sections 2.2, 3, 5, 6; RFC 9110 section
 * 10.1.1. */
#ifndef TRANSPORT_HTTP_SERVER_GUARD_H
#define TRANSPORT_HTTP_SERVER_GUARD_H

#include <microhttpd.h>

#include "base/slice.h"

typedef struct http_server_guard {
    const char *method;
    const char *version;
    const char *target;       /* the request line's, as it stands in libmicrohttpd's buffer */
    dubboc_slice target_copy; /* the same, copied before libmicrohttpd took it apart */
    uint64_t body_max_bytes;
    /* libmicrohttpd before 1.0: it leaves every header in its receive buffer, separated by what the
     * line ends were; so the distances tell of bytes that it skipped or cut: NUL, bare CR or LF,
     * folded lines. 1.0 refuses those itself. */
    bool checks_positions;

    /* results */
    bool is_http_1_0;
    bool has_body;
    bool is_chunked;
    uint64_t body_bytes; /* by Content-Length; 0 when chunked */
    bool wants_close;    /* the connection ends after the answer */
    int status;          /* 0: nothing wrong */
    const char *problem;
} http_server_guard;

/* Fills in the results, and cuts white space behind the headers' values, so that no look-up finds
 * it. The connection is in its first access callback. */
void http_server_guard_check(http_server_guard *guard, struct MHD_Connection *connection);

/* What is wrong with the fields behind a chunked body, NULL: nothing. In the last access
 * callback. */
const char *http_server_guard_check_trailers(struct MHD_Connection *connection);

#endif
