/* A request on its way through libmicrohttpd, in the order of the calls:
 *
 *   on_line       the request line is there: a request object is taken, the target copied before
 *   libmicrohttpd takes it apart
 *   on_access     1. the headers are there: the guard judges them; 2. pieces of the body: copied
 *   into our buffer; 3. the end: on_request
 *   on_completed  the answer is out, or the connection broke: the object goes back
 *
 * A refusal is written past libmicrohttpd, which has nothing to write at that moment, and MHD_NO
 * ends the connection: it can be given in the middle of a body, where libmicrohttpd takes no
 * answer, and looks the same everywhere.
 *
 * A held request suspends its connection, so that libmicrohttpd does not touch it; whoever answers
 * it only pushes it onto its loop's results. So a request is freed in one place and by one thread,
 * whatever its connection does (traps M7, M8).
 *
 * A request whose body does not fit into the memory for bodies (http_server_body.h) is suspended
 * too, and that before libmicrohttpd says 100-continue or reads on; so its bytes stay in the socket
 * and its peer waits. Either the budget grants the memory, from any thread and by way of the loop's
 * stack `granted`, or the loop withdraws the wish: at the deadline of HTTP_SERVER_PHASE_WAITING,
 * when the peer has gone, or at the end of the server. Both resume the connection, and the next
 * callback goes on or refuses. */
#include "transport/http_server_loop.h"

#include <assert.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/http_server_authority.h"
#include "transport/http_server_body.h"
#include "transport/http_server_guard.h"

#define SPARES_MAX 64
#define KEEP_BYTES ((size_t)64 * 1024)       /* of a buffer of a spare request */
#define TARGET_MAX_BYTES ((size_t)64 * 1024) /* libmicrohttpd's memory is smaller */
#define OUT_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define ANSWER_HEADERS_MAX 8
#define SLOW_NS NS_PER_S              /* a sender is not judged by its first second */
#define MAKE_WAY_NS (100 * NS_PER_MS) /* how often senders are judged while memory is short */

/* Those before STAGE_HANDLING in that order: nobody has been given the request yet. */
typedef enum incoming_stage {
    STAGE_LINE,     /* headers are being read */
    STAGE_BODY,     /* the body is being read */
    STAGE_WAITING,  /* suspended until there is memory for the body, or for more of it */
    STAGE_GRANTED,  /* there is; libmicrohttpd has not called back yet */
    STAGE_REFUSED,  /* there is none */
    STAGE_HANDLING, /* with on_request */
    STAGE_HELD,     /* its connection is, or is about to be, suspended */
    STAGE_ANSWERED, /* response is what on_request wants to say; not given to libmicrohttpd yet */
    STAGE_SENDING
} incoming_stage;

struct http_server_request {
    handoff handoff; /* first: in its loop's results, or among its spares */
    http_server_connection *conn;
    struct MHD_Connection *connection;
    const char *raw_target; /* in libmicrohttpd's memory */
    const char *method;     /* in libmicrohttpd's memory */
    dubboc_slice path;      /* in target */
    dubboc_slice query;
    buffer target;
    http_server_body body;
    size_t body_bytes;    /* by Content-Length; 0 when chunked */
    memory_waiter waiter; /* STAGE_WAITING */
    int64_t body_ns;      /* STAGE_WAITING: how much of the time for the body was used before */
    buffer out;
    struct MHD_Response *response; /* ours */
    http_server_ready *ready;      /* or a lent one */
    int status;
    incoming_stage stage;
    bool is_held;
    bool is_counted; /* among the loop's requests */
    bool is_chunked;
    bool wants_close;
    void *state;
    int64_t received_ns;
};

static const char no_memory_for_body[] = "the server is busy: [server] memory_max is in use";

static void count_request(http_server_loop *loop, int change)
{
    /* Written by this thread only, read by any. */
    int now = atomic_load_explicit(&loop->requests, memory_order_relaxed);
    atomic_store_explicit(&loop->requests, now + change, memory_order_relaxed);
}

/* --- the objects --- */

static http_server_request *take(http_server_loop *loop)
{
    http_server_request *request = loop->spares;
    if (request != NULL) {
        loop->spares = (http_server_request *)request->handoff.next;
        loop->spare_count--;
        return request;
    }
    request = MEM_NEW(http_server_request);
    if (request == NULL)
        return NULL;
    buffer_init(&request->target, TARGET_MAX_BYTES);
    http_server_body_init(&request->body, loop->server->settings.body_max_bytes);
    buffer_init(&request->out, OUT_MAX_BYTES);
    return request;
}

static void free_request(http_server_request *request)
{
    buffer_fini(&request->target);
    http_server_body_fini(&request->body);
    buffer_fini(&request->out);
    free(request);
}

static void give_back(http_server_loop *loop, http_server_request *request)
{
    if (request->response != NULL)
        MHD_destroy_response(request->response);
    if (request->ready != NULL)
        http_server_ready_give_back(request->ready);
    assert(request->stage != STAGE_WAITING);
    http_server_body_empty(&request->body, &loop->server->bodies);
    if (request->is_counted)
        count_request(loop, -1);
    size_t out_bytes = request->out.capacity;
    buffer_recycle(&request->out, KEEP_BYTES);
    if (out_bytes > KEEP_BYTES)
        mem_freed(out_bytes);
    if (loop->spare_count >= SPARES_MAX) {
        free_request(request);
        return;
    }
    buffer_recycle(&request->target, KEEP_BYTES);
    *request = (http_server_request){.target = request->target,
        .body = request->body,
        .out = request->out,
        .handoff.next = (handoff *)loop->spares};
    loop->spares = request;
    loop->spare_count++;
}

void http_server_request_free_spares(http_server_loop *loop)
{
    while (loop->spares != NULL) {
        http_server_request *request = loop->spares;
        loop->spares = (http_server_request *)request->handoff.next;
        free_request(request);
    }
    loop->spare_count = 0;
}

void http_server_request_forget(http_server_request *request)
{
    give_back(request->conn->loop, request);
}

/* --- reading --- */

static http_server_connection *conn_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

/* Takes "http://host:port" off an absolute target (RFC 9112 section 3.2.2). false: the host is
 * invalid. */
static bool cut_authority(dubboc_slice *target)
{
    dubboc_slice rest = slice_make(target->at + 7, target->len - 7);
    size_t len = 0;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    *target = slice_make(rest.at + len, rest.len - len);
    return http_server_authority_is_valid(slice_make(rest.at, len));
}

/* Origin form, absolute form as to a proxy, or "*". false: none of them. */
static bool split_target(http_server_request *request)
{
    dubboc_slice target = buffer_slice(&request->target);
    bool is_absolute = target.len > 7 && slice_is_nocase(slice_make(target.at, 7), "http://");
    if (is_absolute && !cut_authority(&target))
        return false;
    if (!is_absolute && !slice_starts_with(target, "/") && !slice_is(target, "*"))
        return false;
    slice_cut(target, '?', &request->path, &request->query);
    if (request->path.len == 0)
        request->path = slice_of("/");
    return true;
}

void *http_server_request_on_line(void *arg, const char *uri, struct MHD_Connection *connection)
{
    http_server_loop *loop = arg;
    http_server_connection *conn = conn_of(connection);
    http_server_request *request = conn != NULL ? take(loop) : NULL;
    if (request == NULL)
        return NULL;
    request->conn = conn;
    request->connection = connection;
    request->raw_target = uri;
    request->is_counted = true;
    count_request(loop, 1);
    buffer_append_text(&request->target, uri);
    conn->request = request;
    if (conn->phase != HTTP_SERVER_PHASE_HEADER && !http_server_connection_is_over(conn))
        http_server_connection_enter(conn, HTTP_SERVER_PHASE_HEADER);
    return request;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const char *method, int status,
    const char *problem, bool not_executed)
{
    http_server_connection *conn = conn_of(connection);
    if (conn == NULL)
        return MHD_NO;
    LOG_THROTTLED(DUBBOC_LOG_INFO, "transport", "request refused",
        "peer=%s status=%d reason=\"%s\"", conn->peer, status, problem);
    http_server_connection_write_refusal(
        conn->fd, status, problem, not_executed, method != NULL && strcmp(method, "HEAD") == 0);
    return MHD_NO;
}

/* --- memory for the body --- */

static http_server_request *http_server_request_of(memory_waiter *waiter)
{
    return (http_server_request *)((char *)waiter - offsetof(http_server_request, waiter));
}

/* By whoever gave memory back. */
static void http_server_request_granted(memory_waiter *waiter)
{
    http_server_request *request = http_server_request_of(waiter);
    http_server_loop *loop = request->conn->loop;
    if (http_server_handoff_push(&loop->granted, &request->handoff))
        http_server_loop_wake(loop);
}

/* Whether the peer has closed its side with less of the body sent than it has announced. */
static bool http_server_request_cannot_complete(const http_server_request *request)
{
    int unread = 0;
    if (!request->conn->is_departed || request->is_chunked)
        return false;
    if (ioctl(request->conn->fd, FIONREAD, &unread) != 0 || unread < 0)
        return true;
    /* Some bytes of it may be in libmicrohttpd's memory. */
    return request->body.len + (size_t)unread + HTTP_SERVER_CONNECTION_MEMORY < request->body_bytes;
}

/* Whether the body comes so slowly that the time for it will be over before it is complete. */
static bool http_server_request_is_hopeless(const http_server_request *request)
{
    const http_server_connection *conn = request->conn;
    int64_t allowed_ns = conn->loop->phase_ns[HTTP_SERVER_PHASE_BODY];
    int64_t used_ns = conn->loop->now_ns - conn->since_ns;
    if (request->is_chunked || allowed_ns == DEADLINE_NEVER || used_ns < SLOW_NS)
        return false;
    double received = (double)request->body.len / (double)request->body_bytes;
    return received < (double)used_ns / (double)allowed_ns;
}

/* Else a few peers that announce large bodies and send nothing could keep the memory from all
 * others until the time for a body is over. A chunked body is charged only as its bytes come. */
static void http_server_request_cut_hopeless(http_server_loop *loop)
{
    http_server_connection *next;
    for (http_server_connection *conn = loop->conns[HTTP_SERVER_PHASE_BODY].head; conn != NULL;
         conn = next) {
        next = conn->next;
        const http_server_request *request = conn->request;
        if (request->body.charged_bytes == 0 || !http_server_request_is_hopeless(request))
            continue;
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "memory full: body cut", "peer=%s", conn->peer);
        http_server_connection_cut(
            conn, 408, "the body came too slowly while others waited for memory");
    }
}

void http_server_request_make_way(http_server_loop *loop)
{
    if (atomic_load_explicit(&loop->is_memory_short, memory_order_relaxed)) {
        atomic_store(&loop->is_memory_short, false);
        if (loop->make_way_ns == DEADLINE_NEVER)
            loop->make_way_ns = loop->now_ns;
    }
    if (loop->now_ns < loop->make_way_ns)
        return;
    loop->make_way_ns = DEADLINE_NEVER;
    if (memory_budget_waiting(&loop->server->bodies) == 0)
        return;
    http_server_request_cut_hopeless(loop);
    loop->make_way_ns = loop->now_ns + MAKE_WAY_NS;
}

/* The memory may be held by requests of any loop. */
static void http_server_request_tell_shortage(http_server *server, const http_server_loop *self)
{
    for (int i = 0; i < server->loop_count; i++) {
        http_server_loop *loop = &server->loops[i];
        if (!atomic_exchange(&loop->is_memory_short, true) && loop != self)
            http_server_loop_wake(loop);
    }
}

bool http_server_request_holds_memory(const http_server_request *request)
{
    return request->body.charged_bytes > 0;
}

static enum MHD_Result http_server_request_suspend(http_server_request *request)
{
    http_server_connection *conn = request->conn;
    request->stage = STAGE_WAITING;
    request->body_ns = conn->loop->now_ns - conn->since_ns;
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_WAITING);
    MHD_suspend_connection(request->connection);
    http_server_request_tell_shortage(conn->loop->server, conn->loop);
    return MHD_YES;
}

/* Makes room for a body of that size in all, or suspends the connection until there may be room. */
static enum MHD_Result http_server_request_make_room(http_server_request *request, size_t bytes)
{
    http_server_body *body = &request->body;
    memory_budget *budget = &request->conn->loop->server->bodies;
    if (bytes <= HTTP_SERVER_BODY_FREE_BYTES && bytes <= body->capacity)
        return MHD_YES; /* as nearly always */
    size_t charge = http_server_body_charge(body, bytes, request->is_chunked);
    if (charge > 0 && http_server_request_cannot_complete(request))
        return MHD_NO;
    if (charge > 0) {
        request->waiter.granted = http_server_request_granted;
        if (!memory_budget_take_or_queue(budget, charge, &request->waiter))
            return http_server_request_suspend(request);
        body->charged_bytes += charge;
    }
    if (request->is_chunked && body->charged_bytes > bytes)
        bytes = body->charged_bytes;
    if (http_server_body_make_room(body, bytes))
        return MHD_YES;
    return refuse(request->connection, request->method, 503, "out of memory", true);
}

/* A daemon that has given up must not be called. */
static void http_server_request_reawake(const http_server_request *request)
{
    if (request->conn->loop->daemon != NULL)
        MHD_resume_connection(request->connection);
}

/* The time for the body goes on where it stood. Of a peer that has closed its side meanwhile, only
 * what it has sent is left to be read, for which there is a time of its own. */
static void http_server_request_end_wait(http_server_request *request, incoming_stage stage)
{
    http_server_connection *conn = request->conn;
    int64_t used_ns = conn->is_departed ? 0 : request->body_ns;
    request->stage = stage;
    http_server_connection_enter_since(conn, HTTP_SERVER_PHASE_BODY, conn->loop->now_ns - used_ns);
    http_server_request_reawake(request);
}

void http_server_request_take_granted(http_server_loop *loop)
{
    handoff *next;
    for (handoff *item = http_server_handoff_take(&loop->granted); item != NULL; item = next) {
        next = item->next;
        http_server_request *request = (http_server_request *)item;
        request->body.charged_bytes += request->waiter.bytes;
        http_server_request_end_wait(request, STAGE_GRANTED);
    }
}

void http_server_request_withdraw(http_server_request *request)
{
    if (memory_budget_withdraw(&request->conn->loop->server->bodies, &request->waiter))
        http_server_request_end_wait(request, STAGE_REFUSED);
    else
        http_server_connection_enter(
            request->conn, HTTP_SERVER_PHASE_WAITING); /* the grant is on its way */
}

void http_server_request_departed(http_server_request *request)
{
    if (http_server_request_cannot_complete(request))
        http_server_request_withdraw(request);
}

static enum MHD_Result begin(http_server_request *request, const char *method, const char *version)
{
    http_server_loop *loop = request->conn->loop;
    http_server_guard guard = {
        .method = method,
        .version = version,
        .target = request->raw_target,
        .target_copy = buffer_slice(&request->target),
        .body_max_bytes = loop->server->settings.body_max_bytes,
        .checks_positions = loop->server->checks_positions,
    };
    http_server_guard_check(&guard, request->connection);
    if (request->target.status != DUBBOC_OK)
        return refuse(request->connection, method, 503, "out of memory", true);
    if (guard.status == 0 && !split_target(request)) {
        guard.status = 400;
        guard.problem = "the request target is no path and no http URL";
    }
    if (guard.status != 0)
        return refuse(request->connection, method, guard.status, guard.problem, true);
    request->method = method;
    request->wants_close = guard.wants_close;
    request->is_chunked = guard.is_chunked;
    request->received_ns = loop->now_ns;
    request->stage = STAGE_BODY;
    if (!guard.has_body)
        return MHD_YES;
    if (!request->conn->is_ending)
        http_server_connection_enter(request->conn, HTTP_SERVER_PHASE_BODY);
    request->body_bytes = (size_t)guard.body_bytes;
    return http_server_request_make_room(request, request->body_bytes);
}

/* Leaves all of the data when it has to wait for memory. */
static enum MHD_Result take_body(http_server_request *request, const char *data, size_t *size)
{
    http_server_body *body = &request->body;
    if (*size > body->max_bytes - body->len)
        return refuse(request->connection, request->method, 413,
            "the body is larger than this server takes", true);
    if (*size > body->capacity - body->len) {
        enum MHD_Result result = http_server_request_make_room(request, body->len + *size);
        if (result != MHD_YES || request->stage == STAGE_WAITING)
            return result;
    }
    http_server_body_append(body, data, *size);
    *size = 0;
    return MHD_YES;
}

/* The first callback after a wait: before the body's first byte, or with those that did not fit. */
static enum MHD_Result go_on(http_server_request *request, const char *data, size_t *size)
{
    request->stage = STAGE_BODY;
    if (*size > 0)
        return take_body(request, data, size);
    return http_server_request_make_room(request, request->body_bytes);
}

/* --- answering --- */

static enum MHD_Result queue_answer(http_server_request *request)
{
    http_server_connection *conn = request->conn;
    if (!conn->is_ending)
        http_server_connection_enter(conn, HTTP_SERVER_PHASE_ANSWER);
    request->stage = STAGE_SENDING;
    struct MHD_Response *response =
        request->ready != NULL ? http_server_ready_response(request->ready) : request->response;
    bool is_final = request->status >= 200 && request->status <= 999;
    if (response == NULL || !is_final ||
        MHD_queue_response(request->connection, (unsigned)request->status, response) != MHD_YES)
        return refuse(
            request->connection, request->method, 500, "the answer cannot be made", false);
    return MHD_YES;
}

/* The body is complete. */
static enum MHD_Result handle(http_server_request *request)
{
    http_server_loop *loop = request->conn->loop;
    const http_server_settings *settings = &loop->server->settings;
    const char *problem = NULL;
    if (request->is_chunked)
        problem = http_server_guard_check_trailers(request->connection);
    if (problem != NULL)
        return refuse(request->connection, request->method, 400, problem, true);
    if (!request->conn->is_ending)
        http_server_connection_enter(request->conn, HTTP_SERVER_PHASE_HANDLING);
    request->stage = STAGE_HANDLING;
    settings->on_request(settings->arg, request);
    if (request->is_held) { /* it may have been answered since, which shows in the loop's results
                               only */
        MHD_suspend_connection(request->connection);
        return MHD_YES;
    }
    assert(request->stage == STAGE_ANSWERED && "on_request neither answered nor held");
    return queue_answer(request);
}

/* The connection was cut, with a word that nothing was executed, or half-closed, while bytes of
 * this request were on their way. */
static bool is_unwanted(const http_server_request *request)
{
    return request->stage < STAGE_HANDLING && http_server_connection_is_over(request->conn);
}

/* libmicrohttpd is run once more to be ended, and finds what has come since the last turn: nobody
 * is there to handle it, and a request that were held now would stay suspended (traps M7). */
static bool comes_too_late(const http_server_loop *loop, const http_server_request *request)
{
    return loop->is_ending && request->stage < STAGE_HANDLING;
}

enum MHD_Result http_server_request_on_access(void *loop, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload_data,
    size_t *upload_data_size, void **state)
{
    (void)url;
    http_server_request *request = *state;
    if (request == NULL)
        return refuse(connection, method, 503, "out of memory", true);
    if (comes_too_late(loop, request))
        return refuse(connection, method, 503, "the server has ended", true);
    if (is_unwanted(request))
        return MHD_NO;
    switch (request->stage) {
    case STAGE_LINE:
        return begin(request, method, version);
    case STAGE_BODY:
        return *upload_data_size > 0 ? take_body(request, upload_data, upload_data_size)
                                     : handle(request);
    case STAGE_GRANTED:
        return go_on(request, upload_data, upload_data_size);
    case STAGE_REFUSED:
        return refuse(connection, method, 503, no_memory_for_body, true);
    case STAGE_ANSWERED:
        return queue_answer(request);
    default:
        return MHD_YES;
    }
}

void http_server_request_on_completed(
    void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how)
{
    (void)connection;
    http_server_request *request = *state;
    if (request == NULL)
        return;
    *state = NULL;
    http_server_connection *conn = request->conn;
    conn->request = NULL;
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK && !http_server_connection_is_over(conn))
        http_server_connection_enter(conn, HTTP_SERVER_PHASE_IDLE);
    give_back(arg, request); /* last: who sees that no request is left finds the connection idle */
}

void http_server_request_resume(http_server_loop *loop)
{
    handoff *next;
    for (handoff *item = http_server_handoff_take(&loop->results); item != NULL; item = next) {
        next = item->next;
        http_server_request *request = (http_server_request *)item;
        request->stage = STAGE_ANSWERED;
        http_server_request_reawake(request);
    }
}

/* --- what on_request sees --- */

dubboc_slice http_server_request_method(const http_server_request *request)
{
    return slice_of(request->method);
}

dubboc_slice http_server_request_path(const http_server_request *request)
{
    return request->path;
}

dubboc_slice http_server_request_query(const http_server_request *request)
{
    return request->query;
}

dubboc_slice http_server_request_body(const http_server_request *request)
{
    return http_server_body_slice(&request->body);
}

const char *http_server_request_header(const http_server_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_server_request_peer(const http_server_request *request)
{
    return request->conn->peer;
}

int64_t http_server_request_received_ns(const http_server_request *request)
{
    return request->received_ns;
}

void http_server_request_set_state(http_server_request *request, void *state)
{
    request->state = state;
}

void *http_server_request_state(const http_server_request *request)
{
    return request->state;
}

buffer *http_server_request_out(http_server_request *request)
{
    return &request->out;
}

void http_server_request_hold(http_server_request *request)
{
    assert(request->stage == STAGE_HANDLING && !request->is_held);
    request->is_held = true;
}

void http_server_request_drop_body(http_server_request *request)
{
    http_server_body_empty(&request->body, &request->conn->loop->server->bodies);
}

bool http_server_request_is_gone(const http_server_request *request)
{
    struct pollfd look = {.fd = request->conn->fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static bool add_headers(struct MHD_Response *response, int64_t second, const char *content_type,
    const http_server_answer_header *headers, size_t count)
{
    char date[HTTP_SERVER_DATE_SIZE];
    http_server_date(second, date);
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date) != MHD_YES)
        return false;
    if (content_type != NULL &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) != MHD_YES)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (MHD_add_response_header(response, headers[i].name, headers[i].value) != MHD_YES)
            return false;
    }
    return true;
}

static bool add_persistence(struct MHD_Response *response, const http_server *server, bool close)
{
    if (close)
        return MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES;
    return server->keep_alive[0] == '\0' ||
           MHD_add_response_header(response, "Keep-Alive", server->keep_alive) == MHD_YES;
}

struct MHD_Response *http_server_response_new(const http_server *server, dubboc_slice body,
    int64_t second, const char *content_type, const http_server_answer_header *headers,
    size_t header_count, bool close)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.at, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return NULL;
    if (add_headers(response, second, content_type, headers, header_count) &&
        add_persistence(response, server, close))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

static void make_answer(http_server_request *request, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close)
{
    http_server_loop *loop = request->conn->loop;
    dubboc_slice body = buffer_slice(&request->out);
    if (request->out.status != DUBBOC_OK)
        return;
    if (!request->is_held && header_count == 0 && !close)
        request->ready = http_server_ready_lend(loop, content_type, body);
    if (request->ready == NULL)
        request->response = http_server_response_new(
            loop->server, body, clock_wall_ms() / 1000, content_type, headers, header_count, close);
}

void http_server_request_answer(http_server_request *request, int status, const char *content_type,
    const http_server_answer_header *headers, size_t header_count, bool close)
{
    assert(request->stage == STAGE_HANDLING && header_count <= ANSWER_HEADERS_MAX);
    http_server_loop *loop = request->conn->loop;
    close = close || request->wants_close ||
            atomic_load_explicit(&loop->server->is_draining, memory_order_relaxed);
    request->status = status;
    make_answer(request, content_type, headers, header_count, close);
    http_server_request_drop_body(request); /* now, and not when a slow peer has taken the answer */
    if (!request->is_held)
        request->stage = STAGE_ANSWERED;
    else if (http_server_handoff_push(&loop->results, &request->handoff))
        http_server_loop_wake(loop);
}

void http_server_request_withdraw_all(http_server_loop *loop)
{
    http_server_request_take_granted(loop);
    while (loop->conns[HTTP_SERVER_PHASE_WAITING].head != NULL) {
        http_server_request_withdraw(loop->conns[HTTP_SERVER_PHASE_WAITING].head->request);
        http_server_request_take_granted(
            loop); /* the next one may have got what this one waited for */
    }
}

void http_server_request_give_up(http_server_loop *loop)
{
    http_server_request_withdraw_all(loop);
    for (http_server_connection *conn = loop->conns[HTTP_SERVER_PHASE_HANDLING].head; conn != NULL;
         conn = conn->next) {
        http_server_request *request = conn->request;
        if (request == NULL || request->stage != STAGE_HANDLING || !request->is_held)
            continue;
        buffer_recycle(&request->out, KEEP_BYTES);
        buffer_append_text(&request->out, "the server has ended\n");
        request->status = 503;
        make_answer(request, "text/plain", NULL, 0, true);
        request->stage = STAGE_ANSWERED;
        MHD_resume_connection(request->connection);
    }
}
