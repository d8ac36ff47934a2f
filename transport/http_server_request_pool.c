/* Up to SPARES_MAX request objects of a loop are kept for reuse, with their buffers up to
 * KEEP_BYTES. */
#include "transport/http_server_request_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

#define SPARES_MAX 64

/* How many bytes a spare object keeps in each of its buffers. */
#define KEEP_BYTES ((size_t)64 * 1024)

/* More than libmicrohttpd's memory for the request line, so that this limit is never reached. */
#define TARGET_MAX_BYTES ((size_t)64 * 1024)
#define OUT_MAX_BYTES ((size_t)256 * 1024 * 1024)

static void pool_count(const http_server_request_pool *pool, int change)
{
    /* Only the loop's thread writes this counter, so a plain addition is enough. */
    _Atomic int *requests = &pool->table->mailbox->requests;
    int now = atomic_load_explicit(requests, memory_order_relaxed);
    atomic_store_explicit(requests, now + change, memory_order_relaxed);
}

static http_server_request *pool_pop_spare(http_server_request_pool *pool)
{
    http_server_request *request = pool->spares;
    if (request == NULL)
        return NULL;
    pool->spares = (http_server_request *)request->handoff.next;
    pool->spare_count--;
    return request;
}

static http_server_request *pool_new_request(const http_server_request_pool *pool)
{
    http_server_request *request = MEM_NEW(http_server_request);
    if (request == NULL)
        return NULL;
    buffer_init(&request->target, TARGET_MAX_BYTES);
    http_server_body_init(&request->body, pool->table->shared->settings.body_max_bytes);
    buffer_init(&request->out, OUT_MAX_BYTES);
    return request;
}

static void pool_free_request(http_server_request *request)
{
    buffer_fini(&request->target);
    http_server_body_fini(&request->body);
    buffer_fini(&request->out);
    free(request);
}

void http_server_request_pool_init(
    http_server_request_pool *pool, http_server_connection_table *table)
{
    *pool = (http_server_request_pool){.table = table, .make_way_ns = DEADLINE_NEVER};
    http_server_ready_cache_init(&pool->ready, table->shared->keep_alive);
}

void http_server_request_pool_fini(http_server_request_pool *pool)
{
    http_server_request *request;
    while ((request = pool_pop_spare(pool)) != NULL)
        pool_free_request(request);
    http_server_ready_cache_fini(&pool->ready);
}

http_server_request *http_server_request_pool_take(http_server_request_pool *pool)
{
    http_server_request *request = pool_pop_spare(pool);
    if (request == NULL)
        request = pool_new_request(pool);
    if (request == NULL)
        return NULL;
    request->pool = pool;
    pool_count(pool, 1);
    return request;
}

/* Gives the memory of a large answer back to the system. */
static void pool_recycle_out(buffer *out)
{
    size_t bytes = out->capacity;
    buffer_recycle(out, KEEP_BYTES);
    if (bytes > KEEP_BYTES)
        mem_freed(bytes);
}

void http_server_request_pool_give_back(http_server_request *request)
{
    http_server_request_pool *pool = request->pool;
    assert(request->stage != HTTP_SERVER_STAGE_WAITING);
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    if (request->ready != NULL)
        http_server_ready_give_back(request->ready);
    http_server_body_empty(&request->body, &pool->table->shared->bodies);
    pool_count(pool, -1);
    pool_recycle_out(&request->out);
    if (pool->spare_count >= SPARES_MAX) {
        pool_free_request(request);
        return;
    }
    buffer_recycle(&request->target, KEEP_BYTES);
    *request = (http_server_request){.target = request->target,
        .body = request->body,
        .out = request->out,
        .handoff.next = (http_server_handoff *)pool->spares};
    pool->spares = request;
    pool->spare_count++;
}
