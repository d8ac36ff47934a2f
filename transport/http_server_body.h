/* The body of a request while it comes in, and the memory that it is charged for.
 *
 * A small body is kept in a buffer that requests use one after the other. A large one gets pages of
 * its own from the system. They go back to the system as soon as the request is answered, so many
 * large bodies at one moment leave no memory behind. A page costs memory only once it is written.
 *
 * All bodies of a server share one memory budget. A body of up to HTTP_SERVER_BODY_FREE_BYTES is
 * part of what a connection costs anyway and is not charged. So a small call takes no lock and
 * never waits for memory. A larger body is charged before it is read: all of its Content-Length at
 * once, or, if it is chunked, in steps of which each is twice as large as the one before. */
#ifndef TRANSPORT_HTTP_SERVER_BODY_H
#define TRANSPORT_HTTP_SERVER_BODY_H

#include <assert.h>
#include <string.h>

#include "base/memory_budget.h"
#include "base/slice.h"
#include <dubboc/error.h>

/* A body of up to this length is not charged. It is about as much as a connection's own memory. */
#define HTTP_SERVER_BODY_FREE_BYTES ((size_t)8 * 1024)

/* Memory of up to this size is kept for the next request. Anything larger is made of pages. */
#define HTTP_SERVER_BODY_KEEP_BYTES ((size_t)64 * 1024)

typedef struct http_server_body {
    char *data;
    size_t len;
    size_t capacity; /* Of data. */
    size_t max_bytes;
    size_t charged_bytes; /* Taken from the budget. */
    bool is_mapped;       /* data is pages of its own, and not from malloc(). */
} http_server_body;

void http_server_body_init(http_server_body *self, size_t max_bytes);
void http_server_body_fini(http_server_body *self);

/* How much more the budget must be charged before the body may grow to `bytes`; 0: nothing. step:
 * in steps, for a body whose length is not known. */
size_t http_server_body_charge(const http_server_body *self, size_t bytes, bool step);

/* Allocates memory for `bytes` in all. false: no memory; the body is as it was. */
bool http_server_body_make_room(http_server_body *self, size_t bytes);

/* There must be room for it. */
static inline void http_server_body_append(http_server_body *self, const char *data, size_t len)
{
    assert(len <= self->capacity - self->len);
    if (len > 0)
        memcpy(self->data + self->len, data, len);
    self->len += len;
}

/* Empties the body, and gives its pages and what was charged back. A small buffer is kept. Any
 * thread that has the request. */
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
