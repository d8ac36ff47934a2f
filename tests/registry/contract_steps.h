/* What the parts of the contract suite share: the registry under test, steps that most tests take,
 * and a listener that records its calls. */
#ifndef TESTS_REGISTRY_CONTRACT_STEPS_H
#define TESTS_REGISTRY_CONTRACT_STEPS_H

#include "tests/registry/contract.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/* The providers of CONTRACT_INTERFACE, as recorder_expect() and contract_lookup() tell them. */
#define CONTRACT_PRESENT CONTRACT_URL_1 "\n" CONTRACT_URL_2 "\n"

/* --- The parts of the suite. A test program may print one plan only, so they are run as one group;
 * each function adds the tests of its part that fit the kind. */

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

/* Sets the kind that all further steps use. */
void contract_use_kind(const contract_fixture *kind);
const contract_fixture *contract_kind(void);

/* The set-up and tear-down of the group: CONTRACT_PRESENT is registered while it runs. */
int contract_write_present(void **state);
int contract_remove_present(void **state);

/* --- Steps. Each ends the test if it fails. */

int contract_limit_ms(void);

/* Another registry object on the store. */
registry *contract_open(void);

registry_registration *contract_register(
    registry *into, const char *interface, registry_category category, const char *url);
registry_registration *contract_register_provider(
    registry *into, const char *interface, const char *url);
void contract_unregister(registry *from, registry_registration *registration);

/* registry_is_registered() as a condition of test_wait_for(). */
bool contract_is_registered(void *registration);

/* registry_lookup(), as contract_join() writes it. The caller frees it. */
char *contract_lookup(registry *in, const char *interface, registry_category category);

/* Whether registry_interfaces() lists the interface. Checks that the names are in order. */
bool contract_is_listed(registry *in, const char *interface);

/* The URLs sorted, a line each. The caller frees it. */
char *contract_join(const char *const *urls, size_t count);

/* --- A listener that records. */

typedef struct recorder {
    registry_subscription *subscription;

    /* The lock guards what follows up to the empty line. */
    pthread_mutex_t lock;
    unsigned calls;
    char *heard;      /* the last snapshot, as contract_join() writes it; NULL: not yet called */
    pthread_t thread; /* of the last call */

    atomic_bool is_held;  /* the test sets it to keep the listener from returning */
    atomic_bool is_over;  /* set by the test when the listener must not be called any more */
    atomic_uint running;  /* calls that have not returned */
    atomic_uint unwanted; /* calls while another ran, or when is_over was set */
} recorder;

recorder *recorder_new(void);
void recorder_free(recorder *self);

/* The listener itself; arg is the recorder. */
void recorder_listen(void *arg, const registry_snapshot *snapshot);

/* A new recorder that is subscribed. recorder_unsubscribe() ends the subscription, checks that no
 * call was unwanted, and frees the recorder. */
recorder *recorder_subscribe(registry *from, const char *interface, registry_category category);
void recorder_unsubscribe(registry *from, recorder *self);

unsigned recorder_calls(recorder *self);

/* Whether a call runs now. A condition of test_wait_for(). */
bool recorder_is_running(void *recorder);

/* Waits until the last snapshot is text (contract_join()). The second form also waits until there
 * were that many calls. */
void recorder_expect(recorder *self, const char *text);
void recorder_expect_call(recorder *self, unsigned calls, const char *text);

#endif
