/* The rules for request lines, headers and trailers. Each rule has the text that the peer gets; the
 * first broken rule decides. What libmicrohttpd accepts by itself is described in
 * docs/libraries.md, "reading a request". */
#include "transport/http_server_guard.h"

#include <string.h>

#include "base/address.h"
#include "base/http_bytes.h"

typedef struct header_scan {
    http_server_guard *guard;
    const char *expected_at; /* Where the next header must begin. */
    int hosts;               /* How many Host headers there were. */
    int lengths;             /* How many Content-Length headers there were. */
    int encodings;           /* How many Transfer-Encoding headers there were. */
    bool expects;            /* There was an Expect header. */
    dubboc_slice expected;   /* The value of Expect. */
} header_scan;

static void guard_refuse(http_server_guard *guard, int status, const char *problem)
{
    if (guard->status != 0)
        return;
    guard->status = status;
    guard->problem = problem;
}

/* Compares the name of a header without case. Both texts must have the same length. The usual
 * spelling is compared first, because that is cheap. */
static bool guard_is_name(dubboc_slice name, const char *wanted)
{
    return memcmp(name.at, wanted, name.len) == 0 ||
           (ascii_lower(name.at[0]) == ascii_lower(wanted[0]) && slice_is_nocase(name, wanted));
}

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Whether one of eight bytes may be below 0x20, or DEL. There may be a false alarm, but no control
 * byte is missed. A tab counts as a control byte. */
static bool guard_may_have_control(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    uint64_t low = (bytes - EACH_BYTE(0x20)) & ~bytes;
    uint64_t not_del = bytes ^ EACH_BYTE(0x7f);
    uint64_t del = (not_del - EACH_BYTE(1)) & ~not_del;
    return ((low | del) & EACH_BYTE(0x80)) != 0;
}

static inline bool guard_has_control(dubboc_slice text)
{
    size_t i = 0;
    while (i + 8 <= text.len && !guard_may_have_control(text.at + i))
        i += 8;
    for (; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static void guard_check_line(http_server_guard *guard)
{
    dubboc_slice method = slice_of(guard->method);
    if (!http_bytes_are(method, HTTP_IN_TOKEN))
        guard_refuse(guard, 400, "the method is not an HTTP token");
    if (strcmp(guard->version, "HTTP/1.0") != 0 && strcmp(guard->version, "HTTP/1.1") != 0)
        guard_refuse(guard, 505, "the protocol is not HTTP/1.0 or HTTP/1.1");
    guard->is_http_1_0 = strcmp(guard->version, "HTTP/1.0") == 0;
    if (!http_bytes_are(guard->target_copy, HTTP_IN_TARGET))
        guard_refuse(guard, 400,
            "the request target holds a fragment, or a byte that must be percent-encoded");
    if (guard->checks_positions && guard->target + guard->target_copy.len + 1 != guard->version)
        guard_refuse(guard, 400, "the request target holds a NUL byte");
    if (guard->checks_positions && guard->method + method.len + 1 != guard->target)
        guard_refuse(guard, 400, "more than one blank before the request target");
}

/* Two headers are refused even if their values agree. */
static void scan_length(header_scan *scan, dubboc_slice value)
{
    if (++scan->lengths > 1)
        guard_refuse(scan->guard, 400, "more than one Content-Length");
    if (!slice_u64(value, UINT64_MAX, &scan->guard->body_bytes))
        guard_refuse(scan->guard, 400, "Content-Length is not a number");
}

/* libmicrohttpd recognises only "chunked" without white space behind it, and reads the body of
 * every other encoding until the connection ends. */
static void scan_encoding(header_scan *scan, dubboc_slice value, bool was_trimmed)
{
    if (++scan->encodings > 1)
        guard_refuse(scan->guard, 400, "more than one Transfer-Encoding");
    if (!slice_is_nocase(value, "chunked"))
        guard_refuse(scan->guard, 501, "a Transfer-Encoding other than chunked");
    if (was_trimmed)
        guard_refuse(scan->guard, 400, "white space behind Transfer-Encoding: chunked");
}

static void scan_expect(header_scan *scan, dubboc_slice value)
{
    if (scan->expects || !slice_is_nocase(value, "100-continue"))
        guard_refuse(scan->guard, 417, "an expectation other than 100-continue");
    scan->expects = true;
    scan->expected = value;
}

/* A request without a body must not get 100 Continue (RFC 9110 section 10.1.1). libmicrohttpd would
 * send it, and would then fail to answer if more requests are waiting. It searches its receive
 * buffer for the value after this function has returned, so the value is overwritten there. */
static void scan_forget_expectation(const header_scan *scan)
{
    if (scan->expects && !scan->guard->has_body)
        memset((char *)scan->expected.at, '-', scan->expected.len);
}

/* An invalid Host is refused like a missing one (RFC 9112 section 3.2); an empty one is valid. A
 * proxy in front of the server may route by the host, where the server routes by the path. So a
 * host that the two could understand differently is refused, and never repaired. */
static void scan_host(header_scan *scan, dubboc_slice value)
{
    if (++scan->hosts > 1)
        guard_refuse(scan->guard, 400, "more than one Host");
    if (value.len > 0 && !address_is_host_header(value))
        guard_refuse(scan->guard, 400, "Host is not a host name or address with or without a port");
}

static void scan_connection(http_server_guard *guard, dubboc_slice value)
{
    dubboc_slice word;
    while (slice_next(&value, ',', &word)) {
        if (slice_is_nocase(word, "close"))
            guard->wants_close = true;
        else if (guard->is_http_1_0 && slice_is_nocase(word, "keep-alive"))
            guard->wants_close = false;
    }
}

static void scan_known(header_scan *scan, dubboc_slice name, dubboc_slice value, bool was_trimmed)
{
    switch (name.len) {
    case 4:
        if (guard_is_name(name, "Host"))
            scan_host(scan, value);
        break;
    case 6:
        if (guard_is_name(name, "Expect"))
            scan_expect(scan, value);
        break;
    case 10:
        if (guard_is_name(name, "Connection"))
            scan_connection(scan->guard, value);
        break;
    case 14:
        if (guard_is_name(name, "Content-Length"))
            scan_length(scan, value);
        break;
    case 17:
        if (guard_is_name(name, "Transfer-Encoding"))
            scan_encoding(scan, value, was_trimmed);
        break;
    default:
        break;
    }
}

/* Removes white space behind a value, because it is not part of the value (RFC 9110 section 5.5).
 * libmicrohttpd before 1.0 keeps this white space, so every later look-up would find it,
 * libmicrohttpd's own search for "100-continue" included. The value is in libmicrohttpd's receive
 * buffer and ends with a NUL byte, so an earlier NUL byte shortens it for all readers. */
static dubboc_slice guard_trim_in_place(const char *text, size_t size)
{
    size_t len = size;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (len < size)
        ((char *)(uintptr_t)text)[len] = '\0';
    return slice_make(text, len);
}

static enum MHD_Result scan_header(void *arg, enum MHD_ValueKind kind, const char *key,
    size_t key_size, const char *text, size_t text_size)
{
    (void)kind;
    header_scan *scan = arg;
    dubboc_slice name = slice_make(key, key_size);
    dubboc_slice raw = slice_make(text != NULL ? text : "", text != NULL ? text_size : 0);
    if (!http_bytes_are(name, HTTP_IN_TOKEN)) {
        guard_refuse(
            scan->guard, 400, "a header name holds a blank or a byte that is not allowed there");
        return MHD_NO;
    }
    if (guard_has_control(raw))
        guard_refuse(scan->guard, 400, "a header value holds a control byte");
    if (scan->guard->checks_positions) {
        if (key != scan->expected_at || text == NULL)
            guard_refuse(scan->guard, 400,
                "a header is folded, holds a NUL byte, or its line does not end with CR LF");
        scan->expected_at = raw.at + raw.len + 2;
    }
    dubboc_slice value = raw.len > 0 ? guard_trim_in_place(raw.at, raw.len) : raw;
    if (scan->guard->status == 0)
        scan_known(scan, name, value, value.len < raw.len);
    return scan->guard->status == 0 ? MHD_YES : MHD_NO;
}

/* The last header must be followed by CR LF and the empty line. */
static void guard_check_end(header_scan *scan, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (info == NULL || scan->guard->status != 0 || !scan->guard->checks_positions)
        return;
    if (scan->guard->method + info->header_size != scan->expected_at + 2)
        guard_refuse(scan->guard, 400,
            "a header is folded, holds a NUL byte, or its line does not end with CR LF");
}

static void guard_check_framing(http_server_guard *guard, const header_scan *scan)
{
    if (scan->hosts == 0 && !guard->is_http_1_0)
        guard_refuse(guard, 400, "Host is missing");
    if (scan->encodings > 0 && scan->lengths > 0)
        guard_refuse(guard, 400, "both Content-Length and Transfer-Encoding");
    if (scan->encodings > 0 && guard->is_http_1_0)
        guard_refuse(guard, 400, "Transfer-Encoding in an HTTP/1.0 request");
    if (guard->body_bytes > guard->body_max_bytes)
        guard_refuse(guard, 413, "the body is larger than this server takes");
    guard->is_chunked = scan->encodings > 0;
    guard->has_body = guard->is_chunked || guard->body_bytes > 0;
    /* libmicrohttpd accepts a bare LF in chunked framing, where we cannot see it. The connection is
     * closed after such a request, so that bytes behind it are never read as another request. */
    guard->wants_close = guard->wants_close || guard->is_chunked;
}

void http_server_guard_check(http_server_guard *guard, struct MHD_Connection *connection)
{
    guard->status = 0;
    guard->body_bytes = 0;
    guard->has_body = guard->is_chunked = false;
    guard_check_line(guard);
    guard->wants_close = guard->is_http_1_0;
    if (guard->status != 0)
        return;
    header_scan scan = {.guard = guard, .expected_at = guard->version + strlen(guard->version) + 2};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, scan_header, &scan);
    guard_check_end(&scan, connection);
    if (guard->status == 0)
        guard_check_framing(guard, &scan);
    if (guard->status == 0)
        scan_forget_expectation(&scan);
}

static enum MHD_Result scan_trailer(void *arg, enum MHD_ValueKind kind, const char *key,
    size_t key_size, const char *text, size_t text_size)
{
    (void)kind;
    const char **problem = arg;
    if (!http_bytes_are(slice_make(key, key_size), HTTP_IN_TOKEN))
        *problem = "a trailer name holds a blank or a byte that is not allowed there";
    else if (text != NULL && guard_has_control(slice_make(text, text_size)))
        *problem = "a trailer value holds a control byte";
    return *problem == NULL ? MHD_YES : MHD_NO;
}

const char *http_server_guard_check_trailers(struct MHD_Connection *connection)
{
    const char *problem = NULL;
    MHD_get_connection_values_n(connection, MHD_FOOTER_KIND, scan_trailer, &problem);
    return problem;
}
