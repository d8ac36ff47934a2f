/* A client with a scripted peer, and calls that are started on it. Tests that use it run twice:
 * with a thread of the client, and with the program's own loop. */
#ifndef TESTS_CLIENT_ASYNC_FIXTURE_H
#define TESTS_CLIENT_ASYNC_FIXTURE_H

#include "tests/client/call_fixture.h"

#include <stdatomic.h>

#include "base/clock.h"

#define LIMIT_MS 5000

/* The form of a client; the state of the tests. */
typedef struct async_form {
    int io_threads;
} async_form;

extern async_form with_thread, with_own_loop;

#define TWICE(test)                                                                                \
    cmocka_unit_test_prestate(test, &with_thread), cmocka_unit_test_prestate(test, &with_own_loop)

/* What callbacks have seen. */
typedef struct told {
    atomic_int count;
    dubboc_status status; /* of the last call */
    dubboc_error err;     /* of the last call */
    dubboc_text result;   /* of the last call */
    pthread_t thread;     /* of the last callback */
} told;

/* A callback that takes the outcome; its arg is a told. */
void tell(dubboc_pending *pending, void *arg);
void told_clear(told *self);

typedef struct async_fixture {
    fixture with;
    dubboc_client *client;
    dubboc_call_options options;
    dubboc_error err;
} async_fixture;

/* Makes a client with these options, and calls that go to a peer with this script. io_threads of
 * the options is set to the form's. NULL: the usual options. */
void async_begin_with(async_fixture *self, const async_form *form, const peer_script *script,
    const dubboc_client_options *options);
void async_begin(async_fixture *self, const async_form *form, const peer_script *script);
void async_end(async_fixture *self);

/* Starts a call. The test fails if it cannot be started. */
dubboc_pending *async_start(async_fixture *self, dubboc_done done, void *arg);

/* Goes on until condition(arg) is true; steps the client if it has no thread. Fails the test after
 * LIMIT_MS. */
void async_run_until(async_fixture *self, bool (*condition)(void *arg), void *arg);

/* Goes on until so many calls were told. */
void async_await(async_fixture *self, const told *all, int count);

#endif
