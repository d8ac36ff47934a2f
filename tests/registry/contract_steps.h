/* What the parts of the contract suite share: the kind under test, steps that most tests take, and
 * a listener that records what it is called with. */
#ifndef TESTS_REGISTRY_CONTRACT_STEPS_H
#define TESTS_REGISTRY_CONTRACT_STEPS_H

#include "tests/registry/contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct CMUnitTest;

/* The providers of CONTRACT_INTERFACE, as recorder_expect() and contract_lookup() tell them. */
#define CONTRACT_PRESENT CONTRACT_URL_1 "\n" CONTRACT_URL_2 "\n"

/* --- The parts of the suite. Each returns the number of its tests that failed. */

int contract_subscribe_tests(void); /* contract_subscribe.c: every kind */
int contract_use_tests(void);       /* contract_use.c: every kind */
int contract_register_tests(void);  /* contract_register.c: kinds that can be written to */
int contract_recover_tests(void);   /* contract_recover.c: those whose fixture has the functions */

/* Sets the kind that all further steps use. */
void contract_use_kind(const contract_fixture *kind);
const contract_fixture *contract_kind(void);

/* Runs tests as one group. While they run, CONTRACT_PRESENT is registered if the kind can be
 * written to. */
int contract_run(const char *part, const struct CMUnitTest *tests, size_t count);

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
