/* A connection: the phase it is in, the deadline of that phase, and its end. */
#ifndef TRANSPORT_HTTP_SERVER_CONNECTION_H
#define TRANSPORT_HTTP_SERVER_CONNECTION_H

#include "transport/http_server_shared.h"

/* The memory that libmicrohttpd keeps for a connection: for the request line and the headers, and
 * for those of the answer. It is allocated at accept and touched as a whole after the first
 * request. So it decides what an idle connection costs (libraries.md M6), and how many bytes of
 * headers pass: about 8 KiB. */
#define HTTP_SERVER_CONNECTION_MEMORY ((size_t)10 * 1024)

/* How long a connection may stay after its peer has closed its side, while libmicrohttpd does not
 * let go of it. */
#define HTTP_SERVER_DEPARTED_MS 5000

/* A connection that we end with an answer which its peer may not have read yet is read on for at
 * most so long and so many bytes. A close with unread bytes would reset it, and the peer would lose
 * the answer (libraries.md M8). */
#define HTTP_SERVER_LINGER_MS 2000
#define HTTP_SERVER_LINGER_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* How long a request waits for the memory that its body needs. */
#define HTTP_SERVER_MEMORY_WAIT_MS 1000

/* How many connections of a loop hold a descriptor without being counted: newcomers that were
 * refused, and evicted ones. Any further one is closed at once. */
#define HTTP_SERVER_UNCOUNTED_MAX 64

typedef enum http_server_phase {
    HTTP_SERVER_PHASE_SILENT,   /* From accept to the first line of the first request. */
    HTTP_SERVER_PHASE_HEADER,   /* From the first line of a request to the end of its headers. */
    HTTP_SERVER_PHASE_BODY,     /* To the end of its body. */
    HTTP_SERVER_PHASE_WAITING,  /* Within BODY: suspended until there is memory for the body. */
    HTTP_SERVER_PHASE_HANDLING, /* With on_request, or held. It has no deadline of ours. */
    HTTP_SERVER_PHASE_ANSWER,   /* From the answer to its last byte. */
    HTTP_SERVER_PHASE_IDLE,     /* Between two requests. */

    /* In place of SILENT, HEADER, BODY, IDLE and EVICTED once the peer has closed its side: until
     * libmicrohttpd has worked off what the peer had sent. */
    HTTP_SERVER_PHASE_DEPARTED,

    /* It was silent or idle and has made room: half-closed, until its peer closes too. */
    HTTP_SERVER_PHASE_EVICTED,

    HTTP_SERVER_PHASE_LINGER, /* libmicrohttpd is done with it: only read until its peer closes. */
    HTTP_SERVER_PHASE_ENDING, /* We have shut it down: until libmicrohttpd notices. */
    HTTP_SERVER_PHASE_COUNT
} http_server_phase;

typedef struct http_server_connection_table http_server_connection_table;

/* Belongs to one loop, and is used by its thread only. */
typedef struct http_server_connection {
    /* First. Links it while it is on its way to its loop, and while the loop waits for
     * libmicrohttpd to take it. */
    http_server_handoff handoff;

    http_server_connection_table *table;
    struct http_server_connection *previous, *next; /* In the list of its phase. */
    bool is_listed;
    http_server_phase phase;
    int64_t since_ns, deadline_ns; /* Of the phase. */

    http_server_request *request; /* NULL: no request has begun. */
    http_server_share *share;     /* NULL: not counted any more, or never. */
    int fd;                       /* libmicrohttpd's, or ours while it lingers; -1: gone. */
    bool is_departed;             /* The peer has closed its side. */
    bool is_evicted;              /* Half-closed by us: what it still says is not handled. */
    bool is_uncounted;            /* It is one of the table's uncounted. */
    int hops;                     /* Loops that it was sent to because the server was full. */
    size_t lingered_bytes;        /* What was read while it lingered. */
    char peer[ADDRESS_TEXT_SIZE];
} http_server_connection;

/* The oldest one first. */
typedef struct http_server_connection_list {
    http_server_connection *head, *tail;
} http_server_connection_list;

/* The connections of one loop. Used by its thread only, except as noted. */
struct http_server_connection_table {
    http_server_shared *shared;
    http_server_mailbox *mailbox;

    /* The loop's epoll set. Each connection stands in it beside libmicrohttpd's. */
    int epoll_fd;

    /* Tells the layer above that the connection of this request has ended before libmicrohttpd had
     * completed the request. The request is freed there. It must not block, and must not touch the
     * connection. */
    void (*on_request_lost)(http_server_request *request);

    int64_t now_ns; /* The time of the loop's turn. */
    bool is_ending; /* The loop is being freed: nothing lingers. */
    int uncounted;  /* See HTTP_SERVER_UNCOUNTED_MAX. */

    int64_t phase_ns[HTTP_SERVER_PHASE_COUNT]; /* Allowed time; DEADLINE_NEVER: no deadline. */
    http_server_connection_list phases[HTTP_SERVER_PHASE_COUNT];
};

/* --- one connection --- */

/* fd is taken over on success only. share may be NULL. NULL: no memory. */
http_server_connection *http_server_connection_new(
    http_server_connection_table *table, int fd, const char *peer, http_server_share *share);

/* Moves it to the phase's list and gives it the phase's deadline. HEADER of the first request began
 * with SILENT; every other phase begins now. */
void http_server_connection_enter(http_server_connection *conn, http_server_phase phase);

/* The same for a phase that goes on, as if it had begun at that time. */
void http_server_connection_enter_since(
    http_server_connection *conn, http_server_phase phase, int64_t since_ns);

/* Whether we have shut it down. */
static inline bool http_server_connection_is_ending(const http_server_connection *conn)
{
    return conn->phase == HTTP_SERVER_PHASE_ENDING;
}

/* Whether it was shut down or evicted: nothing that it still says is handled. */
static inline bool http_server_connection_is_over(const http_server_connection *conn)
{
    return http_server_connection_is_ending(conn) || conn->is_evicted;
}

/* Whether bytes of the peer wait in the socket. */
bool http_server_connection_has_unread(const http_server_connection *conn);

/* libmicrohttpd has it now: its first request is awaited. */
void http_server_connection_taken(http_server_connection *conn);

/* epoll has reported something about it that is not for libmicrohttpd: the peer has closed its
 * side, or a lingering one is readable. It may be freed. true: its request waits for memory, and
 * whether that wait still makes sense must be looked at. */
bool http_server_connection_event(http_server_connection *conn);

/* Shuts the socket down; libmicrohttpd closes it in its next run. The connection does not count any
 * more. */
void http_server_connection_end(http_server_connection *conn);

/* The same, but a request that has begun and is not complete gets this status first, marked as not
 * executed. */
void http_server_connection_cut(http_server_connection *conn, int status, const char *problem);

/* Half-closes a connection that waits for a request, so that another may have its place. Nothing is
 * written. What the peer still sends is read for a moment, because a close with unread bytes would
 * reset the connection, and is not handled. The connection does not count any more. */
void http_server_connection_evict(http_server_connection *conn);

/* Answers 503 and closes. For a connection that libmicrohttpd never had; it is freed, now or when
 * it has lingered. */
void http_server_connection_refuse_newcomer(http_server_connection *conn, const char *problem);

/* libmicrohttpd is about to close the descriptor: frees the connection, or keeps a copy of the
 * descriptor and lets it linger. */
void http_server_connection_closed(http_server_connection *conn);

/* Closes and frees a connection that lingers or that libmicrohttpd never took. */
void http_server_connection_drop(http_server_connection *conn);

/* --- all connections of a loop --- */

/* epoll_fd is set later, before the first connection. */
void http_server_connection_table_init(http_server_connection_table *table,
    http_server_shared *shared, http_server_mailbox *mailbox,
    void (*on_request_lost)(http_server_request *request));

/* The first one of the phase if it is over its deadline; else NULL. */
http_server_connection *http_server_connection_table_due(
    const http_server_connection_table *table, http_server_phase phase);

/* Ends those that are over their deadline, except those in WAITING. */
void http_server_connection_table_enforce_deadlines(http_server_connection_table *table);

/* The earliest deadline. DEADLINE_NEVER: there is none. */
int64_t http_server_connection_table_next_deadline(const http_server_connection_table *table);

/* The one of the two that has been in its phase for longer. Either may be NULL. */
http_server_connection *http_server_connection_older(
    http_server_connection *a, http_server_connection *b);

/* The one that has been sending a request for longest. NULL: there is none. */
http_server_connection *http_server_connection_table_slowest_sender(
    const http_server_connection_table *table);

/* Writes the age of the oldest idle connection and of the slowest sender into the mailbox. In the
 * second form the caller has looked for the idle one itself; NULL: there is none. */
void http_server_connection_table_publish(http_server_connection_table *table);
void http_server_connection_table_publish_idle(
    http_server_connection_table *table, const http_server_connection *idle);

/* Ends those whose peers have closed and which have nothing left to be read. To be called when
 * libmicrohttpd has nothing to do. */
void http_server_connection_table_end_departed(http_server_connection_table *table);

/* Ends connections that another loop has handed over and this loop will not take. Any thread. */
void http_server_connection_table_drop_arrivals(http_server_connection_table *table);

/* The server has failed: shuts every connection down, so that its peer sees its end. Their objects
 * stay, because held requests may still be looked at. */
void http_server_connection_table_hang_up(http_server_connection_table *table);

/* There is no libmicrohttpd any more: frees every connection, with its request. */
void http_server_connection_table_drop_all(http_server_connection_table *table);

#endif
