/* A client with a fake registry, and calls that the test steps by hand: the test sees what each
 * call wants next, and nothing happens between two steps. The pool of each provider has one
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
    /* the client's own selector; the client uses one with the fake registry until world_end() */
    selector *own_selector;
    registry *source;
    counter_slot counters;
    dubboc_error err;
} world;

void world_begin(world *self);
void world_end(world *self);

/* Sets the registry's list: bit i of present stands for provider i. */
void world_has(world *self, unsigned present);

/* Makes a call with a time-out of one minute, without stepping it. */
void world_make_call(world *self, call *made);

/* Makes a call, sets the registry's list, and does the call's first step. */
call_want world_begin_call(world *self, call *made, unsigned present);

/* Makes a call and does its first step, which must find only full providers. thread is woken when
 * the call has to be stepped again. */
void world_begin_waiting_call(world *self, call *made, thread_waiter *thread);

/* Steps the call after the event that it wanted has happened. */
call_want go_on(call *which);

/* Returns the bit of the provider that the call holds. */
unsigned held_by(const call *of);

#endif
