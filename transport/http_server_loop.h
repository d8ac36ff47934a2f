/* The inside of the HTTP server, shared by its files and by nobody else.
 *
 *   http_server.c    life: listening, starting, draining, ending
 *   http_server_loop.c      one event loop: its libmicrohttpd daemon, its turns, what other threads
 * hand to it http_server_daemon.c    calling libmicrohttpd, which may give up http_server_accept.c
 * newcomers: accept, ceilings, making room, refusing http_server_connection.c      a connection:
 * the phase it is in, the deadline of that phase, its end http_server_request.c  a request: what
 * libmicrohttpd calls, and http_server_request_*() http_server_body.c      its body: the bytes, and
 * what they are charged for http_server_ready.c     response objects that are used again
 *   http_server_guard.c     whether a request's framing and headers are beyond doubt
 *
 * A connection, and a request until it is held, belong to one loop and are touched by its thread
 * only. Other threads reach a loop through its three handoff stacks, is_memory_short and its
 * wake. */
#ifndef TRANSPORT_HTTP_SERVER_LOOP_H
#define TRANSPORT_HTTP_SERVER_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "base/map.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "base/wake.h"
#include "transport/http_server.h"

/* Memory that libmicrohttpd keeps a connection, for its request line and headers, and the answer's:
 * allocated at accept and touched as a whole after the first request. It decides what an idle
 * connection costs (traps M6), and how many bytes of headers pass: about 8 KiB. */
#define HTTP_SERVER_CONNECTION_MEMORY ((size_t)10 * 1024)

/* How long a peer that has closed its side may keep a connection that libmicrohttpd does not let go
 * of. */
#define HTTP_SERVER_DEPARTED_MS 5000

/* A connection that we end with an answer that its peer may not have read yet is read on for this
 * long and so many bytes: a close with unread bytes would reset it, and the peer would lose the
 * answer (traps M8). */
#define HTTP_SERVER_LINGER_MS 2000
#define HTTP_SERVER_LINGER_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* How long a request waits for the memory that its body needs; after that: 503. */
#define HTTP_SERVER_MEMORY_WAIT_MS 1000

/* Connections that hold a descriptor without being counted any more, a loop: newcomers refused with
 * a 503, and idle ones that made room and may still say something. Beyond that they are closed at
 * once. */
#define HTTP_SERVER_UNCOUNTED_MAX 64

/* Newcomers that are counted beyond the ceiling while a loop makes room for them. Beyond that:
 * 503. */
#define HTTP_SERVER_OVER_MAX 64

#define HTTP_SERVER_PEER_TEXT_MAX 64

/* Answers that http_server_ready.c keeps a response object for, a loop: at most 128 of 1 KiB. */
#define HTTP_SERVER_READY_SLOTS 128
#define HTTP_SERVER_READY_MAX_BYTES 1024

/* --- handing things to a loop --- */

typedef struct handoff {
    struct handoff *next;
} handoff;

/* Many threads push, one takes all. */
typedef struct http_server_handoff_stack {
    _Atomic(handoff *) top;
} http_server_handoff_stack;

/* Whether it was empty: then the taker wants to be woken. */
bool http_server_handoff_push(http_server_handoff_stack *stack, handoff *item);

/* All of them, the oldest first; NULL: none. */
handoff *http_server_handoff_take(http_server_handoff_stack *stack);

/* --- connections --- */

typedef enum http_server_phase {
    HTTP_SERVER_PHASE_SILENT,  /* from accept to the first line of its first request */
    HTTP_SERVER_PHASE_HEADER,  /* from the request's first line to the end of its headers */
    HTTP_SERVER_PHASE_BODY,    /* to the end of its body */
    HTTP_SERVER_PHASE_WAITING, /* within HTTP_SERVER_PHASE_BODY: suspended until there is memory for
                                  it */
    HTTP_SERVER_PHASE_HANDLING, /* with on_request or held: no deadline of ours */
    HTTP_SERVER_PHASE_ANSWER,   /* from the answer to its last byte */
    HTTP_SERVER_PHASE_IDLE,     /* between two requests */
    HTTP_SERVER_PHASE_DEPARTED, /* in place of header, body and idle when the peer has closed its
                            side: until what it has sent is worked off */
    HTTP_SERVER_PHASE_EVICTED,  /* it was silent or idle and has made room: half-closed, only waits
                            for the  peer's end */
    HTTP_SERVER_PHASE_LINGER,   /* out of libmicrohttpd's hands: only read until its peer closes */
    HTTP_SERVER_PHASE_ENDING,   /* shut down by us: waits for libmicrohttpd to notice */
    HTTP_SERVER_PHASE_COUNT
} http_server_phase;

typedef struct http_server_loop http_server_loop;
typedef struct http_server_peer http_server_peer;
typedef struct http_server_ready http_server_ready;

typedef struct http_server_connection {
    handoff
        handoff; /* first: on the way to its loop, or waiting there for libmicrohttpd to take it */
    struct http_server_connection *previous,
        *next; /* in the list of its phase, the oldest one first */
    http_server_loop *loop;
    http_server_request *request;  /* NULL: none has begun */
    http_server_peer *address;     /* NULL: not counted any more, or never */
    int64_t since_ns, deadline_ns; /* of the phase */
    size_t lingered_bytes;
    int fd; /* libmicrohttpd's, or ours while lingering; -1: gone */
    http_server_phase phase;
    bool is_listed;
    bool is_taken;     /* libmicrohttpd has it */
    bool is_ending;    /* we have shut it down; waits for libmicrohttpd to notice */
    bool is_departed;  /* the peer has closed its side */
    bool is_evicted;   /* half-closed by us: whatever it says is not handled */
    bool is_uncounted; /* among the loop's uncounted */
    int hops;          /* loops that a newcomer beyond the ceiling has been to */
    char peer[HTTP_SERVER_PEER_TEXT_MAX];
} http_server_connection;

typedef struct http_server_connection_list {
    http_server_connection *head, *tail;
} http_server_connection_list;

/* fd is taken over on success only. address may be NULL. NULL: no memory. */
http_server_connection *http_server_connection_new(
    http_server_loop *loop, int fd, const char *peer, http_server_peer *address);

/* Moves it to the phase's list and gives it the phase's deadline. The time in which the headers of
 * the first request must come has begun with HTTP_SERVER_PHASE_SILENT; every other phase begins
 * now. */
void http_server_connection_enter(http_server_connection *conn, http_server_phase phase);

/* The same for a phase that is taken up again, as if it had begun at that time. */
void http_server_connection_enter_since(
    http_server_connection *conn, http_server_phase phase, int64_t since_ns);

/* Shuts the socket down; libmicrohttpd closes it in its next run. The connection is no longer
 * counted. */
void http_server_connection_end(http_server_connection *conn);

/* The same; a request that has begun and is not complete gets a status first, marked as not
 * executed. */
void http_server_connection_cut(http_server_connection *conn, int status, const char *problem);

/* Half-closes one that waits for a request, so that another may have its place. Nothing is
 * written. What the peer sends from now on is read for a moment, because a close with unread bytes
 * would reset the connection, and is not handled. The connection is no longer counted. */
void http_server_connection_evict(http_server_connection *conn);

/* Whether it was ended or evicted: nothing that it still says is handled. */
static inline bool http_server_connection_is_over(const http_server_connection *conn)
{
    return conn->is_ending || conn->is_evicted;
}

/* Whether bytes of the peer wait in the socket. */
bool http_server_connection_has_unread(const http_server_connection *conn);

/* Answers 503 and closes. For one that libmicrohttpd never had: frees it, or lets it linger. */
void http_server_connection_refuse_newcomer(http_server_connection *conn, const char *problem);

/* Ends a lingering connection, or one that libmicrohttpd never took, and frees it. */
void http_server_connection_drop(http_server_connection *conn);

/* The server has failed: shuts every connection of the loop down, so that its peer sees its end. */
void http_server_connection_hang_up_all(http_server_loop *loop);

/* libmicrohttpd does not exist any more: drops every connection of the loop, with its request. */
void http_server_connection_drop_all(http_server_loop *loop);

/* libmicrohttpd has it now: its first request is awaited. */
void http_server_connection_taken(http_server_connection *conn);

/* Something happened to it that is for us and not for libmicrohttpd: the peer has closed its side,
 * or a lingering one is readable. */
void http_server_connection_event(http_server_connection *conn);

/* Ends those whose peers have closed and of whom nothing is left to be worked off. To be called
 * when libmicrohttpd has nothing to do at once. */
void http_server_connection_end_departed(http_server_loop *loop);

/* libmicrohttpd is about to close the descriptor: frees the connection, or keeps a copy of the
 * descriptor and lingers. */
void http_server_connection_closed(http_server_connection *conn);

/* From now on only reads what comes, until its end. */
void http_server_connection_linger(http_server_connection *conn);

/* Writes a complete small reply with Connection: close past libmicrohttpd, which must have nothing
 * to write at the moment. problem goes into the body. not_executed: with the header
 * Dubboc-Not-Executed: 1. */
void http_server_connection_write_refusal(
    int fd, int status, const char *problem, bool not_executed, bool without_body);

/* Ends what is over its deadline. */
void http_server_connection_enforce_deadlines(http_server_loop *loop);

/* The earliest deadline, DEADLINE_NEVER: none. */
int64_t http_server_connection_next_deadline(const http_server_loop *loop);

/* --- loops --- */

struct http_server_loop {
    http_server *server;
    struct MHD_Daemon *daemon;            /* NULL: not started yet, or it has given up */
    http_server_connection *adding;       /* is being given to the daemon; NULL: none */
    const struct MHD_Connection *closing; /* the last one; the daemon may have freed it since */
    pthread_t thread;
    bool has_thread;
    bool is_listening; /* the listening socket is in our epoll set */
    bool is_draining;  /* has seen the server's wish */
    bool is_drained;   /* and has read what had come until then */
    int arrived;      /* connections from another loop that have been taken and not looked at yet */
    bool has_hung_up; /* the server has failed, and the connections are shut down */
    bool is_ending;   /* being freed: nothing lingers */
    int epoll_fd;
    int timer_fd;     /* loops = 0 only; else -1 */
    int64_t timer_ns; /* what it is set to; DEADLINE_NEVER: not set */
    wake wake;
    http_server_handoff_stack arrivals; /* connections that another loop has accepted */
    http_server_handoff_stack results;  /* requests that were held and are answered */
    http_server_handoff_stack granted;  /* requests whose bodies have got memory */
    handoff *taking; /* connections given to libmicrohttpd that it has not announced yet, FIFO */
    atomic_bool is_memory_short; /* a request waits for memory; set by its loop */
    int64_t now_ns;              /* of this turn */
    /* When to look again for bodies that must make way; DEADLINE_NEVER: nobody waits for memory. */
    int64_t make_way_ns;
    int64_t
        listen_again_ns; /* out of descriptors: when to accept again; DEADLINE_NEVER: not paused */
    int64_t phase_ns[HTTP_SERVER_PHASE_COUNT]; /* allowed in it; DEADLINE_NEVER: no deadline */
    http_server_connection_list conns[HTTP_SERVER_PHASE_COUNT];
    int uncounted;               /* of them: see HTTP_SERVER_UNCOUNTED_MAX */
    http_server_request *spares; /* requests to use again */
    int spare_count;
    http_server_ready *ready[HTTP_SERVER_READY_SLOTS];
    _Atomic int connections; /* written by this loop and by loops that hand over */
    _Atomic int requests;    /* written by this loop only */
    /* Since when its oldest silent or idle connection and its slowest sender are that;
     * DEADLINE_NEVER: none. Written by this loop only, at once when there is a first one and at the
     * end of a turn, so they may tell of one that has ended or has a request on its way, but miss
     * none. A loop that has to place a newcomer looks at its own closely first. Read by a loop that
     * has a newcomer and no place. */
    _Atomic int64_t idle_since_ns;
    _Atomic int64_t sending_since_ns;
};

/* DUBBOC_E_SYSTEM: no descriptor. After a failure too: http_server_loop_fini(). */
dubboc_status http_server_loop_init(http_server_loop *loop, http_server *server, dubboc_error *err);
dubboc_status http_server_loop_start_thread(http_server_loop *loop, dubboc_error *err);

/* One turn: waits at most wait_ms (-1: until something happens, or a few seconds) and does what is
 * due. false: the server has failed (http_server_fail()), and this loop has hung up. */
bool http_server_loop_turn(http_server_loop *loop, int wait_ms);

/* Ends connections that another loop has handed over and this one will not look at. Any thread. */
void http_server_loop_drop_arrivals(http_server_loop *loop);

/* Something was handed over. Any thread. */
void http_server_loop_wake(http_server_loop *loop);

/* Ends every connection and frees all. Its thread has ended. */
void http_server_loop_fini(http_server_loop *loop);

/* Gives the connection to the loop's libmicrohttpd. Loop's thread; conn is gone when it fails. */
void http_server_loop_take(http_server_loop *loop, http_server_connection *conn);

/* Watches, or stops watching, the listening socket. When that fails (errno), nothing changes. */
void http_server_loop_listen(http_server_loop *loop, bool wanted);

/* --- newcomers --- */

/* Accepts what waits, HTTP_SERVER_ACCEPT_BATCH at most. Whether there may be more. */
#define HTTP_SERVER_ACCEPT_BATCH 32
bool http_server_accept_some(http_server_loop *loop);

/* Accepts nothing for a moment, because of an error. */
void http_server_accept_pause(http_server_loop *loop, int error);

/* Gives a place to a connection that another loop has accepted and counted. */
void http_server_accept_arrived(http_server_loop *loop, http_server_connection *conn);

/* Tells the other loops how old the loop's idle connections and its incomplete requests are. */
void http_server_accept_publish(http_server_loop *loop);

/* The connection does not count any more. */
void http_server_accept_release(http_server_loop *loop, http_server_peer *address);

/* --- requests: what the daemon is started with --- */

void *http_server_request_on_line(void *loop, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_server_request_on_access(void *loop, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *upload_data,
    size_t *upload_data_size, void **state);
void http_server_request_on_completed(void *loop, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode how);

/* Takes answered requests up again. */
void http_server_request_resume(http_server_loop *loop);

/* Takes requests up again whose bodies have got the memory that they waited for. */
void http_server_request_take_granted(http_server_loop *loop);

/* In HTTP_SERVER_PHASE_WAITING: the time is over, or the server ends. Resumes the request to refuse
 * it. */
void http_server_request_withdraw(http_server_request *request);

/* The server ends: the same for all that wait. */
void http_server_request_withdraw_all(http_server_loop *loop);

/* Whether the request holds memory for its body. */
bool http_server_request_holds_memory(const http_server_request *request);

/* While requests, of any loop, wait for memory: cuts those of this loop off whose bodies come too
 * slowly, now and then. To be called in every turn. */
void http_server_request_make_way(http_server_loop *loop);

/* In HTTP_SERVER_PHASE_WAITING: the peer has closed its side. */
void http_server_request_departed(http_server_request *request);

/* The loop ends: every held request is answered in its owner's place, and none waits any more. */
void http_server_request_give_up(http_server_loop *loop);

/* The connection ended without libmicrohttpd having completed its request. */
void http_server_request_forget(http_server_request *request);

void http_server_request_free_spares(http_server_loop *loop);

/* --- responses --- */

#define HTTP_SERVER_DATE_SIZE 48

/* "Sun, 06 Nov 1994 08:49:37 GMT" of that second since 1970. Any thread. */
void http_server_date(int64_t second, char text[HTTP_SERVER_DATE_SIZE]);

/* body is borrowed until the response is gone; second: for its Date. NULL: no memory, or a header
 * that HTTP cannot carry. Any thread. */
struct MHD_Response *http_server_response_new(const http_server *server, dubboc_slice body,
    int64_t second, const char *content_type, const http_server_answer_header *headers,
    size_t header_count, bool close);

/* A response that keeps the connection and holds a copy of body, for one answer. NULL: make one
 * with http_server_response_new(). Loop's thread, all of them. */
http_server_ready *http_server_ready_lend(
    http_server_loop *loop, const char *content_type, dubboc_slice body);
struct MHD_Response *http_server_ready_response(const http_server_ready *ready); /* borrowed */
void http_server_ready_give_back(http_server_ready *ready);
void http_server_ready_free_all(http_server_loop *loop);

/* --- the server --- */

struct http_server {
    http_server_settings settings; /* ip is not kept */
    http_server_loop *loops;
    int loop_count;              /* at least 1; also with settings.loops = 0 */
    int listen_fd;               /* -1: closed */
    _Atomic int listening_loops; /* the last one that stops closes listen_fd */
    _Atomic int undrained; /* loops not is_drained yet, and connections on the way from one loop to
                              another */
    atomic_bool is_draining;
    atomic_bool is_stopping; /* threads end */
    atomic_bool is_failing;  /* http_server_fail() has been called */
    atomic_bool has_failed;  /* and problem is written */
    char problem[256];
    _Atomic int connections; /* counted ones */
    memory_budget bodies;
    mutex addresses_lock;
    map *addresses;        /* key -> http_server_peer, with addresses_lock held */
    bool checks_positions; /* see http_server_guard.h */
    char keep_alive[32];   /* "timeout=N", "": none */
    char address[HTTP_SERVER_PEER_TEXT_MAX];
};

#endif
