/* A TCP peer on loopback that does exactly what its script says: it answers late, half, garbage,
 * twice or not at all, and closes or resets at a given point. A script is an array of steps. Each
 * accepted connection runs a script on its own thread: the first connection runs the first script,
 * the second connection the second, and all further connections run the last script. The peer
 * counts requests, so that a test can check how often a request was sent. */
#ifndef TESTS_SUPPORT_SCRIPTED_PEER_H
#define TESTS_SUPPORT_SCRIPTED_PEER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum peer_act {
    PEER_ACT_END,     /* close in order; the end of each script */
    PEER_ACT_READ,    /* read one whole request: head and Content-Length bytes of body */
    PEER_ACT_TAKE,    /* read count bytes of any kind */
    PEER_ACT_SEND,    /* send text */
    PEER_ACT_DRIBBLE, /* send text byte by byte, each byte in its own segment */
    PEER_ACT_FLOOD,   /* send text, count times */
    PEER_ACT_WAIT,    /* wait for scripted_peer_release() */
    PEER_ACT_HOLD,    /* wait until the other side closes */
    PEER_ACT_RESET,   /* close with RST */
    PEER_ACT_AGAIN    /* run the script again from its start */
} peer_act;

typedef struct peer_step {
    peer_act act;
    const char *text;
    size_t count;
} peer_step;

#define PEER_STEPS_MAX 12

typedef struct peer_script {
    peer_step steps[PEER_STEPS_MAX];
} peer_script;

/* Initializers for the steps of a script. */
/* clang-format off */
#define PEER_READ                   {.act = PEER_ACT_READ}
#define PEER_TAKE(count_)           {.act = PEER_ACT_TAKE, .count = (count_)}
#define PEER_SEND(text_)            {.act = PEER_ACT_SEND, .text = (text_)}
#define PEER_DRIBBLE(text_)         {.act = PEER_ACT_DRIBBLE, .text = (text_)}
#define PEER_FLOOD(text_, count_)   {.act = PEER_ACT_FLOOD, .text = (text_), .count = (count_)}
#define PEER_WAIT                   {.act = PEER_ACT_WAIT}
#define PEER_HOLD                   {.act = PEER_ACT_HOLD}
#define PEER_RESET                  {.act = PEER_ACT_RESET}
#define PEER_AGAIN                  {.act = PEER_ACT_AGAIN}
/* clang-format on */

/* A whole reply with the body "ok". */
#define PEER_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

typedef struct scripted_peer scripted_peer;

/* Starts a peer. The scripts must live as long as the peer. Ends the test if no socket or thread
 * can be created. */
scripted_peer *scripted_peer_new(const peer_script *scripts, size_t count);

/* Return "http://127.0.0.1:port", and the port. */
const char *scripted_peer_url(const scripted_peer *peer);
int scripted_peer_port(const scripted_peer *peer);

/* Return how many connections were accepted, and how many whole requests were read. */
int scripted_peer_connections(scripted_peer *peer);
int scripted_peer_requests(scripted_peer *peer);

/* Waits until count connections have been accepted, because a connected client may still be in the
 * listener's queue. Ends the test after 5 s. */
void scripted_peer_wait_for_connections(scripted_peer *peer, int count);

/* Returns how many connections have a script that has not ended. */
int scripted_peer_open_connections(scripted_peer *peer);

/* Returns the last request, NUL-terminated; NULL: none. The caller frees it with free(). */
char *scripted_peer_last_request(scripted_peer *peer);

/* Ends every PEER_ACT_WAIT, also those that begin later. */
void scripted_peer_release(scripted_peer *peer);

/* Closes every open connection with RST. */
void scripted_peer_reset_all(scripted_peer *peer);

/* Ends all threads and frees the peer. NULL is accepted. */
void scripted_peer_free(scripted_peer *peer);

#endif
