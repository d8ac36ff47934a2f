/* Shared by the parts of the contract suite: the registry under test, steps that most tests use,
 * and a listener that records its calls. */
#ifndef TESTS_REGISTRY_CONTRACT_STEPS_H
#define TESTS_REGISTRY_CONTRACT_STEPS_H

#include "tests/registry/contract.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/* The providers of CONTRACT_INTERFACE, in the form of contract_join(). */
#define CONTRACT_PRESENT CONTRACT_URL_1 "\n" CONTRACT_URL_2 "\n"

/* --- The parts of the suite. They run as one group, because a test program may print only one
 * plan. Each function adds the tests of its part that fit the kind of registry. */

#define CONTRACT_TESTS_MAX 64

typedef struct contract_tests {
    struct CMUnitTest items[CONTRACT_TESTS_MAX];
    size_t count;
} contract_tests;

void contract_add(contract_tests *to, const struct CMUnitTest *tests, size_t count);

void contract_add_subscribe(contract_tests *to);
void contract_add_use(contract_tests *to);
void contract_add_register(contract_tests *to);
void contract_add_recover(contract_tests *to);

/* Sets the kind of registry that all further steps use. */
void contract_use_kind(const contract_fixture *kind);
const contract_fixture *contract_kind(void);

/* Set-up and tear-down of the group: CONTRACT_PRESENT is registered while the group runs. */
int contract_write_present(void **state);
int contract_remove_present(void **state);

/* --- Steps. A step that fails ends the test. */

int contract_limit_ms(void);

/* Opens a new registry object on the store. */
registry *contract_open(void);

registry_registration *contract_register(
    registry *into, const char *interface, registry_category category, const char *url);
registry_registration *contract_register_provider(
    registry *into, const char *interface, const char *url);
void contract_unregister(registry *from, registry_registration *registration);

/* registry_is_registered() as a condition of test_wait_for(). */
bool contract_is_registered(void *registration);

/* Returns the result of registry_lookup() in the form of contract_join(). The caller frees it. */
char *contract_lookup(registry *in, const char *interface, registry_category category);

/* Returns whether registry_interfaces() lists the interface. Also checks that the names are in
 * order. */
bool contract_is_listed(registry *in, const char *interface);

/* Returns the URLs sorted, one per line. The caller frees the text. */
char *contract_join(const char *const *urls, size_t count);

/* --- A listener that records its calls. */

typedef struct recorder {
    registry_subscription *subscription;

    /* The lock guards the fields up to the next empty line. */
    pthread_mutex_t lock;
    unsigned calls;
    char *heard;      /* the last snapshot, in the form of contract_join(); NULL: not yet called */
    pthread_t thread; /* the thread of the last call */
    bool is_held;     /* the listener does not return before recorder_release() */
    pthread_cond_t changed; /* a call was recorded, or is_held was cleared */

    atomic_bool is_over;  /* the test sets it when the listener must not be called any more */
    atomic_uint running;  /* calls that have not returned */
    atomic_uint unwanted; /* calls during another call, or after is_over was set */
} recorder;

recorder *recorder_new(void);
void recorder_free(recorder *self);

/* The listener function; arg is the recorder. */
void recorder_listen(void *arg, const registry_snapshot *snapshot);

/* Makes a recorder and subscribes it. recorder_unsubscribe() ends the subscription, checks that no
 * call was unwanted, and frees the recorder. */
recorder *recorder_subscribe(registry *from, const char *interface, registry_category category);
void recorder_unsubscribe(registry *from, recorder *self);

unsigned recorder_calls(recorder *self);

/* Keeps the calls of the listener that begin from now on from returning, until
 * recorder_release(). */
void recorder_hold(recorder *self);
void recorder_release(recorder *self);

/* Blocks until there were that many calls. false: contract_limit_ms() have passed. For threads
 * that must not end the test. */
bool recorder_await_call(recorder *self, unsigned calls);

/* Returns whether the listener is being called now. A condition of test_wait_for(). */
bool recorder_is_running(void *recorder);

/* Waits until the last snapshot equals text (in the form of contract_join()).
 * recorder_expect_call() also waits until there were that many calls. */
void recorder_expect(recorder *self, const char *text);
void recorder_expect_call(recorder *self, unsigned calls, const char *text);

#endif
