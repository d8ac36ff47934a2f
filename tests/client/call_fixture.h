/* A client with up to three scripted peers, and helpers for tests of calls. All calls use interface
 * x.Y and method m. */
#ifndef TESTS_CLIENT_CALL_FIXTURE_H
#define TESTS_CLIENT_CALL_FIXTURE_H

#include <pthread.h>

#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

/* The ids of calls from the main thread on a new client are 1, 65, 129... (one thread slot
 * in 64). */
#define REPLY(body_len, body) "HTTP/1.1 200 OK\r\nContent-Length: " body_len "\r\n\r\n" body

/* What a peer does with a request. loses_each and refuses_each do it with every request. */
extern const peer_script hangs_up; /* closes the connection without reading */
extern const peer_script is_silent;
extern const peer_script answers_7;
extern const peer_script loses_each;
extern const peer_script refuses_each; /* replies with the error -7, "no é", and the id null */

typedef struct fixture {
    dubboc_client *client;
    scripted_peer *peers[3];
    dubboc_call_options options;
    char url[64];
    dubboc_error err;
} fixture;

/* registry_url NULL: no registry. */
dubboc_client *new_client(const char *registry_url);

/* Starts one peer with this script, and a client whose calls go directly to the peer's URL. */
void begin(fixture *self, const peer_script *script);
void end(fixture *self);

/* Replaces the client by one with these settings ({section, key, value}), and resets the options of
 * the calls. */
void configure(fixture *self, const char *const settings[][3], size_t count);

dubboc_status raw_call(fixture *self, const char *params, dubboc_text *result);

/* A call in its own thread. Each background call needs its own fixture, which may be a copy. */
typedef struct background_call {
    fixture *self;
    dubboc_status status;
    dubboc_error err;
} background_call;

pthread_t start(background_call *call);

/* Returns how many requests the peers have read in total. */
int requests(const fixture *self);

/* Whether a peer has read a request; a condition for test_wait_for(). of: the fixture. */
bool peer_was_asked(void *of);

/* --- more than one provider */

typedef struct address {
    char text[64];
} address;

address address_of(const scripted_peer *peer);
address dead_address(void); /* an address where no server listens */

/* Makes a client with a static registry of these addresses under one interface. It calls the
 * providers in turn (roundrobin), beginning with the first one, and without retries. The second
 * text of each address is appended to its node. */
void begin_with_registry(fixture *self, const char *const addresses[][2], size_t count);
#define PROVIDERS(...)                                                                             \
    ((const char *const[][2]){__VA_ARGS__}),                                                       \
        sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *[2])

#endif
