/* A request whose body exceeds the memory budget is suspended before libmicrohttpd sends 100
 * Continue or reads on, so its bytes stay in the socket and its peer waits.
 *
 * The wait ends in one of two ways. The budget grants the memory, on any thread, and the request
 * reaches its loop through the mailbox. Or the loop withdraws the request from the budget's queue:
 * at the deadline of the phase WAITING, when the peer has gone, or when the server ends. Then the
 * connection is resumed, and libmicrohttpd's next callback reads on or refuses the request. */
#include "transport/http_server_body_wait.h"

#include <stddef.h>
#include <sys/ioctl.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"

/* How much of a body libmicrohttpd may have read already: at most its memory for a connection. */
#define UNSEEN_MAX_BYTES HTTP_SERVER_CONNECTION_MEMORY

/* During this time a body is never considered too slow, because its speed is not known yet. */
#define SLOW_NS NS_PER_S

/* How often bodies are checked for slow senders while memory is short. */
#define MAKE_WAY_NS (100 * NS_PER_MS)

static http_server_request *body_wait_request(memory_waiter *waiter)
{
    return (http_server_request *)((char *)waiter - offsetof(http_server_request, waiter));
}

/* The memory_waiter.granted callback: runs on the thread that has given memory back. */
static void body_wait_on_granted(memory_waiter *waiter)
{
    http_server_request *request = body_wait_request(waiter);
    http_server_connection_table *table = request->pool->table;
    if (http_server_handoff_push(&table->mailbox->granted, &request->handoff))
        http_server_shared_wake(table->shared, table->mailbox);
}

/* Whether the peer has closed its side before it sent the announced length of the body. */
static bool body_wait_is_cut_short(const http_server_request *request)
{
    int unread = 0;
    if (!request->conn->is_departed || request->is_chunked)
        return false;
    if (ioctl(request->conn->fd, FIONREAD, &unread) != 0 || unread < 0)
        return true;
    return request->body.len + (size_t)unread + UNSEEN_MAX_BYTES < request->body_bytes;
}

/* Tells all loops that memory is short, because requests of any loop may hold the memory. */
static void body_wait_tell_shortage(const http_server_connection_table *table)
{
    http_server_shared *shared = table->shared;
    for (int i = 0; i < shared->loop_count; i++) {
        http_server_mailbox *mailbox = shared->mailboxes[i];
        if (!atomic_exchange(&mailbox->is_memory_short, true) && mailbox != table->mailbox)
            http_server_shared_wake(shared, mailbox);
    }
}

static http_server_body_room body_wait_suspend(http_server_request *request)
{
    http_server_connection *conn = request->conn;
    request->stage = HTTP_SERVER_STAGE_WAITING;
    request->body_used_ns = conn->table->now_ns - conn->since_ns;
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_WAITING);
    MHD_suspend_connection(request->connection);
    body_wait_tell_shortage(conn->table);
    return HTTP_SERVER_BODY_MUST_WAIT;
}

http_server_body_room http_server_body_wait_make_room(http_server_request *request, size_t bytes)
{
    http_server_body *body = &request->body;
    if (bytes <= HTTP_SERVER_BODY_FREE_BYTES && bytes <= body->capacity)
        return HTTP_SERVER_BODY_HAS_ROOM; /* nearly every request */
    size_t charge = http_server_body_charge(body, bytes, request->is_chunked);
    if (charge > 0 && body_wait_is_cut_short(request))
        return HTTP_SERVER_BODY_NEVER_COMES;
    if (charge > 0) {
        memory_budget *budget = &request->pool->table->shared->bodies;
        request->waiter.granted = body_wait_on_granted;
        if (!memory_budget_take_or_queue(budget, charge, &request->waiter))
            return body_wait_suspend(request);
        body->charged_bytes += charge;
    }
    if (request->is_chunked && body->charged_bytes > bytes)
        bytes = body->charged_bytes;
    return http_server_body_make_room(body, bytes) ? HTTP_SERVER_BODY_HAS_ROOM
                                                   : HTTP_SERVER_BODY_HAS_NO_MEMORY;
}

/* --- the end of a wait --- */

/* Resumes the connection, and continues the time for the body where it stopped. If the peer has
 * closed its side during the wait, the time of the phase DEPARTED begins now. */
static void body_wait_end(http_server_request *request, http_server_stage stage)
{
    http_server_connection *conn = request->conn;
    int64_t used_ns = conn->is_departed ? 0 : request->body_used_ns;
    request->stage = stage;
    http_server_connection_enter_since(conn, HTTP_SERVER_PHASE_BODY, conn->table->now_ns - used_ns);
    if (!request->pool->is_daemon_dead)
        MHD_resume_connection(request->connection);
}

void http_server_body_wait_take_granted(http_server_request_pool *pool)
{
    http_server_handoff *next;
    for (http_server_handoff *item = http_server_handoff_take(&pool->table->mailbox->granted);
         item != NULL; item = next) {
        next = item->next;
        http_server_request *request = (http_server_request *)item;
        request->body.charged_bytes += request->waiter.bytes;
        body_wait_end(request, HTTP_SERVER_STAGE_GRANTED);
    }
}

static void body_wait_withdraw(http_server_request *request)
{
    if (memory_budget_withdraw(&request->pool->table->shared->bodies, &request->waiter))
        body_wait_end(request, HTTP_SERVER_STAGE_REFUSED);
    /* the budget has granted the memory, and http_server_mailbox.granted will deliver the
     * request */
    else
        http_server_connection_enter(request->conn, HTTP_SERVER_PHASE_WAITING);
}

void http_server_body_wait_departed(http_server_request *request)
{
    if (body_wait_is_cut_short(request))
        body_wait_withdraw(request);
}

/* In each turn at most one request is refused that holds memory and waits for more. If several such
 * requests wait for each other, the memory of the refused one may be enough for another. */
void http_server_body_wait_end_overdue(http_server_request_pool *pool)
{
    http_server_connection *conn;
    bool is_last = false;
    while (!is_last && (conn = http_server_connection_table_due(
                            pool->table, HTTP_SERVER_PHASE_WAITING)) != NULL) {
        is_last = conn->request->body.charged_bytes > 0;
        body_wait_withdraw(conn->request);
    }
}

void http_server_body_wait_end_all(http_server_request_pool *pool)
{
    const http_server_connection_list *waiting = &pool->table->phases[HTTP_SERVER_PHASE_WAITING];
    http_server_body_wait_take_granted(pool);
    while (waiting->head != NULL) {
        body_wait_withdraw(waiting->head->request);
        /* the memory of this request may have been granted to another one */
        http_server_body_wait_take_granted(pool);
    }
}

/* --- making way --- */

/* Whether the body comes so slowly that it will not be complete within body_timeout_ms. */
static bool body_wait_is_hopeless(const http_server_request *request)
{
    const http_server_connection *conn = request->conn;
    int64_t allowed_ns = conn->table->phase_ns[HTTP_SERVER_PHASE_BODY];
    int64_t used_ns = conn->table->now_ns - conn->since_ns;
    if (request->is_chunked || allowed_ns == DEADLINE_NEVER || used_ns < SLOW_NS)
        return false;
    double received = (double)request->body.len / (double)request->body_bytes;
    return received < (double)used_ns / (double)allowed_ns;
}

/* Cuts off the requests of this loop whose bodies come too slowly. Without this, a few peers that
 * announce large bodies and send nothing could hold the memory until body_timeout_ms has passed. A
 * chunked body is not cut off, because it is charged only as its bytes come. */
static void body_wait_cut_hopeless(http_server_connection_table *table)
{
    http_server_connection *next;
    for (http_server_connection *conn = table->phases[HTTP_SERVER_PHASE_BODY].head; conn != NULL;
         conn = next) {
        next = conn->next;
        const http_server_request *request = conn->request;
        if (request->body.charged_bytes == 0 || !body_wait_is_hopeless(request))
            continue;
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport",
            "memory for requests is full, slow request cut off", "peer=%s", conn->peer);
        http_server_connection_cut(
            conn, 408, "the body came too slowly while others waited for memory");
    }
}

void http_server_body_wait_make_way(http_server_request_pool *pool)
{
    http_server_connection_table *table = pool->table;
    atomic_bool *is_short = &table->mailbox->is_memory_short;
    if (atomic_load_explicit(is_short, memory_order_relaxed)) {
        atomic_store(is_short, false);
        if (pool->make_way_ns == DEADLINE_NEVER)
            pool->make_way_ns = table->now_ns;
    }
    if (table->now_ns < pool->make_way_ns)
        return;
    pool->make_way_ns = DEADLINE_NEVER;
    if (memory_budget_waiting(&table->shared->bodies) == 0)
        return;
    body_wait_cut_hopeless(table);
    pool->make_way_ns = table->now_ns + MAKE_WAY_NS;
}
