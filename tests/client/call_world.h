/* A client whose registry the test plays, and calls that the test steps by hand: it sees what each
 * call wants next, and nothing happens between two steps. Each provider has a pool of one
 * connection. No connection is made: provider i is registered with port i + 1, and a call that may
 * open a connection holds the provider's only place until it ends. */
#ifndef TESTS_CLIENT_CALL_WORLD_H
#define TESTS_CLIENT_CALL_WORLD_H

#include "client/call.h"
#include "selector/selector_inside.h"
#include "tests/selector/fake_registry.h"
#include "tests/support/test.h"

#define SERVICE "x.Y"
#define PROVIDERS 8

typedef struct world {
    dubboc_client *client;
    selector *own_selector; /* of the client, which stands aside for one over the fake */
    registry *source;
    counter_slot counters;
    dubboc_error err;
} world;

void world_begin(world *self);
void world_end(world *self);

/* The registry's list from now on: bit i stands for provider i. */
void world_has(world *self, unsigned present);

/* The beginning of a call with a time-out of one minute. */
void world_make_call(world *self, call *made);

/* The registry has that list, and a call takes its first step. */
call_want world_begin_call(world *self, call *made, unsigned present);

/* A call begins and finds nothing but full providers; thread is woken when it is to look. */
void world_begin_waiting_call(world *self, call *made, thread_waiter *thread);

/* A step after what was wanted has come about. */
call_want go_on(call *which);

/* The bit of the provider that the call holds. */
unsigned held_by(const call *of);

#endif
