/* A client with up to three scripted peers, and helpers for tests of calls. The method is always
 * x.Y's m. */
#ifndef TESTS_CLIENT_CALL_FIXTURE_H
#define TESTS_CLIENT_CALL_FIXTURE_H

#include <pthread.h>

#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

/* Calls of the main thread on a new client have the ids 1, 65, 129... (one thread slot in 64). */
#define REPLY(body_len, body) "HTTP/1.1 200 OK\r\nContent-Length: " body_len "\r\n\r\n" body

/* What a peer does with a request; the last two with every one. */
extern const peer_script hangs_up; /* does not even read it */
extern const peer_script is_silent;
extern const peer_script answers_7;
extern const peer_script loses_each;
extern const peer_script refuses_each; /* with the error -7, "no é", of no id */

typedef struct fixture {
    dubboc_client *client;
    scripted_peer *peers[3];
    dubboc_call_options options;
    char url[64];
    dubboc_error err;
} fixture;

/* registry_url NULL: none. */
dubboc_client *new_client(const char *registry_url);

/* One peer with one script, called directly. */
void begin(fixture *self, const peer_script *script);
void end(fixture *self);

/* In place of the usual client one that is configured so ({section, key, value}), and calls without
 * options of their own. */
void configure(fixture *self, const char *const settings[][3], size_t count);

dubboc_status raw_call(fixture *self, const char *params, dubboc_text *result);

/* Calls in a thread of its own. Each call has a fixture of its own, too, which may be a copy. */
typedef struct background_call {
    fixture *self;
    dubboc_status status;
    dubboc_error err;
} background_call;

pthread_t start(background_call *call);

/* How many requests the peers have read. */
int requests(const fixture *self);

/* --- more than one provider */

typedef struct address {
    char text[64];
} address;

address address_of(const scripted_peer *peer);
address dead_address(void); /* where nobody listens any more */

/* A static registry of these addresses under one interface, and a client without retries that takes
 * them in turn, the first one first; what follows an address is added to its node. */
void begin_with_registry(fixture *self, const char *const addresses[][2], size_t count);
#define PROVIDERS(...)                                                                             \
    ((const char *const[][2]){__VA_ARGS__}),                                                       \
        sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *[2])

#endif
