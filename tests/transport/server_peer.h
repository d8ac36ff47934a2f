/* Shared by the tests of the HTTP server: a server with a scripted on_request, and peers that send
 * exactly the given bytes. */
#ifndef TESTS_TRANSPORT_SERVER_PEER_H
#define TESTS_TRANSPORT_SERVER_PEER_H

#include "tests/support/test.h"

#include <stdatomic.h>

#include "transport/http_server.h"

/* A server that answers 200 with "METHOD path?query body". "/hold" keeps the request in held, and
 * "/big" is answered with 4 MiB. */
typedef struct echo_server {
    http_server *server;
    char ip[64];
    int port;
    atomic_int handled;
    _Atomic(http_server_request *) held;
} echo_server;

/* Settings with generous limits, loopback and any port. */
http_server_settings echo_settings(echo_server *echo, int loops);

/* Opens and starts the server. Fails the test if this fails. */
void echo_start(echo_server *echo, const http_server_settings *settings);
void echo_stop(echo_server *echo);

/* Makes steps until the server has nothing left to do. For loops = 0. */
void echo_turn(echo_server *echo);

/* Returns a connected socket that the server has accepted. For loops = 0. */
int echo_connect(echo_server *echo);

/* A clock that only the test moves. own_clock_begin() and own_clock_end() are a set-up and a
 * tear-down for cmocka. */
int own_clock_begin(void **state);
int own_clock_end(void **state);
void own_clock_pass_ms(int64_t ms);

/* Returns a connected blocking socket. Every wait on this socket ends after 5 s. source_ip NULL:
 * any address. */
int peer_connect(const echo_server *echo);
int peer_connect_from(const echo_server *echo, const char *source_ip);

/* false: the server has closed or reset the connection. */
bool peer_send(int fd, const char *bytes, size_t len);
void peer_say(int fd, const char *text);

/* Reads one reply by its Content-Length into text (head and body, NUL-terminated). Returns the
 * status; 0: the connection ended before the reply was complete. */
int peer_read_reply(int fd, char *text, size_t size);

/* Reads into text (NUL-terminated) until the server closes. Returns the length; -1: the server did
 * not close within the time limit. */
ssize_t peer_read_all(int fd, char *text, size_t size);

/* An echo server and one peer that talks with it. */
typedef struct talk {
    echo_server echo;
    int fd;
    char text[4096]; /* the last reply */
} talk;

/* Starts a server with the usual settings and one loop, and connects to it. */
void talk_begin(talk *self);
void talk_end(talk *self);

void talk_say(talk *self, const char *text);
int talk_read(talk *self);         /* as peer_read_reply() */
ssize_t talk_read_all(talk *self); /* as peer_read_all() */

/* Returns how often part occurs in text. */
int count_of(const char *text, const char *part);

#endif
