/* Refuses requests whose framing or headers are ambiguous. libmicrohttpd parses leniently
 * (libraries.md M3). If a proxy in front of us understands a request differently from
 * libmicrohttpd, the remaining bytes of the connection would be read as a request of another
 * client: request smuggling. See RFC 9112 sections 2.2, 3, 5 and 6, and RFC 9110 section 10.1.1. */
#ifndef TRANSPORT_HTTP_SERVER_GUARD_H
#define TRANSPORT_HTTP_SERVER_GUARD_H

#include <microhttpd.h>

#include "base/slice.h"

typedef struct http_server_guard {
    const char *method;
    const char *version;
    const char *target;       /* The target of the request line, in libmicrohttpd's buffer. */
    dubboc_slice target_copy; /* A copy of target from before libmicrohttpd split it. */
    uint64_t body_max_bytes;
    /* Whether to compare the positions of the headers in the receive buffer. Set for libmicrohttpd
     * before 1.0, which leaves every header where it was received. Gaps between headers then show
     * bytes that it skipped or cut: NUL, bare CR or LF, folded lines. Version 1.0 refuses those
     * itself. */
    bool checks_positions;

    /* Results of http_server_guard_check(): */
    bool is_http_1_0;
    bool has_body;
    bool is_chunked;
    uint64_t body_bytes; /* The Content-Length; 0: chunked, or no body. */
    bool wants_close;    /* The connection must end after the answer. */
    int status;          /* The status of the refusal; 0: the request is accepted. */
    const char *problem; /* What is wrong, as a text for the peer; valid if status is not 0. */
} http_server_guard;

/* Checks the request and fills in the results. Removes white space behind the values of the headers
 * in libmicrohttpd's buffer, so that no look-up finds it. To be called in the first access callback
 * of a request only. */
void http_server_guard_check(http_server_guard *guard, struct MHD_Connection *connection);

/* Checks the trailer fields behind a chunked body. Returns what is wrong; NULL: nothing. To be
 * called in the last access callback of a request only. */
const char *http_server_guard_check_trailers(struct MHD_Connection *connection);

#endif
