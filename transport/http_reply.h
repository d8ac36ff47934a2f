/* Reading one HTTP/1.x reply out of bytes as they arrive: strict, bounded, without I/O (RFC 9112). What libcurl refuses, it refuses. */
#ifndef TRANSPORT_HTTP_REPLY_H
#define TRANSPORT_HTTP_REPLY_H

#include "base/buffer.h"
#include <dubboc/error.h>

typedef struct http_reply {
    int status;            /* of the final reply; 1xx are skipped */
    bool keep_alive;       /* the connection may be used again */
    bool not_executed;     /* 503 with Dubboc-Not-Executed: 1 */
    dubboc_slice body;     /* decoded from chunks; borrowed from the reader's buffer */
    dubboc_slice content_type; /* {NULL, 0}: none */
} http_reply;

typedef enum http_read {
    HTTP_READ_MORE,   /* give it more bytes */
    HTTP_READ_DONE,
    HTTP_READ_FAILED  /* status and problem say why */
} http_read;

typedef struct http_reader {
    buffer in;            /* bytes as received; the body is decoded in place */
    int state;
    size_t scanned;       /* of in: consumed by the state machine */
    size_t body_at, body_len;
    uint64_t left;        /* of the body or the chunk */
    unsigned interim;     /* 1xx replies seen */
    size_t header_count;
    http_reply reply;
    dubboc_status status;
    const char *problem;  /* fixed words */
} http_reader;

#define HTTP_REPLY_HEAD_MAX (64u * 1024)
#define HTTP_REPLY_HEADERS_MAX 200
#define HTTP_REPLY_INTERIM_MAX 16

/* body_max_bytes is the ceiling of the body; the head has its own. */
void http_reader_init(http_reader *reader, size_t body_max_bytes);
void http_reader_fini(http_reader *reader);

/* Ready for the next reply; is_head: it answers a HEAD request and has no body. Gives memory above a moderate size back. */
void http_reader_reset(http_reader *reader, bool is_head);

/* Room to receive into; NULL: no memory or over the ceiling (status is set). *size: how much. */
char *http_reader_room(http_reader *reader, size_t *size);

/* received bytes were put there. */
http_read http_reader_feed(http_reader *reader, size_t received);

/* The peer has closed. DONE when the body runs to the end of the connection, else FAILED (DUBBOC_E_BROKEN). */
http_read http_reader_eof(http_reader *reader);

#endif
