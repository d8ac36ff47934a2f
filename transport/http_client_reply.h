/* Reading one HTTP/1.x reply out of bytes as they arrive: strict, bounded, without I/O (RFC 9112).
 * What libcurl refuses, it refuses. */
#ifndef TRANSPORT_HTTP_CLIENT_REPLY_H
#define TRANSPORT_HTTP_CLIENT_REPLY_H

#include "base/buffer.h"
#include <dubboc/error.h>

typedef struct http_client_reply {
    int status;        /* of the final reply, 200 to 599; 1xx are skipped */
    bool keep_alive;   /* the connection may be used again */
    bool not_executed; /* a refusal (400 and above, but 500) with Dubboc-Not-Executed: 1 */
    int idle_s; /* the peer closes an idle connection after so long (Keep-Alive: timeout=); < 0: it
                   did not say */
    dubboc_slice body;         /* decoded from chunks; borrowed from the reader's buffer */
    dubboc_slice content_type; /* {NULL, 0}: none; borrowed too */
} http_client_reply;

typedef enum http_client_read {
    HTTP_CLIENT_READ_MORE, /* give it more bytes */
    HTTP_CLIENT_READ_DONE,
    HTTP_CLIENT_READ_FAILED /* status and problem say why */
} http_client_read;

/* Positions are offsets into in.data, since that moves while it grows. */
typedef struct http_client_reader {
    buffer in; /* bytes as received; the body is decoded in place */
    size_t body_max_bytes;
    int state;
    bool is_head;      /* it answers a HEAD request */
    size_t at;         /* what stands before it has been understood */
    size_t seen;       /* up to here the present line's end was looked for in vain */
    size_t head_bytes; /* of the lines of this head, or of the trailers */
    unsigned header_count;
    unsigned interim; /* 1xx replies skipped */
    size_t body_at, body_len;
    uint64_t left;            /* of the body or the chunk */
    size_t type_at, type_len; /* Content-Type; type_at 0: none */
    /* what the head said; old: HTTP/1.0 or 0.0 */
    bool has_length, is_chunked, says_close, says_keep_alive, says_not_executed, is_old;
    http_client_reply reply; /* valid when done */
    dubboc_status status; /* valid when failed: DUBBOC_E_PROTOCOL, DUBBOC_E_TOO_BIG, DUBBOC_E_BROKEN
                             or DUBBOC_E_NO_MEMORY */
    const char *problem;  /* fixed words, never NULL when failed */
} http_client_reader;

#define HTTP_CLIENT_REPLY_HEAD_MAX (64u * 1024) /* bytes of one head, and of the trailers */
#define HTTP_CLIENT_REPLY_HEADERS_MAX 200       /* header lines of one head, and trailer lines */
#define HTTP_CLIENT_REPLY_INTERIM_MAX 16        /* 1xx replies before the final one */
#define HTTP_CLIENT_REPLY_CHUNK_LINE_MAX 4096   /* a chunk's size line with its extensions */

/* body_max_bytes is the ceiling of the body; the head has its own. Allocates nothing yet. */
void http_client_reader_init(http_client_reader *reader, size_t body_max_bytes);
void http_client_reader_fini(http_client_reader *reader);

/* Ready for the next reply; is_head: it answers a HEAD request and has no body. Gives memory above
 * a moderate size back. */
void http_client_reader_reset(http_client_reader *reader, bool is_head);

/* Room to receive into; NULL: no memory (status is set). *size: how much. Not when done or
 * failed. */
char *http_client_reader_room(http_client_reader *reader, size_t *size);

/* received bytes were put there. */
http_client_read http_client_reader_feed(http_client_reader *reader, size_t received);

/* The peer has closed. DONE when the body runs to the end of the connection, else FAILED
 * (DUBBOC_E_BROKEN). */
http_client_read http_client_reader_eof(http_client_reader *reader);

#endif
