/* The body of a request while it comes in, and the memory that it is charged for.
 *
 * A small body lives in a buffer that requests use one after the other. A large one gets pages of
 * its own from the system, which go back to the system at once when the request is answered, so
 * that a moment of many large bodies leaves nothing behind; a page costs memory only once bytes
 * are in it.
 *
 * All bodies of a server share one memory budget. Up to HTTP_SERVER_BODY_FREE_BYTES a body is part
 * of what a connection costs anyway, and is not charged: so a small call takes no lock and never
 * waits for memory. A larger one is charged before it is read: the whole Content-Length at once, a
 * chunked one in steps, each twice as much as the one before. */
#ifndef TRANSPORT_HTTP_SERVER_BODY_H
#define TRANSPORT_HTTP_SERVER_BODY_H

#include <assert.h>
#include <string.h>

#include "base/memory_budget.h"
#include "base/slice.h"
#include <dubboc/error.h>

/* Not charged; about as much as a connection's own memory. */
#define HTTP_SERVER_BODY_FREE_BYTES ((size_t)8 * 1024)

/* Up to this the memory is kept for the next request, beyond it comes from the system. */
#define HTTP_SERVER_BODY_KEEP_BYTES ((size_t)64 * 1024)

typedef struct http_server_body {
    char *data;
    size_t len;
    size_t capacity; /* allocated */
    size_t max_bytes;
    size_t charged_bytes; /* taken from the budget */
    bool is_mapped;       /* data is pages of its own */
} http_server_body;

void http_server_body_init(http_server_body *self, size_t max_bytes);
void http_server_body_fini(http_server_body *self);

/* What the budget must be charged in addition before the body may be allowed to grow to `bytes`; 0:
 * nothing. step: in steps, for a body whose length is not known. */
size_t http_server_body_charge(const http_server_body *self, size_t bytes, bool step);

/* Allocates memory for bytes in all. false: no memory; the body is as it was. */
bool http_server_body_make_room(http_server_body *self, size_t bytes);

/* There must be room. */
static inline void http_server_body_append(http_server_body *self, const char *data, size_t len)
{
    assert(len <= self->capacity - self->len);
    if (len > 0)
        memcpy(self->data + self->len, data, len);
    self->len += len;
}

/* Gives the pages and what was charged back; a small buffer is kept. Any thread that has the
 * request. */
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
