/* Parses one HTTP/1.x reply from bytes as they arrive. The parser is strict, has a ceiling for
 * everything, and does no I/O (RFC 9112). It refuses whatever libcurl refuses. */
#ifndef TRANSPORT_HTTP_CLIENT_REPLY_H
#define TRANSPORT_HTTP_CLIENT_REPLY_H

#include "base/buffer.h"
#include <dubboc/error.h>

typedef struct http_client_reply {
    int status;      /* of the final reply, 200 to 599; 1xx replies are skipped */
    bool keep_alive; /* The connection may be used again. */
    /* The header Dubboc-Not-Executed: 1 was present, and the status is 400 or above but not 500. */
    bool not_executed;
    /* After how many seconds the peer closes an idle connection (Keep-Alive: timeout=). Negative:
     * the peer did not say. */
    int idle_s;
    dubboc_slice body;         /* without chunk framing; borrowed from the reader's buffer */
    dubboc_slice content_type; /* {NULL, 0}: no such header; borrowed from the reader's buffer */
} http_client_reply;

typedef enum http_client_read {
    HTTP_CLIENT_READ_MORE,  /* The reply is not complete: receive more bytes. */
    HTTP_CLIENT_READ_DONE,  /* The reply is complete: see reply. */
    HTTP_CLIENT_READ_FAILED /* The fields status and problem of the reader say why. */
} http_client_read;

/* Positions are offsets into in.data and not pointers, because in.data moves when it grows. */
typedef struct http_client_reader {
    buffer in; /* the bytes as received; chunks are decoded in place */
    size_t body_max_bytes;
    int state;         /* an enumerator of http_client_reply.c */
    bool is_head;      /* the reply answers a HEAD request, so it has no body */
    size_t at;         /* the bytes before this offset have been parsed */
    size_t seen;       /* no line end was found between at and this offset */
    size_t head_bytes; /* length so far of this head, or of the trailer section */
    unsigned header_count;
    unsigned interim;         /* how many 1xx replies were skipped */
    size_t body_at, body_len; /* the decoded body */
    uint64_t left;            /* bytes that are missing of the body, or of the chunk */
    size_t type_at, type_len; /* the value of Content-Type; type_at 0: no such header */
    /* What the head said. is_old: the version is HTTP/1.0 or HTTP/0.0. */
    bool has_length, is_chunked, says_close, says_keep_alive, says_not_executed, is_old;
    http_client_reply reply; /* valid once the reader is done */
    /* Valid once the reader has failed: DUBBOC_E_PROTOCOL, DUBBOC_E_TOO_BIG, DUBBOC_E_BROKEN or
     * DUBBOC_E_NO_MEMORY. */
    dubboc_status status;
    const char *problem; /* static text; not NULL once the reader has failed */
} http_client_reader;

/* bytes of the head, and of the trailer section */
#define HTTP_CLIENT_REPLY_HEAD_MAX (64u * 1024)
#define HTTP_CLIENT_REPLY_HEADERS_MAX 200     /* lines of the head, and of the trailer section */
#define HTTP_CLIENT_REPLY_INTERIM_MAX 16      /* 1xx replies before the final one */
#define HTTP_CLIENT_REPLY_CHUNK_LINE_MAX 4096 /* a chunk's size line, with its extensions */

/* Does not allocate. body_max_bytes is the ceiling of the body; the ceilings of the head are the
 * macros above. */
void http_client_reader_init(http_client_reader *reader, size_t body_max_bytes);
void http_client_reader_fini(http_client_reader *reader);

/* Prepares for the next reply, and frees memory above 16 KiB. is_head: the next reply answers a
 * HEAD request and has no body. */
void http_client_reader_reset(http_client_reader *reader, bool is_head);

/* Returns space to receive into, and its size in *size. NULL: no memory; the reader has then
 * failed. Must not be called when the reader is done or has failed. */
char *http_client_reader_room(http_client_reader *reader, size_t *size);

/* Parses `received` more bytes, which the caller has put into the space from
 * http_client_reader_room(). */
http_client_read http_client_reader_feed(http_client_reader *reader, size_t received);

/* To be called when the peer has closed the connection. Returns DONE if the body is delimited by
 * the close, else FAILED with DUBBOC_E_BROKEN. */
http_client_read http_client_reader_eof(http_client_reader *reader);

#endif
