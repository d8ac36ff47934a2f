/* The body of a request while it comes in, and the memory that it is charged for.
 *
 * A small body is stored in a buffer that requests use one after the other. A large one gets its
 * own pages from the system, which are returned as soon as the request is answered. So the memory
 * use of the process goes down again after a burst of large bodies. A page uses memory only once it
 * is written.
 *
 * All bodies of a server share one memory budget. A body of up to HTTP_SERVER_BODY_FREE_BYTES is
 * not charged, because it is part of what a connection costs anyway. So a small call takes no lock
 * and never waits for memory. A larger body is charged before it is read: its whole Content-Length
 * at once, or, if it is chunked, in steps, each twice as large as the one before. */
#ifndef TRANSPORT_HTTP_SERVER_BODY_H
#define TRANSPORT_HTTP_SERVER_BODY_H

#include <assert.h>
#include <string.h>

#include "base/memory_budget.h"
#include "base/slice.h"
#include <dubboc/error.h>

/* A body of up to this length is not charged. It is about as large as the memory of a
 * connection. */
#define HTTP_SERVER_BODY_FREE_BYTES ((size_t)8 * 1024)

/* Memory of up to this size is kept for the next request. Anything larger is made of pages. */
#define HTTP_SERVER_BODY_KEEP_BYTES ((size_t)64 * 1024)

typedef struct http_server_body {
    char *data;
    size_t len;
    size_t capacity; /* The size of the memory at data. */
    size_t max_bytes;
    size_t charged_bytes; /* Bytes taken from the budget. */
    bool is_mapped;       /* data is made of pages from mmap(), not from malloc(). */
} http_server_body;

void http_server_body_init(http_server_body *self, size_t max_bytes);
void http_server_body_fini(http_server_body *self);

/* How many more bytes the budget must be charged before the body may grow to `bytes`. 0: none.
 * step: charge in steps, because the length of the body is not known. */
size_t http_server_body_charge(const http_server_body *self, size_t bytes, bool step);

/* Makes the memory large enough for a body of `bytes`. false: no memory; the body is unchanged. */
bool http_server_body_make_room(http_server_body *self, size_t bytes);

/* http_server_body_make_room() must have made room before. */
static inline void http_server_body_append(http_server_body *self, const char *data, size_t len)
{
    assert(len <= self->capacity - self->len);
    if (len > 0)
        memcpy(self->data + self->len, data, len);
    self->len += len;
}

/* Empties the body, and gives its pages and its charge back. A small buffer is kept. Called by the
 * thread that owns the request. */
void http_server_body_give_back(http_server_body *self, memory_budget *budget);

static inline void http_server_body_empty(http_server_body *self, memory_budget *budget)
{
    self->len = 0;
    if (self->charged_bytes > 0 || self->is_mapped)
        http_server_body_give_back(self, budget);
}

static inline dubboc_slice http_server_body_slice(const http_server_body *self)
{
    return slice_make(self->data, self->len);
}

#endif
