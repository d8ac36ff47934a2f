/* One connection of the HTTP server: its phase, the deadline of that phase, and its end; and the
 * table of all connections of a loop. */
#ifndef TRANSPORT_HTTP_SERVER_CONNECTION_H
#define TRANSPORT_HTTP_SERVER_CONNECTION_H

#include "transport/http_server_shared.h"

/* The memory that libmicrohttpd allocates for a connection: for the request line and the headers,
 * and for the headers of the answer. It is allocated at accept. After the first request
 * libmicrohttpd clears all of it, so from then on an idle connection costs this much memory
 * (libraries.md M6). It also limits the headers of a request, to about 8 KiB. */
#define HTTP_SERVER_CONNECTION_MEMORY ((size_t)10 * 1024)

/* How long a connection may exist after its peer has closed its side. */
#define HTTP_SERVER_DEPARTED_MS 5000

/* After the server has sent its last answer on a connection, it keeps reading for at most this time
 * and this many bytes. A close() with unread bytes would reset the connection, and the peer would
 * lose the answer (libraries.md M8). */
#define HTTP_SERVER_LINGER_MS 2000
#define HTTP_SERVER_LINGER_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* How long a request waits for the memory that its body needs. */
#define HTTP_SERVER_MEMORY_WAIT_MS 1000

/* How many connections of a loop may hold a descriptor without being counted as connections:
 * newcomers that were refused, and evicted ones. Any further one is closed at once. */
#define HTTP_SERVER_UNCOUNTED_MAX 64

typedef enum http_server_phase {
    HTTP_SERVER_PHASE_SILENT,  /* From accept to the first line of the first request. */
    HTTP_SERVER_PHASE_HEADER,  /* From the first line of a request to the end of its headers. */
    HTTP_SERVER_PHASE_BODY,    /* From the end of the headers to the end of the body. */
    HTTP_SERVER_PHASE_WAITING, /* During BODY: suspended until there is memory for the body. */
    /* on_request runs, or the request is held. This phase has no deadline. */
    HTTP_SERVER_PHASE_HANDLING,
    HTTP_SERVER_PHASE_ANSWER, /* From the answer to its last byte. */
    HTTP_SERVER_PHASE_IDLE,   /* Between two requests. */

    /* The peer has closed its side during SILENT, HEADER, BODY, IDLE or EVICTED. Lasts until
     * libmicrohttpd has handled what the peer sent before. */
    HTTP_SERVER_PHASE_DEPARTED,

    /* The connection was silent or idle and was ended for a newcomer: we have closed our side, and
     * wait until the peer closes too. */
    HTTP_SERVER_PHASE_EVICTED,

    /* libmicrohttpd has closed the connection; we read until the peer closes it too. */
    HTTP_SERVER_PHASE_LINGER,
    /* We have shut the connection down; libmicrohttpd has not noticed yet. */
    HTTP_SERVER_PHASE_ENDING,
    HTTP_SERVER_PHASE_COUNT
} http_server_phase;

typedef struct http_server_connection_table http_server_connection_table;

/* Belongs to one loop, and is used by its thread only. */
typedef struct http_server_connection {
    /* Must be the first member. Links the connection while it is handed to another loop, and while
     * that loop waits until libmicrohttpd has taken it. */
    http_server_handoff handoff;

    http_server_connection_table *table;
    struct http_server_connection *previous, *next; /* Neighbours in the list of its phase. */
    bool is_listed;
    http_server_phase phase;
    int64_t since_ns, deadline_ns; /* When the phase began, and when it must end. */

    http_server_request *request; /* The request in progress; NULL: no request has begun. */
    http_server_share *share;     /* NULL: not counted, or not counted any more. */
    int fd; /* Owned by libmicrohttpd, or by us while the connection lingers; -1: closed. */
    bool is_departed;  /* The peer has closed its side. */
    bool is_evicted;   /* We have closed our side: what the peer still sends is not handled. */
    bool is_uncounted; /* The connection is counted in table->uncounted. */
    int hops;          /* How often it was handed to another loop because the server was full. */
    size_t lingered_bytes; /* How many bytes were read while it lingered. */
    char peer[ADDRESS_TEXT_SIZE];
} http_server_connection;

/* The connections of one phase, oldest first. */
typedef struct http_server_connection_list {
    http_server_connection *head, *tail;
} http_server_connection_list;

/* The connections of one loop. Used by the loop's thread only, except where a function says
 * otherwise. */
struct http_server_connection_table {
    http_server_shared *shared;
    http_server_mailbox *mailbox;

    /* The loop's epoll set. Each connection is in it, in addition to libmicrohttpd's own set. */
    int epoll_fd;

    /* Called when the connection of a request has ended before libmicrohttpd completed the request.
     * Must free the request. Must not block and must not touch the connection. */
    void (*on_request_lost)(http_server_request *request);

    int64_t now_ns; /* The time when the current turn of the loop began. */
    bool is_ending; /* The loop is being freed: connections do not linger any more. */
    int uncounted;  /* How many connections have is_uncounted; at most HTTP_SERVER_UNCOUNTED_MAX. */

    /* The time allowed in each phase; DEADLINE_NEVER: no limit. */
    int64_t phase_ns[HTTP_SERVER_PHASE_COUNT];
    http_server_connection_list phases[HTTP_SERVER_PHASE_COUNT];
};

/* --- one connection --- */

/* Takes fd over on success only. share may be NULL. Returns NULL if there is no memory. */
http_server_connection *http_server_connection_new(
    http_server_connection_table *table, int fd, const char *peer, http_server_share *share);

/* Moves the connection to the list of the phase and gives it the phase's deadline, counted from
 * now. The time of HEADER in the first request counts from the beginning of SILENT. */
void http_server_connection_enter(http_server_connection *conn, http_server_phase phase);

/* Like http_server_connection_enter(), but as if the phase had begun at since_ns. */
void http_server_connection_enter_since(
    http_server_connection *conn, http_server_phase phase, int64_t since_ns);

/* Whether we have shut the connection down. */
static inline bool http_server_connection_is_ending(const http_server_connection *conn)
{
    return conn->phase == HTTP_SERVER_PHASE_ENDING;
}

/* Whether the connection was shut down or evicted, so that bytes that still arrive are not handled.
 */
static inline bool http_server_connection_is_over(const http_server_connection *conn)
{
    return http_server_connection_is_ending(conn) || conn->is_evicted;
}

/* Whether the socket holds unread bytes of the peer. */
bool http_server_connection_has_unread(const http_server_connection *conn);

/* libmicrohttpd has taken the connection: waits for the first request. */
void http_server_connection_taken(http_server_connection *conn);

/* Handles an epoll event of the loop's own set: the peer has closed its side, or a lingering
 * connection is readable. May free the connection. Returns true if its request waits for memory;
 * the caller must then check whether the wait still makes sense. */
bool http_server_connection_event(http_server_connection *conn);

/* Shuts the socket down; libmicrohttpd closes it in its next run. The connection is not counted any
 * more. */
void http_server_connection_end(http_server_connection *conn);

/* Like http_server_connection_end(), but an incomplete request gets this status first, marked as
 * not executed. */
void http_server_connection_cut(http_server_connection *conn, int status, const char *problem);

/* Closes our side of a connection that waits for a request, to make room for another. Nothing is
 * written. What the peer still sends is read for a moment and discarded, because a close() with
 * unread bytes would reset the connection. The connection is not counted any more. */
void http_server_connection_evict(http_server_connection *conn);

/* Answers 503 and closes a connection that libmicrohttpd never had. It is freed, at once or after
 * it has lingered. */
void http_server_connection_refuse_newcomer(http_server_connection *conn, const char *problem);

/* To be called when libmicrohttpd is about to close the descriptor. Frees the connection, or keeps
 * a duplicate of the descriptor and lets the connection linger. */
void http_server_connection_closed(http_server_connection *conn);

/* Closes and frees a connection that lingers or that libmicrohttpd never took. */
void http_server_connection_drop(http_server_connection *conn);

/* --- all connections of a loop --- */

/* table->epoll_fd must be set before the first connection is added. */
void http_server_connection_table_init(http_server_connection_table *table,
    http_server_shared *shared, http_server_mailbox *mailbox,
    void (*on_request_lost)(http_server_request *request));

/* The first connection of the phase if its deadline has passed; else NULL. */
http_server_connection *http_server_connection_table_due(
    const http_server_connection_table *table, http_server_phase phase);

/* Ends the connections whose deadline has passed, in every phase except WAITING. */
void http_server_connection_table_enforce_deadlines(http_server_connection_table *table);

/* The earliest deadline of all connections. DEADLINE_NEVER: there is none. */
int64_t http_server_connection_table_next_deadline(const http_server_connection_table *table);

/* Returns the one of the two that has been in its phase for longer. Either may be NULL. */
http_server_connection *http_server_connection_older(
    http_server_connection *a, http_server_connection *b);

/* The connection that has been sending a request for longest. NULL: there is none. */
http_server_connection *http_server_connection_table_slowest_sender(
    const http_server_connection_table *table);

/* Writes two points in time into the mailbox: since when the oldest idle connection has been idle,
 * and since when the slowest sender has been sending. The second function is for a caller that has
 * found the oldest idle connection already; idle NULL: there is none. */
void http_server_connection_table_publish(http_server_connection_table *table);
void http_server_connection_table_publish_idle(
    http_server_connection_table *table, const http_server_connection *idle);

/* Ends the connections in DEPARTED that have no unread bytes. To be called when libmicrohttpd has
 * nothing to do. */
void http_server_connection_table_end_departed(http_server_connection_table *table);

/* Closes connections that another loop has handed over, because this loop does not take any more.
 * Any thread. */
void http_server_connection_table_drop_arrivals(http_server_connection_table *table);

/* The server has failed: shuts every connection down, so that its peer notices. The objects stay,
 * because the owner may still read held requests. */
void http_server_connection_table_hang_up(http_server_connection_table *table);

/* Frees every connection and its request. libmicrohttpd must be gone. */
void http_server_connection_table_drop_all(http_server_connection_table *table);

#endif
