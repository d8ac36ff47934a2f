/* What the tests of the HTTP server share: a server with a scripted on_request, and peers that send
 * exactly the given bytes. */
#ifndef TESTS_TRANSPORT_SERVER_PEER_H
#define TESTS_TRANSPORT_SERVER_PEER_H

#include "tests/support/test.h"

#include <stdatomic.h>

#include "transport/http_server.h"

/* Answers 200 with "METHOD path?query body" ("/hold" holds the request and leaves it in held;
 * "/big" answers 4 MiB). */
typedef struct echo_server {
    http_server *server;
    char ip[64];
    int port;
    atomic_int handled;
    _Atomic(http_server_request *) held;
} echo_server;

/* Generous limits, loopback, any port. */
http_server_settings echo_settings(echo_server *echo, int loops);

/* Opens and starts; ends the test when that fails. */
void echo_start(echo_server *echo, const http_server_settings *settings);
void echo_stop(echo_server *echo);

/* As many turns as there is something to do for. For loops = 0. */
void echo_turn(echo_server *echo);

/* A connected socket that the server has accepted. For loops = 0. */
int echo_connect(echo_server *echo);

/* A clock that only the test moves. The first two are a set-up and a tear-down for cmocka. */
int own_clock_begin(void **state);
int own_clock_end(void **state);
void own_clock_pass_ms(int64_t ms);

/* A connected blocking socket; every wait on it ends after 5 s. source_ip NULL: any. */
int peer_connect(const echo_server *echo);
int peer_connect_from(const echo_server *echo, const char *source_ip);

/* false: the server has closed or reset the connection. */
bool peer_send(int fd, const char *bytes, size_t len);
void peer_say(int fd, const char *text);

/* Reads one reply by its Content-Length into text (head and body, zero-ended). Its status; 0: the
 * connection ended before one was complete. */
int peer_read_reply(int fd, char *text, size_t size);

/* Reads until the peer closes. What came, zero-ended; -1: not closed within the time limit. */
ssize_t peer_read_all(int fd, char *text, size_t size);

/* One peer that talks with an echo server. */
typedef struct talk {
    echo_server echo;
    int fd;
    char text[4096]; /* the last reply */
} talk;

/* A server with the usual settings and one loop, and a connection to it. */
void talk_begin(talk *self);
void talk_end(talk *self);

void talk_say(talk *self, const char *text);
int talk_read(talk *self);         /* as peer_read_reply() */
ssize_t talk_read_all(talk *self); /* as peer_read_all() */

/* How often part occurs in text. */
int count_of(const char *text, const char *part);

#endif
